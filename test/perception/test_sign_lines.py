from __future__ import annotations

import numpy as np

from memory_node.core.language.sign_labels import MAX_SIGN_CHARS
from memory_node.core.perception.sign_lines import join_lines
from memory_node.core.perception.signs import read_signs
from memory_node.core.ports import SignReading


def line(text, left, top, width, height, confidence=0.9):
    box = (float(left), float(top), float(left + width), float(top + height))
    return SignReading(text=text, confidence=confidence, box_px=box)


def test_a_word_above_a_number_is_one_sign():
    signs = join_lines([line('214', 100, 62, 60, 30), line('Room', 105, 40, 50, 18, 0.8)])
    assert [s.text for s in signs] == ['Room 214']
    assert signs[0].box_px == (100.0, 40.0, 160.0, 92.0)
    assert signs[0].confidence == 0.8


def test_words_side_by_side_read_from_left_to_right_and_rows_from_the_top():
    words = [
        line('SMOKING', 150, 102, 70, 20),
        line('PLEASE', 110, 130, 60, 20),
        line('NO', 100, 100, 40, 20),
    ]
    assert [s.text for s in join_lines(words)] == ['NO SMOKING PLEASE']


def test_plates_that_hang_apart_stay_two():
    side_by_side = [line('214', 100, 100, 40, 20), line('216', 190, 100, 40, 20)]
    above = [line('214', 100, 100, 40, 20), line('EXIT', 100, 160, 40, 20)]
    assert {s.text for s in join_lines(side_by_side)} == {'214', '216'}
    assert {s.text for s in join_lines(above)} == {'214', 'EXIT'}


def test_what_is_no_text_is_taken_off_and_length_is_bounded():
    signs = join_lines([line('EX\u202eIT\x07', 0, 0, 50, 20), line('\u200b', 200, 0, 50, 20)])
    assert [s.text for s in signs] == ['EXIT']
    (long,) = join_lines([line('A' * 500, 0, 0, 600, 20)])
    assert long.text == 'A' * MAX_SIGN_CHARS


def test_no_lines_are_no_signs():
    assert join_lines([]) == ()


class OneCharacter:
    """Reads one character, as sure as it is told to."""

    name = 'one character'

    def __init__(self, confidence):
        self.confidence = confidence

    def read(self, image):
        return [SignReading(text='7', confidence=self.confidence, box_px=(0.0, 0.0, 9.0, 9.0))]


def test_a_single_character_has_to_be_read_surely():
    picture = np.zeros((64, 64, 3), np.uint8)
    assert read_signs(OneCharacter(0.93), picture) == []
    (found,) = read_signs(OneCharacter(0.99), picture)
    assert found.label == 'sign "7"'
