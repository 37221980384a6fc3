"""The files of a recording: a folder, with or without its metadata, or files alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any

from memory_node.core.errors import InvalidObservationError, StoreAccessError
from memory_node.interchange.cut_recordings import completed

__all__ = ['STORAGES', 'is_recording', 'unpacked', 'whole_files']

STORAGES = ('.mcap', '.db3')
_COMPRESSED = ('.zstd', '.zst')
_METADATA = 'metadata.yaml'


def _is_storage(path: Path) -> bool:
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes = suffixes[:-1]
    return bool(suffixes) and suffixes[-1] in STORAGES


def is_recording(path: Path) -> bool:
    """Return whether a path is named as recordings are; folders are."""
    return path.is_dir() or path.name == _METADATA or _is_storage(path)


@contextmanager
def whole_files(path: Path) -> Iterator[tuple[list[Path], int]]:
    """
    Give what can be opened of a recording, and how many bytes of it were cut off.

    A folder is opened by its ``metadata.yaml``; one that a killed recorder left without is read
    file by file, as files alone are, compressed ones and those without an end included. Raises
    ``StoreAccessError`` where nothing is, and ``InvalidObservationError`` where a folder holds no
    recording or a compressed file is damaged.
    """
    if not path.exists():
        raise StoreAccessError(f'no recording at {path}')
    folder = path.parent if path.name == _METADATA else path
    if folder.is_dir() and (folder / _METADATA).exists():
        yield [folder], 0
        return
    found = sorted(p for p in folder.iterdir() if _is_storage(p)) if folder.is_dir() else [path]
    if not found:
        raise InvalidObservationError(
            f'no recording in {path}: it holds no {_METADATA} and no {" or ".join(STORAGES)} file'
        )
    with ExitStack() as stack:
        files, missing = [], 0
        for file in found:
            plain = stack.enter_context(_uncompressed(file))
            try:
                whole, cut = stack.enter_context(completed(plain))
            except OSError as error:
                raise StoreAccessError(f'cannot read {file}: {error.strerror}') from error
            files.append(whole)
            missing += cut
        yield files, missing


def _zstd() -> Any:
    """Return the module that rosbags unpacks with."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def unpacked(content: bytes) -> bytes:
    """Return what was packed by zstd; raises ``InvalidObservationError`` where it is damaged."""
    zstd = _zstd()
    try:
        return bytes(zstd.decompress(content))
    except (zstd.ZstdError, EOFError) as error:
        raise InvalidObservationError(f'a message cannot be decompressed: {error}') from error


@contextmanager
def _uncompressed(path: Path) -> Iterator[Path]:
    if path.suffix.lower() not in _COMPRESSED:
        yield path
        return
    zstd = _zstd()
    with tempfile.TemporaryDirectory(prefix='memory-bag-') as scratch:
        plain = Path(scratch) / path.stem
        try:
            with zstd.open(path, 'rb') as packed, plain.open('wb') as out:
                shutil.copyfileobj(packed, out)
        except (zstd.ZstdError, EOFError) as error:
            raise InvalidObservationError(f'{path} cannot be decompressed: {error}') from error
        yield plain
