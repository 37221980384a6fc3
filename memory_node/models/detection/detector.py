"""An ONNX object detector as a captioner, run by ONNX Runtime, whatever its export looks like."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np

from memory_node.core.errors import CaptionerError
from memory_node.core.perception.class_names import read_class_names
from memory_node.core.ports import Caption, Detection, Image
from memory_node.models.detection.boxes import Found, non_maximum_suppression
from memory_node.models.detection.end_to_end import EndToEnd
from memory_node.models.detection.layout import Graph, Layout, Tensor
from memory_node.models.detection.rtdetr import RtDetr
from memory_node.models.detection.ultralytics import Ultralytics
from memory_node.models.detection.yolox import Yolox

__all__ = ['LAYOUTS', 'OnnxDetector']

#: Every form that is known, in the order in which a graph is held against them.
LAYOUTS: tuple[type[Layout], ...] = (RtDetr, EndToEnd, Ultralytics, Yolox)
#: Names of classes beside the model, where nothing else tells them.
_BESIDE = 'coco_classes.txt'
#: Longest list of names that is read from a model [characters].
_MOST_NAMES = 1 << 20


class OnnxDetector:
    """
    Captioner that names objects and their boxes; it writes no sentence.

    ``describe`` may be called from several threads at once.

    Parameters
    ----------
    model_path : path
        ONNX file.
    classes_path : path or ''
        Class names, one a line; '' takes the ``names`` of the model's metadata, else
        ``coco_classes.txt`` beside the model.
    layout : str
        ``NAME`` of one of ``LAYOUTS``; ``auto`` tells it by inputs and outputs.
    min_confidence : float
        Detections below are dropped.
    threads : int
        Threads of one inference; 1 leaves the other cores to the rest of the robot.

    Raises
    ------
    CaptionerError
        When a file is missing, has no form that is known, or names another number of classes.

    """

    def __init__(
        self,
        model_path: str | Path,
        classes_path: str | Path = '',
        *,
        layout: str = 'auto',
        min_confidence: float = 0.3,
        threads: int = 1,
    ) -> None:
        model_path = Path(model_path)
        self._session = _open_session(model_path, threads)
        graph = _graph_of(self._session)
        self._labels = _labels(model_path, classes_path, graph)
        self._min_confidence = min_confidence
        try:
            self._layout = _layout(graph, layout, len(self._labels))
        except CaptionerError as error:
            raise CaptionerError(f'{model_path}: {error}') from error
        #: What boxes come from, kept as the source of observations.
        self.name = self._layout.NAME

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the model's order."""
        return self._labels

    def describe(self, image: Image) -> Caption:
        """Detect objects in an (H, W, 3) RGB picture, most confident first."""
        if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
            raise CaptionerError(f'expected an (H, W, 3) picture, got {image.shape}')
        inputs, fit = self._layout.feed(image)
        names = [output.name for output in self._session.get_outputs()]
        try:
            outputs = dict(zip(names, self._session.run(None, inputs), strict=True))
            found = self._layout.decode(outputs, fit, self._min_confidence)
        except CaptionerError:
            raise
        except Exception as error:
            raise CaptionerError(f'{self.name} inference failed: {error}') from error
        return Caption(detections=self._detections(found, image.shape[:2]))

    def _detections(self, found: Found, size: tuple[int, ...]) -> tuple[Detection, ...]:
        height, width = size
        boxes = np.clip(found.boxes, 0, np.array([width, height] * 2, np.float32))
        detections = []
        for index in np.unique(found.classes).tolist():
            if not 0 <= index < len(self._labels):
                raise CaptionerError(f'class {index} has no name: {len(self._labels)} are given')
            rows = np.flatnonzero(found.classes == index)
            if self._layout.OVERLAP < 1.0:
                scores = found.scores[rows]
                rows = rows[non_maximum_suppression(boxes[rows], scores, self._layout.OVERLAP)]
            for row in rows.tolist():
                left, top, right, bottom = boxes[row].tolist()
                if left < right and top < bottom:
                    confidence = min(1.0, float(found.scores[row]))
                    box = (left, top, right, bottom)
                    label = self._labels[index]
                    detections.append(Detection(label=label, confidence=confidence, box_px=box))
        return tuple(sorted(detections, key=lambda d: (-d.confidence, d.label, d.box_px)))


def _layout(graph: Graph, name: str, classes: int) -> Layout:
    for layout in LAYOUTS:
        if name == layout.NAME or (name == 'auto' and layout.reads(graph, classes)):
            return layout(graph, classes)
    known = ', '.join(layout.NAME for layout in LAYOUTS)
    raise CaptionerError(
        f'with {classes} names of classes it has no form that is known ({known}): {graph};'
        ' perception.classes_path tells the names, perception.detector_layout the form'
    )


def _labels(model_path: Path, classes_path: str | Path, graph: Graph) -> tuple[str, ...]:
    """Return class names: from the file that is named, the model, or the file beside it."""
    if not classes_path and (told := _names(graph.metadata.get('names', ''))):
        return told
    return tuple(read_class_names(classes_path or model_path.parent / _BESIDE).values())


def _names(text: str) -> tuple[str, ...]:
    """Return what Ultralytics writes, ``{0: 'person', 1: 'car'}``; nothing of anything else."""
    if not text or len(text) > _MOST_NAMES:
        return ()
    try:
        told = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ()
    if isinstance(told, dict) and sorted(told) == list(range(len(told))):
        told = [told[i] for i in range(len(told))]
    return tuple(map(str, told)) if isinstance(told, (list, tuple)) else ()


def _graph_of(session: Any) -> Graph:
    def tensors(found: Any) -> tuple[Tensor, ...]:
        types = {'tensor(float)': 'float32', 'tensor(double)': 'float64'}
        return tuple(
            Tensor(t.name, tuple(t.shape), types.get(t.type, t.type[len('tensor(') : -1]))
            for t in found
        )

    metadata = dict(session.get_modelmeta().custom_metadata_map)
    return Graph(tensors(session.get_inputs()), tensors(session.get_outputs()), metadata)


def _open_session(model_path: Path, threads: int) -> Any:
    if not model_path.is_file():
        raise CaptionerError(f'detector {model_path} does not exist')
    try:
        import onnxruntime
    except ImportError as error:
        raise CaptionerError(f'a detector in the node needs onnxruntime: {error}') from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            str(model_path), options, providers=['CPUExecutionProvider']
        )
    except Exception as error:
        raise CaptionerError(f'detector {model_path} cannot be loaded: {error}') from error
