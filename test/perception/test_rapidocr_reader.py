"""The real models read pictures of plates."""

from __future__ import annotations

import numpy as np
import pytest
from sign_pictures import wall_with_plates

from memory_node.core.errors import CaptionerError
from memory_node.models.rapidocr_reader import RapidOcrReader

pytest.importorskip('rapidocr', reason="needs pip install 'memory_node[signs]'")


@pytest.fixture(scope='module')
def reader():
    return RapidOcrReader(threads=2)


@pytest.mark.parametrize(
    ('lines', 'distance_m', 'angle_deg', 'text'),
    [
        (['214'], 2.0, 0.0, '214'),
        (['Room', '216'], 3.0, 0.0, 'Room 216'),
        (['ROOM 218'], 2.5, 40.0, 'ROOM 218'),
        (['HANDS WASH', 'STATION'], 2.0, -40.0, 'HANDS WASH STATION'),
    ],
)
def test_a_plate_is_one_reading_with_its_box(reader, lines, distance_m, angle_deg, text):
    picture, _ = wall_with_plates([(lines, 0.2, -0.1)], distance_m, angle_deg)
    (sign,) = reader.read(picture)
    assert sign.text == text
    assert 0.9 < sign.confidence <= 1.0
    left, top, right, bottom = sign.box_px
    assert 0 < left < right < 640
    assert 0 < top < bottom < 480
    along = 0.2 * np.array([np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))])
    z = distance_m + along[1]
    assert (left + right) / 2 == pytest.approx(320 + 500 * along[0] / z, abs=6)
    assert (top + bottom) / 2 == pytest.approx(240 - 500 * 0.1 / z, abs=6)


def test_two_plates_are_two_readings_and_reading_again_gives_the_same(reader):
    picture, _ = wall_with_plates([(['214'], -0.5, 0.0), (['215'], 0.5, 0.0)], 2.0)
    signs = reader.read(picture)
    assert sorted(s.text for s in signs) == ['214', '215']
    assert reader.read(picture) == signs


def test_a_bare_wall_has_no_signs(reader):
    assert reader.read(wall_with_plates([], 2.0)[0]) == ()


def test_what_is_no_picture_is_refused(reader):
    with pytest.raises(CaptionerError, match='expected an'):
        reader.read(np.zeros((480, 640), np.uint8))


def test_the_reader_says_nothing(capfd):
    RapidOcrReader().read(wall_with_plates([], 2.0)[0])
    assert capfd.readouterr() == ('', '')
