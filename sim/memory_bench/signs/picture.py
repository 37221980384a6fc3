"""A picture of a world with what is read in it, for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from memory_bench.signs.judge import SignJudge
from memory_bench.signs.reading import corners_px, letters_px
from memory_node.core.ports import SignReader
from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.world.open import find_world
from memory_sim.world.sign import Sign
from memory_sim.world.sign_board import typeface

__all__ = ['draw_reading']

#: From where signs are looked at [m], and towards which side of them [rad].
_DISTANCES_M, _ASIDE_RAD = (2.0, 2.4, 2.8, 3.4), (-1.0, -0.8, -0.6, -0.3, 0.3, 0.6, 0.8, 1.0)
#: Signs that may be looked at together are no farther apart [m].
_PAIR_M = 4.0
#: Letters of so many pixels count as legible.
_LEGIBLE_PX = 7.0
_GREEN = (20, 150, 60)
_LABEL_PX = 15


def draw_reading(name: str, reader: SignReader, camera: CameraModel, path: Path) -> list[str]:
    """
    Write a picture from where most signs of a world can be read; return what was read there.

    Raises ``WorldError`` for a world that is not to be had, ``OSError`` where nothing can be
    written.
    """
    world, source = find_world(name, 0)
    with closing(EmbeddedSimulator(world, camera=camera, furniture=source)) as sim:
        pose = max(_poses(sim), key=lambda p: _legible(sim, p))
        color = sim.observe_from(pose).color
    readings = reader.read(color)
    image = Image.fromarray(color)
    draw = ImageDraw.Draw(image)
    for reading in readings:
        left, top, right, bottom = reading.box_px
        draw.rectangle((left - 3, top - 3, right + 3, bottom + 3), outline=_GREEN, width=2)
        words = f'{reading.text}  {reading.confidence:.2f}'
        draw.rectangle(
            draw.textbbox((left - 3, bottom + 6), words, font=typeface(_LABEL_PX)), fill='white'
        )
        draw.text((left - 3, bottom + 6), words, font=typeface(_LABEL_PX), fill=_GREEN)
    drawn: NDArray[np.uint8] = np.asarray(image)
    if not cv2.imwrite(str(path), drawn[..., ::-1]):
        raise OSError(f'{path}: cannot be written')
    return [reading.text for reading in readings]


def _poses(sim: EmbeddedSimulator) -> Iterator[Pose2D]:
    """Yield poses on the floor that look at signs, and between two on one wall."""
    signs = sim.world.signs
    for i, one in enumerate(signs):
        for other in signs[i:]:
            close = math.dist(one.position, other.position) < _PAIR_M
            if not close or one.yaw_rad != other.yaw_rad or one.floor != other.floor:
                continue
            z = sim.world.elevations.get(one.floor, 0.0)
            x, y = (0.5 * (a + b) for a, b in zip(one.position, other.position[:2], strict=False))
            for away in _DISTANCES_M:
                for aside in _ASIDE_RAD:
                    angle = one.yaw_rad + aside
                    px, py = x + away * math.cos(angle), y + away * math.sin(angle)
                    if sim.is_navigable(px, py, z):
                        yield Pose2D(x=px, y=py, yaw_rad=math.atan2(y - py, x - px), z=z)


def _legible(sim: EmbeddedSimulator, pose: Pose2D) -> int:
    return sum(_is_legible(sim, pose, sign) for sign in sim.world.signs)


def _is_legible(sim: EmbeddedSimulator, pose: Pose2D, sign: Sign) -> bool:
    camera = sim.camera
    corners = corners_px(sign, pose, camera)
    if corners is None or (corners < 8.0).any():
        return False
    if (corners > np.array([camera.width, camera.height]) - 9.0).any():
        return False
    seen = SignJudge(sim).is_in_view((pose.x, pose.y), sign)
    return seen and letters_px(sign, pose, camera) >= _LEGIBLE_PX
