"""Which things there are among some objects, and how many of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.objects.view import Objects

__all__ = ['Stock', 'inventory']

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """All objects of one name: those that depth has placed, if it has placed any."""

    name: int
    #: Index of each object, the one seen in most views first.
    objects: IntArray

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.objects)


def inventory(objects: Objects, some: IntArray) -> list[Stock]:
    """Return what is among ``some`` objects that are believed to be there, most seen first."""
    some = some[objects.existence[some] > 0.0]
    some = some[np.argsort(-objects.frames[some].astype(np.int64), kind='stable')]
    names = objects.labels[some]
    # What captions tell of without saying where is likely one of those that are placed.
    kept = objects.placed[some] | ~np.isin(names, names[objects.placed[some]])
    some, names = some[kept], names[kept]
    stocks = [
        Stock(name=int(name), objects=some[names == name].astype(np.int64))
        for name in np.unique(names)
    ]
    return sorted(stocks, key=lambda s: (-int(objects.frames[s.objects].sum()), s.name))
