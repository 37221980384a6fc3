"""What is one object and what is not: small worlds, the reduced cases, and the Gibson rooms."""

from dataclasses import replace
import json

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from objects.worlds import (
    first_rows,
    named,
    read_views,
    same,
    scattered,
    SHARED,
    snapshot_of,
    Thing,
    View,
)
import pytest

from memory_node.core.objects import ObjectMap

CASES = SHARED / 'cases'
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason='no shared cases')


def objects_of(views, **more):
    snapshot = snapshot_of(views, **more)
    objects = ObjectMap()
    objects.update(snapshot)
    return snapshot, objects.view()


def seen_from(x, *things, **more):
    return View(tuple(things), (x, 0.0, 0.0), **more)


@needs_cases
def test_four_cups_in_six_frames_are_four():
    snapshot, objects = objects_of(read_views(CASES / 'cups.jsonl'))
    cups = named(snapshot, objects, 'cup')
    assert len(cups) == 4
    assert objects.frames[cups].tolist() == [6, 6, 6, 6]
    assert np.diff(np.sort(objects.positions[cups, 1])) == pytest.approx([0.15] * 3, abs=0.04)


@needs_cases
def test_keys_are_believed_on_the_sofa_and_gone_from_the_table():
    snapshot, objects = objects_of(read_views(CASES / 'moved.jsonl'))
    keys = named(snapshot, objects, 'keys')
    assert len(keys) == 2
    table, sofa = keys
    assert objects.positions[table].tolist() == pytest.approx([3.1, 0.1, 0.8], abs=0.05)
    assert objects.existence[table] < -2.0
    assert objects.existence[sofa] > 1.0
    assert objects.misses[table] == 6
    assert objects.missed_ns[table] == snapshot.stamps[-1]
    others = [i for i in range(len(objects)) if i != table]
    assert (objects.existence[others] > 1.0).all()


def test_one_miss_is_no_proof():
    table, cup = Thing('table', (3.0, 0.0, 0.7)), Thing('cup', (2.9, 0.2, 0.8))
    views = [seen_from(0.3 * i, table, cup, stamp=i) for i in range(8)]
    _, objects = objects_of([*views, seen_from(0.0, table, stamp=20)])
    assert objects.misses.tolist() == [0, 1]
    assert objects.existence[1] > 1.0


@pytest.mark.parametrize(('step', 'missed'), [(0.3, 1), (1.5, 0)])
def test_what_was_seen_from_here_is_missed_though_nothing_is_seen_behind_it(step, missed):
    cup = Thing('cup', (2.9, 0.6, 0.8))
    beside = [Thing(f'thing {i}', (3.0, -2.0 + 0.4 * i, 0.7)) for i in range(3)]
    views = [seen_from(0.05 * i, *beside, cup, stamp=i) for i in range(8)]
    snapshot, objects = objects_of([*views, seen_from(-step, *beside, stamp=20)])
    assert objects.misses[named(snapshot, objects, 'cup')].tolist() == [missed]


def test_what_is_seen_again_was_never_gone():
    table, cup = Thing('table', (3.0, 0.0, 0.7)), Thing('cup', (2.9, 0.2, 0.8))
    views = [seen_from(0.3 * i, table, cup, stamp=i) for i in range(8)]
    views += [seen_from(0.3 * i, table, stamp=20 + i) for i in range(6)]
    _, gone = objects_of(views)
    _, back = objects_of([*views, seen_from(0.0, table, cup, stamp=40)])
    assert gone.existence[1] < 0.0 < back.existence[1]


def test_nothing_is_missed_by_a_frame_from_before_it_was_there():
    table, cup = Thing('table', (3.0, 0.0, 0.7)), Thing('cup', (2.9, 0.2, 0.8))
    views = [seen_from(0.3 * i, table, cup, stamp=100 + i) for i in range(8)]
    _, objects = objects_of([*views, *(seen_from(0.3 * i, table, stamp=i) for i in range(8))])
    assert objects.misses.tolist() == [0, 0]


def test_headings_that_say_nothing_give_no_negative_evidence():
    ring = [(np.cos(a), np.sin(a)) for a in np.linspace(0, 6.2, 12)]
    things = [Thing(f'thing {i}', (3 * x, 3 * y, 0.5)) for i, (x, y) in enumerate(ring)]
    views = [View(tuple(things), (0.0, 0.1 * i, 0.0), 0.0, i) for i in range(4)]
    views += [View(tuple(things[1:]), (0.0, 0.3 * i, 0.0), 0.0, 10 + i) for i in range(6)]
    _, objects = objects_of(views)
    assert not objects.misses.any()


