"""What a lens bends is undone: pixels become the rays that they show."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.distortion import distortion_from
from memory_node.core.perception.messages import intrinsics_from_msg, is_rectified

K = [500.0, 0.0, 319.5, 0.0, 500.0, 239.5, 0.0, 0.0, 1.0]
P = [480.0, 0.0, 321.0, 0.0, 0.0, 480.0, 241.0, 0.0, 0.0, 0.0, 1.0, 0.0]
LENSES = {
    'plumb_bob': (-0.33, 0.12, 0.001, -0.002, -0.02),
    'rational_polynomial': (0.5, -0.1, 0.0005, 0.0001, 0.01, 0.85, -0.05, 0.02),
    'equidistant': (-0.05, 0.01, -0.002, 0.0005),
}


def _info(model, d, k=K):
    return SimpleNamespace(k=k, p=P, d=d, distortion_model=model, width=640, height=480)


@pytest.mark.parametrize('model', LENSES)
def test_a_pixel_shows_the_ray_that_is_seen_there(model):
    camera = intrinsics_from_msg(_info(model, LENSES[model]), rectified=False)
    v, u = (a.astype(float) for a in np.mgrid[0:480:40, 0:640:40])
    points = camera.back_project(u, v, np.full_like(u, 2.0))
    assert camera.project(points) == pytest.approx(np.stack([u, v], axis=-1), abs=0.01)
    straight = intrinsics_from_msg(_info(model, np.zeros(5)), rectified=False)
    assert np.abs(straight.back_project(u, v, np.full_like(u, 2.0)) - points).max() > 0.05
    half = camera.scaled(320, 240)
    assert half.project(points[0, :1]) == pytest.approx(np.array([[-0.25, -0.25]]), abs=0.01)


def test_rectified_pictures_are_of_p():
    camera = intrinsics_from_msg(_info('plumb_bob', LENSES['plumb_bob']), rectified=True)
    assert camera.distortion is None
    assert (camera.fx, camera.cy) == (480.0, 241.0)
    plain = intrinsics_from_msg(_info('', []), rectified=True)
    assert plain.fx == 500.0


def test_a_camera_without_k_is_of_p():
    camera = intrinsics_from_msg(
        _info('plumb_bob', LENSES['plumb_bob'], [0.0] * 9), rectified=False
    )
    assert camera.distortion is None
    assert camera.fx == 480.0


@pytest.mark.parametrize(
    ('model', 'd', 'named'),
    [
        ('thin_prism', (0.1, 0.0, 0.0, 0.0), 'distortion_model must be one of plumb_bob'),
        ('plumb_bob', (0.1, 0.2), 'must hold 4 or 5 finite values, got 2'),
        ('equidistant', (0.1, float('nan'), 0.0, 0.0), 'must hold 4 finite values'),
    ],
)
def test_what_is_no_lens_is_named(model, d, named):
    with pytest.raises(InvalidObservationError, match=named):
        distortion_from(model, d)


def test_the_name_of_a_topic_tells_unless_told():
    assert is_rectified('/camera/color/image_rect_color/compressed')
    assert is_rectified('/depth/image_rect_raw')
    assert not is_rectified('/camera/direct/image_raw')
    assert not is_rectified('/camera/image_rect', 'no')
    assert is_rectified('/camera/image_raw', 'yes')
