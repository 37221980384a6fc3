"""What a plan takes first, and what it never takes."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.eviction.coverage import Coverage
from memory_node.core.eviction.fifo import OldestFirst
from memory_node.core.eviction.folding import duplicates
from memory_node.core.eviction.inventory import Inventory
from memory_node.core.eviction.plan import make_plan
from memory_node.core.eviction.policy import POLICIES, policy_named

EVERYTHING = 1e9


def inventory(views, *, sizes=None, pictures=None, fixed=(), vectors=None, yaws=None):
    """Make an inventory of (place, objects) a row; each row takes 100 bytes."""
    count = len(views)
    rows = [sorted(set(objects)) for _, objects in views]
    shown = [o for row in rows for o in row]
    return Inventory(
        keys=np.arange(1, count + 1),
        stamps=np.arange(count),
        yaws=np.zeros(count, np.float32) if yaws is None else np.array(yaws, np.float32),
        vectors=np.ones((count, 1), np.float16) if vectors is None else vectors,
        sizes=np.full(count, 100.0) if sizes is None else np.array(sizes, float),
        pictures=np.zeros(count) if pictures is None else np.array(pictures, float),
        places=np.array([place for place, _ in views], np.int64),
        starts=np.cumsum([0, *map(len, rows)]),
        objects=np.array(shown, np.int64),
        fixed=np.isin(np.arange(count), list(fixed)),
    )


def test_the_oldest_go_first_under_fifo():
    held = inventory([(0, [0])] * 5)
    plan = make_plan(held, OldestFirst(), 200.0, fold=False)
    assert plan.evicted == [0, 1]
    assert plan.freed == 200.0


def test_what_shows_most_that_nothing_else_shows_stays_under_coverage():
    held = inventory([(0, [0, 1]), (0, [0]), (0, [1, 2]), (0, [0, 1, 2])])
    assert make_plan(held, Coverage(), 100.0, fold=False).evicted == [1]
    assert make_plan(held, Coverage(), 300.0, fold=False).evicted == [1, 0, 2]


def test_a_large_one_goes_before_small_ones_that_show_the_same():
    held = inventory([(0, [0]), (0, [0]), (0, [0])], sizes=[100, 900, 100])
    assert make_plan(held, Coverage(), 1.0, fold=False).evicted == [1]


def test_what_is_fixed_stays():
    held = inventory([(0, [0])] * 3, fixed=[0])
    assert make_plan(held, OldestFirst(), EVERYTHING, fold=False).evicted == [1, 2]


@pytest.mark.parametrize('kind', POLICIES)
@given(
    views=st.lists(
        st.tuples(st.integers(0, 4), st.lists(st.integers(0, 6), max_size=4)),
        min_size=1,
        max_size=25,
    ),
    wanted=st.floats(0, 3000),
)
@settings(max_examples=60, deadline=None)
def test_every_object_and_place_keeps_a_view(kind, views, wanted):
    held = inventory(views, pictures=[30] * len(views))
    plan = make_plan(held, kind(), wanted)
    gone = {*plan.folded, *plan.evicted}
    assert len(gone) == len(plan.folded) + len(plan.evicted)
    left = [view for row, view in enumerate(views) if row not in gone]
    assert {p for p, _ in left} == {p for p, _ in views}
    assert {o for _, seen in left for o in seen} == {o for _, seen in views for o in seen}
    if plan.freed < wanted:  # then indeed nothing more may leave
        for row in set(range(len(views))) - gone:
            rest = [v for r, v in enumerate(views) if r not in gone and r != row]
            assert views[row][0] not in {p for p, _ in rest} or not set(views[row][1]) <= {
                o for _, seen in rest for o in seen
            }


def test_pictures_go_before_observations_but_the_newest_of_each_place():
    held = inventory([(0, [0]), (0, [0]), (1, [0]), (0, [0])], pictures=[50, 50, 50, 50])
    assert make_plan(held, Coverage(), 60.0).pictures == [0, 1]
    plan = make_plan(held, Coverage(), 110.0, fold=False)
    assert (plan.pictures, len(plan.evicted)) == ([1], 1)


def test_a_view_that_a_later_one_says_again_folds_into_it():
    encoder = BagOfWordsEncoder()
    texts = ['a sink and a tap', 'a sofa', 'a sink and a tap', 'a sink and a tap']
    held = inventory(
        [(0, [0]), (0, [0]), (0, [0, 1]), (1, [0])],
        vectors=encoder.encode(texts).astype(np.float16),
    )
    assert duplicates(held) == [0]


def test_views_in_other_directions_do_not_fold():
    held = inventory([(0, [0]), (0, [0]), (0, [0])], yaws=[0.1, 2.0, 0.2])
    assert duplicates(held) == [0]


def test_policies_are_found_by_the_names_of_the_setting():
    assert [policy_named(kind.name).name for kind in POLICIES] == ['coverage', 'fifo']
