"""What a keyframe gets besides pose and picture: its depth, and the calibration of its cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from memory_node.core.perception.frames import DepthPicture, PendingFrame, PoseSource
from memory_node.core.perception.geometry import Intrinsics
from memory_node.core.perception.registration import DepthCamera
from memory_node.core.perception.synchronizer import Match, match, StampedBuffer, StampOrder

__all__ = ['Companions']


class Companions:
    """
    Depth pictures and calibrations, kept for the keyframes they belong to.

    Not thread-safe: the pipeline holds its lock around every call but ``depth_camera`` and
    ``place``.
    """

    def __init__(
        self,
        *,
        poses: PoseSource,
        refuse: Callable[[str, str], None],
        published: Callable[[], frozenset[str]],
        depth_is_registered: bool,
        capacity: int,
    ) -> None:
        """Keep nothing yet, and later at most ``capacity`` depth pictures."""
        self._poses = poses
        self._refuse = refuse
        self._published = published
        self._depth_is_registered = depth_is_registered
        self.depths: StampedBuffer[DepthPicture] = StampedBuffer(capacity)
        #: Calibration of the colour camera, and of the depth camera where it is another.
        self.intrinsics: Intrinsics | None = None
        self.depth_intrinsics: Intrinsics | None = None

    def add_depth(self, stamp_ns: int, picture: DepthPicture) -> StampOrder:
        """Keep a depth picture, unless its stamp is suspect."""
        return self.depths.add(stamp_ns, picture)

    def attach_depth(self, frames: Iterable[PendingFrame], slop_ns: int) -> None:
        """Give keyframes their depth while the buffer holds it: a worker may come too late."""
        for frame in frames:
            if frame.depth is None:
                found = match(self.depths, frame.stamp_ns, slop_ns, late=False)
                if not isinstance(found, Match):
                    frame.depth = found.item

    def complete(self, frame: PendingFrame, slop_ns: int, *, late: bool) -> bool:
        """Give a keyframe its depth and calibration; False while they may still come."""
        if frame.depth is None and self._expects_depth():
            found = match(self.depths, frame.stamp_ns, slop_ns, late=late)
            if found is Match.WAIT:
                return False
            if isinstance(found, Match):
                self._misses(frame, 'depth', self._no_depth(frame.stamp_ns))
            else:
                frame.depth = found.item
        frame.intrinsics = frame.intrinsics or self.intrinsics
        if frame.depth is not None and frame.intrinsics is None:
            if not late:
                return False
            self._misses(frame, 'camera_info', 'none received: sightings stay without position')
        return True

    def depth_camera(self, frame: PendingFrame, depth: DepthPicture) -> DepthCamera:
        """Return through what the depth of a frame was taken."""
        return DepthCamera(
            frame_id=depth.frame_id,
            intrinsics=self.depth_intrinsics,
            color_T_depth=self._poses.between(frame.frame_id, depth.frame_id, frame.stamp_ns),
            registered=self._depth_is_registered,
        )

    def place(self, frame: PendingFrame) -> None:
        """Find the frames that a detector has placed things in."""
        placed = frame.caption.placed if frame.caption is not None else ()
        if frame.camera is None:
            return
        for frame_id in {d.frame_id for d in placed}:
            found = self._poses.placing(frame.camera, frame.frame_id, frame_id, frame.stamp_ns)
            if found is not None:
                frame.map_T_placed[frame_id] = found
                continue
            fixed = frame.camera.frame_id
            why = f'no TF joins their frame {frame_id!r} to {fixed!r}'
            self._refuse('detections_3d', f'{why}: they stay without position')

    def _misses(self, frame: PendingFrame, topic: str, why: str) -> None:
        frame.unplaced = f'{topic}: {why}'
        self._refuse(topic, why)

    def _no_depth(self, stamp_ns: int) -> str:
        nearest = self.depths.nearest(stamp_ns, 2**63)
        why = 'none within ingest.pairing_slop_s of a keyframe'
        if nearest is None:
            return why
        ahead_s = (nearest.stamp_ns - stamp_ns) * 1e-9
        return f'{why}, got one {abs(ahead_s):.3f} s {"later" if ahead_s > 0 else "earlier"}'

    def _expects_depth(self) -> bool:
        return len(self.depths) > 0 or 'depth' in self._published()
