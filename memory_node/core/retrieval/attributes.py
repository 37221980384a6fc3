"""What captions say of the look of things: "a red sofa" in front of the name of a candidate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.language.mentions import mentions
from memory_node.core.language.text import lemmas
from memory_node.core.view import View

__all__ = ['AttributeShares']

RealArray = NDArray[np.float64]

#: Candidates judged, the likeliest ones, and captions heard about each.
_JUDGED, _HEARD = 24, 4


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
            said = [_attributes(captions[row], name) for row in seen.tolist()]
            if any(said):
                share[i] = np.mean([wanted in words for words in said if words])
        return None if np.isnan(share).all() else share

    def _rows(self, index: int) -> NDArray[np.int64]:
        """Return the newest observations that saw an object."""
        return self._view.objects.seen_by(index)[::-1][:_HEARD]


def _attributes(caption: str, name: tuple[str, ...]) -> set[str]:
    """Return the attributes that a caption gives things of a name."""
    found = [m.attributes for m in mentions(caption) if lemmas(m.name) == name]
    return {word for words in found for word in words}
