"""Near-duplicates: observations that a later one says again."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from memory_node.core.eviction.inventory import Inventory

__all__ = ['duplicates']

#: Views of one place in directions of one sector this wide are one view [rad].
_SECTOR_RAD = np.pi / 4
#: Captions of this cosine say the same.
_SAME = 0.95


def duplicates(inventory: Inventory) -> list[int]:
    """
    Return the rows that fold into a prototype, oldest first.

    A prototype is a later view of the same place in the same direction, whose caption says the
    same and which shows every object that the folded one shows.
    """
    sectors = np.floor(inventory.yaws / _SECTOR_RAD).astype(np.int64)
    kept: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    folded = []
    for row in np.lexsort((inventory.keys, inventory.stamps))[::-1].tolist():
        prototypes = kept[int(inventory.places[row]), int(sectors[row])]
        if not inventory.fixed[row] and _said_again(inventory, row, prototypes):
            folded.append(row)
        else:
            prototypes.append(row)
    return folded[::-1]


def _said_again(inventory: Inventory, row: int, prototypes: list[int]) -> bool:
    if not prototypes:
        return False
    vector = inventory.vectors[row].astype(np.float32)
    cosines = inventory.vectors[prototypes].astype(np.float32) @ vector
    shown = inventory.shown(row)
    return any(
        np.isin(shown, inventory.shown(prototypes[i])).all()
        for i in np.flatnonzero(cosines >= _SAME).tolist()
    )
