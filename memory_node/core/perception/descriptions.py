"""
What detectors and captioners say about a picture, read by the fields of their messages.

The same for messages of rclpy and for those of a bag reader. Of a message the good parts are kept,
and what is wrong with the others is returned in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
import math
from typing import Any, TypeVar

from memory_node.core.data import MAX_CAPTION_CHARS, Pose
from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.geometry import unit_quaternion
from memory_node.core.ports import Caption, Detection, PlacedDetection

__all__ = [
    'caption_from_detections',
    'caption_from_text',
    'caption_from_vision_2d',
    'caption_from_vision_3d',
    'header_of',
]

MAX_DETECTIONS = 256
FoundT = TypeVar('FoundT')


def header_of(msg: Any) -> Any:
    """Return the header of a message, or of the first detection inside where it has none."""
    header = msg.header
    inside = getattr(msg, 'detections', None)
    if inside and not (header.stamp.sec or header.stamp.nanosec or header.frame_id):
        return getattr(inside[0], 'header', header)
    return header


def _checked(label: str, confidence: float) -> tuple[str, float]:
    if not label.strip() or len(label) > 256:
        raise InvalidObservationError('label must hold 1 to 256 characters')
    if 1.0 < confidence < 1.001:  # float32 on the wire: 1.0 may come back as 1.0000001
        confidence = 1.0
    if not 0.0 <= confidence <= 1.0:  # 'not <=' also rejects NaN
        raise InvalidObservationError(f'confidence must be in [0, 1], got {confidence}')
    return label.strip(), confidence


def _box(label: str, confidence: float, box: tuple[float, float, float, float]) -> Detection:
    label, confidence = _checked(label, confidence)
    if not all(math.isfinite(v) for v in box):
        raise InvalidObservationError(f'box must be finite, got {box}')
    return Detection(label=label, confidence=confidence, box_px=box)


def _kept(
    items: Iterable[Any], read: Callable[[Any], FoundT]
) -> tuple[tuple[FoundT, ...], list[str]]:
    kept: list[FoundT] = []
    refused: list[str] = []
    for item in items:
        if len(kept) == MAX_DETECTIONS:
            refused.append(f'more than {MAX_DETECTIONS} detections in one picture')
            break
        try:
            kept.append(read(item))
        except InvalidObservationError as error:
            refused.append(str(error))
    return tuple(kept), refused


def caption_from_detections(msg: Any) -> tuple[Caption, list[str]]:
    """Return what a ``memory_msgs/DetectionArray`` says, and why some of it was refused."""

    def read(item: Any) -> Detection:
        box = (item.left, item.top, item.right, item.bottom)
        return _box(item.label, item.confidence, box)

    kept, refused = _kept(msg.detections, read)
    return Caption(detections=kept), refused


def _best(item: Any, names: ClassNames) -> tuple[str, float, Any]:
    """Return name, score and pose of the hypothesis that is most likely."""
    if not item.results:
        raise InvalidObservationError('results must hold a hypothesis')
    results = [(getattr(r, 'hypothesis', r), getattr(r, 'pose', None)) for r in item.results]
    hypothesis: Any
    hypothesis, pose = max(results, key=lambda r: r[0].score)
    class_id = getattr(hypothesis, 'class_id', None)
    class_id = getattr(hypothesis, 'id', '') if class_id is None else class_id
    return names.name(str(class_id)), float(hypothesis.score), pose


def caption_from_vision_2d(msg: Any, names: ClassNames) -> tuple[Caption, list[str]]:
    """Return what a ``vision_msgs/Detection2DArray`` says, by the best hypotheses."""

    def read(item: Any) -> Detection:
        label, score, _ = _best(item, names)
        center = getattr(item.bbox.center, 'position', item.bbox.center)
        half_x, half_y = item.bbox.size_x / 2, item.bbox.size_y / 2
        box = (center.x - half_x, center.y - half_y, center.x + half_x, center.y + half_y)
        return _box(label, score, box)

    kept, refused = _kept(msg.detections, read)
    return Caption(detections=kept), refused


def caption_from_vision_3d(msg: Any, names: ClassNames) -> tuple[Caption, list[str]]:
    """Return what a ``vision_msgs/Detection3DArray`` says, by the best hypotheses."""
    outer = header_of(msg).frame_id

    def read(item: Any) -> PlacedDetection:
        label, score, hypothesised = _best(item, names)
        label, score = _checked(label, score)
        center, size = item.bbox.center, item.bbox.size
        extent = (float(size.x), float(size.y), float(size.z))
        if not any(extent) and hypothesised is not None:  # no box: where the object itself is
            center = hypothesised.pose
        p, q = center.position, center.orientation
        turned = any((q.x, q.y, q.z, q.w))
        return PlacedDetection(
            label=label,
            confidence=score,
            center=Pose(
                position=(float(p.x), float(p.y), float(p.z)),
                orientation=unit_quaternion((q.x, q.y, q.z, q.w) if turned else (0, 0, 0, 1)),
            ),
            size=extent if _is_size(extent) else None,
            frame_id=(getattr(item, 'header', msg.header).frame_id or outer).lstrip('/'),
        )

    kept, refused = _kept(msg.detections, read)
    return Caption(placed=kept), refused


def _is_size(extent: tuple[float, float, float]) -> bool:
    if not all(math.isfinite(v) and v >= 0.0 for v in extent):
        raise InvalidObservationError(f'bbox.size must be finite and >= 0, got {extent}')
    return any(extent)


def caption_from_text(msg: Any) -> tuple[Caption | None, list[str]]:
    """Return a caption cut to what is kept, and why something was refused; None when empty."""
    text = msg.text
    if not text.strip():
        return None, ['text must not be empty']
    if len(text) <= MAX_CAPTION_CHARS:
        return Caption(text=text), []
    return (
        Caption(text=text[:MAX_CAPTION_CHARS]),
        [f'text cut to {MAX_CAPTION_CHARS} characters, got {len(text)}'],
    )
