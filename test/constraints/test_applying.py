"""Every constraint picks what meets it, tells by how much, and admits what it cannot know."""

from __future__ import annotations

import time

from constraints.world import HOME, objects, read, ROOM_NAMES, rooms, scene, Thing
import numpy as np
import pytest

from memory_node.core.constraints.base import Candidates, Scene, UNMET, UNSURE
from memory_node.core.constraints.color import Attribute
from memory_node.core.constraints.combine import combine, Combined

HERE = (9.0, 2.0, 0.3)


def applied(
    text: str, candidates: str = '', here: tuple[float, float, float] | None = HERE
) -> tuple[Combined, Candidates, Scene]:
    at = scene(here=here)
    chosen = rooms(at) if candidates == 'rooms' else objects(at, candidates)
    return combine(read(text), at, chosen), chosen, at


def best(text: str, candidates: str = '') -> tuple[float, ...]:
    found, chosen, _ = applied(text, candidates)
    first = found.arranged(found.odds)[0]
    return tuple(np.round(chosen.position[first], 2).tolist())


def best_room(text: str) -> set[str]:
    found, _, _ = applied(text, 'rooms')
    return {ROOM_NAMES[i] for i in np.flatnonzero(found.met.all(axis=0))}


@pytest.mark.parametrize(
    ('text', 'name', 'at'),
    [
        ('a chair near me', 'chair', (9.0, 1.0, 0.4)),
        ('a chair within 3 m', 'chair', (9.0, 1.0, 0.4)),
        ('a chair not within 3 m of me', 'chair', (1.0, 3.0, 0.4)),
        ('a chair in the kitchen', 'chair', (1.0, 3.0, 0.4)),
        ('a chair that is not in the kitchen', 'chair', (9.0, 1.0, 0.4)),
        ('a chair anywhere but in the kitchen', 'chair', (9.0, 1.0, 0.4)),
        ('a lamp in the bedroom or the bathroom', 'lamp', (2.0, 1.0, 3.8)),
        ('the chair of the living room', 'chair', (9.0, 1.0, 0.4)),
        ('the cup on the table', 'cup', (2.7, 3.0, 0.85)),
        ('the thing under the table', 'box', (2.0, 3.0, 0.1)),
        ('the lamp next to the sofa', 'lamp', (11.6, 3.5, 0.8)),
        ('the chair within 1 m of the table', 'chair', (1.0, 3.0, 0.4)),
        ('the chair at the table', 'chair', (1.0, 3.0, 0.4)),
        ('a chair without a sofa', 'chair', (1.0, 3.0, 0.4)),
        ('a chair in a room with a sofa', 'chair', (9.0, 1.0, 0.4)),
        ('a lamp in a room with two beds', 'lamp', (2.0, 1.0, 3.8)),
        ('the lamp upstairs', 'lamp', (2.0, 1.0, 3.8)),
        ('the lamp on the ground floor', 'lamp', (11.6, 3.5, 0.8)),
        ('the lamp on level 2', 'lamp', (2.0, 1.0, 3.8)),
        ('the lamp that is not on the second floor', 'lamp', (11.6, 3.5, 0.8)),
        ('a chair east of the table', 'chair', (9.0, 1.0, 0.4)),
        ('a chair west of the sofa', 'chair', (1.0, 3.0, 0.4)),
        ('a chair on the west side of the building', 'chair', (1.0, 3.0, 0.4)),
        ('the nearest chair', 'chair', (9.0, 1.0, 0.4)),
        ('the farthest chair', 'chair', (1.0, 3.0, 0.4)),
        ('the chair closest to the table', 'chair', (1.0, 3.0, 0.4)),
        ('the cup yesterday', 'cup', (0.4, 0.4, 0.9)),
        ('the cup today', 'cup', (2.7, 3.0, 0.85)),
        ('the latest cup', 'cup', (2.7, 3.0, 0.85)),
    ],
)
def test_the_thing_that_meets_it_comes_first(text, name, at):
    assert best(text, name) == pytest.approx(at, abs=0.01)
    found, _, _ = applied(text, name)
    assert not found.problems


