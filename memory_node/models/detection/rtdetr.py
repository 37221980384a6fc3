"""
RT-DETR and its kin (RT-DETRv2, D-FINE, DEIM), in the two forms that are exported.

With ``logits`` (1, n, classes) and ``pred_boxes`` (1, n, 4), centre and size as shares of the
picture, as transformers and optimum export it; or with ``labels``, ``boxes`` (1, n, 4) in pixels
of the picture and ``scores``, for an input ``orig_target_sizes`` (1, 2) of width and height, as
the authors export it. Pictures are stretched to the input in both.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import CaptionerError
from memory_node.core.ports import Image
from memory_node.models.detection.boxes import corners, Fit, Found, stretched
from memory_node.models.detection.layout import as_blob, checked_classes, Graph, Outputs

__all__ = ['RtDetr']

_SIDE = 640
_SIZES = 'orig_target_sizes'
_READY = {'labels', 'boxes', 'scores'}
_RAW = {'logits', 'pred_boxes'}


class RtDetr:
    """Boxes of a transformer: each is one object."""

    NAME: ClassVar[str] = 'rtdetr'
    OVERLAP: ClassVar[float] = 1.0

    @classmethod
    def reads(cls, graph: Graph, classes: int) -> bool:
        """Tell whether inputs and outputs have the names of one of the two forms."""
        outputs = {tensor.name for tensor in graph.outputs}
        sized = any(tensor.name == _SIZES for tensor in graph.inputs)
        return outputs >= _RAW or (outputs >= _READY and sized)

    def __init__(self, graph: Graph, classes: int) -> None:
        if not self.reads(graph, classes):
            raise CaptionerError(
                f'expected outputs {sorted(_RAW)}, or {sorted(_READY)} and an input {_SIZES},'
                f' got {graph}'
            )
        self._input = graph.picture
        self._width, self._height = graph.size(_SIDE)
        self._sizes = next((t for t in graph.inputs if t.name == _SIZES), None)
        shapes = {tensor.name: tensor.shape for tensor in graph.outputs}
        self._raw = shapes.keys() >= _RAW
        if self._raw:
            checked_classes(shapes['logits'][-1], classes)

    def feed(self, image: Image) -> tuple[dict[str, NDArray[Any]], Fit]:
        """Return the inputs for a picture, and how it lies in them."""
        canvas, fit = stretched(image, self._width, self._height)
        inputs = {self._input.name: as_blob(canvas, self._input)}
        if self._sizes is not None:
            size = image.shape[1], image.shape[0]
            inputs[_SIZES] = np.array([size], np.dtype(self._sizes.dtype))
        return inputs, fit

    def decode(self, outputs: Outputs, fit: Fit, least: float) -> Found:
        """Return what was found with at least a confidence."""
        if not self._raw:
            scores = np.asarray(outputs['scores'][0], np.float32)
            kept = scores >= least
            boxes = np.asarray(outputs['boxes'][0], np.float32)[kept]
            return Found(boxes, scores[kept], outputs['labels'][0][kept].astype(np.int64))
        logits = np.asarray(outputs['logits'][0], np.float32)
        likely = np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -60.0, 60.0))), np.float32)
        shares = np.asarray(outputs['pred_boxes'][0], np.float32)
        size = np.array([self._width, self._height] * 2, np.float32)
        return Found.of_scores(fit.to_picture(corners(shares * size)), likely, least)
