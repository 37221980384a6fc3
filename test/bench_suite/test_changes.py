"""The flat in which things move: the same for equal seeds, and answered as well as it was."""

from __future__ import annotations

import math

from fakes import BagOfWordsEncoder
import pytest

from memory_bench.changes.drive import drive, Noise
from memory_bench.changes.methods import Heard
from memory_bench.changes.questions import Asked, ASPECTS, questions_of
from memory_bench.changes.rendered import drive_rendered, standing
from memory_bench.changes.run import measure, scored, table
from memory_bench.changes.world import ASKED_NS, draw_script, MOVABLE
from memory_bench.cli import main

#: What every later version has to reach on the first flats, by aspect, and may reach at most.
AT_LEAST = {
    'where is, moved': 0.9,
    'where is, unmoved': 0.95,
    'where was': 0.95,
    'at first': 0.95,
    'gone': 0.9,
    'count': 0.9,
    'changed': 0.65,
}
AT_MOST = {'still there': 0.06, 'present refused': 0.05}


def test_equal_seeds_give_equal_flats_and_drives():
    assert draw_script(3) == draw_script(3) != draw_script(4)
    one, two = (drive(draw_script(3), 3, Noise()) for _ in range(2))
    assert repr(one) == repr(two)


def test_things_are_in_one_place_at_a_time():
    script = draw_script(5)
    for thing in {s.thing for s in script.stays}:
        stays = script.of(thing)
        for before, after in zip(stays, stays[1:], strict=False):
            assert before.until_ns == after.since_ns
    assert set(script.changes.values()) == {'room', 'flat', 'removed', 'swapped', 'added'}


def test_nothing_is_asked_that_could_not_be_seen():
    script = draw_script(5)
    seen = drive(script, 5, Noise())
    for question in questions_of(script, seen):
        assert question.aspect in ASPECTS
        if question.aspect == 'gone':
            assert not script.there(question.label, ASKED_NS)


def test_answers_are_scored():
    asked = Asked(aspect='where is, moved', text='', label='mug', places=((1.0, 2.0, 0.8),))
    right, refused = Heard(where=(1.2, 2.0, 0.8)), Heard()
    assert dict(scored(asked, right)) == {'where is, moved': 1.0, 'present refused': 0.0}
    assert dict(scored(asked, refused)) == {'where is, moved': 0.0, 'present refused': 1.0}


def test_the_memory_answers_as_well_as_it_was_measured():
    measured = measure(range(6), Noise(), BagOfWordsEncoder())
    told = table(measured)
    for aspect, least in AT_LEAST.items():
        found = measured.of('ours', aspect)
        assert found is not None
        assert found.mean >= least, f'{aspect}\n{told}'
    for aspect, most in AT_MOST.items():
        found = measured.of('ours', aspect)
        assert found is not None
        assert found.mean <= most, f'{aspect}\n{told}'


@pytest.fixture(scope='module')
def rendered():
    script = standing(draw_script(5))
    return script, drive_rendered(script, 5, Noise())


def test_a_flat_that_is_ray_cast_shows_what_stands_in_view(rendered):
    script, seen = rendered
    assert len(seen.observations) > 200
    off = [
        min(
            math.dist(s.position, where.position)
            for where in script.stays
            if where.label == s.label
        )
        for o in seen.observations
        for s in o.sightings
        if s.position is not None and s.label in MOVABLE
    ]
    assert len(off) > 100
    assert sorted(off)[len(off) // 2] < 0.25
    for i, stamps in seen.in_view.items():
        stay = script.stays[i]
        assert all(stay.since_ns <= t < stay.until_ns for t in stamps)


def test_what_is_asked_of_it_could_be_seen(rendered):
    script, seen = rendered
    asked = questions_of(script, seen)
    assert {'where was', 'count', 'still there'} <= {q.aspect for q in asked}


@pytest.mark.parametrize('option', ['--worlds=0', '--misses=1', '--false-labels=2', '--noise-m=9'])
def test_numbers_that_are_none_are_refused(option, capsys):
    assert main(['changes', option]) == 2
    assert 'memory-bench' in capsys.readouterr().out
