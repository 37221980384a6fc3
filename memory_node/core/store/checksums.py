"""
Checksums of what is stored, and the running hash of the content.

A damaged page can hold rows that look right. So every row has a CRC-32, and the rows of an
observation are named by it together; the content of a store is the sum of a digest per
observation, so it can follow an addition or removal without reading the rest again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
import sqlite3
import struct
from typing import Any
import zlib

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import StoreFormatError

__all__ = [
    'Digests',
    'digests',
    'hexadecimal',
    'label_crc',
    'meta_crc',
    'neighbor_crc',
    'read_meta',
    'row_crc',
    'text_crc',
    'write_meta',
]

Digests = NDArray[np.uint64]

_NUMBERS = struct.Struct('<4q7d')
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
#: Entry of the meta table that holds the checksum of the others.
_META_CRC = 'crc'


def row_crc(row: Sequence[Any]) -> int:
    """Return the checksum of a row of ``observation``, given as its columns ``key .. words``."""
    key, name, map_key, stamp, x, y, z, qx, qy, qz, qw, covariance, caption, source, words = row
    numbers = _NUMBERS.pack(key, map_key, stamp, words, x, y, z, qx, qy, qz, qw)
    texts = '\0'.join((name, caption, source)).encode()
    return zlib.crc32(covariance or b'', zlib.crc32(texts, zlib.crc32(numbers)))


def text_crc(text: str) -> int:
    """Return the checksum of one text."""
    return zlib.crc32(text.encode())


def label_crc(text: str, vector: bytes) -> int:
    """Return the checksum of a row of ``label``."""
    return zlib.crc32(vector, text_crc(text))


def neighbor_crc(neighbors: Iterable[str]) -> int:
    """Return the checksum of the neighbours of one observation, in order; 0 for none."""
    return zlib.crc32('\0'.join(neighbors).encode())


def digests(keys: NDArray[np.int64], checks: NDArray[np.int64]) -> Digests:
    """Return one digest per observation, of its key and its checksums (N, C)."""
    found = keys.astype(np.uint64)
    for column in checks.T:
        found = (found ^ column.astype(np.uint64)) * _MULTIPLIER
        found ^= found >> _SHIFT
    return found


def hexadecimal(content: int) -> str:
    """Return a sum of digests as it is written down."""
    return f'{content % 2**64:016x}'


def meta_crc(values: Mapping[str, str]) -> int:
    """Return the checksum of the entries of the meta table."""
    lines = [f'{name}={value}' for name, value in sorted(values.items()) if name != _META_CRC]
    return text_crc('\n'.join(lines))


def read_meta(db: sqlite3.Connection) -> dict[str, str]:
    """Return what the store says of itself; raise ``StoreFormatError`` where it is damaged."""
    values: dict[str, str] = dict(db.execute('SELECT name, value FROM meta'))
    held = values.pop(_META_CRC, None)
    if held is not None and held != str(meta_crc(values)):
        raise StoreFormatError('what the store says of itself does not match its checksum')
    return values


def write_meta(db: sqlite3.Connection, **changes: str | None) -> None:
    """Change entries of the meta table inside an open transaction; None removes one."""
    values = read_meta(db)
    values |= {name: value for name, value in changes.items() if value is not None}
    for name in [name for name, value in changes.items() if value is None and name in values]:
        del values[name]
        db.execute('DELETE FROM meta WHERE name = ?', (name,))
    changed = {name: values[name] for name in changes if name in values}
    db.executemany(
        'INSERT OR REPLACE INTO meta VALUES (?, ?)',
        [*changed.items(), (_META_CRC, str(meta_crc(values)))],
    )
