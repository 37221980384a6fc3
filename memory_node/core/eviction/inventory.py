"""What each observation takes and shows: all that a choice of what to evict is made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_node.core.objects.view import Objects
from memory_node.core.store.snapshot import HalfArray, Snapshot

__all__ = ['PLACE_M', 'Inventory', 'Left', 'take_inventory']

IntArray = NDArray[np.int64]

#: Views from one cell this wide are views of one place [m]: what is left of a place is in reach of
#: what is left of the next, so driven ways stay joined (``topology.traversal_distance_m``).
PLACE_M = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """N observations, oldest key first."""

    #: (N,) keys in the store.
    keys: IntArray
    #: (N,) stamps [ns].
    stamps: IntArray
    #: (N,) headings [rad].
    yaws: NDArray[np.float32]
    #: (N, D) unit vectors.
    vectors: HalfArray
    #: (N,) bytes of the file that each takes, and how many of them are its picture.
    sizes: NDArray[np.float64]
    pictures: NDArray[np.float64]
    #: (N,) the place that each is a view of, from 0.
    places: IntArray
    #: Observation i shows the objects ``objects[starts[i]:starts[i + 1]]``, each once, from 0.
    starts: IntArray
    objects: IntArray
    #: (N,) what has to stay, whatever it shows.
    fixed: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of observations."""
        return len(self.keys)

    def shown(self, row: int) -> IntArray:
        """Return the objects that a row shows."""
        return self.objects[self.starts[row] : self.starts[row + 1]]


class Left:
    """Counts what would be left of each object and place while rows are taken away."""

    def __init__(self, inventory: Inventory) -> None:
        """Begin with everything there."""
        self.inventory = inventory
        #: Views of each object, and of each place.
        self.views = np.bincount(inventory.objects).astype(np.int64)
        self.visits = np.bincount(inventory.places).astype(np.int64)

    def is_last(self, row: int) -> bool:
        """Tell whether a row is the only view of its place, or of something that it shows."""
        if self.visits[self.inventory.places[row]] <= 1:
            return True
        return bool((self.views[self.inventory.shown(row)] <= 1).any())

    def drop(self, row: int) -> None:
        """Take a row away."""
        self.visits[self.inventory.places[row]] -= 1
        self.views[self.inventory.shown(row)] -= 1


def take_inventory(
    snapshot: Snapshot,
    objects: Objects,
    starts: IntArray,
    sizes: NDArray[np.float64],
    pictures: NDArray[np.float64],
    named: IntArray,
) -> Inventory:
    """
    Return the inventory of a snapshot with its object map.

    ``starts`` (N + 1,) says which sightings of the object map are of which row; ``sizes`` and
    ``pictures`` (N,) are bytes; ``named`` (n,) are keys that something refers to. They stay, and
    so does what has given neighbours: without it the given map would fall apart.
    """
    seers = np.repeat(np.arange(len(snapshot)), np.diff(starts))
    of = objects.object_of_sighting[: len(seers)].astype(np.int64)
    known = of >= 0
    width = max(len(objects), 1)
    pairs = np.unique(seers[known] * width + of[known])
    rows, shown = np.divmod(pairs, width)
    cells = np.floor(snapshot.positions / PLACE_M).astype(np.int64)
    _, places = np.unique(
        np.column_stack([snapshot.maps.astype(np.int64), cells]), axis=0, return_inverse=True
    )
    return Inventory(
        keys=snapshot.keys,
        stamps=snapshot.stamps,
        yaws=snapshot.yaws,
        vectors=snapshot.vectors,
        sizes=sizes,
        pictures=pictures,
        places=places.reshape(-1),
        starts=np.searchsorted(rows, np.arange(len(snapshot) + 1)),
        objects=shown,
        fixed=snapshot.mapped | np.isin(snapshot.keys, named),
    )
