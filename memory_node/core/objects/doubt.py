"""What a person said of the answer to a question: that it was wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ['Doubt']


@dataclass(frozen=True, slots=True)
class Doubt:
    """A person said that something is no answer to a question."""

    #: Words of the question that matter, sorted.
    terms: tuple[str, ...]
    #: 'object' with its index, or 'view' or 'room' with an observation row.
    kind: str
    index: int
    note: str

    def at(self, index: int) -> Doubt:
        """Return the same of another index."""
        return replace(self, index=index)
