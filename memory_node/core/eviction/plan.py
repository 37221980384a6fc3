"""Which observations leave so that a number of bytes comes free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import heapq

import numpy as np

from memory_node.core.eviction.folding import duplicates
from memory_node.core.eviction.inventory import Inventory, Left
from memory_node.core.eviction.policy import Policy

__all__ = ['Plan', 'make_plan']


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What leaves, as rows of an inventory."""

    #: Rows whose picture leaves, while they stay.
    pictures: list[int]
    #: Rows that fold into a later view, then those that are evicted.
    folded: list[int]
    evicted: list[int]
    #: Bytes that come free, about; less than asked for where nothing more may leave.
    freed: float


def make_plan(
    inventory: Inventory, policy: Policy, wanted: float, *, fold: bool = True, guard: bool = True
) -> Plan:
    """
    Choose what leaves so that ``wanted`` bytes come free: pictures, near-duplicates, the rest.

    Pictures go first, for no answer is made of them, but the newest of each place. With ``guard``
    the last view of an object or of a place stays, and so does what is fixed, whatever the
    policy; without, anything may leave.
    """
    freed = 0.0
    left = Left(inventory)
    without: list[int] = []
    for row in _older_pictures(inventory):
        if freed >= wanted:
            break
        without.append(row)
        freed += inventory.pictures[row]
    sizes = inventory.sizes.copy()
    sizes[without] -= inventory.pictures[without]
    gone: tuple[list[int], list[int]] = ([], [])
    held = set(np.flatnonzero(inventory.fixed).tolist()) if guard else set()
    folded = duplicates(inventory) if fold and freed < wanted else []
    rest = _least_first(inventory, policy, left, held)  # looked at once the others are gone
    for chosen, rows in zip(gone, (folded, rest), strict=True):
        for row in rows:
            if freed >= wanted:
                break
            if row in held or (guard and left.is_last(row)):
                continue
            left.drop(row)
            held.add(row)
            chosen.append(row)
            freed += sizes[row]
    away = {*gone[0], *gone[1]}
    return Plan(
        pictures=[row for row in without if row not in away],
        folded=gone[0],
        evicted=gone[1],
        freed=float(freed),
    )


def _older_pictures(inventory: Inventory) -> list[int]:
    """Return the rows with a picture, oldest first, but the newest of each place."""
    newest: set[int] = set()
    older = []
    for row in np.lexsort((inventory.keys, inventory.stamps))[::-1].tolist():
        if not inventory.pictures[row]:
            continue
        if (place := int(inventory.places[row])) in newest:
            older.append(row)
        newest.add(place)
    return older[::-1]


def _least_first(
    inventory: Inventory, policy: Policy, left: Left, held: set[int]
) -> Iterator[int]:
    """Yield rows that are not ``held`` by what is lost with each at that moment; ties by age."""
    policy.begin(left)
    rows = (row for row in range(len(inventory)) if row not in held)
    heap = [(policy.worth(row), int(inventory.stamps[row]), row) for row in rows]
    heapq.heapify(heap)
    while heap:
        worth, stamp, row = heapq.heappop(heap)
        now = policy.worth(row)
        if now > worth and heap and (now, stamp) > heap[0][:2]:
            heapq.heappush(heap, (now, stamp, row))
            continue
        yield row
