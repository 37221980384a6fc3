"""
The vectors of a store as one file beside it, mapped instead of read.

Derived: a file that is missing, damaged or of another content is left alone, and the vectors come
from the store. What is mapped is page cache, which the system takes back when it needs the memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import json
import mmap
import os
from pathlib import Path
import zlib

import numpy as np

from memory_node.core.errors import IndexDamagedError
from memory_node.core.store.files import replace_file
from memory_node.core.store.snapshot import HalfArray

__all__ = ['LEAST_ROWS', 'MappedVectors', 'map_vectors', 'save_vectors', 'vectors_path']

MAGIC = 'memory-vectors'
FORMAT_VERSION = 1
#: Fewer rows than this are read from the store as fast.
LEAST_ROWS = 8192
#: The header fills the first page, so that vectors begin on one.
_HEADER = 4096
_CHUNK = 1 << 20

Stamp = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedVectors:
    """Vectors of the oldest observations of a store."""

    #: (N + M, D) vectors; the last M are free for what is appended, which stays in memory.
    room: HalfArray
    #: Number of observations N, and store key of the newest of them.
    rows: int
    last_key: int
    #: Hash of the observations that they are of.
    content: str


def vectors_path(store: Path) -> Path:
    """Return where the vectors of a store are kept."""
    return store.with_name(f'{store.name}.vectors')


def save_vectors(
    path: Path, vectors: HalfArray, last_key: int, stamp: Stamp, content: str = ''
) -> None:
    """Write (N, D) vectors up to a store key; raises ``StoreAccessError``."""
    rows, dim = vectors.shape
    data = vectors.view(np.uint8).data
    head = {
        'magic': MAGIC,
        'version': FORMAT_VERSION,
        'stamp': {**stamp, 'dim': dim},
        'rows': rows,
        'last_key': last_key,
        'content': content,
        'crc32': zlib.crc32(data),
    }

    def write(scratch: Path) -> None:
        with scratch.open('wb') as file:
            file.write(json.dumps(head).encode().ljust(_HEADER))
            file.write(data)
            file.truncate(_HEADER + data.nbytes * 5 // 4)  # room to grow into: it takes no disk

    replace_file(path, write)


def map_vectors(path: Path, stamp: Stamp, dim: int) -> MappedVectors:
    """
    Map what ``save_vectors`` wrote, without reading it into memory.

    Raises ``IndexDamagedError`` where it is missing, damaged or not of ``stamp``.
    """
    try:
        with path.open('rb') as file:
            head = json.loads(file.read(_HEADER))
            expected = {'magic': MAGIC, 'version': FORMAT_VERSION, 'stamp': {**stamp, 'dim': dim}}
            for name, value in expected.items():
                if head[name] != value:
                    raise IndexDamagedError(f'{path}: {name} is {head[name]!r}, not {value!r}')
            rows, last_key = int(head['rows']), int(head['last_key'])
            size = os.fstat(file.fileno()).st_size
            if rows < 1 or size < _HEADER + 2 * dim * rows:
                raise IndexDamagedError(f'{path} is cut short')
            left, crc = 2 * dim * rows, 0
            while left:
                chunk = file.read(min(_CHUNK, left))
                left -= len(chunk)
                crc = zlib.crc32(chunk, crc)
            if crc != head['crc32']:
                raise IndexDamagedError(f'{path} does not match its checksum')
            # Pages that are written to become this process's own; the file stays as it is.
            mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexDamagedError(f'{path} can not be read: {error}') from error
    count = (size - _HEADER) // (2 * dim)
    room = np.frombuffer(mapped, np.float16, count * dim, _HEADER).reshape(count, dim)
    content = str(head.get('content', ''))
    return MappedVectors(room=room, rows=rows, last_key=last_key, content=content)
