"""Needs become things; what names its thing stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

from fakes import BagOfWordsEncoder
import pytest

from memory_node import Memory
import memory_node.core
from memory_node.core.data import Observation, Pose, Query, QueryMode, Sighting
from memory_node.core.needs import needs_of, resolve


@pytest.mark.parametrize(
    ('text', 'thing'),
    [
        ('where can I wash my hands?', 'sink'),
        ('My hands are dirty, where should I go?', 'sink'),
        ('my clothes are dirty', 'washing machine'),
        ('I am hungry', 'refrigerator'),
        ('somewhere to take a nap', 'bed'),
        ('where could I sit down for a minute', 'chair'),
        ('I want to check how I look', 'mirror'),
        ('is there anything to put out a fire?', 'fire extinguisher'),
        ('Where can someone go to have a casual conversation?', 'sofa'),
    ],
)
def test_a_need_names_what_serves_it(text, thing):
    assert thing in needs_of(text)[0].things


@pytest.mark.parametrize('text', ['where is the table?', 'the toolbox', '', '???', 'où est-il ?'])
def test_what_is_no_need_is_left_alone(text):
    assert needs_of(text) == ()


def test_the_longer_phrase_wins():
    assert needs_of('wash my clothes')[0].things[0] == 'washing machine'
    assert len(needs_of('I spilled coffee and need to clean the floor')) == 2


def test_every_row_of_the_table_can_be_found_by_its_own_phrases():
    rows = json.loads(Path(memory_node.core.__file__).with_name('needs.json').read_text())
    for row in rows:
        for phrase in row['phrases']:
            assert needs_of(phrase), phrase
        assert row['things'] == sorted(set(row['things']), key=row['things'].index)


def _resolve(text, labels, mode=QueryMode.AUTO):
    encoder = BagOfWordsEncoder()
    return resolve(Query(text=text, mode=mode), labels, encoder.encode(labels), encoder.encode)


def test_an_implicit_question_becomes_one_for_what_was_seen():
    served = _resolve('where can I sleep?', ['couch', 'lamp', 'Bed'])
    assert served.query.text == 'bed'
    assert served.query.mode is QueryMode.EXPLICIT
    assert served.labels == ('bed', 'couch')


@pytest.mark.parametrize(
    ('text', 'labels', 'mode'),
    [
        ('where can I sleep?', ['lamp'], QueryMode.AUTO),  # nothing seen serves it
        ('can I sleep on the lamp?', ['bed', 'lamp'], QueryMode.AUTO),  # names its thing
        ('where can I sleep?', ['bed'], QueryMode.EXPLICIT),  # the caller knows better
        ('describe where people sleep overall', ['bed'], QueryMode.AUTO),  # about an area
        ('go to the hall ' + 'and on ' * 8 + 'and sleep', ['bed'], QueryMode.AUTO),  # instruction
        ('where can I sleep?', [], QueryMode.AUTO),
    ],
)
def test_other_questions_are_left_alone(text, labels, mode):
    assert _resolve(text, labels or ['nothing'], mode) is None


def test_the_answer_says_what_serves_the_need(tmp_path):
    with Memory.open(tmp_path / 'm.sqlite', encoder=BagOfWordsEncoder()) as memory:
        for i, label in enumerate(('lamp', 'bed', 'stove')):
            memory.add(
                Observation(
                    id=label,
                    stamp_ns=i,
                    pose=Pose(position=(5.0 * i, 0.0, 0.0)),
                    sightings=(Sighting(label=label),),
                )
            )
        answer = memory.retrieve('I am tired, where can I sleep?')
    assert answer.places[0].node_id == 'bed'
    assert answer.mode is QueryMode.IMPLICIT
    assert 'a bed serves "tired sleep"' in answer.places[0].why
