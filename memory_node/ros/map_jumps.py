"""Sees map -> odom jump in TF from one keyframe to the next, and lets the memory follow."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Observation
from memory_node.core.errors import MemoryNodeError
from memory_node.core.memory import Memory
from memory_node.core.perception.geometry import (
    angle_between,
    inverse,
    pose_from_transform,
    Transform,
    transform_points,
)
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.worker import Worker

__all__ = ['MapJumps']

#: A jump moves the robot at least this far [m], or turns it as much [rad]: less is tracking.
_LEAST_M, _LEAST_RAD = 0.3, 0.05


class MapJumps:
    """
    Compares where odometry was in the map at each keyframe; thread-safe.

    Localisation moves it a little all the time, and what is seen is then right as it is stored. A
    loop closure moves it far at once.
    """

    def __init__(
        self,
        memory: Memory,
        poses: RobotPoses,
        map_frame: str,
        *,
        wanted: Callable[[], bool],
        say: Callable[[str], None],
    ) -> None:
        """Wait for ``stored``; ``say`` is told what became of each jump."""
        self._memory = memory
        self._poses = poses
        self._map_frame = map_frame
        self._wanted = wanted
        self._say = say
        self._lock = threading.Lock()
        self._map_id = ''
        #: Stamp of the first and of the newest keyframe of this run [ns], and map_T_odom at that.
        self._since_ns = self._last_ns = 0
        self._held: tuple[str, Transform] | None = None
        self._refused = 0
        self._jumps: deque[tuple[str, Transform, int, int]] = deque()
        self._worker = Worker('memory-jumps', self._follow)

    def stored(self, item: Observation, frame_id: str) -> None:
        """Take note of a keyframe whose pose is in ``frame_id``."""
        odometry = self._poses.odometry_frame()
        if frame_id != self._map_frame or odometry is None or not self._wanted():
            with self._lock:
                self._held = None
            return
        map_T_odom = self._poses.between(frame_id, odometry, item.stamp_ns)
        if map_T_odom is None:
            return
        with self._lock:
            if self._map_id != item.map_id:
                self._map_id, self._since_ns, self._held = item.map_id, item.stamp_ns, None
            elif item.stamp_ns <= self._last_ns:
                return  # workers end in another order
            held, until_ns = self._held, self._last_ns
            self._held, self._last_ns = (odometry, map_T_odom), item.stamp_ns
        if held is None or held[0] != odometry:
            return
        jump = map_T_odom @ inverse(held[1])
        if _size(jump, np.array(item.pose.position)) >= 1.0:
            self._jumps.append((item.map_id, jump, self._since_ns, until_ns))
            self._worker.notify()

    def close(self) -> None:
        """Stop after the jump in hand."""
        self._worker.close()

    def _follow(self) -> None:
        while self._jumps and not self._worker.closing:
            map_id, jump, since_ns, until_ns = self._jumps.popleft()
            told = f'odometry jumped in {self._map_frame!r} ({_told(jump)})'
            try:
                count = self._memory.correct_jump(
                    map_id, jump, since_ns=since_ns, until_ns=until_ns
                )
            except MemoryNodeError as error:
                self._refused += 1
                if self._refused in (1, 10, 100) or self._refused % 1000 == 0:
                    self._say(f'{told} and nothing was moved: {error} ({self._refused} so far)')
            else:
                self._say(f'{told}: {count} observations of this run follow (sessions.map_jumps)')


def _told(jump: Transform) -> str:
    x, y, _ = jump[:3, 3].tolist()
    degrees = np.degrees(pose_from_transform(jump).yaw_rad)
    return f'x {x:.2f} m, y {y:.2f} m, {degrees:.1f} degrees'


def _size(jump: Transform, place: NDArray[np.float64]) -> float:
    """Return by how much a jump moves the robot, in the least that counts."""
    away_m = float(np.linalg.norm(place - transform_points(inverse(jump), place)))
    turned = angle_between(pose_from_transform(jump).orientation, (0.0, 0.0, 0.0, 1.0))
    return max(away_m / _LEAST_M, turned / _LEAST_RAD)
