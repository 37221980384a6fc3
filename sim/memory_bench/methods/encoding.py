"""One encoder for every method: each text is embedded once, and its time is kept apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import hashlib
import os
from pathlib import Path
import threading
import time
from types import TracebackType
import zipfile

import numpy as np

from memory_node.core.data import FloatArray, Observation
from memory_node.core.lexical import clean_label, observation_text
from memory_node.core.ports import Encoder

__all__ = ['CachingEncoder', 'Stopwatch', 'document']

_BATCH = 64


def document(observation: Observation) -> str:
    """Return all that an observation says, as one text: its caption, and labels not in it."""
    text = observation_text(observation)
    told = text.casefold()
    labels = dict.fromkeys(clean_label(s.label) for s in observation.sightings)
    return ', '.join([text, *(label for label in labels if label not in told)])


class CachingEncoder:
    """
    An ``Encoder`` that embeds no text twice; thread-safe.

    Methods that share one are compared on the same vectors, and none pays for another's texts.
    """

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        """Embed with ``encoder``; vectors of earlier runs are read from ``folder`` if given."""
        self._encoder = encoder
        self._vectors: dict[str, FloatArray] = {}
        self._lock = threading.Lock()
        self._spent = threading.local()
        self._path: Path | None = None
        self._stored: dict[str, int] = {}
        self._rows: FloatArray = np.empty((0, 0), np.float32)
        if folder is not None:
            name = hashlib.blake2b(encoder.model_id.encode(), digest_size=8).hexdigest()
            self._path = folder / f'vectors-{name}.npz'
            self._read(self._path)

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._encoder.model_id

    @property
    def dim(self) -> int:
        """Size of a vector."""
        return self._encoder.dim

    @property
    def spent_s(self) -> tuple[float, float]:
        """Wall and CPU time that the calling thread has spent in here [s]."""
        return getattr(self._spent, 'seconds', (0.0, 0.0))

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return (N, D) float32 rows of unit length; raise ``EncoderError`` on failure."""
        wall, cpu = time.perf_counter(), time.thread_time()
        with self._lock:
            missing = [t for t in dict.fromkeys(texts) if t not in self._vectors]
            unread = [t for t in missing if not self._take_stored(t)]
            for start in range(0, len(unread), _BATCH):
                batch = unread[start : start + _BATCH]
                self._vectors.update(zip(batch, self._encoder.encode(batch), strict=True))
            rows = [self._vectors[t] for t in texts]
        found = np.stack(rows) if rows else np.empty((0, self.dim), np.float32)
        spent = self.spent_s
        self._spent.seconds = (
            spent[0] + time.perf_counter() - wall,
            spent[1] + time.thread_time() - cpu,
        )
        return found

    def warm(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> None:
        """Embed texts ahead, so that no later time depends on who came first."""
        texts = sorted(set(texts), key=lambda t: (len(t), t))
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            self.encode(batch)
            if advance is not None:
                advance(len(batch))

    # ---- vectors of earlier runs -------------------------------------------------------------

    def _take_stored(self, text: str) -> bool:
        row = self._stored.get(_digest(text)) if self._stored else None
        if row is None:
            return False
        self._vectors[text] = self._rows[row]
        return True

    def _read(self, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as file:
                names, rows = file['names'], np.asarray(file['rows'], np.float32)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return  # absent or damaged: embedded again, and written anew
        if rows.shape == (len(names), self.dim) and np.isfinite(rows).all():
            self._stored = {str(name): i for i, name in enumerate(names)}
            self._rows = rows

    def save(self) -> None:
        """Keep every vector in the folder for later runs; does nothing without one."""
        if self._path is None:
            return
        self._read(self._path)  # another run may have written meanwhile
        held = {name: self._rows[row] for name, row in self._stored.items()}
        held.update((_digest(text), vector) for text, vector in self._vectors.items())
        if len(held) == len(self._stored):
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_name(f'{self._path.stem}.{os.getpid()}.npz')
        np.savez(scratch, names=np.array(list(held)), rows=np.stack(list(held.values())))
        os.replace(scratch, self._path)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode('utf-8', 'replace'), digest_size=16).hexdigest()


class Stopwatch:
    """Times a block on this thread, and apart from it what the encoder takes inside [s]."""

    def __init__(self, encoder: CachingEncoder) -> None:
        """Start with ``with``."""
        self._encoder = encoder
        self.search_s = self.search_cpu_s = self.encode_s = 0.0

    def __enter__(self) -> Stopwatch:
        self._inside = self._encoder.spent_s
        self._began = (time.perf_counter(), time.thread_time())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        wall = time.perf_counter() - self._began[0]
        cpu = time.thread_time() - self._began[1]
        inside = self._encoder.spent_s
        self.encode_s = inside[0] - self._inside[0]
        self.search_s = max(0.0, wall - self.encode_s)
        self.search_cpu_s = max(0.0, cpu - (inside[1] - self._inside[1]))
