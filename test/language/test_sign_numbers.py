"""Numbers with a dot and letters name rooms and wards, like plain numbers do."""

from __future__ import annotations

import pytest

from memory_node.core.language.sign_questions import read_sign_question


@pytest.mark.parametrize(
    ('said', 'request_', 'text'),
    [
        ('room 1.28', 'the sign', 'room 1.28'),
        ('take me to room 2.14', 'the sign', 'room 2.14'),
        ('where is the ward A?', 'where is the sign', 'ward A'),
    ],
)
def test_a_whole_request_for_a_place_by_its_number_is_for_its_sign(said, request_, text):
    question = read_sign_question(said)
    assert question is not None
    assert question.text == text
    assert question.request.endswith(request_)


@pytest.mark.parametrize(
    'said', ['room 128', 'the chair in room 1.28', 'a room', 'is there a row of chairs?', 'room']
)
def test_other_requests_are_read_as_before(said):
    assert read_sign_question(said) is None
