"""
From a camera frame to an observation: described, lifted into the map, made safe to keep.

The steps of one frame (:meth:`Perceiver.observe`): describe (a captioner, or detections and text
that came with the frame), clean, lift detections by depth, compose the caption, name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
import hashlib
import threading

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import PerceptionConfig
from memory_node.core.data import (
    DEFAULT_MAP_ID,
    MAX_CAPTION_CHARS,
    MAX_ID_CHARS,
    Observation,
    Sighting,
)
from memory_node.core.errors import CaptionerError, InvalidObservationError, MemoryNodeError
from memory_node.core.perception.accepted import accepted, clean_label, cleaned, MAX_SIGHTINGS
from memory_node.core.perception.captions import (
    compose_caption,
    merge_captions,
    NOTHING_RECOGNISED,
)
from memory_node.core.perception.depth_projection import lift_box
from memory_node.core.perception.frames import Frame
from memory_node.core.perception.geometry import Intrinsics, transform_from_pose, view_yaw
from memory_node.core.perception.images import encode_keyframe, fit_intrinsics
from memory_node.core.perception.placed import placed_sighting
from memory_node.core.perception.registration import align_depth
from memory_node.core.perception.signs import read_signs, unread
from memory_node.core.ports import Caption, Captioner, Detection, SignReader

__all__ = ['Frame', 'Perceiver']

#: Share of depth out of reach from which on its unit is in doubt: of one picture whose boxes got
#: no position, and of many pictures, whatever got one.
_MOSTLY, _HALF = 0.8, 0.5
#: What is left out of an observation, by the name it is counted under.
_LEFT_OUT = {
    'captions_altered': ('caption', 'characters that are no text were taken off'),
    'detections_refused': ('detections', 'malformed detection'),
}


class Perceiver:
    """
    Makes observations of frames.

    Safe to call from several threads if the captioner is; only the counts are shared.

    Parameters
    ----------
    config : PerceptionConfig
        Thresholds of confidence and depth, and the kind of captioner, kept as the source.
    captioner : Captioner or None
        Looks at every frame; None when descriptions come with the frames.
    sign_reader : SignReader or None
        Reads the signs in every picture; None where they are not read.
    map_id : str
        Map the observations belong to.
    session : str
        Told apart in ids: give each run its own to keep frames that are equal in every bit, or
        leave it empty so that the same recording read twice gives the same ids.
    camera : str
        Name of the camera that took the frames, where the robot has several.
    keyframe_side_px, keyframe_quality : int
        Size and JPEG quality of the stored picture; side 0 stores none.
    left_out : callable or None
        Told (topic, message) of what had to be left out of an observation.

    """

    def __init__(
        self,
        config: PerceptionConfig | None = None,
        captioner: Captioner | None = None,
        *,
        sign_reader: SignReader | None = None,
        map_id: str = DEFAULT_MAP_ID,
        session: str = '',
        camera: str = '',
        keyframe_side_px: int = 320,
        keyframe_quality: int = 80,
        left_out: Callable[[str, str], None] | None = None,
    ) -> None:
        self.config = config or PerceptionConfig()
        self._captioner = captioner
        self._sign_reader = sign_reader
        self._map_id = map_id
        self._session = session
        self._camera = camera
        self._keyframe_side_px = keyframe_side_px
        self._keyframe_quality = keyframe_quality
        self._left_out = left_out
        self._counts: Counter[str] = Counter()
        self._unplaced: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def source(self) -> str:
        """Name kept as the source of observations."""
        return self._captioner.name if self._captioner else self.config.captioner

    @property
    def counts(self) -> dict[str, int]:
        """
        How often what happened since the start, by name.

        ``observations``, ``sightings``, ``positions`` (sightings that depth placed),
        ``signs`` (read), ``signs_dropped`` (below the confidence), ``sign_failures``,
        ``captions_clipped``, ``captions_altered``, ``detections_refused`` (malformed),
        ``detections_dropped`` (below the confidence, or beyond the number kept),
        ``depth_refused`` (its size or the camera's does not fit the picture), ``depth_pictures``
        (with depth that does), ``depth_out_of_reach`` (those of which half is out of reach).
        """
        with self._lock:
            return dict(self._counts)

    @property
    def unplaced(self) -> dict[str, int]:
        """How many sightings got no position, by the reason."""
        with self._lock:
            return dict(+self._unplaced)

    def observe(self, frame: Frame) -> Observation:
        """
        Make the observation of one frame.

        Raises
        ------
        InvalidObservationError
            When the picture, stamp or pose is impossible.
        CaptionerError
            When the captioner fails; the frame itself was fine.

        """
        _check_picture(frame.color)
        counts: Counter[str] = Counter()
        seen = self._describe(frame)
        detections = accepted(
            (*(frame.detections or ()), *seen.detections), self.config.min_confidence, counts
        )
        signs = self._signs(frame, counts)
        found = (*unread(detections, signs), *signs)
        sightings = self._lift(frame, found, counts) + self._placed(frame, counts)
        labels = (clean_label(label) for label in seen.labels[:MAX_SIGHTINGS])
        named = [Sighting(label=label) for label in labels if label]
        sightings += named
        texts = (cleaned(text, counts) for text in (frame.caption, seen.text))
        caption = merge_captions(
            ' '.join(text for text in texts if text)[:MAX_CAPTION_CHARS],
            compose_caption(sighting.label for sighting in sightings),
        )
        observation = Observation(
            id=self._id(frame),
            stamp_ns=frame.stamp_ns,
            pose=frame.pose,
            caption=caption or NOTHING_RECOGNISED,
            sightings=tuple(sightings),
            map_id=self._map_id,
            keyframe=self._keyframe(frame.color),
            source=self.source,
            camera=self._camera,
            view_yaw_rad=_view_yaw(frame),
        )
        counts['observations'] += 1
        counts['sightings'] += len(sightings)
        with self._lock:
            self._counts.update(counts)
            self._unplaced['named without a box'] += len(named)
        for name, (topic, message) in _LEFT_OUT.items():
            if counts[name] and self._left_out is not None:
                self._left_out(topic, message)
        return observation

    def _describe(self, frame: Frame) -> Caption:
        if self._captioner is None:
            return Caption()
        try:
            return self._captioner.describe(frame.color)
        except MemoryNodeError:
            raise
        except Exception as error:
            raise CaptionerError(f'{self._captioner.name} failed: {error!r}') from error

    def _signs(self, frame: Frame, counts: Counter[str]) -> list[Detection]:
        """Read the signs of a picture; one that can't be read is told, and kept all the same."""
        if self._sign_reader is None:
            return []
        try:
            signs = read_signs(self._sign_reader, frame.color)
        except CaptionerError as error:
            counts['sign_failures'] += 1
            if self._left_out is not None:
                self._left_out('signs', str(error))
            return []
        sure = [sign for sign in signs if sign.confidence >= self.config.signs_min_confidence]
        counts['signs'] += len(sure)
        counts['signs_dropped'] += len(signs) - len(sure)
        return sure

    def _lift(
        self, frame: Frame, detections: Iterable[Detection], counts: Counter[str]
    ) -> list[Sighting]:
        """Place detections in the map where depth, camera and pose are known."""
        depth_m, intrinsics, unplaced = self._registered(frame, counts)
        sightings = []
        for detection in detections:
            lifted = None
            if depth_m is not None and intrinsics is not None and frame.map_T_camera is not None:
                lifted = lift_box(
                    detection.box_px,
                    depth_m,
                    intrinsics,
                    frame.map_T_camera,
                    min_depth_m=self.config.min_depth_m,
                    max_depth_m=self.config.max_depth_m,
                )
            counts['positions'] += lifted is not None
            if lifted is None:
                with self._lock:
                    self._unplaced[unplaced] += 1
            sightings.append(
                Sighting(
                    label=detection.label,
                    confidence=detection.confidence,
                    position=lifted.position if lifted else None,
                    extent=lifted.extent if lifted else None,
                )
            )
        return sightings

    def _placed(self, frame: Frame, counts: Counter[str]) -> list[Sighting]:
        """Take over what a detector has placed itself."""
        sightings = []
        for detection, map_T_frame in frame.placed[:MAX_SIGHTINGS]:
            label = clean_label(detection.label)
            if detection.confidence < self.config.min_confidence:
                counts['detections_dropped'] += 1
                continue
            try:
                sightings.append(placed_sighting(replace(detection, label=label), map_T_frame))
            except InvalidObservationError:  # no label, or out of this world
                counts['detections_refused'] += 1
                continue
            counts['positions'] += map_T_frame is not None
            if map_T_frame is None:
                with self._lock:
                    self._unplaced[f'no TF joins frame {detection.frame_id!r} to the map'] += 1
        return sightings

    def _registered(
        self, frame: Frame, counts: Counter[str]
    ) -> tuple[NDArray[np.float32] | None, Intrinsics | None, str]:
        """Return depth and camera at the size of the picture, and why a box may get none."""
        if frame.depth_m is None:
            return None, None, frame.unplaced or 'no depth came with the picture'
        if frame.intrinsics is None:
            return None, None, frame.unplaced or 'no camera_info came'
        height, width = frame.color.shape[:2]
        try:
            intrinsics = fit_intrinsics(frame.intrinsics, width, height)
        except InvalidObservationError as error:
            topic, reason = 'camera_info', str(error)
        else:
            found = align_depth(frame.depth_m, frame.depth_camera, intrinsics, frame.frame_id)
            if found.depth_m is not None:
                return found.depth_m, intrinsics, self._out_of_reach(found.depth_m, counts)
            topic, reason = 'depth', found.reason
        counts['depth_refused'] += 1
        if self._left_out is not None:
            self._left_out(topic, reason)
        return None, None, f'{topic}: {reason}'

    def _out_of_reach(self, depth_m: NDArray[np.float32], counts: Counter[str]) -> str:
        """Say why boxes of a picture with this depth stay without position, if they do."""
        near, far = self.config.min_depth_m, self.config.max_depth_m
        some = depth_m[::4, ::4]
        some = some[np.isfinite(some)]
        outside = float(((some < near) | (some > far)).mean()) if some.size else 0.0
        counts['depth_pictures'] += some.size > 0
        counts['depth_out_of_reach'] += outside > _HALF
        if outside > _MOSTLY:
            return (
                f'most depth is outside {near:g} to {far:g} m, the middle of it'
                f' {float(np.median(some)):.3g} m: is its unit another (depth_unit_m), or'
                ' perception.max_depth_m too small?'
            )
        return f'no depth between {near:g} and {far:g} m in the box'

    def _keyframe(self, color: NDArray[np.uint8]) -> bytes:
        if self._keyframe_side_px < 1:
            return b''
        return encode_keyframe(
            color, max_side_px=self._keyframe_side_px, quality=self._keyframe_quality
        )

    def _id(self, frame: Frame) -> str:
        """
        Name the frame by map, stamp and a digest of what was seen from where.

        Simulated clocks begin at zero each run, so a stamp alone names many frames.
        """
        digest = hashlib.blake2b((self._session + self._camera).encode(), digest_size=6)
        digest.update(repr((frame.pose.position, frame.pose.orientation)).encode())
        digest.update(repr(frame.color.shape).encode())
        digest.update(np.ascontiguousarray(frame.color[::16, ::16]).tobytes())
        named = f'-{frame.stamp_ns}-{digest.hexdigest()}'
        return f'{self._map_id[: MAX_ID_CHARS - len(named)]}{named}'


def _view_yaw(frame: Frame) -> float:
    """Return where the camera looked from the heading of the robot [rad], as it is stored."""
    if frame.map_T_camera is None:
        return 0.0
    return round(view_yaw(transform_from_pose(frame.pose), frame.map_T_camera), 4)


def _check_picture(color: NDArray[np.uint8]) -> None:
    if color.ndim != 3 or color.shape[2] != 3 or color.dtype != np.uint8 or color.size == 0:
        raise InvalidObservationError(
            f'frame.color must be (H, W, 3) uint8, got {color.shape} {color.dtype}'
        )
