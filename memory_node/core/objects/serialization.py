"""The object map as bytes, so that a store opens without assigning anything again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
import io
import json
from typing import Any
import zlib

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig
from memory_node.core.errors import StoreFormatError
from memory_node.core.objects.existence import Visibility
from memory_node.core.objects.noise import PositionNoise
from memory_node.core.objects.object_map import ObjectMap
from memory_node.core.objects.table import KEPT_LABELS, ObjectTable
from memory_node.core.store.files import DAMAGED_ARCHIVE

__all__ = ['FORMAT_VERSION', 'dump_objects', 'load_objects']

MAGIC = b'memory_node objects\n'
FORMAT_VERSION = 4

Stamp = Mapping[str, str | int]


def dump_objects(objects: ObjectMap, stamp: Stamp) -> bytes:
    """
    Return the object map as bytes with a checksum.

    ``stamp`` says what it was made from (identity of the store, its removals, the encoder), and
    must be the same when it is read.
    """
    header = {
        'version': FORMAT_VERSION,
        'stamp': dict(stamp),
        'config': asdict(objects.config),
        'innovation': objects.noise.innovation,
        'rows': objects.rows,
        'epoch': objects.epoch,
        'last_rows': sorted(objects.last_rows.items()),
    }
    arrays: dict[str, NDArray[Any]] = {
        'header': np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8),
        'object_of_sighting': objects.object_of_sighting,
        'ranges': objects.visibility.ranges,
        'bearings': objects.visibility.bearings,
    }
    arrays |= {f'table.{name}': column for name, column in objects.table.columns().items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    body = buffer.getvalue()
    return MAGIC + zlib.crc32(body).to_bytes(4, 'little') + body


def load_objects(data: bytes, stamp: Stamp, config: ObjectsConfig | None = None) -> ObjectMap:
    """
    Return the object map that ``dump_objects`` wrote.

    Raises ``StoreFormatError`` where the bytes are damaged, of another format version, or made
    from something else than ``stamp`` and ``config`` say; the caller then builds it again.
    """
    start = len(MAGIC) + 4
    if not data.startswith(MAGIC) or len(data) < start:
        raise StoreFormatError('not an object map')
    body = data[start:]
    if zlib.crc32(body).to_bytes(4, 'little') != data[len(MAGIC) : start]:
        raise StoreFormatError('the object map is damaged: its checksum does not fit')
    objects = ObjectMap(config)
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays['header'].tobytes())
        _check_header(header, stamp, objects.config)
        _restore(objects, header, arrays)
    except DAMAGED_ARCHIVE as error:
        raise StoreFormatError(f'the object map is damaged: {error}') from error
    return objects


def _check_header(header: dict[str, Any], stamp: Stamp, config: ObjectsConfig) -> None:
    expected = {'version': FORMAT_VERSION, 'stamp': dict(stamp), 'config': asdict(config)}
    for name, value in expected.items():
        if header[name] != value:
            raise StoreFormatError(f'the object map is stale: {name} differs')


def _restore(objects: ObjectMap, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    prefix = 'table.'
    table = ObjectTable.from_columns(
        {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
    )
    of_sighting = arrays['object_of_sighting']
    rows = int(header['rows'])
    visibility = Visibility()
    for name in ('ranges', 'bearings'):
        own, stored = getattr(visibility, name), arrays[name]
        if stored.shape != own.shape or stored.dtype != own.dtype:
            raise ValueError(f'{name} must be {own.dtype} of shape {own.shape}')
        own[:] = stored
    visibility.refresh()
    noise = PositionNoise(objects.config)
    noise.innovation = float(header['innovation'])
    if of_sighting.dtype != np.int32 or of_sighting.ndim != 1:
        raise ValueError('object_of_sighting must be one row of int32')
    if len(of_sighting) and not -1 <= of_sighting.min() <= of_sighting.max() < len(table):
        raise ValueError('a sighting is of an object that is not there')
    if len(table) and not -1 <= table.view_rows.min() <= table.view_rows.max() < rows:
        raise ValueError('an object was seen by a row that is not there')
    assert table.hist_labels.shape[1] == KEPT_LABELS
    objects.restore(
        table,
        visibility,
        noise,
        object_of_sighting=of_sighting.copy(),
        last_rows={int(k): int(v) for k, v in header['last_rows']},
        rows=rows,
        epoch=int(header['epoch']),
    )