@pytest.mark.parametrize(
    ('text', 'names'),
    [
        ('which room is next to the kitchen?', {'hallway'}),
        ('the room beside the hallway', {'kitchen', 'living room', 'bathroom'}),
        ('a room with two beds', {'bedroom'}),
        ('a room with three beds', set()),
        ('a room with a sofa', {'living room'}),
        ('a room without a bed', {'kitchen', 'hallway', 'living room', 'bathroom'}),
        ('the room next to the sofa', {'living room'}),
        ('the room upstairs', {'bedroom'}),
        ('a room you saw yesterday', {'kitchen'}),
    ],
)
def test_rooms_are_judged_as_rooms(text, names):
    assert best_room(text) == names


def test_a_thing_is_never_beside_itself():
    found, chosen, _ = applied('the bed next to a bed', 'bed')
    assert (found.met.all(axis=0)).tolist() == [True, True]  # each beside the other one
    alone = scene([t for t in HOME if t.name != 'bed' or t.at == (2.0, 3.0, 3.5)])
    found = combine(read('the bed next to a bed'), alone, objects(alone, 'bed'))
    assert found.unmet.all()


def test_nearer_is_better_but_never_by_much():
    things = [Thing(name='sofa', at=(0.0, 0.0, 0.4), row=0)]
    things += [Thing(name='cup', at=(x, 0.0, 0.4), row=0) for x in (0.5, 1.0, 1.8, 3.0, 9.0)]
    at = scene(things)
    odds = combine(read('a cup next to the sofa'), at, objects(at, 'cup')).odds
    assert (np.diff(odds) <= 0).all()
    assert odds[0] <= 0.5
    assert odds[2] > UNSURE
    assert odds[4] == UNMET


def test_an_order_only_decides_among_what_fits():
    at = scene(here=HERE)
    chosen = objects(at)
    found = combine(read('the nearest chair'), at, chosen)
    odds = np.where(chosen.name == at.view.names.texts.index('chair'), 0.0, -6.0)
    order = found.arranged(odds)
    assert chosen.position[order[0]].tolist() == pytest.approx([9.0, 1.0, 0.4])
    assert odds[order[1]] == 0.0


def test_what_nobody_can_tell_is_unsure_and_said():
    found, _, _ = applied('a chair near me', 'chair', here=None)
    assert not found.odds.any()
    assert "'near me' is not considered" in found.problems[0]
    found, _, _ = applied('the nearest chair', 'chair', here=None)
    assert found.order is None
    assert "'nearest' is not considered" in found.problems[0]


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        ('a chair next to the piano', "I have seen no 'piano'"),
        ('a chair in the casino', "I know no 'casino'"),
        ('a chair in a room with three pianos', "I have seen no 'pianos'"),
    ],
)
def test_nothing_meets_what_names_nothing_here(text, problem):
    found, _, _ = applied(text, 'chair')
    assert found.problems == (problem,)
    assert found.unmet.all()


def test_what_is_not_here_excludes_nothing():
    for text in ('a chair not next to the piano', 'a chair not in the casino'):
        found, _, _ = applied(text, 'chair')
        assert found.met.all()
        assert not found.problems


def test_what_was_not_placed_by_depth_is_judged_by_who_saw_it():
    found, _, _ = applied('the mirror in the bathroom', 'mirror')
    assert found.met.all()
    found, _, _ = applied('the mirror next to the toilet', 'mirror')
    assert found.met.all()  # one frame shows both
    found, _, _ = applied('the mirror next to the sofa', 'mirror')
    assert not found.met.any()


def test_what_is_gone_is_no_landmark():
    at = scene([*HOME, Thing(name='piano', at=(1.0, 1.0, 0.5), row=0, existence=-3.0)])
    assert at.lookup.landmark('piano') is None


