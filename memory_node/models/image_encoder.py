"""A CLIP-like model of sentence-transformers as an ``ImageEncoder``; torch runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import hashlib
import os
from pathlib import Path
import threading
from typing import Any

import cv2
import numpy as np

from memory_node.core.data import FloatArray
from memory_node.core.errors import EncoderError
from memory_node.core.ports import Image

__all__ = ['ClipEncoder']

_BATCH = 16
#: What training brings the factor of CLIP to, and what it is bounded by.
_SCALE = 100.0
#: Numbers of each weight that tell a model from another.
_SAMPLED = 16


class ClipEncoder:
    """
    Vectors of pictures and captions in one space; loaded when made, thread-safe.

    A model is a name in the local Hugging Face cache, as ``clip-ViT-B-32``, or a folder that
    sentence-transformers or transformers wrote. Nothing is downloaded.
    """

    def __init__(self, model: str) -> None:
        """Load a model; raises ``EncoderError`` where it is none that takes pictures and texts."""
        os.environ.setdefault('HF_HUB_OFFLINE', '1')  # a robot never asks a hub
        os.environ.setdefault('TOKENIZERS_PARALLELISM', 'false')
        try:
            from PIL.Image import fromarray
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as progress
        except ImportError as error:
            raise EncoderError(
                f'perception.image_encoder needs sentence-transformers, torch and pillow: {error}'
            ) from error
        self._picture: Callable[[Image], Any] = fromarray
        progress.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model: Any = SentenceTransformer(model, device='cpu', local_files_only=True)
        except Exception as error:
            raise EncoderError(f'image encoder {model} can not be loaded: {error}') from error
        self._lock = threading.Lock()
        gray = np.full((64, 64, 3), 128, np.uint8)
        text = self.encode_texts(['a'])
        picture = self.encode_pictures([cv2.imencode('.jpg', gray)[1].tobytes()])
        if text.shape != picture.shape:
            raise EncoderError(
                f'image encoder {model} makes vectors of {text.shape[1]} numbers of texts and'
                f' {picture.shape[1]} of pictures'
            )
        #: Size of a vector.
        self.dim = int(text.shape[1])
        #: Name of the model, and a digest of its weights.
        weights = self._model.state_dict()
        self.model_id = f'{Path(model).name}@{_digest(weights)}'
        learnt = [w for name, w in weights.items() if name.endswith('logit_scale')]
        #: Factor of cosines that the model was trained with; CLIP's where it does not say.
        self.scale = float(learnt[0].exp()) if learnt else _SCALE

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        """Return (N, D) float32 rows of unit length; raise ``EncoderError`` on failure."""
        return self._encode(list(texts))

    def encode_pictures(self, pictures: Sequence[bytes]) -> FloatArray:
        """Return (N, D) float32 rows of unit length for JPEG pictures, zeros for what is none."""
        decoded = [_decoded(picture) for picture in pictures]
        good = [at for at, picture in enumerate(decoded) if picture is not None]
        made = self._encode([self._picture(p) for p in decoded if p is not None])
        found = np.zeros((len(decoded), made.shape[1]), np.float32)
        found[good] = made
        return found

    def _encode(self, items: list[Any]) -> FloatArray:
        if not items:
            return np.zeros((0, self.dim), np.float32)
        try:
            with self._lock:
                vectors = self._model.encode(
                    items,
                    batch_size=_BATCH,
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
        except Exception as error:
            raise EncoderError(f'the image encoder failed: {error!r}') from error
        return np.asarray(vectors, np.float32)


def _decoded(jpeg: bytes) -> Image | None:
    """Return an (H, W, 3) RGB picture; None for bytes that are none."""
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if picture is None:
        return None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def _digest(weights: Mapping[str, Any]) -> str:
    """Tell models apart by the beginning of each of their weights."""
    state = hashlib.blake2b(digest_size=8)
    for name, tensor in sorted(weights.items()):
        some = tensor.flatten()[:_SAMPLED].double().numpy()
        state.update(f'{name}:{tuple(tensor.shape)}:'.encode() + some.tobytes())
    return state.hexdigest()
