"""Where boxes of a network's input are in the picture, and which of them are one object."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_node.core.ports import Image

__all__ = [
    'PAD_VALUE',
    'Array',
    'Fit',
    'Found',
    'centered',
    'corners',
    'non_maximum_suppression',
    'stretched',
]

Array = NDArray[np.float32]

#: Grey that YOLO models were trained with around a picture of another shape.
PAD_VALUE = 114


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture lies in the input of a network."""

    #: Pixels of the input for one of the picture, across and down.
    scale_x: float
    scale_y: float
    #: Where the picture begins in the input [px].
    left: int = 0
    top: int = 0

    def to_picture(self, boxes: Array) -> Array:
        """Return (n, 4) boxes of the input (left, top, right, bottom) in pixels of the picture."""
        offset = np.array([self.left, self.top] * 2, np.float32)
        scale = np.array([self.scale_x, self.scale_y] * 2, np.float32)
        return np.asarray((boxes - offset) / scale, np.float32)


@dataclass(frozen=True, slots=True)
class Found:
    """What a network found, before boxes of one object are joined."""

    #: (n, 4) left, top, right, bottom in pixels of the picture.
    boxes: Array
    #: (n,) in [0, 1].
    scores: Array
    #: (n,) numbers of classes.
    classes: NDArray[np.int64]

    @classmethod
    def of_scores(cls, boxes: Array, scores: Array, least: float) -> Found:
        """Return what (n, 4) boxes with (n, C) scores hold of at least a confidence."""
        rows, classes = np.nonzero(scores >= least)
        return cls(boxes[rows], scores[rows, classes], classes.astype(np.int64))


def centered(image: Image, width: int, height: int) -> tuple[Image, Fit]:
    """
    Return an RGB picture in the middle of a (height, width, 3) canvas, its aspect kept.

    To the pixel what Ultralytics' ``LetterBox`` makes, whose models have learnt it.
    """
    rows, columns = image.shape[:2]
    scale = min(height / rows, width / columns)
    inner = max(1, round(columns * scale)), max(1, round(rows * scale))
    left, top = round((width - inner[0]) / 2 - 0.1), round((height - inner[1]) / 2 - 0.1)
    canvas = np.full((height, width, 3), PAD_VALUE, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = _resized(image, inner)
    return canvas, Fit(scale, scale, left, top)


def stretched(image: Image, width: int, height: int) -> tuple[Image, Fit]:
    """Return an RGB picture as (height, width, 3), whatever its aspect was."""
    rows, columns = image.shape[:2]
    return _resized(image, (width, height)), Fit(width / columns, height / rows)


def _resized(image: Image, size: tuple[int, int]) -> Image:
    if (image.shape[1], image.shape[0]) == size:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def corners(boxes: Array) -> Array:
    """Return (n, 4) boxes given as centre and size by their left, top, right, bottom."""
    half = boxes[:, 2:4] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def non_maximum_suppression(
    boxes: Array, scores: Array, iou_threshold: float
) -> NDArray[np.int64]:
    """Return the rows of (N, 4) boxes to keep, best first: each beats all it overlaps."""
    order = np.argsort(-scores, kind='stable')
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        overlap = np.prod(np.maximum(high - low, 0.0), axis=1)
        union = area[best] + area[rest] - overlap
        order = rest[overlap <= iou_threshold * np.maximum(union, 1e-9)]
    return np.array(kept, dtype=np.int64)
