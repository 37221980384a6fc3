"""Single observations by key, compared with their checksums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import math
import sqlite3
from typing import Any
import zlib

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import Observation, Pose, Sighting, Vector3
from memory_node.core.errors import StoreFormatError
from memory_node.core.store.checksums import neighbor_crc, row_crc
from memory_node.core.store.rows import OWN, SIGHTING
from memory_node.core.store.schema import CHECK_COLUMNS
from memory_node.core.store.seen_by import read_source

__all__ = ['observations']

_CHUNK = 500

_OWN = ', '.join(f'o.{name}' for name in OWN.split(', '))
_FIELDS = (
    f'{_OWN}, {", ".join(CHECK_COLUMNS)}, m.id, s.things,'
    ' (SELECT json_group_array(neighbor_id) FROM'
    '  (SELECT neighbor_id FROM neighbor WHERE observation = o.key ORDER BY place))'
)
_TABLES = 'observation o JOIN map m ON m.key = o.map LEFT JOIN sighting s ON s.observation = o.key'


def observations(
    db: sqlite3.Connection, keys: Sequence[int], *, full: bool = False
) -> dict[int, Observation]:
    """
    Read observations by key; ``full`` adds vector and keyframe. Unknown keys are left out.

    Raises ``StoreFormatError`` where one does not match its checksums.
    """
    found: dict[int, Observation] = {}
    for start in range(0, len(keys), _CHUNK):
        found.update(_read_chunk(db, [int(k) for k in keys[start : start + _CHUNK]], full))
    return found


def _read_chunk(db: sqlite3.Connection, keys: Sequence[int], full: bool) -> dict[int, Observation]:
    # One row an observation: sqlite3 gives the GIL away at every row, see postings.py.
    fields, tables = _FIELDS + ", x'', x''", _TABLES
    if full:
        fields = _FIELDS + ', e.vector, k.jpeg'
        tables += (
            ' LEFT JOIN embedding e ON e.observation = o.key'
            ' LEFT JOIN keyframe k ON k.observation = o.key'
        )
    rows = db.execute(
        f'SELECT {fields} FROM {tables} WHERE o.key IN ({",".join("?" * len(keys))})', keys
    ).fetchall()
    for row in rows:
        _verify(row, full)
    things = [np.frombuffer(row[21] or b'', SIGHTING) for row in rows]
    labels = _labels(db, {i for seen in things for i in seen['label'].tolist()})
    return {
        row[0]: _observation(row, _sightings(seen, labels))
        for row, seen in zip(rows, things, strict=True)
    }


def _verify(row: Sequence[Any], full: bool) -> None:
    own, sighted, near, vector, keyframe = row[15:20]
    held = [
        (own, row_crc(row[:15])),
        (sighted, zlib.crc32(row[21] or b'')),
        (near, neighbor_crc(json.loads(row[22]))),
    ]
    if full:
        held += [(vector, zlib.crc32(row[23] or b'')), (keyframe, zlib.crc32(row[24] or b''))]
    if any(expected != found for expected, found in held):
        raise StoreFormatError(f'observation {row[0]} does not match its checksum')


def _vector3(values: list[float]) -> Vector3 | None:
    x, y, z = values
    return None if math.isnan(x) else (x, y, z)


def _sightings(things: NDArray[Any], labels: Mapping[int, str]) -> tuple[Sighting, ...]:
    fields = (things[name].tolist() for name in ('label', 'confidence', 'position', 'extent'))
    return tuple(
        Sighting(
            label=labels[label],
            confidence=confidence,
            position=_vector3(position),
            extent=_vector3(extent),
        )
        for label, confidence, position, extent in zip(*fields, strict=True)
    )


def _labels(db: sqlite3.Connection, keys: set[int]) -> dict[int, str]:
    labels: dict[int, str] = {}
    wanted = sorted(keys)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        (text,) = db.execute(
            'SELECT json_group_array(json_array(key, text)) FROM label'
            f' WHERE key IN ({",".join("?" * len(chunk))})',
            chunk,
        ).fetchone()
        labels.update(json.loads(text))
    return labels


def _observation(row: Sequence[Any], sightings: tuple[Sighting, ...]) -> Observation:
    name, _, stamp, x, y, z, qx, qy, qz, qw, covariance, caption, source = row[1:14]
    map_id, _, neighbors, vector, jpeg = row[20:]
    source, camera, view_yaw_rad = read_source(source)
    return Observation(
        id=name,
        stamp_ns=stamp,
        pose=Pose(
            position=(x, y, z),
            orientation=(qx, qy, qz, qw),
            covariance=tuple(np.frombuffer(covariance or b'', '<f8').tolist()),
        ),
        caption=caption,
        sightings=sightings,
        map_id=map_id,
        neighbors=tuple(json.loads(neighbors)),
        embedding=np.frombuffer(vector, '<f4').astype(np.float32) if vector else None,
        keyframe=jpeg or b'',
        source=source,
        camera=camera,
        view_yaw_rad=view_yaw_rad,
    )
