from __future__ import annotations

import math

import numpy as np
import pytest

from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.engines.habitat.frames import camera_pose, habitat_R_map, to_habitat, to_map
from memory_sim.engines.habitat.semantic_colors import MOST_IDS, semantic_colors
from memory_sim.render.render import map_T_camera


def test_ahead_in_the_map_is_minus_z_in_habitat() -> None:
    assert to_habitat(np.array([1.0, 0.0, 0.0])).tolist() == [0.0, 0.0, -1.0]
    assert to_habitat(np.array([0.0, 1.0, 0.0])).tolist() == [-1.0, 0.0, 0.0]
    assert to_habitat(np.array([0.0, 0.0, 1.0])).tolist() == [0.0, 1.0, 0.0]
    assert np.linalg.det(habitat_R_map) == pytest.approx(1.0)


def test_there_and_back_is_the_same() -> None:
    points = np.random.default_rng(0).normal(size=(5, 2, 3))
    np.testing.assert_allclose(to_map(to_habitat(points)), points)
    np.testing.assert_allclose(to_habitat(points), points @ habitat_R_map.T)


@pytest.mark.parametrize('yaw', [-2.5, 0.0, 0.7, math.pi / 2, 3.0])
@pytest.mark.parametrize('pitch', [-0.2, 0.0, 0.15])
def test_the_camera_looks_the_same_way_in_both_frames(yaw: float, pitch: float) -> None:
    camera, pose = CameraModel(pitch_rad=pitch), Pose2D(x=1.0, y=-2.0, z=0.5, yaw_rad=yaw)
    position, (w, x, y, z) = camera_pose(pose, camera)
    matrix = map_T_camera(pose, camera)
    np.testing.assert_allclose(position, to_habitat(matrix[:3, 3]))
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    # Habitat's camera looks along -z with y up; the optical frame has z ahead and y down.
    np.testing.assert_allclose(-rotation[:, 2], to_habitat(matrix[:3, 2]), atol=1e-12)
    np.testing.assert_allclose(-rotation[:, 1], to_habitat(matrix[:3, 1]), atol=1e-12)
    np.testing.assert_allclose(rotation[:, 0], to_habitat(matrix[:3, 0]), atol=1e-12)


def test_every_id_has_a_color_of_its_own_in_both_color_spaces() -> None:
    colors = semantic_colors(MOST_IDS)
    for table in (colors.linear, colors.shown):
        packed = table.astype(np.int64) @ [65536, 256, 1]
        assert len(np.unique(packed)) == MOST_IDS
    assert colors.shown[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize('count', [0, -1, MOST_IDS + 1])
def test_more_ids_than_colors_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=str(count)):
        semantic_colors(count)
