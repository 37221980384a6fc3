"""Rows in blocks are those of one plain array."""

from __future__ import annotations

import numpy as np

from memory_node.core.objects.seen import KEPT_ROWS, SeenRows
from memory_node.core.objects.table import ObjectTable


def test_blocks_hold_what_a_plain_array_holds():
    rng = np.random.default_rng(3)
    seen, plain = SeenRows(), np.full((50, KEPT_ROWS), -1, np.int32)
    seen.reserve(50)
    for row in range(400):
        slots = rng.choice(50, size=rng.integers(1, 6), replace=False)
        places = rng.integers(KEPT_ROWS if row % 3 else 9, size=len(slots))
        seen.put(slots, places, row)
        plain[slots, places] = row
    every = np.arange(50)
    assert np.array_equal(seen.rings(every), plain)
    assert np.array_equal(seen.rings(every[::-7], 11), plain[::-7, :11])
    again = SeenRows.of(plain)
    assert np.array_equal(again.rings(every), plain)
    again.reserve(51)
    again.put(np.array([50, 7]), np.array([0, KEPT_ROWS - 1]), 999)
    assert again.rings(np.array([50]))[0, 0] == again.rings(np.array([7]))[0, -1] == 999
    assert np.array_equal(again.rings(every[:7]), plain[:7])


def test_the_newest_rows_of_an_object_come_oldest_first():
    table = ObjectTable()
    slots = table.append(3)
    for row in range(100):
        table.add_rows(slots[:2] if row < 5 else slots[1:2], row)
    assert table.rows_of(0).tolist() == [0, 1, 2, 3, 4]
    assert table.rows_of(1).tolist() == list(range(100 - KEPT_ROWS, 100))
    assert table.rows_of(2).tolist() == []
    table.set_rows(2, np.arange(70, dtype=np.int32))
    assert table.rows_of(2).tolist() == list(range(6, 70))
    loaded = ObjectTable.from_columns(table.columns())
    assert all(np.array_equal(loaded.rows_of(i), table.rows_of(i)) for i in range(3))
