"""
What an answer costs: one encoder that every method shares, a stopwatch, a count of model calls.

Each text is embedded once, and its time is kept apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
import hashlib
import os
from pathlib import Path
import threading
import time
from types import TracebackType
from typing import Any
import zipfile

import numpy as np

from memory_node.core.data import FloatArray, Observation
from memory_node.core.errors import LanguageModelError
from memory_node.core.language.text import clean_label, observation_text
from memory_node.core.ports import Completion, Encoder, LanguageModel, Said

__all__ = ['CachingEncoder', 'CountingModel', 'ModelUse', 'Stopwatch', 'document']

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """What a language model was asked; failed calls count as calls too."""

    calls: int = 0
    failures: int = 0
    tokens: int = 0

    def __sub__(self, earlier: ModelUse) -> ModelUse:
        """Return what was asked since ``earlier``."""
        return ModelUse(
            calls=self.calls - earlier.calls,
            failures=self.failures - earlier.failures,
            tokens=self.tokens - earlier.tokens,
        )


class CountingModel:
    """
    A language model that counts calls and tokens; thread-safe as the model is.

    Where the model keeps an account itself, as one behind an endpoint does, its tokens are taken
    from there: that has those of wrong answers too.
    """

    def __init__(self, model: LanguageModel) -> None:
        """Pass everything on to ``model``."""
        self._model = model
        self._before = self._spent() or 0
        self._lock = threading.Lock()
        self._use = ModelUse()
        self._message = ''

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._model.model_id

    @property
    def use(self) -> ModelUse:
        """What was asked so far."""
        with self._lock:
            use = self._use
        spent = self._spent()
        return use if spent is None else replace(use, tokens=spent - self._before)

    def _spent(self) -> int | None:
        """Return the tokens on the model's own account, None where it keeps none."""
        if isinstance(self._model, CountingModel):
            return self._model.use.tokens
        usage = getattr(self._model, 'usage', None)
        return None if usage is None else int(usage.prompt_tokens + usage.completion_tokens)

    @property
    def message(self) -> str:
        """Last failure in words, '' for none."""
        with self._lock:
            return self._message

    @property
    def talks(self) -> bool:
        """Whether the model answers in free text too."""
        if isinstance(self._model, CountingModel):
            return self._model.talks
        return callable(getattr(self._model, 'talk', None))

    def complete(
        self, *, instruction: str, data: str, schema: Mapping[str, Any], max_tokens: int = 256
    ) -> Completion:
        """Answer as the model does."""
        try:
            completion = self._model.complete(
                instruction=instruction, data=data, schema=schema, max_tokens=max_tokens
            )
        except LanguageModelError as error:
            self._count(0, failure=str(error))
            raise
        self._count(completion.prompt_tokens + completion.completion_tokens)
        return completion

    def talk(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, as_json: bool = False
    ) -> Said:
        """Answer as the model does; ``LanguageModelError`` too where it does not talk."""
        if not self.talks:
            raise LanguageModelError(f'{self.model_id} does not answer in free text')
        talk = self._model.talk  # type: ignore[attr-defined]
        try:
            said: Said = talk(messages, max_tokens=max_tokens, as_json=as_json)
        except LanguageModelError as error:
            self._count(0, failure=str(error))
            raise
        self._count(said.prompt_tokens + said.completion_tokens)
        return said

    @property
    def trouble(self) -> str:
        """How many calls failed, and why the last one did; '' for none."""
        use = self.use
        if not use.failures:
            return ''
        return f'{use.failures} of {use.calls} calls of the model failed ({self.message})'

    def close(self) -> None:
        """Close the connections of the model, if it has any."""
        close = getattr(self._model, 'close', None)
        if callable(close):
            close()

    def _count(self, tokens: int, failure: str = '') -> None:
        with self._lock:
            was = self._use
            self._use = ModelUse(
                calls=was.calls + 1,
                failures=was.failures + bool(failure),
                tokens=was.tokens + tokens,
            )
            self._message = failure or self._message
