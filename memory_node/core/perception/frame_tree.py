"""
Where frames are in one another: the transforms of ``/tf_static`` and ``/tf``, without ROS.

Transforms that never change, and moving ones interpolated between their stamps. Names are read
without a leading slash. What cannot be looked up is explained in the words of tf2.
"""

from __future__ import annotations

from collections.abc import Iterator
import threading

import numpy as np

from memory_node.core.data import Pose
from memory_node.core.perception.geometry import inverse, Transform, transform_from_pose
from memory_node.core.perception.synchronizer import PoseBuffer

__all__ = ['FrameTree']

#: Links from a frame to its root; a longer chain is a circle.
_MAX_DEPTH = 64
#: Longest gap of a moving frame that is interpolated, and longest that its last pose holds [ns].
_GAP_NS = 5_000_000_000
#: How long its last pose holds at least [ns], and in times between two of its poses.
_HOLD_NS, _HOLD_TIMES = 500_000_000, 3
#: Poses kept of a moving frame: 10 s at 100 Hz.
_KEPT = 1024


class FrameTree:
    """A tree of frames that grows by messages; thread-safe."""

    def __init__(self) -> None:
        self._fixed: dict[str, tuple[str, Transform]] = {}
        self._moving: dict[str, tuple[str, PoseBuffer]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many frames have a parent."""
        with self._lock:
            return len(self._fixed.keys() | self._moving.keys())

    def __contains__(self, frame: object) -> bool:
        """Whether some transform names this frame."""
        with self._lock:
            return frame in set(self._names())

    def add(
        self, parent: str, child: str, parent_T_child: Pose, stamp_ns: int | None = None
    ) -> None:
        """Take where ``child`` is in ``parent``: at a stamp [ns], or for good where it is None."""
        parent, child = parent.lstrip('/'), child.lstrip('/')
        if not parent or not child or parent == child:
            return
        with self._lock:
            if stamp_ns is None:
                self._moving.pop(child, None)
                self._fixed[child] = (parent, transform_from_pose(parent_T_child))
                return
            held = self._moving.get(child)
            if held is None or held[0] != parent:
                held = self._moving[child] = (parent, PoseBuffer(_GAP_NS, capacity=_KEPT))
                self._fixed.pop(child, None)
            held[1].add(stamp_ns, parent_T_child)

    def look_up(
        self, target: str, source: str, stamp_ns: int | None, *, late: bool = True
    ) -> Transform | None:
        """
        Return ``target_T_source``, or None where no chain joins the two.

        Parameters
        ----------
        target, source : str
            Frames, of which either may be above the other.
        stamp_ns : int or None
            When [ns]; None: as each link was last.
        late : bool
            Let the last pose of a moving link hold for a while; without it, one at or after the
            stamp must have come.

        """
        target, source = target.lstrip('/'), source.lstrip('/')
        if target == source:
            return np.eye(4)
        with self._lock:
            above_source = self._up(source, stamp_ns, late=late)
            above_target = self._up(target, stamp_ns, late=late)
        for frame, frame_T_source in above_source.items():
            if frame in above_target:
                return inverse(above_target[frame]) @ frame_T_source
        return None

    def root(self, frame: str) -> str:
        """Return the frame at the top of the chain above ``frame``; itself where it has none."""
        with self._lock:
            above = list(self._chain(frame.lstrip('/')))
        return above[-1]

    def below(self, top: str, frame: str) -> str | None:
        """Return the frame right below ``top`` on the chain above ``frame``; None without one."""
        with self._lock:
            chain = list(self._chain(frame.lstrip('/')))
        at = chain.index(top) if top in chain else 0
        return chain[at - 1] if at > 1 else None

    def why_not(self, target: str, source: str) -> str:
        """Return why ``look_up`` finds nothing, as tf2 words it, without the times."""
        target, source = target.lstrip('/'), source.lstrip('/')
        with self._lock:
            names = set(self._names())
            joined = set(self._chain(target)) & set(self._chain(source))
        if not names:
            return 'nothing has come on /tf and /tf_static'
        for frame, argument in ((target, 'target'), (source, 'source')):
            if frame not in names:
                return (
                    f'"{frame}" passed to lookupTransform argument {argument}_frame does not exist'
                )
        if not joined:
            return (
                f"Could not find a connection between '{target}' and '{source}' because they are"
                ' not part of the same tree. Tf has two or more unconnected trees'
            )
        return (
            'Lookup would require extrapolation when looking up transform from frame'
            f' [{source}] to frame [{target}]'
        )

    def _names(self) -> Iterator[str]:
        for links in (self._fixed, self._moving):
            for child, (parent, _) in links.items():
                yield child
                yield parent

    def _chain(self, frame: str) -> Iterator[str]:
        """Yield a frame and those above it."""
        for _ in range(_MAX_DEPTH):
            yield frame
            link = self._fixed.get(frame) or self._moving.get(frame)
            if link is None:
                return
            frame = link[0]

    def _up(self, frame: str, stamp_ns: int | None, *, late: bool) -> dict[str, Transform]:
        """Return ``frame`` in itself and in every frame above it, nearest first."""
        found = {frame: np.eye(4)}
        above_T_frame = np.eye(4)
        for _ in range(_MAX_DEPTH):
            link = self._link(frame, stamp_ns, late=late)
            if link is None:
                break
            frame, parent_T_child = link
            above_T_frame = parent_T_child @ above_T_frame
            found[frame] = above_T_frame
        return found

    def _link(
        self, child: str, stamp_ns: int | None, *, late: bool
    ) -> tuple[str, Transform] | None:
        if child in self._fixed:
            return self._fixed[child]
        if child not in self._moving:
            return None
        parent, poses = self._moving[child]
        if stamp_ns is None:
            pose = poses.latest.item if poses.latest is not None else None
        else:
            spacing_ns = poses.spacing_ns or _GAP_NS
            hold_ns = min(_GAP_NS, max(_HOLD_NS, _HOLD_TIMES * spacing_ns)) if late else 0
            pose = poses.at(stamp_ns, hold_ns=hold_ns).pose
        return (parent, transform_from_pose(pose)) if pose is not None else None
