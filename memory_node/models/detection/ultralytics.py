"""
YOLOv8 to YOLO11, YOLO-World and YOLOE, as Ultralytics exports them.

One output ``(1, 4 + classes, n)``: centre and size in pixels of the input, then a score for each
class, without objectness. Models that also segment have coefficients of masks behind the scores,
and a second output; masks are left alone. A list of prompts is part of the export, and stands in
its metadata as ``names``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import CaptionerError
from memory_node.core.ports import Image
from memory_node.models.detection.boxes import centered, corners, Fit, Found
from memory_node.models.detection.layout import as_blob, checked_classes, Graph, Outputs

__all__ = ['SIDE', 'Ultralytics', 'masks_of']

#: Input of all models, where the export leaves it open.
SIDE = 640


def masks_of(graph: Graph) -> int:
    """Return how many coefficients of masks each box has: channels of the second output."""
    protos = [t.shape[1] for t in graph.outputs[1:] if len(t.shape) == 4]
    return protos[0] if protos and isinstance(protos[0], int) else 0


class Ultralytics:
    """Decoded boxes with a score for each class; boxes of one object overlap."""

    NAME: ClassVar[str] = 'ultralytics'
    OVERLAP: ClassVar[float] = 0.7

    @classmethod
    def reads(cls, graph: Graph, classes: int) -> bool:
        """Tell whether the first output is (1, 4 + classes, n)."""
        shape = graph.outputs[0].shape
        return len(shape) == 3 and shape[1] == 4 + classes + masks_of(graph)

    def __init__(self, graph: Graph, classes: int) -> None:
        shape = graph.outputs[0].shape
        if len(shape) != 3:
            raise CaptionerError(f'expected an output of (1, 4 + classes, n), got {graph}')
        if isinstance(shape[1], int):
            checked_classes(shape[1] - 4 - masks_of(graph), classes)
        self._input, self._output = graph.picture, graph.outputs[0].name
        self._width, self._height = graph.size(SIDE)
        self._classes = classes

    def feed(self, image: Image) -> tuple[dict[str, NDArray[Any]], Fit]:
        """Return the inputs for a picture, and how it lies in them."""
        canvas, fit = centered(image, self._width, self._height)
        return {self._input.name: as_blob(canvas, self._input)}, fit

    def decode(self, outputs: Outputs, fit: Fit, least: float) -> Found:
        """Return what was found with at least a confidence."""
        rows = np.asarray(outputs[self._output][0], np.float32).T
        if rows.shape[1] < 4 + self._classes:
            raise CaptionerError(f'output {rows.shape[::-1]} has no {self._classes} classes')
        boxes = fit.to_picture(corners(rows[:, :4]))
        return Found.of_scores(boxes, rows[:, 4 : 4 + self._classes], least)
