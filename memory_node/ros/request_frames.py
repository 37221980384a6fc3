"""Frames of requests and answers: points come in any frame of TF, answers name theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import math

from geometry_msgs.msg import Point
import numpy as np
from std_msgs.msg import Header

from memory_node.core.data import Vector3
from memory_node.core.errors import InvalidQueryError
from memory_node.core.memory import Memory
from memory_node.core.perception.geometry import as_vector, transform_points
from memory_node.core.perception.messages import stamp_ns
from memory_node.core.perception.poses import RobotPoses

__all__ = ['RequestFrames']


class RequestFrames:
    """
    Brings points of requests into the frame of the map they are about; thread-safe.

    Parameters
    ----------
    memory : Memory
        Tells the frame of each map.
    poses : RobotPoses
        Tells where the robot is, and how frames are joined.
    map_frame : str
        Frame of maps that no frame was told of.
    map_id : callable
        Returns the map that the robot is in now.

    """

    def __init__(
        self, memory: Memory, poses: RobotPoses, map_frame: str, map_id: Callable[[], str]
    ) -> None:
        self._memory = memory
        self._poses = poses
        self.map_frame = map_frame
        self._map_id = map_id

    def by_map(self) -> Callable[[str], str]:
        """Return what tells the frame of a map by its id, as it is now."""
        frames: Mapping[str, str] = self._memory.frames
        return lambda map_id: frames.get(map_id, self.map_frame)

    def current_map(self) -> str | None:
        """Return the map the robot is in once it holds something, else None for every map."""
        map_id = self._map_id()
        return map_id if map_id in self._memory.map_ids else None

    def map_of(self, request_map_id: str, *, near: bool) -> str | None:
        """
        Return the map that a request is about, None for every map.

        A place to be near to is in one frame, so where maps are in several it is about one map.
        """
        if request_map_id or not near or len(set(self._memory.frames.values())) < 2:
            return request_map_id or None
        return self.current_map()

    def frame_of(self, request_map_id: str | None) -> str:
        """Return the frame that points of a request are wanted in."""
        return self.by_map()(request_map_id or self._map_id())

    def point(self, name: str, header: Header, point: Point, frame: str) -> Vector3:
        """
        Return a point of a request [m] in ``frame``; an empty frame_id stands for it.

        Raises ``InvalidQueryError`` where it is not finite or no TF joins the two.
        """
        position = (float(point.x), float(point.y), float(point.z))
        if not all(math.isfinite(v) for v in position):
            raise InvalidQueryError(f'{name} must be finite, got {position}')
        own = header.frame_id.lstrip('/')
        if own in ('', frame):
            return position
        at_ns = stamp_ns(header.stamp) or None
        frame_T_own = self._poses.between(frame, own, at_ns)
        if frame_T_own is None and at_ns is not None:
            frame_T_own = self._poses.between(frame, own, None)
        if frame_T_own is None:
            raise InvalidQueryError(
                f'{name}.header.frame_id is {own[:64]!r} and the map is in {frame!r}:'
                f' {self._poses.why_not(frame, own[:64])}'
            )
        return as_vector(transform_points(frame_T_own, np.array(position)))

    def robot(self, frame: str) -> Vector3 | None:
        """Return where the robot was last [m] in ``frame``, if that is known."""
        latest = self._poses.latest()
        if latest is None:
            return None
        pose, own = latest
        frame_T_own = self._poses.between(frame, own, None)
        if frame_T_own is None:
            return None
        return as_vector(transform_points(frame_T_own, np.array(pose.position)))
