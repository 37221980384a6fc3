"""What went from one place to another is one thing, what is seen at both is two."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from objects.worlds import first_rows, named, same, snapshot_of, Thing, View
import pytest

from memory_node.core.objects import dump_objects, load_objects, ObjectMap
from memory_node.core.objects.mobility import lasting_s

HOUR = 3600.0
TABLE, SHELF = Thing('table', (3.2, 0.0, 0.7)), Thing('shelf', (3.2, 10.0, 0.7))
CUP, CUP_THERE = Thing('cup', (3.0, 0.2, 0.8)), Thing('cup', (3.0, 10.2, 0.8))


def round_at(hour, here=(), there=()):
    """Looks at the table and at the shelf, each from four spots."""
    return [
        View((fixed, *things), (0.3 * i, y, 0.0), 0.0, hour * HOUR + 60.0 * (4 * place + i))
        for place, (fixed, things, y) in enumerate(((TABLE, here, 0.0), (SHELF, there, 10.0)))
        for i in range(4)
    ]


def read(views):
    snapshot = snapshot_of(views)
    objects = ObjectMap()
    objects.update(snapshot)
    return snapshot, objects


def a_day(**things):
    """Two rounds, so that it is known what is usually seen."""
    return [*round_at(0, **things), *round_at(0.5, **things)]


def cups(views):
    snapshot, objects = read(views)
    seen = objects.view()
    return seen, named(snapshot, seen, 'cup')


def test_a_cup_that_left_the_table_and_came_to_the_shelf_was_moved():
    objects, (here, there) = cups([*round_at(0, here=[CUP]), *round_at(9, there=[CUP_THERE])])
    assert objects.moved_to[here] == objects.ids[there]
    assert objects.came_from[there] == objects.ids[here]
    assert objects.existence[here] < -1.0 < 1.0 < objects.existence[there]
    assert objects.real[here] > 0.0
    assert objects.empties[there] >= 1
    assert objects.since_ns[there] == 9 * HOUR * 1e9 + 240e9


def test_a_cup_whose_old_place_was_not_looked_at_since_was_moved_too():
    later = [v for v in round_at(9, there=[CUP_THERE]) if v.position[1] > 5.0]
    objects, (here, there) = cups([*round_at(0, here=[CUP]), *later])
    assert objects.misses[here] == 0
    assert objects.moved_to[here] == objects.ids[there]
    assert objects.existence[here] < 0.0 < objects.existence[there]


def test_a_second_cup_is_no_moved_cup_once_the_first_is_seen_again():
    later = [v for v in round_at(9, there=[CUP_THERE]) if v.position[1] > 5.0]
    views = [*round_at(0, here=[CUP]), *later]
    objects, _ = cups([*views, *round_at(10, here=[CUP], there=[CUP_THERE])])
    assert (objects.moved_to == -1).all()
    assert (objects.came_from == -1).all()
    assert (objects.existence > 1.0).all()


def test_two_cups_found_on_one_round_are_two():
    objects, both = cups(round_at(0, here=[CUP], there=[CUP_THERE]))
    assert (objects.moved_to[both] == -1).all()
    assert (objects.existence[both] > 0.0).all()


def test_a_table_seen_elsewhere_a_day_later_is_another_table():
    table = Thing('table', (2.5, 10.0, 0.7))
    views = [v for v in round_at(0) if v.position[1] < 5.0]
    views += [replace(v, things=(SHELF, table)) for v in round_at(24) if v.position[1] > 5.0]
    snapshot, objects = read(views)
    seen = objects.view()
    assert (seen.existence[named(snapshot, seen, 'table')] > 0.0).all()


def test_what_went_and_came_back_is_where_it_was_first():
    views = [*a_day(here=[CUP]), *round_at(9, there=[CUP_THERE]), *round_at(18, here=[CUP])]
    objects, (here, there) = cups(views)
    assert objects.existence[there] < 0.0 < objects.existence[here]
    assert objects.came_from[here] == objects.ids[there]
    assert objects.moved_to[here] == -1
    assert objects.since_ns[here] == 18 * HOUR * 1e9


def test_one_false_label_moves_nothing():
    ghost = replace(CUP_THERE, confidence=0.4)
    later = round_at(9, here=[CUP])
    later[5] = replace(later[5], things=(SHELF, ghost))
    objects, (here, there) = cups([*round_at(0, here=[CUP]), *later])
    assert objects.existence[here] > 1.0
    assert objects.existence[there] < 0.0
    later = [v for v in later if v.position[1] > 5.0]  # nor where the cup is not looked for
    objects, (here, there) = cups([*round_at(0, here=[CUP]), *later])
    assert objects.existence[here] > 0.0 > objects.existence[there]


def test_the_longer_a_thing_was_not_seen_the_more_a_miss_says():
    def after(hours, label):
        thing = replace(CUP, label=label)
        missed = round_at(hours)[0]
        snapshot, objects = read([*a_day(here=[thing]), missed])
        (one,) = named(snapshot, objects.view(), label)
        assert objects.view().misses[one] == 1
        return float(objects.view().existence[one])

    assert after(0.7, 'cup') > 1.0 > 0.0 > after(20, 'cup')
    assert after(20, 'wardrobe') > 1.0


def test_a_bowl_in_the_place_of_a_cup_is_no_cup():
    bowl = replace(CUP, label='bowl')
    views = [*round_at(0, here=[CUP]), *round_at(9, here=[bowl])]
    snapshot, objects = read(views)
    seen = objects.view()
    (cup,), (other,) = named(snapshot, seen, 'cup'), named(snapshot, seen, 'bowl')
    assert seen.existence[cup] < 0.0 < seen.existence[other]


def test_a_bookshelf_called_wardrobe_first_in_a_round_is_one_bookshelf():
    size = (0.9, 0.3, 2.0)
    case = Thing('bookshelf', (3.0, 0.2, 1.0), size)
    views = [*round_at(0, here=[case]), *round_at(200, here=[case])]
    views[8] = replace(views[8], things=(TABLE, replace(case, label='wardrobe')))
    snapshot, objects = read(views)
    (one,) = named(snapshot, objects.view(), 'bookshelf')
    assert not named(snapshot, objects.view(), 'wardrobe')
    assert objects.view().frames[one] == 8
    views[8:12] = [
        replace(v, things=(TABLE, replace(case, label='wardrobe'))) for v in views[8:12]
    ]
    snapshot, objects = read(views)  # always called so from then on: it took its place
    (one,), (other,) = (named(snapshot, objects.view(), n) for n in ('bookshelf', 'wardrobe'))
    assert objects.view().existence[one] < objects.view().existence[other]


@pytest.mark.parametrize(
    ('name', 'hours'),
    [('cup', 24), ('red mug', 24), ('office chair', 72), ('dining table', 4000), ('sink', 4000)],
)
def test_how_long_things_stay(name, hours):
    assert lasting_s(name) == hours * HOUR


@pytest.mark.parametrize('name', ['person', 'man', 'cat', 'people', 'small dog'])
def test_people_and_animals_are_no_furniture(name):
    assert lasting_s(name) < HOUR < lasting_s('teddy bear')


def test_moves_are_saved_and_go_on():
    views = [*a_day(here=[CUP]), *round_at(9, there=[CUP_THERE]), *round_at(18, here=[CUP])]
    snapshot = snapshot_of(views)
    whole = ObjectMap()
    whole.update(snapshot)
    for cut in (8, 13, 18):
        part = ObjectMap()
        part.update(first_rows(snapshot, cut))
        loaded = load_objects(dump_objects(part, {}), {})
        assert same(loaded.view(), part.view())
        loaded.update(snapshot)
        assert same(loaded.view(), whole.view())


@settings(deadline=None, max_examples=40)
@given(
    hours=st.lists(st.sampled_from([0.0, 1.0, 9.0, 24.0, -24.0, 1e5]), min_size=2, max_size=6),
    where=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_stamps_out_of_order_and_a_day_off_leave_a_map_whole(hours, where):
    views = []
    for hour, moved in zip(hours, where, strict=False):
        views += round_at(max(hour, 0.0), *(((), [CUP_THERE]) if moved else ([CUP], ())))
    snapshot, objects = read(views)
    seen = objects.view()
    table = objects.table
    assert np.isfinite(seen.existence).all()
    assert np.isfinite(seen.real).all()
    assert (seen.first_ns <= seen.last_ns).all()
    assert seen.frames.sum() == len(snapshot.sighting_labels)
    linked = np.flatnonzero(table.came_from >= 0)
    assert (table.moved_to[table.came_from[linked]] >= 0).all()
    assert (seen.moved_to != seen.ids).all()
