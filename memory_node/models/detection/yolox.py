"""
YOLOX (Ge et al., 2021), as its authors export it.

One output ``(1, N, 5 + classes)`` with the grid undecoded, over strides 8, 16, 32, and 64 for P6
models, at whatever input size the file asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import CaptionerError
from memory_node.core.ports import Image
from memory_node.models.detection.boxes import Array, Fit, Found, PAD_VALUE
from memory_node.models.detection.layout import checked_classes, Graph, Outputs

__all__ = ['Yolox', 'decode_outputs', 'letterbox']

#: Input of the small models, where the export leaves it open.
_SIDE = 416
_STRIDES = ((8, 16, 32), (8, 16, 32, 64))


class Yolox:
    """Raw outputs of every cell: offset, log size, objectness, class scores."""

    NAME: ClassVar[str] = 'yolox'
    OVERLAP: ClassVar[float] = 0.45

    @classmethod
    def reads(cls, graph: Graph, classes: int) -> bool:
        """Tell whether there is one output of (1, cells, 5 + classes)."""
        if len(graph.outputs) != 1 or len(graph.outputs[0].shape) != 3:
            return False
        _, cells, width = graph.outputs[0].shape
        sizes = [_cells(strides, *graph.size(_SIDE)) for strides in _STRIDES]
        return width == 5 + classes and (not isinstance(cells, int) or cells in sizes)

    def __init__(self, graph: Graph, classes: int) -> None:
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise CaptionerError(f'expected one (1, 3, H, W) input and one output, got {graph}')
        self._input = graph.picture.name
        self._width, self._height = graph.size(_SIDE)
        width = graph.outputs[0].shape[-1]
        checked_classes(width - 5 if isinstance(width, int) else None, classes)

    def feed(self, image: Image) -> tuple[dict[str, NDArray[Any]], Fit]:
        """Return the inputs for a picture, and how it lies in them."""
        blob, scale = letterbox(image, self._width, self._height)
        return {self._input: blob}, Fit(scale, scale)

    def decode(self, outputs: Outputs, fit: Fit, least: float) -> Found:
        """Return what was found with at least a confidence."""
        (output,) = outputs.values()
        boxes, scores = decode_outputs(output[0], self._width, self._height)
        return Found.of_scores(fit.to_picture(boxes), scores, least)


def letterbox(image: Image, width: int, height: int) -> tuple[Array, float]:
    """
    Fit an RGB picture into a (1, 3, height, width) blob, upper left; return it and the scale.

    YOLOX was trained on BGR in [0, 255] without normalisation, padded with grey 114.
    """
    scale = min(height / image.shape[0], width / image.shape[1])
    columns = max(1, int(image.shape[1] * scale))
    rows = max(1, int(image.shape[0] * scale))
    canvas = np.full((height, width, 3), PAD_VALUE, dtype=np.uint8)
    canvas[:rows, :columns] = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_LINEAR)
    blob = np.ascontiguousarray(canvas[..., ::-1].transpose(2, 0, 1)[None], dtype=np.float32)
    return blob, scale


def decode_outputs(output: Array, width: int, height: int) -> tuple[Array, Array]:
    """
    Turn raw outputs into boxes and scores.

    Parameters
    ----------
    output : (N, 5 + C) array
        Per grid cell: centre offset [cells], log size [cells], objectness, class scores.
    width, height : int
        Input size of the network [px].

    Returns
    -------
    (N, 4) boxes (left, top, right, bottom) in pixels of the input, (N, C) scores in [0, 1]

    Raises
    ------
    CaptionerError
        When N is not the number of cells of that input size.

    """
    for strides in _STRIDES:
        if output.shape[0] == _cells(strides, width, height):
            break
    else:
        raise CaptionerError(f'{output.shape[0]} outputs do not fit an input of {width}x{height}')
    cells, sizes = _grid(strides, width, height)
    centre = (output[:, :2] + cells) * sizes
    half = np.exp(np.minimum(output[:, 2:4], 20.0)) * sizes / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return boxes, output[:, 5:] * output[:, 4:5]


def _cells(strides: Sequence[int], width: int, height: int) -> int:
    return sum((height // s) * (width // s) for s in strides)


def _grid(strides: Sequence[int], width: int, height: int) -> tuple[Array, Array]:
    """Return the (N, 2) column and row of every cell, and the (N, 1) stride it belongs to."""
    cells, sizes = [], []
    for stride in strides:
        row, column = np.mgrid[0 : height // stride, 0 : width // stride]
        cells.append(np.stack([column, row], axis=-1).reshape(-1, 2))
        sizes.append(np.full((row.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(sizes).astype(np.float32)