def test_a_cup_on_a_table_is_not_the_table():
    table, cup = Thing('table', (2.0, 0.0, 0.7)), Thing('cup', (2.0, 0.0, 0.7))
    snapshot, objects = objects_of([seen_from(0.1 * i, [table, cup][i % 2]) for i in range(8)])
    assert [snapshot.labels[i] for i in objects.labels] == ['table', 'cup']


def test_a_bookshelf_called_wardrobe_now_and_then_is_one_bookshelf():
    size = (0.9, 0.3, 2.0)
    called = ['bookshelf', 'bookshelf', 'wardrobe', 'bookshelf', 'wardrobe', 'bookshelf']
    views = [
        seen_from(0.2 * i, Thing(label, (3.0 + 0.02 * i, 0.0, 1.0), size))
        for i, label in enumerate(called)
    ]
    snapshot, objects = objects_of(views)
    assert len(objects) == 1
    assert snapshot.labels[objects.labels[0]] == 'bookshelf'
    held = {
        snapshot.labels[label]: round(float(weight), 3)
        for label, weight in zip(objects.hist_labels, objects.hist_weights, strict=True)
    }
    assert held == {'bookshelf': 3.6, 'wardrobe': 1.8}


def test_one_box_read_in_turns_as_two_unrelated_things_is_one():
    size = (0.3, 0.3, 0.5)
    called = ['vase', 'lamp', 'vase', 'vase', 'lamp', 'vase']
    views = [
        seen_from(0.2 * i, Thing(label, (2.0, 0.01 * i, 1.0), size), stamp=i)
        for i, label in enumerate(called)
    ]
    snapshot, objects = objects_of(views)
    assert [snapshot.labels[i] for i in objects.labels] == ['vase']
    assert objects.frames.tolist() == [6]


def test_a_thing_put_where_another_was_is_a_new_thing():
    size = (0.3, 0.3, 0.5)
    views = [
        seen_from(0.2 * i, Thing(label, (2.0, 0.0, 1.0), size), stamp=i)
        for i, label in enumerate(['vase'] * 4 + ['lamp'] * 4)
    ]
    _, objects = objects_of(views)
    assert len(objects) == 2


def test_two_objects_that_come_to_lie_on_one_spot_are_merged():
    views = [seen_from(0.5, Thing('bookshelf', (3.0, 0.0, 1.0)))]
    views += [seen_from(0.5, Thing('wardrobe', (3.0, y, 1.0))) for y in (0.5, 0.3, 0.1, 0.0)]
    _, objects = objects_of(views[:2])
    assert len(objects) == 2
    snapshot, objects = objects_of(views)
    assert objects.frames.tolist() == [5]
    assert objects.object_of_sighting.tolist() == [0] * 5
    assert snapshot.labels[objects.labels[0]] == 'wardrobe'


def test_two_objects_of_one_frame_are_never_merged():
    views = [
        seen_from(0.0, Thing('cup', (2.0, 0.0, 1.0)), Thing('cup', (2.0, 0.3, 1.0))),
        *(seen_from(0.0, Thing('cup', (2.0, 0.003 * i, 1.0))) for i in range(100)),
    ]
    _, objects = objects_of(views)
    assert len(objects) == 2


#: Two faces of a bin, as they are seen from two sides: their boxes meet.
FACES = (Thing('bin', (3.0, -0.32, 0.5), (0.1, 0.6, 0.8)),
         Thing('bin', (3.32, 0.0, 0.5), (0.6, 0.1, 0.8)))  # fmt: skip


def test_two_sides_of_one_thing_are_one_thing():
    views = [seen_from(0.5, FACES[i]) for i in (0, 0, 0, 1, 0, 1, 1, 0, 1, 0)]
    _, objects = objects_of(views)
    assert objects.frames.tolist() == [10]


def test_two_things_whose_boxes_meet_and_that_a_frame_shows_are_two():
    views = [seen_from(0.5, *FACES), *(seen_from(0.5, FACES[i]) for i in (0, 1, 1, 0, 1, 0))]
    _, objects = objects_of(views)
    assert len(objects) == 2


def test_maps_and_storeys_are_apart():
    cup = Thing('cup', (2.0, 0.0, 1.0))
    upstairs = Thing('cup', (2.0, 0.0, 4.0))
    _, objects = objects_of([seen_from(0.0, cup), seen_from(0.0, cup, map_row=1)])
    assert objects.maps.tolist() == [0, 1]
    _, objects = objects_of([seen_from(0.0, cup), View((upstairs,), (0.0, 0.0, 3.0))])
    assert len(objects) == 2


