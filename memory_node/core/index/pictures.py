"""
How well a text fits the pictures of a memory, against what else could be said of each of them.

A cosine of CLIP means little by itself: some pictures are near every text, and a text that is not
true may be near all of them. Such a model was trained to tell the caption of a picture from other
captions, by a softmax over its scaled cosines; so that is what is asked of it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
import logging
import threading

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from memory_node.core.data import FloatArray
from memory_node.core.errors import EncoderError
from memory_node.core.language.text import english
from memory_node.core.ports import ImageEncoder
from memory_node.core.store.pictures import picture_vectors
from memory_node.core.store.repository import Mirror
from memory_node.core.store.snapshot import Growing, Snapshot

__all__ = ['Pictures', 'pictures_of']

_LOG = logging.getLogger(__name__)
IntArray = NDArray[np.int64]

#: Names of things that each picture is compared with, besides colours and materials.
_THINGS = 256
#: How a thing is spoken of to a model that was trained on captions of photos.
_CAPTION = 'a photo of {}'
#: Cosine of texts from which on one says what the other says: "couch" is no rival of "sofa".
_SAME = 0.95
#: Pictures compared at a time, and how many of the best are compared once more for a text.
_COMPARED, _SHORTLIST = 512, 64
#: Numbers of a vector are held as whole ones up to this: a cosine is right to 1e-3, and comparing
#: takes a ninth of the time that halves take.
_FULL = 127
#: Texts whose vectors are kept.
_CACHED = 256


class Pictures:
    """Vectors of pictures in memory; reads what the store has got since by itself. Thread-safe."""

    def __init__(self, mirror: Mirror, encoder: ImageEncoder, others: Sequence[str]) -> None:
        """Compare with ``others``; nothing is read or encoded before the first text."""
        self._mirror = mirror
        self.encoder = encoder
        self._other_texts = others
        self._others: FloatArray | None = None
        self._lock = threading.Lock()
        #: Pictures that were stored without vector because the encoder failed.
        self.failures = 0
        self._vector = lru_cache(_CACHED)(lambda text: self._encode([text])[0])
        self._clear(-1)

    def _clear(self, epoch: int) -> None:
        self._epoch = epoch
        self._keys = Growing(np.int64)
        self._vectors = Growing(np.int8, (self.encoder.dim,))
        self._steps = Growing(np.float32)
        #: Logarithm of the sum over other texts, for each picture.
        self._rivals = Growing(np.float32)

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        vectors = self.encoder.encode_texts([_CAPTION.format(text) for text in texts])
        if vectors.shape != (len(texts), self.encoder.dim):
            raise EncoderError(f'{self.encoder.model_id} returned shape {vectors.shape}')
        return vectors

    def encoded(self, pictures: Sequence[bytes]) -> dict[int, FloatArray]:
        """
        Return vectors of JPEG pictures by their place; none where the encoder fails.

        The observations are worth more than these: they are stored, failures are counted, and the
        next opening tries again.
        """
        try:
            return picture_vectors(self.encoder, pictures)
        except EncoderError as error:
            if not self.failures:
                _LOG.warning('pictures are stored without vectors: %s', error)
            self.failures += sum(map(bool, pictures))
            return {}

    def nearest(
        self, snapshot: Snapshot, text: str, k: int
    ) -> tuple[IntArray, NDArray[np.float64]]:
        """
        Return rows of about the ``k`` pictures that fit a text best, best first, and how well.

        How well is the log-odds that the text, and none of the other texts, is the caption.
        Costs a pass over all vectors. Raises ``EncoderError``.
        """
        vector = self._vector(text)
        with self._lock:
            others = self._catch_up()
            keys, vectors = self._keys.view, self._vectors.view
            steps, rivals = self.encoder.scale * self._steps.view, self._rivals.view
        rows = snapshot.rows_of_each(keys)
        fits = np.where(rows < 0, -np.inf, steps * _products(vectors, vector) - rivals)
        count = min(max(k, _SHORTLIST), len(fits))
        some = np.argpartition(-fits, count - 1)[:count] if count else np.empty(0, np.int64)
        differ = others[others @ vector < _SAME]
        near = vectors[some] * steps[some, None]
        odds = near @ vector - _log_sum(near @ differ.T)
        best = np.argsort(-odds, kind='stable')
        best = best[rows[some[best]] >= 0][:k]  # some are removed, or newer than the snapshot
        return rows[some[best]], odds[best].astype(np.float64)

    def _catch_up(self) -> FloatArray:
        """Read what is new, or everything where observations were removed; return other texts."""
        if self._others is None:
            self._others = self._encode(self._other_texts)
        epoch = self._mirror.snapshot().epoch
        if epoch != self._epoch:
            self._clear(epoch)
        last = int(self._keys.view[-1]) if len(self._keys) else 0
        while True:
            keys, vectors = self._mirror.pictures_after(last, self.encoder.dim)
            if not len(keys):
                return self._others
            last = int(keys[-1])
            steps = np.abs(vectors).max(axis=1) / _FULL
            self._rivals.append(_log_sum(self.encoder.scale * (vectors @ self._others.T)))
            self._vectors.append(np.rint(vectors / steps[:, None]).astype(np.int8))
            self._steps.append(steps)
            self._keys.append(keys)


def pictures_of(
    mirror: Mirror, encoder: ImageEncoder | None, packs: Sequence[tuple[Sequence[str], object]]
) -> Pictures | None:
    """Return what compares pictures with texts, by what ``packs`` name; None without encoder."""
    if encoder is None:
        return None
    looks = sorted({*english().colours, *english().materials})
    things = [names[0] for names, _ in packs[:: max(1, len(packs) // _THINGS)]][:_THINGS]
    return Pictures(mirror, encoder, [*things, *(f'something {look}' for look in looks)])


def _log_sum(scores: FloatArray) -> FloatArray:
    """Return (N,) logarithms of sums of exponentials; -inf where there is nothing to sum."""
    if not scores.shape[1]:
        return np.full(len(scores), -np.inf, np.float32)
    return np.asarray(logsumexp(scores, axis=1), np.float32)


def _products(vectors: NDArray[np.int8], vector: FloatArray) -> FloatArray:
    """Return (N,) products with a vector; whole numbers are made wide a part at a time."""
    found = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _COMPARED):
        part = slice(start, start + _COMPARED)
        found[part] = vectors[part].astype(np.float32) @ vector
    return found
