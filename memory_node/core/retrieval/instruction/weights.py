"""The file that holds a trained ranking model: arrays in an ``.npz``, and what made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import io
import json
import os
from pathlib import Path
from typing import Any
import zipfile

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import StoreAccessError, StoreFormatError, StoreVersionError

__all__ = [
    'FORMAT_VERSION',
    'Weights',
    'check_arrays',
    'load_weights',
    'save_weights',
    'shipped_weights_path',
]

MAGIC = 'memory-node-ranking'
FORMAT_VERSION = 1
#: Largest file that is read: a model of this kind holds a few megabytes.
MAX_BYTES = 64 * 2**20
_HEADER = 'header'
#: The arrays a file must hold, with their number of axes.
_SHAPES = {
    'word_vectors': 2, 'label_vectors': 2, 'room_vectors': 2, 'label_bias': 2,
    'encoder_mean': 1, 'word_projection': 2, 'label_projection': 2, 'room_projection': 2,
    'conv1_w': 2, 'conv1_b': 1, 'conv2_w': 2, 'conv2_b': 1, 'gate_w': 2, 'gate_b': 1,
    'context_w': 2, 'context_b': 1, 'target_attention': 1, 'target_context_w': 2,
    'target_context_b': 1, 'room_attention': 1, 'room_query_w': 2, 'room_query_b': 1,
    'kernel': 2, 'lexical': 2, 'spread': 1, 'floor': 1, 'scale': 1,
    'target_kernel': 1, 'target_lexical': 1, 'target_scalars': 1,
    'room_kernel': 1, 'room_w': 2, 'room_b': 1, 'storey': 1,
    'stack': 1, 'prior_w1': 2, 'prior_b1': 1, 'prior_w2': 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A trained model: float32 arrays by name, its vocabularies, and where it comes from."""

    arrays: Mapping[str, NDArray[np.float32]]
    #: Words and labels in the order of their rows.
    words: tuple[str, ...]
    labels: tuple[str, ...]
    #: Data, scores on buildings not fitted on, command, seed: for people.
    origin: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, array in self.arrays.items():
            if not np.isfinite(array).all():
                raise StoreFormatError(f'ranking weights: {name} holds a value that is not finite')


def check_arrays(weights: Weights) -> None:
    """Raise ``StoreFormatError`` where an array is missing, misshapen or not of the vocabulary."""
    for name, axes in _SHAPES.items():
        array = weights.arrays.get(name)
        if array is None or array.ndim != axes:
            raise StoreFormatError(f'ranking weights: {name} is missing or misshapen')
    rows = (len(set(weights.words)), len(set(weights.labels)))
    if rows != (len(weights.arrays['word_vectors']), len(weights.arrays['label_vectors'])):
        raise StoreFormatError('ranking weights: vocabulary and vectors differ in size')


def shipped_weights_path() -> Path:
    """Return where the weights that come with the package are."""
    return Path(__file__).resolve().parents[3] / 'data' / 'instruction.npz'


def save_weights(weights: Weights, path: Path) -> None:
    """Write a model, arrays as float16; the same model gives the same bytes."""
    header = {
        'magic': MAGIC,
        'version': FORMAT_VERSION,
        'words': list(weights.words),
        'labels': list(weights.labels),
        'origin': dict(weights.origin),
    }
    text = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
    members = {_HEADER: np.frombuffer(text, np.uint8)}
    members.update({n: weights.arrays[n].astype(np.float16) for n in sorted(weights.arrays)})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **members)  # type: ignore[arg-type]
    temporary = path.with_name(path.name + '.new')
    try:
        temporary.write_bytes(buffer.getvalue())
        os.replace(temporary, path)
    except OSError as error:
        raise StoreAccessError(f'{path}: can not write ranking weights: {error}') from error


def load_weights(path: Path | None = None) -> Weights:
    """
    Read a model, the shipped one by default; nothing in the file is executed.

    Raises ``StoreAccessError`` if it can't be read, ``StoreVersionError`` if it is newer than this
    code, and ``StoreFormatError`` if it is damaged or something else.
    """
    path = shipped_weights_path() if path is None else path
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StoreFormatError(f'{path} is too large for ranking weights')
        data = path.read_bytes()
    except OSError as error:
        raise StoreAccessError(f'{path}: can not read ranking weights: {error}') from error
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as members:
            arrays = {name: members[name] for name in members.files}
        header = json.loads(arrays.pop(_HEADER).tobytes())
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise StoreFormatError(f'{path} holds no ranking weights: {error}') from error
    if not isinstance(header, dict) or header.get('magic') != MAGIC:
        raise StoreFormatError(f'{path} holds no ranking weights')
    if header.get('version') != FORMAT_VERSION:
        raise StoreVersionError(
            f'{path} has version {header.get("version")!r}, this code reads {FORMAT_VERSION}'
        )
    try:
        return Weights(
            arrays={name: array.astype(np.float32) for name, array in arrays.items()},
            words=tuple(map(str, header['words'])),
            labels=tuple(map(str, header['labels'])),
            origin=dict(header['origin']),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreFormatError(f'{path}: the header is damaged: {error}') from error
