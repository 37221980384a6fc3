"""
Text on signs, read by PP-OCR models that the package ``rapidocr`` carries; ONNX Runtime runs them.

Nothing is fetched: the models lie in the wheel, and a missing one is an error.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from memory_node.core.errors import CaptionerError
from memory_node.core.perception.sign_lines import join_lines
from memory_node.core.ports import Image, SignReading

__all__ = ['RapidOcrReader']

_DETECTOR = 'PP-OCRv6_det_small.onnx'
_RECOGNIZER = 'PP-OCRv6_rec_small.onnx'


class RapidOcrReader:
    """
    Reads signs in pictures: a text detector (DB), then a recogniser for each line.

    Deterministic for a number of threads. ``read`` may be called from several threads at once.

    Parameters
    ----------
    min_confidence : float
        Signs read with less are left out; whoever counts what is dropped drops it later.
    max_side_px : int
        The detector looks at a picture of at most this longer side; letters are read from the
        picture as it came. It is never enlarged, which reads blurred text worse and costs more.
    threads : int
        Threads of one inference; 1 leaves the other cores to the rest of the robot.

    Raises
    ------
    CaptionerError
        When the package ``rapidocr`` or one of its models is missing or can't be loaded.

    """

    name = 'rapidocr'

    def __init__(
        self, *, min_confidence: float = 0.0, max_side_px: int = 960, threads: int = 1
    ) -> None:
        self._min_confidence = min_confidence
        self._engine = _open_engine(max_side_px, threads)

    def read(self, image: Image) -> tuple[SignReading, ...]:
        """
        Read an (H, W, 3) RGB picture: one reading for each sign, most confident first.

        Raises ``CaptionerError`` when it is no picture, or when inference fails.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            raise CaptionerError(
                f'expected an (H, W, 3) uint8 picture, got {image.shape} {image.dtype}'
            )
        try:
            found = self._engine(np.ascontiguousarray(image[..., ::-1]))  # it takes BGR
        except Exception as error:
            raise CaptionerError(f'reading signs failed: {error!r}') from error
        if found.boxes is None or found.txts is None:
            return ()
        lines = [
            SignReading(text=text, confidence=min(1.0, float(score)), box_px=_box(corners))
            for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]
        signs = join_lines(lines)
        return tuple(sign for sign in signs if sign.confidence >= self._min_confidence)


def _box(corners: Any) -> tuple[float, float, float, float]:
    """Return (left, top, right, bottom) around the (4, 2) corners of a line [px]."""
    (left, top), (right, bottom) = np.min(corners, axis=0), np.max(corners, axis=0)
    return float(left), float(top), float(right), float(bottom)


def _open_engine(max_side_px: int, threads: int) -> Any:
    try:
        import rapidocr
    except ImportError as error:
        raise CaptionerError(
            f"reading signs needs the package rapidocr (pip install 'memory_node[signs]'): {error}"
        ) from error
    models = Path(rapidocr.__file__).parent / 'models'
    missing = [name for name in (_DETECTOR, _RECOGNIZER) if not (models / name).is_file()]
    if missing:
        raise CaptionerError(f'{models} lacks {" and ".join(missing)}: install rapidocr again')
    threads = max(1, min(threads, os.cpu_count() or 1))  # more than there are would mean all
    settings = {
        'Global.log_level': 'critical',
        # Without it lines that stand on their head are not turned; signs hang upright.
        'Global.use_cls': False,
        'Global.text_score': 0.0,
        'EngineConfig.onnxruntime.intra_op_num_threads': threads,
        'EngineConfig.onnxruntime.inter_op_num_threads': 1,
        # Named files are opened as they are; what is not named would be downloaded if missing.
        'Det.model_path': str(models / _DETECTOR),
        'Det.limit_type': 'max',
        'Det.limit_side_len': max_side_px,
        'Rec.model_path': str(models / _RECOGNIZER),
    }
    try:
        engine = rapidocr.RapidOCR(params=settings)
        sample = np.full((64, 128, 3), 255, np.uint8)
        cv2.putText(sample, 'A1', (20, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (0, 0, 0), 3)
        engine(sample)  # opens both models now, not at the first sign
    except Exception as error:
        raise CaptionerError(f'the models of rapidocr cannot be loaded: {error!r}') from error
    return engine
