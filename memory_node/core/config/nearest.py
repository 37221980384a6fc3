"""What somebody may have meant by a name that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ['meant']

#: Names that are less alike than this are no slips of each other (difflib's ratio).
_ALIKE = 0.6


def meant(name: str, known: Iterable[str], alike: float = _ALIKE) -> str:
    """Return the known name that is nearest, '' where none is near; groups may be left out."""
    names = sorted(known)
    own = name.rpartition('.')[2]
    grouped = [k for k in names if k.rpartition('.')[2] == own]
    close = get_close_matches(name[:256], grouped or names, n=1, cutoff=alike)
    return close[0] if close else grouped[0] if len(grouped) == 1 else ''
