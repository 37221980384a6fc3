"""
YOLOX object detector (Ge et al., 2021) from an ONNX file, run by ONNX Runtime.

Works with the authors' exports that leave the grid undecoded (``(1, N, 5 + classes)`` raw outputs
over strides 8, 16, 32, and 64 for P6 models) at whatever input size the file asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import CaptionerError
from memory_node.core.perception.class_names import read_class_names
from memory_node.core.ports import Caption, Detection, Image

__all__ = [
    'YoloxDetector',
    'decode_outputs',
    'letterbox',
    'non_maximum_suppression',
]

Array = NDArray[np.float32]

_PAD_VALUE = 114


class YoloxDetector:
    """
    Captioner that names objects and their boxes; it writes no sentence.

    ``describe`` may be called from several threads at once.

    Parameters
    ----------
    model_path : path
        ONNX file.
    classes_path : path or ''
        Class names, one a line; '' takes ``coco_classes.txt`` beside the model.
    min_confidence : float
        Detections below (objectness times class score) are dropped.
    iou_threshold : float
        Boxes of one class that overlap more are one object.
    threads : int
        Threads of one inference; 1 leaves the other cores to the rest of the robot.

    Raises
    ------
    CaptionerError
        When a file is missing, is no such model, or names another number of classes.

    """

    name = 'yolox'

    def __init__(
        self,
        model_path: str | Path,
        classes_path: str | Path = '',
        *,
        min_confidence: float = 0.3,
        iou_threshold: float = 0.45,
        threads: int = 1,
    ) -> None:
        model_path = Path(model_path)
        named = read_class_names(classes_path or model_path.parent / 'coco_classes.txt')
        self._labels = tuple(named.values())
        self._min_confidence = min_confidence
        self._iou_threshold = iou_threshold
        self._session = _open_session(model_path, threads)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        if len(shape) != 4 or len(outputs) != 1:
            raise CaptionerError(
                f'{model_path} is no YOLOX model: expected one (1, 3, H, W) input and one output,'
                f' got {[i.shape for i in inputs]} and {[o.shape for o in outputs]}'
            )
        self._input = inputs[0].name
        # A dimension left open in the export is a string; 416 is what the small models train at.
        self._height, self._width = (v if isinstance(v, int) else 416 for v in shape[2:])
        classes = outputs[0].shape[-1]
        if isinstance(classes, int) and classes != 5 + len(self._labels):
            raise CaptionerError(
                f'{model_path} knows {classes - 5} classes but {len(self._labels)} names are given'
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the model's order."""
        return self._labels

    def describe(self, image: Image) -> Caption:
        """Detect objects in an (H, W, 3) RGB picture, most confident first."""
        if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise CaptionerError(f'expected an (H, W, 3) picture, got {image.shape}')
        blob, scale = letterbox(image, self._width, self._height)
        try:
            (output,) = self._session.run(None, {self._input: blob})
        except Exception as error:
            raise CaptionerError(f'YOLOX inference failed: {error}') from error
        boxes, scores = decode_outputs(output[0], self._width, self._height)
        return Caption(detections=self._detections(boxes / scale, scores, image.shape[:2]))

    def _detections(
        self, boxes: Array, scores: Array, size: tuple[int, ...]
    ) -> tuple[Detection, ...]:
        found = []
        height, width = size
        boxes = np.clip(boxes, 0, np.array([width, height, width, height], dtype=np.float32))
        for index in np.flatnonzero((scores >= self._min_confidence).any(axis=0)).tolist():
            of_class = np.flatnonzero(scores[:, index] >= self._min_confidence)
            kept = non_maximum_suppression(
                boxes[of_class], scores[of_class, index], self._iou_threshold
            )
            for row in of_class[kept].tolist():
                left, top, right, bottom = boxes[row].tolist()
                if left < right and top < bottom:
                    confidence = min(1.0, float(scores[row, index]))
                    box = (left, top, right, bottom)
                    found.append(
                        Detection(label=self._labels[index], confidence=confidence, box_px=box)
                    )
        return tuple(sorted(found, key=lambda d: (-d.confidence, d.label, d.box_px)))


def _open_session(model_path: Path, threads: int) -> Any:
    if not model_path.is_file():
        raise CaptionerError(f'YOLOX model {model_path} does not exist')
    try:
        import onnxruntime
    except ImportError as error:
        raise CaptionerError(f'the yolox captioner needs onnxruntime: {error}') from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            str(model_path), options, providers=['CPUExecutionProvider']
        )
    except Exception as error:
        raise CaptionerError(f'YOLOX model {model_path} cannot be loaded: {error}') from error


def letterbox(image: Image, width: int, height: int) -> tuple[Array, float]:
    """
    Fit an RGB picture into a (1, 3, height, width) blob, upper left; return it and the scale.

    YOLOX was trained on BGR in [0, 255] without normalisation, padded with grey 114.
    """
    scale = min(height / image.shape[0], width / image.shape[1])
    columns = max(1, int(image.shape[1] * scale))
    rows = max(1, int(image.shape[0] * scale))
    canvas = np.full((height, width, 3), _PAD_VALUE, dtype=np.uint8)
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
    for strides in ((8, 16, 32), (8, 16, 32, 64)):
        if output.shape[0] == sum((height // s) * (width // s) for s in strides):
            break
    else:
        raise CaptionerError(f'{output.shape[0]} outputs do not fit an input of {width}x{height}')
    cells, sizes = _grid(strides, width, height)
    centre = (output[:, :2] + cells) * sizes
    half = np.exp(np.minimum(output[:, 2:4], 20.0)) * sizes / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    return boxes, output[:, 5:] * output[:, 4:5]


def _grid(strides: Sequence[int], width: int, height: int) -> tuple[Array, Array]:
    """Return the (N, 2) column and row of every cell, and the (N, 1) stride it belongs to."""
    cells, sizes = [], []
    for stride in strides:
        row, column = np.mgrid[0 : height // stride, 0 : width // stride]
        cells.append(np.stack([column, row], axis=-1).reshape(-1, 2))
        sizes.append(np.full((row.size, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(sizes).astype(np.float32)


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
