"""
Where frames are in one another: the transforms of ``/tf_static`` and ``/tf``, without ROS.

Only what is needed to place a camera on a robot: transforms that never change, and moving ones
interpolated between their stamps. Names are read without a leading slash.
"""

from __future__ import annotations

import threading

import numpy as np

from memory_node.core.perception.geometry import (
    inverse,
    pose_from_transform,
    Transform,
    transform_from_pose,
)
from memory_node.core.perception.synchronizer import PoseBuffer

__all__ = ['FrameTree']

#: Links from a frame to its root; a longer chain is a circle.
_MAX_DEPTH = 64
#: Longest gap of a moving frame that is interpolated, and how long its last pose holds [ns].
_GAP_NS = 5_000_000_000


class FrameTree:
    """A tree of frames that grows by messages; thread-safe."""

    def __init__(self) -> None:
        self._fixed: dict[str, tuple[str, Transform]] = {}
        self._moving: dict[str, tuple[str, PoseBuffer]] = {}
        self._lock = threading.Lock()

    def add(
        self, parent: str, child: str, parent_T_child: Transform, stamp_ns: int | None = None
    ) -> None:
        """Take where ``child`` is in ``parent``: for good, or at a stamp [ns]."""
        parent, child = parent.lstrip('/'), child.lstrip('/')
        if not parent or not child or parent == child:
            return
        with self._lock:
            if stamp_ns is None:
                self._fixed[child] = (parent, parent_T_child)
                return
            held = self._moving.get(child)
            if held is None or held[0] != parent:
                held = self._moving[child] = (parent, PoseBuffer(_GAP_NS))
            held[1].add(stamp_ns, pose_from_transform(parent_T_child))

    def look_up(self, target: str, source: str, stamp_ns: int) -> Transform | None:
        """Return ``target_T_source`` at a stamp [ns], or None where no chain joins the two."""
        target, source = target.lstrip('/'), source.lstrip('/')
        if target == source:
            return np.eye(4)
        with self._lock:
            above_source = self._up(source, stamp_ns)
            above_target = self._up(target, stamp_ns)
        for frame, frame_T_source in above_source.items():
            if frame in above_target:
                return inverse(above_target[frame]) @ frame_T_source
        return None

    def _up(self, frame: str, stamp_ns: int) -> dict[str, Transform]:
        """Return ``frame`` in itself and in every frame above it, nearest first."""
        found = {frame: np.eye(4)}
        above_T_frame = np.eye(4)
        for _ in range(_MAX_DEPTH):
            link = self._link(frame, stamp_ns)
            if link is None:
                break
            frame, parent_T_child = link
            above_T_frame = parent_T_child @ above_T_frame
            found[frame] = above_T_frame
        return found

    def _link(self, child: str, stamp_ns: int) -> tuple[str, Transform] | None:
        if child in self._fixed:
            return self._fixed[child]
        parent, poses = self._moving.get(child, ('', None))
        pose = poses.at(stamp_ns, hold_ns=_GAP_NS).pose if poses is not None else None
        return (parent, transform_from_pose(pose)) if pose is not None else None
