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

__all__ = ['FORMAT_VERSION', 'Weights', 'load_weights', 'save_weights', 'shipped_weights_path']

MAGIC = 'memory-node-ranking'
FORMAT_VERSION = 1
#: Largest file that is read: a model of this kind holds a few megabytes.
MAX_BYTES = 64 * 2**20
_HEADER = 'header'


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
