"""Reads plates from pictures at a grid of distances and angles, and judges what was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_node.core.ports import SignReader, SignReading
from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.render.render import map_T_camera
from memory_sim.world.model import World
from memory_sim.world.sign import Sign

__all__ = [
    'Shot',
    'Trial',
    'corners_px',
    'is_same_text',
    'letters_px',
    'read_plates',
    'reading_of',
]

Image = NDArray[np.uint8]

#: A plate is not always in the middle of the picture [rad].
_OFF_CENTER_RAD = math.radians(12.0)
#: How far beyond a plate's edge the middle of a reading may lie, as part of the plate's size.
_SLACK = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """From where a plate is looked at: horizontal distance [m], and angle to its normal [rad]."""

    distance_m: float
    angle_rad: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was read of one plate in one picture."""

    text: str
    #: Lines of the plate; a name above a number is in smaller letters.
    lines: int
    shot: Shot
    #: Empty where nothing was read there.
    read: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether it was read exactly, but for case and blanks."""
        return is_same_text(self.read, self.text)


def is_same_text(one: str, other: str) -> bool:
    """Whether two texts are equal but for case and blanks."""
    return ''.join(one.split()).casefold() == ''.join(other.split()).casefold()


def read_plates(
    world: World,
    shots: Sequence[Shot],
    reader: SignReader,
    camera: CameraModel,
    *,
    noise: float = 0.0,
    blur_px: float = 0.0,
) -> Iterator[Trial]:
    """
    Read every sign of a world from every shot; those above one another in one picture.

    Parameters
    ----------
    world
        With signs on its walls and room before them, as of ``gallery``.
    shots
        Equal ones give equal pictures.
    reader
        The real one.
    camera
        What the pictures are taken with; level, at its height.
    noise
        Standard deviation of what a sensor adds to every value of 0-255.
    blur_px
        Standard deviation of the blur of a lens out of focus [px].

    """
    sim = EmbeddedSimulator(world, camera=replace(camera, pitch_rad=0.0), furniture='procedural')
    middle = world.rooms[0].center
    try:
        for index, column in enumerate(_columns(world.signs)):
            rng = np.random.default_rng([world.seed, index])
            for shot in shots:
                aside = float(rng.uniform(-1, 1)) * _OFF_CENTER_RAD
                pose = _pose(column[0], shot, middle, aside)
                color = _as_sensed(sim.observe_from(pose).color, noise, blur_px, rng)
                readings = reader.read(color)
                for sign in column:
                    found = reading_of(sign, readings, pose, sim.camera)
                    yield Trial(
                        text=sign.text,
                        lines=len(sign.lines),
                        shot=shot,
                        read='' if found is None else found.text,
                        confidence=0.0 if found is None else found.confidence,
                    )
    finally:
        sim.close()


def _columns(signs: Sequence[Sign]) -> list[list[Sign]]:
    """Return signs that hang above one another together, in the order of the first of each."""
    columns: dict[tuple[float, ...], list[Sign]] = {}
    for sign in signs:
        columns.setdefault((*sign.position[:2], sign.yaw_rad), []).append(sign)
    return list(columns.values())


def _pose(sign: Sign, shot: Shot, middle: tuple[float, float], off_rad: float) -> Pose2D:
    """Return the pose on that side of the sign on which the hall is longer."""
    x, y, _ = sign.position
    across = math.cos(sign.yaw_rad) * (middle[1] - y) - math.sin(sign.yaw_rad) * (middle[0] - x)
    angle = sign.yaw_rad + math.copysign(shot.angle_rad, across)
    px, py = x + shot.distance_m * math.cos(angle), y + shot.distance_m * math.sin(angle)
    return Pose2D(x=px, y=py, yaw_rad=math.atan2(y - py, x - px) + off_rad)


def _as_sensed(color: Image, noise: float, blur_px: float, rng: np.random.Generator) -> Image:
    if blur_px > 0.0:
        color = cv2.GaussianBlur(color, (0, 0), blur_px).astype(np.uint8)
    if noise > 0.0:
        noisy = color + rng.normal(0.0, noise, color.shape)
        color = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return color


def reading_of(
    sign: Sign, readings: Sequence[SignReading], pose: Pose2D, camera: CameraModel
) -> SignReading | None:
    """Return the most confident reading whose middle lies on a sign, if there is one."""
    corners = corners_px(sign, pose, camera)
    if corners is None:
        return None
    low, high = corners.min(axis=0), corners.max(axis=0)
    slack = _SLACK * (high - low)
    on_it = []
    for reading in readings:
        left, top, right, bottom = reading.box_px
        middle = np.array([0.5 * (left + right), 0.5 * (top + bottom)])
        if (middle >= low - slack).all() and (middle <= high + slack).all():
            on_it.append(reading)
    return max(on_it, key=lambda r: r.confidence, default=None)


def letters_px(sign: Sign, pose: Pose2D, camera: CameraModel) -> float:
    """
    Return how large the smallest letters of a sign are drawn [px], 0 where it is not all in view.

    The lesser of their height and of what is left of it across, where the sign is seen aslant;
    what stands between is not looked for.
    """
    corners = corners_px(sign, pose, camera)
    if corners is None or (corners < 0.0).any():
        return 0.0
    if (corners > np.array([camera.width - 1.0, camera.height - 1.0])).any():
        return 0.0
    away = math.dist((pose.x, pose.y), sign.position[:2])
    across = float(np.ptp(corners[:, 0])) / sign.width_m
    return min(across, float(camera.intrinsics[1, 1]) / away) * min(sign.letters_m)


def corners_px(sign: Sign, pose: Pose2D, camera: CameraModel) -> NDArray[np.float64] | None:
    """Return the (4, 2) corners of a sign in the picture [px], or None where it is behind."""
    right = np.array([-math.sin(sign.yaw_rad), math.cos(sign.yaw_rad), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 0.5
    points = np.asarray(sign.position) + (
        half[:, :1] * sign.width_m * right + half[:, 1:] * sign.height_m * up
    )
    matrix = map_T_camera(pose, camera)
    seen = (points - matrix[:3, 3]) @ matrix[:3, :3] @ camera.intrinsics.T
    if (seen[:, 2] < 0.05).any():
        return None
    pixels: NDArray[np.float64] = seen[:, :2] / seen[:, 2:]
    return pixels
