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
_JUDGED, _HEARD = 48, 8


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
        for i in np.argsort(-candidates.odds, kind='stable')[:_JUDGED].tolist():
            said = self._said(candidates, i)
            if said:
                share[i] = np.mean([wanted in words for words in said])
        return None if np.isnan(share).all() else share

    def _said(self, candidates: Candidates, i: int) -> list[set[str]]:
        """Return the attributes that captions give a candidate, for each caption with some."""
        if candidates.kind[i] != Kind.OBJECT:
            return []
        name = lemmas(self._view.names.texts[int(candidates.name[i])])
        rows = self._view.objects.seen_by(int(candidates.index[i]))[::-1][:_HEARD]
        told = [
            {word for m in mentions(caption) if lemmas(m.name) == name for word in m.attributes}
            for caption in self._captions(rows)
        ]
        return [words for words in told if words]