def test_a_room_without_what_was_never_seen_is_every_room():
    assert best_room('a room without a piano') == set(ROOM_NAMES)


def test_what_is_met_and_unmet_is_told():
    found, chosen, _ = applied('the lamp next to the sofa upstairs', 'lamp')
    assert found.phrases == ('next to the sofa', 'upstairs')
    near, above = 0, 1
    assert found.unmet_phrases(near) == ('upstairs',)
    assert found.unmet_phrases(above) == ('next to the sofa',)
    assert found.sentences(near) == ('next to the sofa (0.6 m)',)
    assert found.sentences(above) == ('upstairs (floor 2 of 2)',)
    assert not found.met_by_all.any()
    found, _, _ = applied('the cup yesterday', 'cup')
    assert found.sentences(1)[0].startswith('yesterday (seen Tue 2026-11-24')


@pytest.mark.parametrize(
    ('text', 'both'),
    [
        ('a chair in the kitchen in the living room', ('in the kitchen', 'in the living room')),
        (
            'a chair in the kitchen but not in the kitchen',
            ('in the kitchen', 'not in the kitchen'),
        ),
        ('a lamp on the first floor on the second floor', ('first floor', 'second floor')),
        ('a chair yesterday and today', ('yesterday', 'today')),
        ('the chair yesterday morning between 14:00 and 15:00', ('yesterday', '14:00')),
    ],
)
def test_constraints_that_exclude_each_other_are_named(text, both):
    name = 'lamp' if 'lamp' in text else 'chair'
    found, _, _ = applied(text, name)
    assert 'exclude each other' in found.contradiction
    assert all(phrase in found.contradiction for phrase in both)


def test_constraints_that_agree_are_no_contradiction():
    found, _, _ = applied('the cup on the table in the kitchen near the table', 'cup')
    assert found.contradiction == ''


def test_attributes_count_where_captions_tell():
    class Told:
        def landmark(self, phrase):
            return None

        def rooms(self, phrase):
            return None

        def attribute_share(self, attribute, candidates):
            assert attribute == 'red'
            return np.array([1.0, 0.0, np.nan, 0.5])

    at = scene()
    chosen = objects(at).take(np.arange(4))
    told = Scene(view=at.view, query=at.query, config=at.config, lookup=Told(), travel=at.travel)
    odds = Attribute(phrase='red', about='red').apply(told, chosen).odds
    assert odds[0] > odds[3] > odds[2] > odds[1]
    assert odds[1] < -3.0
    assert Attribute(phrase='red', about='red').apply(at, chosen).problem


def test_no_candidates_are_judged_as_well():
    at = scene(here=HERE)
    nothing = objects(at, 'unicorn')
    assert len(nothing) == 0
    text = 'the cup near me next to the sofa in the kitchen upstairs north of the table today'
    found = combine(read(f'{text} in a room with two beds without a lamp'), at, nothing)
    assert found.odds.shape == (0,)
    assert found.arranged(found.odds).shape == (0,)


def test_thousands_of_candidates_are_judged_in_milliseconds():
    rng = np.random.default_rng(0)
    things = [
        Thing(name='cup', at=tuple(p), row=int(r))
        for p, r in zip(rng.uniform(0, 12, (4096, 3)), rng.integers(0, 7, 4096), strict=True)
    ]
    at = scene([*HOME, *things], here=HERE)
    chosen = objects(at, 'cup')
    for text in (
        'cup near me', 'cup in the kitchen', 'cup next to the chair', 'cup on the table',
        'cup upstairs', 'cup north of the sofa', 'cup yesterday', 'cup in a room with two beds',
        'cup without a lamp', 'cup next to a cup',
    ):  # fmt: skip
        request = read(text)
        combine(request, at, chosen)
        took = []
        for _ in range(5):
            start = time.perf_counter()
            combine(request, at, chosen)
            took.append(time.perf_counter() - start)
        assert min(took) < 0.03, (text, min(took))
