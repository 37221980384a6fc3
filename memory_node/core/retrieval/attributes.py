"""What captions say of the look of things: "a red sofa" in front of the name of a candidate."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.language.mentions import every_mention
from memory_node.core.language.text import lemmas
from memory_node.core.view import View

__all__ = ['AttributeShares']

RealArray = NDArray[np.float64]

#: Candidates judged, the likeliest ones, and captions heard about each.
_JUDGED, _HEARD = 24, 12


class AttributeShares:
    """Implements ``AttributeEvidence`` for one request from the captions of its view."""

    def __init__(self, view: View, captions: Callable[[NDArray[np.int64]], list[str]]) -> None:
        """Look into ``view``; ``captions`` returns the captions of rows."""
        self._view = view
        self._captions = captions

    def attribute_share(self, attribute: str, candidates: Candidates) -> RealArray | None:
        """
        Return (n,) the share of captions of each candidate that say the attribute of its name.

        NaN for candidates of which no caption says any attribute, and for all
        but the likeliest; None where no caption names a candidate.
        """
        share = np.full(len(candidates), np.nan)
        wanted = ' '.join(lemmas(attribute))
        judged = [
            i
            for i in np.argsort(-candidates.odds, kind='stable')[:_JUDGED].tolist()
            if candidates.kind[i] == Kind.OBJECT
        ]
        rows = [self._rows(int(candidates.index[i])) for i in judged]
        every = np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int64)
        captions = dict(zip(every.tolist(), self._captions(every), strict=True))
        for i, seen in zip(judged, rows, strict=True):
            name = lemmas(self._view.names.texts[int(candidates.name[i])])
            said = (_said(captions[row], name, wanted) for row in seen.tolist())
            told = [one for one in said if one is not None]
            if told:
                share[i] = np.mean(told)
        return None if np.isnan(share).all() else share

    def _rows(self, index: int) -> NDArray[np.int64]:
        """Return the newest observations that saw an object."""
        return self._view.objects.seen_by(index)[::-1][:_HEARD]


@lru_cache(maxsize=1 << 14)
def _said(caption: str, name: tuple[str, ...], wanted: str) -> float | None:
    """Return the share of things of a name that have an attribute; None where none has any."""
    found = [m for m in every_mention(caption) if m.attributes and lemmas(m.name) == name]
    counts = [max(m.count, 1) for m in found]
    having = [n for m, n in zip(found, counts, strict=True) if wanted in m.attributes]
    return sum(having) / sum(counts) if found else None
