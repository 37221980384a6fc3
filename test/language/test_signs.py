"""Numbers match exactly, letters with one misread, and questions about signs are read."""

from __future__ import annotations

import pytest

from memory_node.core.language.request import AnswerKind
from memory_node.core.language.sign_labels import sign_label, sign_text, without_texts
from memory_node.core.language.sign_questions import read_sign_question
from memory_node.core.language.signs import Fit, fit, number_gap

BESIDE = 'the sign next to the door closest to the door'


def test_a_label_carries_what_a_sign_says():
    assert sign_text(sign_label('Room 214')) == 'Room 214'
    assert sign_text(sign_label('THE "BEST" FISH')) == "THE 'BEST' FISH"
    assert sign_text('sign') == sign_text('stop sign') == ''
    assert without_texts(f'a {sign_label("Kitchen")} and a door') == 'a sign and a door'


@pytest.mark.parametrize(
    ('wanted', 'said', 'expected'),
    [
        ('room 214', 'ROOM 214', Fit.WHOLE),
        ('room 214', '214', Fit.NEARLY),
        ('214', 'Room 214', Fit.WHOLE),
        ('room 214', 'ROOM214', Fit.WHOLE),
        ('room 214', 'Room 2l4', Fit.WHOLE),
        ('room 214', 'Roon 214', Fit.NEARLY),
        ('room 214', 'Room 241', Fit.NONE),
        ('room 214', 'Room 215', Fit.NONE),
        ('room 214', '214A', Fit.NONE),
        ('room b12', 'B-12', Fit.NEARLY),
        ('room b12', 'B-13', Fit.NONE),
        ('room 1.07', 'Room 1.07', Fit.WHOLE),
        ('room 1.07', 'Room 107', Fit.NONE),
        ('room 7', 'Aisle 7', Fit.NONE),
        ('aisle 7', 'AISLE 7', Fit.WHOLE),
        ('aisle 7', 'A1SLE 7', Fit.WHOLE),
        ('aisle 7', '7', Fit.NEARLY),
        ('aisle 7', 'Room 7', Fit.NONE),
        ('pharmacy', 'PHARMACY', Fit.WHOLE),
        ('pharmacy', 'PHARMACV', Fit.NEARLY),
        ('no smoking', 'NOSMOKING', Fit.WHOLE),
        ('water', 'DO NOT DRINK THE WATER', Fit.NONE),
        ('cat', 'CAR', Fit.NONE),
        ('aisles', 'AISLE 7', Fit.PART),
        ('rooms', 'Room 7', Fit.NONE),
        ('', 'EXIT', Fit.NONE),
    ],
)
def test_how_a_sign_fits_what_may_be_a_thing(wanted, said, expected):
    assert fit(wanted, said, outright=False) is expected


def test_some_words_are_enough_where_a_sign_is_asked_for():
    assert fit('exit', 'EMERGENCY EXIT ONLY', outright=True) is Fit.PART
    assert fit('exit', 'EMERGENCY EXIT ONLY', outright=False) is Fit.NONE


def test_numbers_of_one_sort_have_a_gap():
    assert number_gap('room 216', '214') == -2
    assert number_gap('room 216', 'Room 218') == 2
    assert number_gap('gate b5', 'Gate B3') == -2
    assert number_gap('room 5', 'Gate 5') is None
    assert number_gap('room 5', 'Room B5') is None
    assert number_gap('the kitchen', 'Room 5') is None


@pytest.mark.parametrize(
    ('question', 'request_', 'text', 'answer'),
    [
        ('the sign that says pharmacy', 'the sign', 'pharmacy', None),
        ('is there a sign that says no smoking?', 'is there a sign', 'no smoking', None),
        ('where does it say exit?', 'where is the sign', 'exit', None),
        ('where does it say "exit" in the hall?', 'where is the sign in the hall', 'exit', None),
        ('does it say caution anywhere?', 'is there a sign', 'caution', None),
        ('is there a staff only sign?', 'is there a sign', 'staff only', None),
        ('a sign about the toilets', 'a sign', 'toilets', None),
        ('go to the sign that reads Gate 12.', 'go to the sign', 'Gate 12', None),
        ('what does the sign next to the door say?', BESIDE, '', 'says'),
        ('what does it say on the door?', BESIDE, '', 'says'),
        ('what does the plate on the door say?', BESIDE, '', 'says'),
        ("what's on the board?", 'the sign', '', 'says'),
        ('where is the sign for the lifts?', 'where is the sign', 'lifts', None),
        ('can you tell me what the poster says?', 'the poster', '', 'says'),
    ],
)
def test_questions_about_signs(question, request_, text, answer):
    found = read_sign_question(question)
    assert found is not None
    assert (found.request, found.text) == (request_, text)
    assert found.answer == (None if answer is None else AnswerKind(answer))


@pytest.mark.parametrize(
    'question',
    [
        'where are the plates?',
        'a plate for the soup',
        'I need a sign for my shop',
        'where can I read a book?',
        'where do I sign in?',
        'what is on the table?',
        'the exit sign',
    ],
)
def test_other_questions_are_left_alone(question):
    assert read_sign_question(question) is None
