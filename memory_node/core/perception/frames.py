"""A camera frame on its way from the topics to the memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from memory_node.core.data import Pose
from memory_node.core.perception.geometry import Intrinsics, Transform
from memory_node.core.perception.images import (
    decode_color,
    decode_compressed_color,
    Depth,
    Image,
    RawImage,
)
from memory_node.core.ports import Caption

__all__ = ['CameraPose', 'Frame', 'Picture']


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPose:
    """Where the robot and its camera were when a frame was taken."""

    #: The robot's base in the map.
    map_T_base: Pose  # noqa: N815  the notation of geometry
    #: Optical frame of the camera in the map, (4, 4).
    map_T_camera: Transform  # noqa: N815


class Picture:
    """A colour picture that is decoded only when somebody looks at it."""

    def __init__(self, content: RawImage | bytes) -> None:
        """Keep what the topic brought: the fields of a raw image, or a JPEG or PNG file."""
        self._content = content

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


@dataclass(slots=True, kw_only=True, eq=False)
class Frame:
    """One frame and what has been found for it so far."""

    stamp_ns: int
    #: Frame id of the picture, for TF.
    frame_id: str
    #: Monotonic time after which nothing more is waited for [s].
    deadline: float
    picture: Picture | None = None
    #: What an outside captioner said; None when the node describes the picture itself.
    caption: Caption | None = None
    camera: CameraPose | None = None
    depth: Callable[[], Depth] | None = None
    intrinsics: Intrinsics | None = None
