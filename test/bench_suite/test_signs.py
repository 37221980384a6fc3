"""Signs are read from rendered pictures by the real models, remembered, asked for and judged."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
import math

from fakes import BagOfWordsEncoder
import pytest
from signed_corridor import corridor_without_signs, signed_corridor

from memory_bench.metrics.intervals import wilson
from memory_bench.signs.asking import ask_worlds, Asked, asked_table, AskingConfig
from memory_bench.signs.gallery import gallery, plates
from memory_bench.signs.grid import misread, reading_table
from memory_bench.signs.judge import Lead, SignJudge
from memory_bench.signs.questions import sign_questions
from memory_bench.signs.reading import is_same_text, read_plates, Shot, Trial
from memory_sim.engines.base import CameraModel
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.world.yaml_file import save_world

NEAR, FAR = Shot(distance_m=2.0, angle_rad=0.5), Shot(distance_m=6.0, angle_rad=1.0)


@pytest.fixture(scope='module')
def reader():
    pytest.importorskip('rapidocr', reason="needs pip install 'memory_node[signs]'")
    from memory_node.models.rapidocr_reader import RapidOcrReader

    return RapidOcrReader()


@pytest.fixture(scope='module')
def sim():
    camera = CameraModel(width=160, height=120)
    with closing(EmbeddedSimulator(signed_corridor(), camera=camera, furniture='procedural')) as s:
        yield s


def test_plates_are_read_from_near_and_not_from_far(reader):
    hall = gallery(signed_corridor().signs, 0)
    camera = CameraModel(hfov_rad=math.radians(65.0))
    trials = list(read_plates(hall, (NEAR, FAR), reader, camera))
    assert [t.text for t in trials if t.shot == NEAR and t.right] == [s.text for s in hall.signs]
    assert not any(t.right for t in trials if t.shot == FAR)
    again = list(read_plates(hall, (NEAR,), reader, camera))
    assert again == [t for t in trials if t.shot == NEAR]


def test_blanks_and_case_are_no_difference_but_digits_are():
    assert is_same_text('ROOM214', 'Room 214')
    assert not is_same_text('Room 241', 'Room 214')


def test_the_table_counts_what_was_silent_and_what_was_wrong():
    trials = [
        Trial(text='214', lines=1, shot=NEAR, read=read, confidence=0.9)
        for read in ('214', '21 4', '241', '')
    ]
    assert '0.500' in reading_table(trials)
    assert '1 not read, 1 misread' in reading_table(trials)
    assert len(misread(trials)) == 2


def test_the_interval_is_wide_where_all_of_a_few_are_right():
    assert wilson(4, 4).low < 0.6
    assert wilson(400, 400).low > 0.98
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_plates_all_say_something_else():
    texts = [sign.text for sign in plates(25)]
    assert len(set(texts)) == 25


def test_the_judge_wants_the_right_door_in_view(sim):
    judge = SignJudge(sim)
    plate, other = sim.world.signs[0], sim.world.signs[1]
    x, y, _ = plate.position
    before = Lead(stand=(x, y - 1.0), target=plate.position)
    assert judge.is_right(before, [plate])
    assert not judge.is_right(replace(before, target=other.position), [plate])
    assert not judge.is_right(replace(before, stand=(x, y + 1.0)), [other]), 'behind the wall'
    room = next(r for r in sim.world.rooms if r.id == plate.room_id)
    assert judge.is_right(Lead(stand=room.center, target=None), [plate])
    assert judge.is_right(None, [])
    assert not judge.is_right(None, [plate])
    assert not judge.is_right(before, [])


def test_a_driven_corridor_is_asked_for_its_rooms(reader, tmp_path):
    save_world(signed_corridor(), tmp_path / 'corridor.yaml')
    world = str(tmp_path / 'corridor.yaml')
    config = AskingConfig(worlds=(world,), distance_m=3.0, look_spacing_m=math.inf, seed=2)
    told: list[str] = []
    encoder = BagOfWordsEncoder()
    asked = ask_worlds(config, reader, encoder, tmp_path, told.append)
    read = rates(asked, 'best reading', 'room number')
    assert any(read), told
    assert sum(rates(asked, 'ours', 'room number')) >= sum(read), asked.failures
    assert set(rates(asked, 'ours', 'not there')) == {1.0}, asked.failures
    again = ask_worlds(config, reader, encoder, tmp_path, told.append)
    assert again.scores == asked.scores
    assert sum('keyframes' in line for line in told) == 1, 'what is driven already is asked again'
    assert 'room number' in asked_table(asked)


def rates(asked: Asked, method: str, aspect: str) -> list[float]:
    return [value for values in asked.by_world(method, aspect).values() for value in values]


def test_questions_name_what_hangs_there_and_numbers_that_do_not():
    world = signed_corridor()
    cases = sign_questions(world)
    for case in cases:
        if case.aspect == 'not there':
            assert not case.targets
            assert not any(case.wanted in sign.text for sign in world.signs)
        else:
            assert all(case.wanted.casefold() in t.text.casefold() for t in case.targets)
    assert {'room number', 'named room', 'person', 'not there'} <= {c.aspect for c in cases}
    assert not sign_questions(corridor_without_signs())
