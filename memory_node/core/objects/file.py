"""Names, frames and object map as one file beside the store, so that nothing is made again."""

from __future__ import annotations

from collections.abc import Mapping
import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ObjectsConfig
from memory_node.core.errors import StoreFormatError
from memory_node.core.objects.frames import Frames
from memory_node.core.objects.names import NameTable
from memory_node.core.objects.object_map import ObjectMap
from memory_node.core.objects.serialization import dump_objects, load_objects
from memory_node.core.store.files import DAMAGED_ARCHIVE

__all__ = ['dump_kept', 'load_kept']

Stamp = Mapping[str, str | int]


def _bytes(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def dump_kept(names: NameTable, frames: Frames, objects: ObjectMap, stamp: Stamp) -> bytes:
    """Return names, frames and objects as bytes; ``stamp`` must be the same when they are read."""
    held = names.view()
    buffer = io.BytesIO()
    arrays: dict[str, NDArray[Any]] = {
        'names': _bytes(json.dumps(held.texts).encode()),
        'vectors': held.vectors,
        'meanings': held.meanings,
        'objects': _bytes(dump_objects(objects, stamp)),
        **{f'frames.{name}': column for name, column in frames.columns().items()},
    }
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def load_kept(
    data: bytes,
    names: NameTable,
    frames: Frames,
    *,
    stamp: Stamp,
    config: ObjectsConfig,
    epoch: int,
) -> ObjectMap:
    """
    Fill empty ``names`` and ``frames`` from bytes, and return the object map that goes with them.

    ``epoch`` is that of the snapshots that it will be updated with.
    Raises ``StoreFormatError`` where the bytes are damaged or made from something else; names and
    frames may then hold anything, and are to be thrown away.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        objects = load_objects(arrays['objects'].tobytes(), stamp, config)
        texts = json.loads(arrays['names'].tobytes())
        vectors, meanings = arrays['vectors'], arrays['meanings']
        if not len(texts) == len(vectors) == len(meanings) or len(set(texts)) != len(texts):
            raise ValueError('names do not fit their vectors')
        names.extend(texts, vectors, meanings)
        frames.restore(
            {k.partition('.')[2]: v for k, v in arrays.items() if k.startswith('frames.')},
            epoch=epoch,
        )
        objects.epoch = epoch
        if len(frames) != objects.rows:
            raise ValueError('frames do not fit the object map')
    except DAMAGED_ARCHIVE as error:
        raise StoreFormatError(f'the object map is damaged: {error}') from error
    return objects
