"""What people said is not so: that something answers a question, or goes by a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ['Doubt']


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Doubt:
    """One thing that is no answer to a question, or observations that do not show a name."""

    #: Words of the question that matter, or of the name, sorted.
    terms: tuple[str, ...]
    #: What it is about: 'object' by index; 'view' or 'room' by the observation of an answer;
    #: 'name' by the observations that show what was taken for a thing of that name.
    kind: str
    rows: NDArray[np.int64]
    note: str
    #: Gives the rows of a 'name', where they are many and seldom asked for.
    find: Callable[[], NDArray[np.int64]] | None = None

    def found(self) -> NDArray[np.int64]:
        """Return the rows."""
        return self.rows if self.find is None else self.find()

    def at(self, index: int) -> Doubt:
        """Return the same of another index."""
        return replace(self, rows=np.array([index]))