@needs_cases
def test_counts_of_the_gibson_rooms_are_exact():
    for name in ('Coffeen', 'Swisshome'):
        folder = SHARED / 'data/gibson_rooms' / name
        snapshot, objects = objects_of(read_views(folder / 'observations.jsonl'))
        for line in (folder / 'questions.jsonl').read_text('utf-8').splitlines():
            question = json.loads(line)
            if question['kind'] == 'count_all':
                assert len(named(snapshot, objects, question['want_class'])) == question['count']


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(1, 39), max_size=4))
def test_updates_in_parts_give_what_one_update_gives(seed, cuts):
    snapshot = snapshot_of(scattered(seed)[1])
    whole, parts = ObjectMap(), ObjectMap()
    whole.update(snapshot)
    for count in [*sorted(cuts), len(snapshot)]:
        parts.update(first_rows(snapshot, count))
        parts.view()
    assert same(whole.view(), parts.view())


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), sigma=st.sampled_from([0.0, 0.05, 0.3]))
def test_sightings_of_one_frame_are_different_objects(seed, sigma):
    snapshot, objects = objects_of(scattered(seed, sigma=sigma)[1])
    assert (objects.object_of_sighting >= 0).all()
    for row in range(len(snapshot)):
        seen = objects.object_of_sighting[snapshot.sightings_of(row)]
        assert len(set(seen.tolist())) == len(seen)
    frames = np.bincount(objects.object_of_sighting, minlength=len(objects))
    assert frames.tolist() == objects.frames.tolist()


@pytest.mark.parametrize('sigma', [0.02, 0.05, 0.08])
def test_noise_neither_splits_nor_joins(sigma):
    for seed in range(4):
        world, views = scattered(seed, frames=120, sigma=sigma)
        views = [replace(v, things=tuple(t for t in v.things if t.position)) for v in views]
        _, objects = objects_of(views)
        assert abs(len(objects) - len(world)) <= 2


def test_a_removal_builds_the_map_again():
    views = scattered(3)[1]
    objects = ObjectMap()
    objects.update(snapshot_of(views))
    left = snapshot_of(views[10:], epoch=1)
    assert objects.update(left) == 30
    again = ObjectMap()
    again.update(left)
    assert same(objects.view(), again.view())


def test_views_stay_as_they_were():
    snapshot = snapshot_of(scattered(4)[1])
    objects = ObjectMap()
    objects.update(first_rows(snapshot, 20))
    view = objects.view()
    positions = view.positions.copy()
    objects.update(snapshot)
    assert np.array_equal(view.positions, positions, equal_nan=True)
    with pytest.raises(ValueError, match='read-only'):
        view.positions[0] = 0.0
    assert view.index_of(view.ids).tolist() == list(range(len(view)))
    assert view.index_of(np.array([10**9])).tolist() == [-1]


def test_the_best_viewpoint_is_close_and_faces_the_object():
    cup = Thing('cup', (5.0, 0.0, 1.0))
    ways = [View((cup,), (x, 0.0, 0.0), 0.0, x) for x in (0.0, 2.0, 4.0, 4.8)]
    _, objects = objects_of(ways)
    assert objects.view_rows.tolist() == [2]


def test_much_in_one_frame_is_bounded():
    rng = np.random.default_rng(0)
    spot = [Thing(f'kind {i}', (2.0, 0.0, 1.0)) for i in range(50)]
    _, objects = objects_of([seen_from(0.01 * i, *spot) for i in range(20)])
    assert len(objects) == 50
    same_spot = [Thing('cup', (2.0, 0.0, 1.0))] * 200
    _, objects = objects_of([seen_from(0.01 * i, *same_spot) for i in range(5)])
    assert len(objects) == 200
    crowd = [
        Thing('person', tuple(p)) for p in rng.normal((3.0, 0.0, 0.9), 0.4, (3000, 3)).tolist()
    ]
    _, objects = objects_of([seen_from(0.0, *crowd), seen_from(0.0, *crowd)])
    assert len(objects) == 3000


def test_odd_numbers_are_taken_as_unknown():
    nan, inf = float('nan'), float('inf')
    views = [
        View(
            (
                Thing('x' * 1000, (1.0, nan, 0.0), (0.0, 0.0, 0.0), 0.0),
                Thing('cup', (1e30, 0.0, 0.0), (nan, 1.0, 1.0), nan),
                Thing('cup', (0.0, 0.0, 0.0), (-1.0, 2.0, inf), 1.0),
                Thing('cup', (inf, 0.0, 0.0)),
            ),
            stamp=1.0,
        )
    ] * 3
    _, objects = objects_of(views)
    assert objects.frames.tolist() == [3, 3, 3, 3]
    assert np.isfinite(objects.existence).all()
    assert np.isnan(objects.extents).all()
    assert objects.placed.tolist() == [True, True, False, False]


def test_an_empty_memory_has_no_objects():
    _, objects = objects_of([])
    assert len(objects) == 0
    _, objects = objects_of([View(), View()])
    assert len(objects) == 0
    assert objects.rows == 2
