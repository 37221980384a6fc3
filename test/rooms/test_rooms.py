"""Rooms are found, named, kept and stored."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from rooms.worlds import building

from memory_node.core.errors import IndexDamagedError
from memory_node.core.rooms.building import RoomBuilder
from memory_node.core.rooms.matching import next_to, RoomMatcher
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.views import RoomViews
from memory_node.core.rooms.vocabulary import default_vocabulary

VOCABULARY = default_vocabulary()
BUILDER, MATCHER = RoomBuilder(VOCABULARY), RoomMatcher(VOCABULARY)

HOME = [
    ('there is a bed and a nightstand', ['bed', 'nightstand']),
    ('a corridor', []),
    ('a view of a stove', ['stove', 'refrigerator', 'kitchen sink']),
    ('a bedroom with a bed', ['bed', 'wardrobe']),
]


def same_partition(one, other) -> bool:
    pairs = set(zip(map(int, one), map(int, other), strict=True))
    return len(pairs) == len(set(one)) == len(set(other))


@pytest.mark.parametrize('side', [2, 3, 5])
@pytest.mark.parametrize('one_drive', [True, False])
def test_rooms_end_at_doors(side, one_drive):
    views, truth = building(HOME, side=side, one_drive=one_drive)
    assert same_partition(BUILDER.build(views).room_of_row, truth)


@pytest.mark.parametrize('apart_m', [5.0, 6.0, 9.0])
def test_rooms_that_were_looked_into_once_are_rooms(apart_m):
    seen = [['stove', 'sink', 'refrigerator'], ['sofa', 'television', 'rug'], ['bed', 'wardrobe']]
    labels = sorted({label for some in seen for label in some})
    count = len(seen)
    views = RoomViews(
        keys=np.arange(count),
        stamps=np.arange(count) * 10**9,
        maps=np.zeros(count, np.int32),
        positions=np.array([(apart_m * i, 0.0, 0.0) for i in range(count)]),
        captions=[', '.join(some) for some in seen],
        label_starts=np.cumsum([0, *map(len, seen)]),
        label_ids=np.array([labels.index(label) for some in seen for label in some], np.int64),
        labels=labels,
        object_labels=np.arange(len(labels)),
        object_positions=np.array(
            [
                (apart_m * i + 1.0, float(j), 0.5)
                for label in labels
                for i, some in enumerate(seen)
                for j, one in enumerate(some)
                if one == label
            ]
        ),
        object_starts=np.arange(len(labels) + 1),
        object_rows=np.array(
            [i for label in labels for i, some in enumerate(seen) if label in some]
        ),
    )
    assert len(BUILDER.build(views)) == count


def test_a_robot_that_comes_again_and_again_knows_its_rooms():
    # Two rooms of spots 1.2 m apart with a wall at x = 5; four visits, each on another course.
    spots = [(x, y) for x in (1.0, 2.2, 3.4) for y in (1.0, 2.2)]
    spots += [(x + 5.4, y) for x, y in spots]
    rng = np.random.default_rng(3)
    at, truth, captions = [], [], []
    for _ in range(4):
        for spot in [*rng.permutation(6), *(6 + rng.permutation(6))]:
            at.append((*(np.array(spots[spot]) + rng.normal(0.0, 0.03, 2)), 0.0))
            truth.append(int(spot >= 6))
            said = ('a workshop with a vice', 'a vice')
            other = ('a canteen with a tray', 'a tray')
            captions.append((other if spot >= 6 else said)[int(rng.integers(2))])
    count = len(at)
    views = RoomViews(
        keys=np.arange(count),
        stamps=np.arange(count) * 10**9,
        maps=np.zeros(count, np.int32),
        positions=np.array(at),
        captions=captions,
        label_starts=np.arange(count + 1),
        label_ids=np.array(truth),
        labels=['vice', 'tray'],
        links=np.array([(i, i + 1) for i in range(count - 1)]),
    )
    rooms = BUILDER.build(views)
    assert same_partition(rooms.room_of_row, truth)
    assert set(rooms.names) == {'workshop', 'canteen'}


def test_a_robot_that_looks_around_stays_in_one_room():
    shown = ['bed', 'lamp', 'window', 'stove', 'sink', 'kettle']
    views = RoomViews(
        keys=np.arange(6),
        stamps=np.arange(6) * 10**9,
        maps=np.zeros(6, np.int32),
        positions=np.repeat([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]], 3, axis=0),
        captions=tuple(f'a {thing}' for thing in shown),
        label_starts=np.arange(7),
        label_ids=np.arange(6),
        labels=tuple(shown),
        links=np.array([(i, i + 1) for i in range(5)]),
    )
    room = BUILDER.build(views).room_of_row
    assert len(set(room[:3])) == len(set(room[3:])) == 1


def test_rooms_without_any_position():
    views, truth = building(HOME, placed=False)
    rooms = BUILDER.build(views)
    assert same_partition(rooms.room_of_row, truth)
    assert np.isnan(rooms.centers).all()


def test_rooms_without_links_but_with_positions():
    views, truth = building(HOME, side=5, linked=False)
    assert same_partition(BUILDER.build(views).room_of_row, truth)


def _seen_in_turn(captions, xs):
    """Return views with captions, two at each place, between which no way is known."""
    captions, xs = np.repeat(captions, 2).tolist(), np.repeat(xs, 2)
    count = len(captions)
    return RoomViews(
        keys=np.arange(count),
        stamps=np.arange(count) * 10**9,
        maps=np.zeros(count, np.int32),
        positions=np.column_stack([xs, 0.2 * np.arange(count) % 0.4, np.zeros(count)]),
        captions=captions,
        label_starts=np.zeros(count + 1, np.int64),
        label_ids=np.empty(0, np.int64),
        labels=(),
        links=np.empty((0, 2), np.int64),
    )


def test_a_place_is_one_room_by_its_longer_and_its_shorter_name():
    captions = ['A cellar with shelves.', 'The cheese cellar.', 'The cellar, cool and dark.']
    rooms = BUILDER.build(_seen_in_turn(captions, [0.0, 1.5, 3.0]))
    assert len(rooms) == 1
    captions = ['A wet lab.', 'The dry lab, with a bench.', 'A dry lab.']
    assert len(BUILDER.build(_seen_in_turn(captions, [0.0, 3.0, 4.5]))) == 2


def test_a_room_that_captions_call_otherwise_is_not_meant_by_a_synonym():
    captions = ['A milking parlour.', 'The milking parlour.', 'A dairy.', 'The dairy, tiled.']
    rooms = BUILDER.build(_seen_in_turn(captions, [0.0, 1.5, 12.0, 13.5]))
    scores = MATCHER.log_odds(rooms, 'the dairy')
    assert [rooms.names[i] for i in np.flatnonzero(scores > 0.0)] == ['dairy']


def test_captions_that_use_synonyms_speak_of_one_room():
    captions = ['A stockroom.', 'The storeroom, tidy.', 'A store room.', 'The stockroom.']
    assert len(BUILDER.build(_seen_in_turn(captions, [0.0, 1.5, 3.0, 4.5]))) == 1


def test_a_room_that_captions_seldom_call_so_is_meant():
    captions = [
        'A watch office.',
        'A radio room.',
        'A watch room.',
        'The dispatch room.',
        'A gym.',
    ]
    rooms = BUILDER.build(_seen_in_turn(captions, [0.0, 0.2, 0.4, 0.6, 20.0]))
    scores = MATCHER.log_odds(rooms, 'the watch room')
    assert scores.argmax() == rooms.room_of_row[4]
    assert scores.max() > 0.0


def test_one_room_is_one_room():
    views, _ = building(HOME[:1], side=6)
    rooms = BUILDER.build(views)
    assert rooms.names == ('bedroom',)
    assert not rooms.named[0]


def test_two_rooms_of_a_kind_are_two_rooms():
    views, truth = building(HOME)
    rooms = BUILDER.build(views)
    scores = MATCHER.log_odds(rooms, 'the bedroom')
    assert sorted(truth[rooms.representatives[scores > 0.0]]) == [0, 3]


def test_names_say_where_they_come_from():
    views, truth = building(HOME)
    rooms = BUILDER.build(views)
    found = {int(truth[r]): i for i, r in enumerate(rooms.representatives)}
    assert [rooms.names[found[i]] for i in range(4)] == [
        'bedroom', 'corridor', 'kitchen', 'bedroom',
    ]  # fmt: skip
    assert [bool(rooms.named[found[i]]) for i in range(4)] == [False, True, False, True]


def test_a_room_that_is_not_there_is_refused():
    rooms = BUILDER.build(building(HOME)[0])
    for phrase in ('garage', 'the swimming pool', 'home office', 'whelping box', 'server room'):
        assert (MATCHER.log_odds(rooms, phrase) < 0.0).all(), phrase


def test_any_name_that_captions_say_is_reached():
    views, truth = building([*HOME, ('this is the whelping box', ['blanket'])])
    rooms = BUILDER.build(views)
    for phrase in ('the whelping box', 'whelping box'):
        scores = MATCHER.log_odds(rooms, phrase)
        assert truth[rooms.representatives[scores.argmax()]] == 4
        assert (scores > 0.0).sum() == 1


def test_numbers_tell_rooms_apart():
    aisles = [(f'aisle {i} with shelves', [f'box {i}']) for i in range(3)]
    views, truth = building(aisles)
    rooms = BUILDER.build(views)
    scores = MATCHER.log_odds(rooms, 'aisle 1')
    assert truth[rooms.representatives[scores.argmax()]] == 1
    assert (scores > 0.0).sum() == 1
    assert (MATCHER.log_odds(rooms, 'an aisle') > 0.0).all()


def test_synonyms_and_narrower_kinds_are_meant():
    rooms = BUILDER.build(building([*HOME, ('a nursery', ['crib'])])[0])
    assert (MATCHER.log_odds(rooms, 'hallway') > 0.0).sum() == 1
    assert (MATCHER.log_odds(rooms, 'bedroom') > 0.0).sum() == 3
    assert (MATCHER.log_odds(rooms, "child's room") > 0.0).sum() == 1


def test_next_to_follows_doors():
    views, truth = building(HOME)
    rooms = BUILDER.build(views)
    scores = next_to(rooms, MATCHER.log_odds(rooms, 'bedroom'), MATCHER.log_odds(rooms, 'kitchen'))
    assert truth[rooms.representatives[scores.argmax()]] == 3
    scores = next_to(rooms, None, MATCHER.log_odds(rooms, 'kitchen'))
    assert set(truth[rooms.representatives[np.argsort(-scores)[:2]]]) == {1, 3}


def test_objects_are_in_the_room_of_those_who_see_them():
    views, truth = building(HOME)
    rooms = BUILDER.build(views)
    for i, room in enumerate(rooms.room_of_object):
        seers = views.object_rows[views.object_starts[i] : views.object_starts[i + 1]]
        assert rooms.room_of_row[seers[0]] == room


def test_ids_stay_when_rooms_are_added():
    before, _ = building(HOME[:3])
    after, _ = building(HOME)
    old = BUILDER.build(before)
    new = BUILDER.build(after, old)
    count = len(before)
    assert (new.ids[new.room_of_row[:count]] == old.ids[old.room_of_row]).all()
    assert len(set(new.ids)) == len(new)


def test_bytes_give_the_same_rooms():
    rooms = BUILDER.build(building(HOME)[0])
    again = Rooms.from_bytes(rooms.to_bytes())
    for field in dataclasses.fields(Rooms):
        one, other = getattr(rooms, field.name), getattr(again, field.name)
        assert one == other if isinstance(one, tuple) else np.array_equal(one, other, True)


@pytest.mark.parametrize('cut', [0, 1, 10, 100, 1000, -1, -40])
def test_damaged_bytes_are_refused(cut):
    data = BUILDER.build(building(HOME)[0]).to_bytes()
    with pytest.raises(IndexDamagedError):
        Rooms.from_bytes(data[:cut])


def test_nothing_gives_no_rooms():
    none = np.empty(0, np.int64)
    views = RoomViews(
        keys=none,
        stamps=none,
        maps=none.astype(np.int32),
        positions=np.empty((0, 3)),
        captions=(),
        label_starts=np.zeros(1, np.int64),
        label_ids=none,
        labels=(),
    )
    rooms = BUILDER.build(views)
    assert len(rooms) == 0
    assert len(MATCHER.log_odds(rooms, 'kitchen')) == 0
    assert len(next_to(rooms, None, np.empty(0))) == 0
    assert len(Rooms.from_bytes(rooms.to_bytes())) == 0


def test_input_is_not_changed():
    views, _ = building([('a room', ['cup', 'cup', 'bed'])])
    before = views.label_ids.copy()
    BUILDER.build(views)
    assert np.array_equal(views.label_ids, before)


def test_maps_are_not_joined():
    views, truth = building(HOME)
    views = dataclasses.replace(views, maps=(truth > 1).astype(np.int32))
    rooms = BUILDER.build(views)
    for room in range(len(rooms)):
        assert (views.maps[rooms.rows_of(room)] == rooms.maps[room]).all()
        assert (rooms.maps[rooms.neighbors(room)[0]] == rooms.maps[room]).all()
