"""Where the camera was, from odometry: its poses, and where the camera sits on what they move."""

from __future__ import annotations

from collections.abc import Callable
import threading

import numpy as np

from memory_node.core.config import IngestConfig
from memory_node.core.data import Pose
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.frames import CameraPose
from memory_node.core.perception.geometry import (
    camera_mounting,
    link_R_optical,
    pose_from_transform,
    Transform,
    transform_from_pose,
)
from memory_node.core.perception.synchronizer import PoseBuffer, PoseStatus, StampOrder

__all__ = ['OdometryPoses']

#: Cosine from which on an axis points up: no camera is built to watch the ceiling only.
_UP = 0.7
#: How long, by odometry's stamps, TF is waited for before something is assumed [ns].
_PATIENCE_NS = 1_000_000_000


class OdometryPoses:
    """
    Poses of the robot from odometry, and of its camera by how that is mounted; thread-safe.

    Parameters
    ----------
    config : callable
        Gaps that are bridged and how long the last pose holds, asked for at each look-up.
    base_T_camera : (4, 4) array or None
        Optical frame of the camera in that of odometry, told by a person. Without it ``frames``
        say; where they don't, the camera is taken to be where odometry is and to look ahead.
    frames : FrameTree or None
        What TF says, and may say later; None where nobody listens to it.
    map_frame : str
        Frame that answers are given in.
    warn : callable or None
        Told once of each thing that had to be assumed.

    """

    def __init__(
        self,
        config: Callable[[], IngestConfig],
        base_T_camera: Transform | None = None,
        *,
        frames: FrameTree | None = None,
        map_frame: str = 'map',
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._poses = PoseBuffer(int(config().odometry_gap_s * 1e9))
        self._config = config
        #: As given; may be changed at any time.
        self.base_T_camera = base_T_camera
        self._frames = frames if frames is not None else FrameTree()
        self._patience_ns = _PATIENCE_NS if frames is not None else 0
        self._asked_ns: int | None = None
        self._map_frame = map_frame
        self._warn = warn
        self._warned: set[str] = set()
        self._odom_frame = self._base_frame = ''
        self._lock = threading.Lock()

    def add(
        self, stamp_ns: int, pose: Pose, *, frame_id: str = '', child_frame_id: str = ''
    ) -> StampOrder:
        """Take a pose of ``child_frame_id`` in ``frame_id``; return how its stamp fitted."""
        with self._lock:
            self._odom_frame, self._base_frame = frame_id.lstrip('/'), child_frame_id.lstrip('/')
            return self._poses.add(stamp_ns, pose)

    def at(self, stamp_ns: int, frame_id: str, *, late: bool) -> CameraPose | PoseStatus:
        """Return the poses of robot and camera ``frame_id`` at a stamp, or why not."""
        config = self._config()
        with self._lock:
            self._poses.max_gap_ns = int(config.odometry_gap_s * 1e9)
            found = self._poses.at(stamp_ns)
            if found.pose is None and found.status in (PoseStatus.GAP, PoseStatus.EXPIRED):
                late = True
            if found.pose is None and late:
                found = self._poses.at(stamp_ns, hold_ns=int(config.pairing_slop_s * 1e9))
            late = late or self._has_waited()
        if found.pose is None:
            return found.status
        pose = self._in_map(found.pose, stamp_ns, late=late)
        base_T_camera = self._mounting(frame_id.lstrip('/'), stamp_ns, late=late)
        if pose is None or base_T_camera is None:
            return PoseStatus.PENDING
        return CameraPose(map_T_base=pose, map_T_camera=transform_from_pose(pose) @ base_T_camera)

    def between(self, target: str, source: str, stamp_ns: int) -> Transform | None:
        """Return ``target_T_source``, None where TF does not say."""
        return self._frames.look_up(target, source, stamp_ns)

    def latest(self) -> Pose | None:
        """Return where the robot was last."""
        with self._lock:
            newest = self._poses.latest
        return self._in_map(newest.item, newest.stamp_ns, late=True) if newest else None

    def _in_map(self, pose: Pose, stamp_ns: int, *, late: bool) -> Pose | None:
        """Return a pose of odometry in the map; None while TF may still tell."""
        if self._odom_frame in ('', self._map_frame):
            return pose
        map_T_odom = self._frames.look_up(self._map_frame, self._odom_frame, stamp_ns)
        if map_T_odom is None:
            sure = self._assumes(
                f'odometry is in frame {self._odom_frame!r} and no TF joins it to'
                f' {self._map_frame!r}: the two are taken for the same',
                late=late,
            )
            return pose if sure else None
        return pose_from_transform(map_T_odom @ transform_from_pose(pose), pose.covariance)

    def _mounting(self, camera: str, stamp_ns: int, *, late: bool) -> Transform | None:
        """Return the camera's optical frame in that of odometry: told, from TF, or assumed."""
        told = self.base_T_camera
        if told is not None:
            return told
        base = self._base_frame
        if base and camera and base != camera:
            told = self._frames.look_up(base, camera, stamp_ns)
            if told is not None:
                return self._optical(told, camera)
            own = base.split('_')[0] == camera.split('_')[0]  # odometry is the camera's own
            sure = own or self._assumes(
                f'no TF says where camera {camera!r} sits on {base!r}: it is taken to be where'
                f' {base!r} is and to look ahead, so positions are off by its mounting; tell it as'
                ' x,y,z,roll,pitch,yaw (--camera, or the parameters camera.*)',
                late=late,
            )
            return camera_mounting() if sure else None
        if base and base == camera and 'optical' in camera:
            return np.eye(4)
        return camera_mounting()

    def _optical(self, base_T_frame: Transform, camera: str) -> Transform:
        """Turn a frame that is no optical one, as some drivers stamp pictures with, into one."""
        if 'optical' in camera or base_T_frame[2, 2] < _UP:
            return base_T_frame
        self._say(f'frame {camera!r} has z up, so it is read as the link of its camera, x ahead')
        turned = base_T_frame.copy()
        turned[:3, :3] = base_T_frame[:3, :3] @ link_R_optical
        return turned

    def _has_waited(self) -> bool:
        """Whether odometry has gone on for long enough since the first frame, under the lock."""
        newest = self._poses.latest
        if newest is None:
            return False
        if self._asked_ns is None or newest.stamp_ns < self._asked_ns:  # or time began anew
            self._asked_ns = newest.stamp_ns
        return newest.stamp_ns - self._asked_ns >= self._patience_ns

    def _assumes(self, warning: str, *, late: bool) -> bool:
        """Whether to go on without what TF does not tell: once it was waited for, and said."""
        if late:
            self._say(warning)
        return late or warning in self._warned

    def _say(self, warning: str) -> None:
        if warning not in self._warned:
            self._warned.add(warning)
            if self._warn is not None:
                self._warn(warning)
