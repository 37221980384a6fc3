"""A camera frame on its way from the topics to the memory: what is paired, what is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.perception.depth_images import Depth
from memory_node.core.perception.geometry import Intrinsics, Transform
from memory_node.core.perception.images import (
    decode_color,
    decode_compressed_color,
    Image,
    RawImage,
)
from memory_node.core.perception.registration import DepthCamera
from memory_node.core.perception.synchronizer import PoseStatus
from memory_node.core.ports import Caption, Detection, PlacedDetection

__all__ = [
    'CameraPose',
    'DepthPicture',
    'Frame',
    'PendingFrame',
    'Picture',
    'PoseSource',
    'frame_of',
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPose:
    """Where the robot and its camera were when a frame was taken."""

    #: The robot's base in the map.
    map_T_base: Pose  # noqa: N815  the notation of geometry
    #: Optical frame of the camera in the map, (4, 4).
    map_T_camera: Transform  # noqa: N815
    #: The fixed frame that is called the map here: that of odometry, where nothing joins the two.
    frame_id: str = 'map'
    #: What the robot is called; empty where nothing says.
    base_frame: str = ''


class PoseSource(Protocol):
    """Tells where the camera was."""

    def at(self, stamp_ns: int, frame_id: str, *, late: bool) -> CameraPose | PoseStatus:
        """Return the poses at a stamp, or why not; ``late``: nothing more will be waited for."""

    def between(self, target: str, source: str, stamp_ns: int) -> Transform | None:
        """Return ``target_T_source`` of two frames at a stamp, None where it is not known."""

    def placing(
        self, camera: CameraPose, camera_frame: str, frame_id: str, stamp_ns: int
    ) -> Transform | None:
        """Return ``frame_id`` in the map, as ``camera`` was there; None where it is not known."""

    def missing(self) -> str:
        """Return in words what keeps poses from coming, and what to set."""


class Picture:
    """A colour picture that is decoded only when somebody looks at it."""

    def __init__(self, content: RawImage | bytes) -> None:
        """Keep what the topic brought: the fields of a raw image, or a JPEG or PNG file."""
        self._content = content
        #: How much memory it takes while nobody looks at it.
        self.nbytes = memoryview(content.data if isinstance(content, RawImage) else content).nbytes

    def color(self) -> Image:
        """Return the (H, W, 3) RGB picture; raises ``InvalidObservationError``."""
        if isinstance(self._content, RawImage):
            return decode_color(self._content)
        return decode_compressed_color(self._content)

    def preview(self) -> Image:
        """Return the picture, or a smaller one where that is cheaper, for the keyframe gate."""
        if isinstance(self._content, RawImage):
            return decode_color(self._content)
        return decode_compressed_color(self._content, reduce=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthPicture:
    """A depth picture that is decoded only for a keyframe."""

    decode: Callable[[], Depth]
    #: Its optical frame; empty where the message names none.
    frame_id: str = ''
    #: How much memory it takes while nobody looks at it, as far as that is known.
    nbytes: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class PendingFrame:
    """One frame and what has been found for it so far."""

    stamp_ns: int
    #: Frame id of the picture, for TF.
    frame_id: str
    #: Time of the pipeline's clock after which nothing more is waited for [s].
    deadline: float
    picture: Picture | None = None
    #: What an outside captioner said; None when the node describes the picture itself.
    caption: Caption | None = None
    camera: CameraPose | None = None
    depth: DepthPicture | None = None
    intrinsics: Intrinsics | None = None
    #: Through what ``depth`` was taken, once it is in a worker's hands.
    depth_camera: DepthCamera | None = None
    #: Frames that a detector has placed things in, in the map; those not known are missing.
    map_T_placed: dict[str, Transform] = field(default_factory=dict)  # noqa: N815
    #: Why its sightings will have no positions; empty while they may.
    unplaced: str = ''


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One keyframe with everything that belongs to it."""

    stamp_ns: int
    #: (H, W, 3) uint8 RGB.
    color: NDArray[np.uint8]
    #: Pose of the base in the map: where a robot can stand to see this again.
    pose: Pose
    #: The frame that is called the map here.
    fixed_frame: str = 'map'
    #: (4, 4) optical frame of the camera in the map; None leaves detections without position.
    map_T_camera: Transform | None = None  # noqa: N815  the notation of geometry
    #: (h, w) float32 depth along the optical axis [m], NaN where unknown, or None.
    depth_m: NDArray[np.float32] | None = None
    #: Camera of the colour picture, at any size of its aspect ratio, or None.
    intrinsics: Intrinsics | None = None
    #: Optical frame of the colour picture, and through what depth was taken.
    frame_id: str = ''
    depth_camera: DepthCamera = field(default_factory=DepthCamera)
    #: Why no depth came with the frame, where that is known.
    unplaced: str = ''
    #: What an outside detector saw, in pixels of the colour picture; None when none reported.
    detections: tuple[Detection, ...] | None = None
    #: What a detector has placed itself, and its frame in the map where that is known.
    placed: tuple[tuple[PlacedDetection, Transform | None], ...] = ()
    #: What an outside captioner wrote; bytes and broken text are cleaned.
    caption: str | bytes = ''


def frame_of(pending: PendingFrame, refuse: Callable[[str, str], None]) -> Frame:
    """
    Decode what the pipeline has brought together; raises ``InvalidObservationError``.

    Depth that is malformed costs the sightings their positions, not the observation.
    """
    if pending.camera is None:
        raise InvalidObservationError('frame has no pose')
    depth_m, unplaced = None, pending.unplaced
    if pending.depth is not None:
        try:
            depth_m = pending.depth.decode()
        except MemoryNodeError as error:
            unplaced = f'depth: {error}'
            refuse('depth', str(error))
    if pending.picture is not None:
        color = pending.picture.color()
    else:  # a blank one of the camera's size
        k = pending.intrinsics
        color = np.zeros((k.height, k.width, 3) if k is not None else (480, 640, 3), np.uint8)
    caption = pending.caption
    return Frame(
        stamp_ns=pending.stamp_ns,
        color=color,
        pose=pending.camera.map_T_base,
        fixed_frame=pending.camera.frame_id,
        map_T_camera=pending.camera.map_T_camera,
        depth_m=depth_m,
        intrinsics=pending.intrinsics,
        frame_id=pending.frame_id,
        depth_camera=pending.depth_camera or DepthCamera(),
        unplaced=unplaced,
        detections=caption.detections if caption is not None else None,
        placed=tuple(
            (d, pending.map_T_placed.get(d.frame_id))
            for d in (caption.placed if caption is not None else ())
        ),
        caption=caption.text if caption is not None else '',
    )
