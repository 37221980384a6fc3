"""
YOLOv10, YOLO26 and other YOLO models that were exported end to end.

One output ``(1, n, 6)``: left, top, right, bottom in pixels of the input, score, number of the
class; each object once, most often 300 rows. What stands behind the six, as for masks, is left.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import CaptionerError
from memory_node.core.ports import Image
from memory_node.models.detection.boxes import centered, Fit, Found
from memory_node.models.detection.layout import as_blob, Graph, Outputs
from memory_node.models.detection.ultralytics import masks_of, SIDE

__all__ = ['EndToEnd']

_WIDTH = 6
#: Rows that are objects and not cells: a graph of one class has as many columns.
_MOST = 1000


class EndToEnd:
    """Boxes that are ready: each is one object."""

    NAME: ClassVar[str] = 'end_to_end'
    OVERLAP: ClassVar[float] = 1.0

    @classmethod
    def reads(cls, graph: Graph, classes: int) -> bool:
        """Tell whether the first output is (1, n, 6) with few rows."""
        shape = graph.outputs[0].shape
        if len(shape) != 3 or shape[2] != _WIDTH + masks_of(graph):
            return False
        return shape[1] <= _MOST if isinstance(shape[1], int) else 'names' in graph.metadata

    def __init__(self, graph: Graph, classes: int) -> None:
        self._input, self._output = graph.picture, graph.outputs[0].name
        self._width, self._height = graph.size(SIDE)

    def feed(self, image: Image) -> tuple[dict[str, NDArray[Any]], Fit]:
        """Return the inputs for a picture, and how it lies in them."""
        canvas, fit = centered(image, self._width, self._height)
        return {self._input.name: as_blob(canvas, self._input)}, fit

    def decode(self, outputs: Outputs, fit: Fit, least: float) -> Found:
        """Return what was found with at least a confidence."""
        rows = np.asarray(outputs[self._output][0], np.float32)
        if rows.ndim != 2 or rows.shape[1] < _WIDTH:
            raise CaptionerError(f'output {rows.shape} is not (n, {_WIDTH})')
        rows = rows[rows[:, 4] >= least]
        return Found(fit.to_picture(rows[:, :4]), rows[:, 4], rows[:, 5].astype(np.int64))
