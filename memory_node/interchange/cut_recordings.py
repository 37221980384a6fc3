"""Recordings that were cut short, as by a power cut or a full disk: what is whole is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil
import struct
import tempfile

__all__ = ['completed']

_MAGIC = b'\x89MCAP0\r\n'
_DATA_END, _FOOTER, _CHUNK = 0x0F, 0x02, 0x06
#: Start, end, size and CRC of a chunk, before its compression and its records.
_CHUNK_HEAD = struct.Struct('<QQQI')
_RECORD = struct.Struct('<BQ')


def _whole(path: Path) -> int:
    """Return how many bytes of an MCAP file are whole records of data; -1 where it is complete."""
    size = path.stat().st_size
    with path.open('rb') as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return -1  # no MCAP at all: the reader says what is wrong
        file.seek(max(0, size - len(_MAGIC)))
        if file.read() == _MAGIC and size > 2 * len(_MAGIC):
            return -1
        at = len(_MAGIC)
        while True:
            file.seek(at)
            head = file.read(_RECORD.size)
            if len(head) < _RECORD.size:
                return at
            kind, length = _RECORD.unpack(head)
            if kind in (0, _DATA_END, _FOOTER) or at + _RECORD.size + length > size:
                return at
            at += _RECORD.size + length


def _records(data: bytes) -> int:
    """Return how many of these bytes are whole records."""
    at = 0
    while at + _RECORD.size <= len(data):
        _, length = _RECORD.unpack_from(data, at)
        if at + _RECORD.size + length > len(data):
            break
        at += _RECORD.size + length
    return at


def _cut_chunk(path: Path, at: int) -> bytes:
    """Return the whole records of a chunk that was cut; none where they are compressed."""
    with path.open('rb') as file:
        file.seek(at)
        data = file.read()
    start = _RECORD.size + _CHUNK_HEAD.size
    if len(data) < start + 12 or data[0] != _CHUNK or data[start : start + 4] != bytes(4):
        return b''
    records = data[start + 12 :]
    return records[: _records(records)]


@contextmanager
def completed(path: Path) -> Iterator[tuple[Path, int]]:
    """
    Give a recording that can be read, and how many bytes at its end could not be.

    One ``.mcap`` file without its end is copied up to its last whole record, inside of a chunk too
    where that is not compressed; anything else is given as it is. Raises ``OSError``.
    """
    whole = _whole(path) if path.is_file() and path.suffix.lower() == '.mcap' else -1
    if whole < 0:
        yield path, 0
        return
    with tempfile.TemporaryDirectory(prefix='memory-bag-') as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        with copy.open('r+b') as file:
            file.truncate(whole)
            file.seek(whole)
            kept = _cut_chunk(path, whole)
            file.write(kept)  # records may stand outside of a chunk
            file.write(_RECORD.pack(_DATA_END, 4) + bytes(4))
            file.write(_RECORD.pack(_FOOTER, 20) + bytes(20) + _MAGIC)
        yield copy, path.stat().st_size - whole - len(kept)
