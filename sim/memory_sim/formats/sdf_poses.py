"""Read poses out of Gazebo's files: in frames by name, in angles or quaternions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_sim.formats.parts import SceneFileError

__all__ = ['Matrix', 'Place', 'UnknownFrameError', 'frames_in', 'numbers', 'pose_of']

Matrix = NDArray[np.float64]


class UnknownFrameError(Exception):
    """A pose is relative to a frame that is not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the reader is: in which file, model and frame."""

    file: Path
    #: Pose of the frame whose children are read, in ``map``.
    pose: Matrix
    name: str = ''
    depth: int = 0
    #: Poses of links, models and frames beside this one, by name.
    frames: Mapping[str, Matrix] = field(default_factory=dict)


def frames_in(element: Any, place: Place) -> dict[str, Matrix]:
    """Return the poses of the named things in an element, in its own frame."""
    waiting = [c for c in element if c.tag in ('frame', 'include', 'link', 'model')]
    found: dict[str, Matrix] = {}
    while waiting:
        later = []
        for child in waiting:
            try:
                pose = pose_of(child, replace(place, frames=found))
            except UnknownFrameError:
                later.append(child)
                continue
            anchor = child.get('attached_to') if child.tag == 'frame' else None
            if anchor in found and child.find('pose[@relative_to]') is None:
                pose = found[anchor] @ pose
            name = child.get('name') or child.findtext('name')
            if name:
                found[str(name)] = pose
        if len(later) == len(waiting):
            unknown = later[0].find('pose').get('relative_to')
            raise SceneFileError(place.file, 'relative_to', f'no frame {str(unknown)[:80]!r}')
        waiting = later
    return found


def pose_of(element: Any, place: Place) -> Matrix:
    """Return the pose of an element in the frame of what holds it."""
    pose = element.find('pose')
    if pose is None:
        return np.eye(4)
    matrix = _matrix(pose, place.file)
    frame = pose.get('relative_to') or ''
    if frame in ('', '__model__', 'world', '__root__'):
        return matrix
    if frame not in place.frames:
        raise UnknownFrameError(frame)
    return place.frames[frame] @ matrix


def _matrix(pose: Any, file: Path) -> Matrix:
    text = (pose.text or '').strip()
    quaternion = pose.get('rotation_format') == 'quat_xyzw'
    values = numbers(text or '0 0 0 0 0 0', 7 if quaternion else 6, file, 'pose')
    matrix = np.eye(4)
    matrix[:3, 3] = values[:3]
    if quaternion:
        x, y, z, w = np.array(values[3:]) / max(float(np.linalg.norm(values[3:])), 1e-12)
        roll = math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
        pitch = math.asin(float(np.clip(2 * (w * y - z * x), -1.0, 1.0)))
        yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    else:
        factor = math.pi / 180.0 if pose.get('degrees') in ('true', '1') else 1.0
        roll, pitch, yaw = (v * factor for v in values[3:])
    cr, sr, cp, sp = math.cos(roll), math.sin(roll), math.cos(pitch), math.sin(pitch)
    cy, sy = math.cos(yaw), math.sin(yaw)
    matrix[:3, :3] = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    return matrix


def numbers(text: str, count: int | None, file: Path, what: str) -> list[float]:
    """Return the numbers in a text; raises ``SceneFileError`` if they are not ``count`` finite."""
    try:
        values = [float(word) for word in text.split()]
    except ValueError as error:
        raise SceneFileError(file, what, f'expected numbers, got {text[:80]!r}') from error
    if not all(map(math.isfinite, values)) or (count is not None and len(values) != count):
        raise SceneFileError(file, what, f'expected {count} finite numbers, got {text[:80]!r}')
    return values
