"""
Where robot and camera were, from whichever arrives: TF, or odometry with what TF says of it.

Poses are in ``map_frame`` where TF joins it to the robot. Where nothing does, odometry stays in
its own frame, which is said and kept: coordinates of one frame are never given out as another's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import threading

import numpy as np

from memory_node.core.config import IngestConfig
from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError
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

__all__ = ['PoseFrames', 'RobotPoses']

#: Cosine from which on an axis points up: no camera is built to watch the ceiling only.
_UP = 0.7
#: How long, by odometry's stamps, TF is waited for before something is assumed [ns].
_PATIENCE_NS = 1_000_000_000
#: How long odometry in one frame must be silent before that in another is taken [ns].
_SILENCE_NS = 2_000_000_000
#: What robots call themselves in TF where ``base_frame`` is not there.
_BASES = ('base_link', 'base_footprint')


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseFrames:
    """Where poses come from, and between which frames."""

    #: ``odom``, ``tf``, or ``auto``: TF where its chain resolves, else odometry.
    source: str = 'auto'
    map_frame: str = 'map'
    base_frame: str = 'base_link'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Where the robot was: ``base`` in ``fixed``."""

    fixed: str
    base: str
    pose: Pose


class RobotPoses:
    """
    Poses of the robot, and of its cameras by how they are mounted; thread-safe.

    Parameters
    ----------
    config : callable
        Gaps that are bridged and how long the last pose holds, asked for at each look-up.
    tree : FrameTree or None
        What TF says, and may say later; None where nobody listens to it. Where it does not say how
        a camera is mounted, that is taken to be where the robot is and to look ahead.
    frames : PoseFrames
        Where poses come from, and between which frames.
    say, warn : callable or None
        Told once of each thing that was found, and that had to be assumed.

    """

    def __init__(
        self,
        config: Callable[[], IngestConfig],
        *,
        tree: FrameTree | None = None,
        frames: PoseFrames | None = None,
        say: Callable[[str], None] | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self._odometry = PoseBuffer(int(config().odometry_gap_s * 1e9))
        self._config = config
        self._tree = tree if tree is not None else FrameTree()
        self._hears_tf = tree is not None
        self._frames = frames or PoseFrames()
        self._asked_ns: int | None = None
        self._say, self._warn = say, warn
        self._said: set[str] = set()
        self._odom_frame = self._child_frame = ''
        self._lock = threading.Lock()

    def add(
        self, stamp_ns: int, pose: Pose, *, frame_id: str = '', child_frame_id: str = ''
    ) -> StampOrder:
        """
        Take a pose of ``child_frame_id`` in ``frame_id``; return how its stamp fitted.

        Raises ``InvalidObservationError`` where odometry in another frame is still coming: two
        sources on one topic are no pose.
        """
        frame, child = frame_id.lstrip('/'), child_frame_id.lstrip('/')
        with self._lock:
            newest = self._odometry.latest
            if newest is not None and frame != self._odom_frame:
                if abs(stamp_ns - newest.stamp_ns) < _SILENCE_NS:
                    raise InvalidObservationError(
                        f'header.frame_id must stay {self._odom_frame!r} while that comes,'
                        f' got {frame!r}'
                    )
                self._odometry.clear()
            self._odom_frame, self._child_frame = frame, child
            return self._odometry.add(stamp_ns, pose)

    def at(
        self, stamp_ns: int, frame_id: str, *, late: bool, told: Transform | None = None
    ) -> CameraPose | PoseStatus:
        """
        Return the poses of robot and camera ``frame_id`` at a stamp, or why not.

        ``told`` is the camera's optical frame in that of the robot, where a person says so.
        """
        base = self._base(stamp_ns, late=late)
        if isinstance(base, PoseStatus):
            return base
        camera = frame_id.lstrip('/')
        base_T_camera = told
        if base_T_camera is None:
            base_T_camera = self._mounting(base.base, camera, stamp_ns, late=late)
        if base_T_camera is None:
            return PoseStatus.PENDING
        return CameraPose(
            map_T_base=base.pose,
            map_T_camera=transform_from_pose(base.pose) @ base_T_camera,
            frame_id=base.fixed,
            base_frame=base.base,
        )

    def between(self, target: str, source: str, stamp_ns: int | None) -> Transform | None:
        """Return ``target_T_source``, None where TF does not say; stamp None: the newest."""
        return self._tree.look_up(target, source, stamp_ns)

    def placing(
        self, camera: CameraPose, camera_frame: str, frame_id: str, stamp_ns: int
    ) -> Transform | None:
        """Return ``frame_id`` in the map, as ``camera`` was there; None where it is not known."""
        frame_id = frame_id.lstrip('/')
        if not frame_id or frame_id == camera_frame.lstrip('/'):
            return camera.map_T_camera
        base = self._tree.look_up(camera.base_frame, frame_id, stamp_ns)
        if base is not None:
            return transform_from_pose(camera.map_T_base) @ base
        return self._tree.look_up(camera.frame_id, frame_id, stamp_ns)

    def odometry_frame(self) -> str | None:
        """Return the frame that localisation moves in ``map_frame``; None where there is none."""
        return self._tree.below(self._frames.map_frame, self._base_frame())

    def why_not(self, target: str, source: str) -> str:
        """Return why ``between`` finds nothing."""
        return self._tree.why_not(target, source)

    def latest(self) -> tuple[Pose, str] | None:
        """Return where the robot was last, and in which frame."""
        if self._frames.source != 'odom':
            found = self._from_tf(None, late=True)
            if found is not None:
                return found.pose, found.fixed
        with self._lock:
            newest = self._odometry.latest
        if newest is None:
            return None
        base = self._fixed(newest.item, newest.stamp_ns, late=True)
        return (base.pose, base.fixed) if base is not None else None

    def missing(self) -> str:
        """Return in words what keeps poses from coming, and what to set."""
        frames, source = self._frames, self._frames.source
        why = []
        if source != 'odom':
            fixed = frames.map_frame
            if 'root' in self._said:
                fixed = self._top() or fixed
            found = self._tree.why_not(fixed, self._base_frame())
            why.append(f'TF: {found if self._hears_tf else "tf2_msgs is not installed"}')
        if source != 'tf':
            with self._lock:
                came = len(self._odometry) > 0
            why.append(f'odom: {"its newest pose is older" if came else "nothing has come"}')
        advice = {
            'tf': 'set map_frame and base_frame to frames of TF, or pose_source to auto',
            'odom': 'remap odom, or set pose_source to auto',
            'auto': 'set map_frame and base_frame to frames of TF, or remap odom',
        }
        return f'{", ".join(why)}; {advice[source]}'

    # Where the robot was

    def _base(self, stamp_ns: int, *, late: bool) -> _Base | PoseStatus:
        source = self._frames.source
        if source != 'odom':
            found = self._from_tf(stamp_ns, late=late)
            if found is not None:
                where = f'poses come from TF: {found.base!r} in {found.fixed!r}'
                self._tell(self._say, 'source', where)
                return found
            if source == 'tf' or (not late and self._from_tf(stamp_ns, late=True) is not None):
                return PoseStatus.PENDING
        by_odometry = self._from_odometry(stamp_ns, late=late)
        if source == 'auto' and by_odometry is PoseStatus.EMPTY and self._top() is not None:
            return self._in_own_tree(stamp_ns, late=late) or PoseStatus.PENDING
        return by_odometry

    def _base_frame(self) -> str:
        """Return what the robot is called in TF."""
        wanted = self._frames.base_frame
        if self._frames.source == 'tf' or wanted in self._tree:
            return wanted
        return next((b for b in (self._child_frame, *_BASES) if b and b in self._tree), wanted)

    def _from_tf(self, stamp_ns: int | None, *, late: bool, fixed: str = '') -> _Base | None:
        if not len(self._tree):
            return None
        base, fixed = self._base_frame(), fixed or self._frames.map_frame
        fixed_T_base = self._tree.look_up(fixed, base, stamp_ns, late=late)
        if fixed_T_base is None:
            return None
        return _Base(fixed=fixed, base=base, pose=pose_from_transform(fixed_T_base))

    def _top(self) -> str | None:
        """Return the frame above all others that the robot is in, None where TF tells none."""
        base = self._base_frame()
        root = self._tree.root(base)
        return root if root != base else None

    def _in_own_tree(self, stamp_ns: int, *, late: bool) -> _Base | None:
        """Take the robot's pose in the root of its tree, where there is neither map nor odom."""
        base, root = self._base_frame(), self._top()
        if root is None:
            return None
        found = self._from_tf(stamp_ns, late=late, fixed=root)
        wants = self._tree.why_not(self._frames.map_frame, base)
        warning = f'TF: {wants}; poses are kept in {root!r}, the root of {base!r}'
        return found if found is not None and self._assumes('root', warning, late=late) else None

    def _from_odometry(self, stamp_ns: int, *, late: bool) -> _Base | PoseStatus:
        config = self._config()
        with self._lock:
            self._odometry.max_gap_ns = int(config.odometry_gap_s * 1e9)
            found = self._odometry.at(stamp_ns)
            if found.pose is None and found.status in (PoseStatus.GAP, PoseStatus.EXPIRED):
                late = True
            if found.pose is None and late:
                found = self._odometry.at(stamp_ns, hold_ns=int(config.pairing_slop_s * 1e9))
            late = late or self._has_waited()
        if found.pose is None:
            return found.status
        return self._fixed(found.pose, stamp_ns, late=late) or PoseStatus.PENDING

    def _fixed(self, pose: Pose, stamp_ns: int, *, late: bool) -> _Base | None:
        """Return a pose of odometry in the map, or in its own frame; None while TF may tell."""
        map_frame, own = self._frames.map_frame, self._odom_frame or self._frames.map_frame
        base = self._child_frame
        if own == map_frame:
            return _Base(fixed=map_frame, base=base, pose=pose)
        map_T_odom = self._tree.look_up(map_frame, own, stamp_ns)
        if map_T_odom is not None:
            moved = pose_from_transform(map_T_odom @ transform_from_pose(pose), pose.covariance)
            return _Base(fixed=map_frame, base=base, pose=moved)
        sure = self._assumes(
            'frame',
            f'odometry is in frame {own!r} and no TF joins it to {map_frame!r}'
            f' ({self._tree.why_not(map_frame, own)}): positions and goals are in {own!r}',
            late=late,
        )
        return _Base(fixed=own, base=base, pose=pose) if sure else None

    # Where the camera sits

    def _mounting(self, base: str, camera: str, stamp_ns: int, *, late: bool) -> Transform | None:
        """Return the camera's optical frame in that of the robot: from TF, or assumed."""
        if base and camera and base != camera:
            base_T_camera = self._tree.look_up(base, camera, stamp_ns, late=False)
            if base_T_camera is None:
                held = self._tree.look_up(base, camera, stamp_ns)
                if held is not None and not late:
                    return None  # a camera that is turned: where it is will be heard soon
                base_T_camera = held
            if base_T_camera is not None:
                return self._optical(base_T_camera, camera)
            own = base.split('_')[0] == camera.split('_')[0]  # odometry is the camera's own
            sure = own or self._assumes(
                f'mounting of {camera}',
                f'no TF says where camera {camera!r} sits on {base!r}'
                f' ({self._tree.why_not(base, camera)}): it is taken to be where {base!r} is and'
                ' to look ahead, so positions are off by its mounting; tell it as'
                ' x,y,z,roll,pitch,yaw (--camera, or the parameters camera.*)',
                late=late or self._waited(),
            )
            return camera_mounting() if sure else None
        if base and base == camera and 'optical' in camera:
            return np.eye(4)
        return camera_mounting()

    def _optical(self, base_T_frame: Transform, camera: str) -> Transform:
        """Turn a frame that is no optical one, as some drivers stamp pictures with, into one."""
        if 'optical' in camera or base_T_frame[2, 2] < _UP:
            return base_T_frame
        self._tell(
            self._warn,
            f'axes of {camera}',
            f'frame {camera!r} has z up, so it is read as the link of its camera, x ahead',
        )
        turned = base_T_frame.copy()
        turned[:3, :3] = base_T_frame[:3, :3] @ link_R_optical
        return turned

    # What is assumed, and said

    def _waited(self) -> bool:
        with self._lock:
            return self._has_waited()

    def _has_waited(self) -> bool:
        """Whether odometry has gone on for long enough since the first frame, under the lock."""
        newest = self._odometry.latest
        if newest is None:
            return False
        if self._asked_ns is None or newest.stamp_ns < self._asked_ns:  # or time began anew
            self._asked_ns = newest.stamp_ns
        patience_ns = _PATIENCE_NS if self._hears_tf else 0
        return newest.stamp_ns - self._asked_ns >= patience_ns

    def _assumes(self, what: str, warning: str, *, late: bool) -> bool:
        """Whether to go on without what TF does not tell: once it was waited for, and said."""
        if late:
            self._tell(self._warn, what, warning)
        return late or what in self._said

    def _tell(self, hear: Callable[[str], None] | None, what: str, line: str) -> None:
        if what not in self._said:
            self._said.add(what)
            if hear is not None:
                hear(line)
