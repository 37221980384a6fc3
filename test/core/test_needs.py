"""Needs become things; what names its thing stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import memory_node.core
from memory_node.core.needs import needs_of


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
