"""What captions say of the look of things: "a red sofa" in front of the name of a candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.language.looks import told_of
from memory_node.core.language.mentions import every_mention
from memory_node.core.language.text import lemmas
from memory_node.core.view import View

__all__ = ['AttributeShares']

RealArray = NDArray[np.float64]

#: Candidates judged, the likeliest ones, and captions heard about each.
_JUDGED, _HEARD = 24, 12
#: Objects whose looks are kept.
_KEPT = 4096
#: What things of one name look like: how many there are of each set of attributes.
Looks = tuple[tuple[frozenset[str], int], ...]


class AttributeShares:
    """Implements ``AttributeEvidence`` from the captions of one view; thread-safe."""

    def __init__(self, view: View, captions: Callable[[NDArray[np.int64]], list[str]]) -> None:
        """Look into ``view``; ``captions`` returns the captions of rows."""
        self._view = view
        self._captions = captions
        self._heard: dict[int, list[Looks]] = {}

    def attribute_share(self, attribute: str, candidates: Candidates) -> RealArray | None:
        """
        Return (n,) the share of captions of each candidate that say the attribute of its name.

        NaN for candidates of which no caption says it or another one of its aspect, and for all
        but the likeliest; None where that is all of them.
        """
        share = np.full(len(candidates), np.nan)
        wanted = attribute.casefold()
        judged = [
            i
            for i in np.argsort(-candidates.odds, kind='stable')[:_JUDGED].tolist()
            if candidates.kind[i] == Kind.OBJECT
        ]
        looks = self._looks([int(candidates.index[i]) for i in judged])
        for i, captions in zip(judged, looks, strict=True):
            shares = [
                one for one in (_share(said, wanted) for said in captions) if one is not None
            ]
            if shares:
                share[i] = sum(shares) / len(shares)
        return None if np.isnan(share).all() else share

    def told(self, objects: Sequence[int]) -> dict[str, float]:
        """Return each attribute of some objects with the share of captions that say it of them."""
        captions = [looks for heard in self._looks(objects) for looks in heard]
        counts: Counter[str] = Counter()
        for looks in captions:
            for attribute in frozenset().union(*(said for said, _ in looks)):
                counts[attribute] += 1
        return {word: count / len(captions) for word, count in counts.most_common()}

    def _looks(self, objects: Sequence[int]) -> list[list[Looks]]:
        """Return what the newest captions of each object say of it, where they say anything."""
        known = {index: self._heard.get(index) for index in objects}
        told = self._read([index for index, looks in known.items() if looks is None])
        if len(self._heard) > _KEPT:
            self._heard.clear()
        self._heard.update(told)
        return [told[index] if (looks := known[index]) is None else looks for index in objects]

    def _read(self, objects: Sequence[int]) -> dict[int, list[Looks]]:
        """Return what the newest captions of each object say of it, by object."""
        rows = [self._view.objects.seen_by(index)[::-1][:_HEARD] for index in objects]
        every = np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int64)
        captions = dict(zip(every.tolist(), self._captions(every), strict=True)) if rows else {}
        found = {}
        for index, seen in zip(objects, rows, strict=True):
            names = self._names(index)
            said = (_said(captions[row], names) for row in seen.tolist())
            found[index] = [looks for looks in said if looks]
        return found

    def _names(self, index: int) -> frozenset[tuple[str, ...]]:
        """Return the names that an object goes by."""
        objects = self._view.objects
        entries = slice(objects.hist_starts[index], objects.hist_starts[index + 1])
        texts = self._view.names.texts
        return frozenset(lemmas(texts[name]) for name in objects.hist_labels[entries].tolist())


@lru_cache(maxsize=1 << 14)
def _said(caption: str, names: frozenset[tuple[str, ...]]) -> Looks:
    """Return what a caption says of the look of things of some names."""
    return tuple(
        (frozenset(m.attributes), max(m.count, 1))
        for m in every_mention(caption)
        if m.attributes and not m.negated and lemmas(m.name) in names
    )


@lru_cache(maxsize=1 << 14)
def _share(looks: Looks, wanted: str) -> float | None:
    """Return the share of things that have an attribute; None where none is told to or not."""
    told = [(told_of(said, wanted), n) for said, n in looks]
    known = sum(n for has, n in told if has is not None)
    return sum(n for has, n in told if has) / known if known else None
