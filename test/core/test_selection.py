"""The likeliest candidate comes first, then others that would not be wrong for the same reason."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np

from memory_node.core.constraints.base import Candidates, Kind
from memory_node.core.retrieval.selection import distinct, select


def candidates(*rows):
    """Make candidates of (kind, name, x [m], placed)."""
    kind, name, x, placed = zip(*rows, strict=True) if rows else ((), (), (), ())
    n = len(rows)
    position = np.zeros((n, 3))
    position[:, 0] = x
    return Candidates(
        kind=np.array(kind, np.int8),
        index=np.arange(n),
        row=np.arange(n),
        position=position,
        placed=np.array(placed, np.bool_),
        map=np.zeros(n, np.int64),
        room=np.full(n, -1),
        name=np.array(name, np.int64),
        first_ns=np.zeros(n, np.int64),
        last_ns=np.zeros(n, np.int64),
        odds=np.zeros(n),
    )


def chosen(some, odds, k, separation_m=2.0):
    return select(some, np.array(odds, float), k, separation_m=separation_m).tolist()


def test_the_likeliest_comes_first_and_another_name_before_the_second_of_the_same():
    some = candidates(*((Kind.OBJECT, name, 10.0 * i, True) for i, name in enumerate((7, 7, 8))))
    assert chosen(some, [3.0, 2.9, 2.0], 3) == [0, 2, 1]
    assert chosen(some, [3.0, 2.9, 1.0], 3) == [0, 1, 2]  # far less likely stays behind
    assert chosen(some, [3.0, 2.9, 2.0], 1) == [0]
    assert chosen(some, [3.0, 2.9, 2.0], 99) == [0, 2, 1]


def test_placed_things_beside_each_other_are_two_and_unplaced_ones_are_not():
    placed = candidates((Kind.OBJECT, 7, 0.0, True), (Kind.OBJECT, 7, 0.5, True))
    assert chosen(placed, [3.0, 2.9], 2) == [0, 1]
    unplaced = candidates((Kind.OBJECT, 7, 0.0, False), (Kind.OBJECT, 7, 0.5, False))
    assert chosen(unplaced, [3.0, 2.9], 2) == [0]
    assert chosen(unplaced, [3.0, 2.9], 2, separation_m=0.4) == [0, 1]
    others = candidates((Kind.OBJECT, 7, 0.0, False), (Kind.OBJECT, 8, 0.5, False))
    assert chosen(others, [3.0, 2.9], 2) == [0, 1]


def test_views_of_one_spot_are_one_answer_whatever_they_are_of():
    some = candidates(
        (Kind.OBJECT, 7, 0.0, True), (Kind.VIEW, -1, 1.0, False), (Kind.VIEW, -1, 9.0, False)
    )
    assert chosen(some, [3.0, 2.9, 2.8], 3) == [0, 2]


def test_maps_and_rooms_are_never_merged():
    some = candidates((Kind.VIEW, -1, 0.0, False), (Kind.VIEW, -1, 0.0, False))
    some.map[1] = 1
    assert chosen(some, [1.0, 0.9], 2) == [0, 1]
    rooms = candidates((Kind.ROOM, -1, 0.0, True), (Kind.ROOM, -1, 0.1, True))
    assert chosen(rooms, [1.0, 0.9], 2) == [0, 1]


def test_equal_candidates_keep_one_order_and_nothing_is_chosen_of_nothing():
    some = candidates(*((Kind.OBJECT, i, 10.0 * i, True) for i in range(5)))
    assert chosen(some, [1.0] * 5, 5) == [0, 1, 2, 3, 4]
    assert chosen(candidates(), [], 3) == []
    assert distinct(candidates(), np.empty(0, np.int64), 1.0).tolist() == []


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([Kind.OBJECT, Kind.VIEW, Kind.ROOM]),
            st.integers(0, 3),
            st.floats(0, 30),
            st.booleans(),
        ),
        min_size=1,
        max_size=30,
    ),
    k=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_each_is_chosen_once_and_the_best_first(rows, k, seed):
    some = candidates(*rows)
    odds = np.random.default_rng(seed).normal(0.0, 3.0, len(rows))
    found = chosen(some, odds, k)
    assert len(found) == len(set(found)) <= k
    assert odds[found[0]] == odds.max()
