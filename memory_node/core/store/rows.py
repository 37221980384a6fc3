"""Rows of the store as values and as columns, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import math
import sqlite3
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Observation, Pose, Sighting, Vector3
from memory_node.core.errors import StoreFormatError
from memory_node.core.language.text import indexed_texts, word_count
from memory_node.core.store.snapshot import Batch, HalfArray

__all__ = ['column_batch', 'delete', 'insert', 'observations', 'read_batch']

_CHUNK = 500


#: One sighting inside ``sighting.things``; NaN stands for an unknown position or extent.
SIGHTING = np.dtype(
    [('label', '<i4'), ('confidence', '<f8'), ('position', '<f8', 3), ('extent', '<f8', 3)]
)
_UNKNOWN = (math.nan, math.nan, math.nan)


def _packed(observation: Observation, label_rows: Mapping[str, int]) -> bytes:
    things = [
        (label_rows[s.label] + 1, s.confidence, s.position or _UNKNOWN, s.extent or _UNKNOWN)
        for s in observation.sightings
    ]
    return np.array(things, SIGHTING).tobytes()


def _covariance_blob(values: tuple[float, ...]) -> bytes | None:
    return np.asarray(values, '<f8').tobytes() if values else None


def insert(
    db: sqlite3.Connection,
    items: Sequence[Observation],
    vectors: FloatArray,
    label_rows: Mapping[str, int],
    map_rows: Mapping[str, int],
) -> NDArray[np.int64]:
    """Write observations inside an open transaction and return their keys."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'observation'").fetchone()
    first = 1 + (int(row[0]) if row else 0)
    numbered = list(enumerate(items, start=first))
    db.executemany(
        'INSERT INTO observation VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)',
        (
            (
                key,
                o.id,
                map_rows[o.map_id] + 1,
                o.stamp_ns,
                *o.pose.position,
                *o.pose.orientation,
                _covariance_blob(o.pose.covariance),
                o.caption,
                o.source,
                word_count(o),
            )
            for key, o in numbered
        ),
    )
    db.executemany(
        'INSERT INTO sighting VALUES (?,?)',
        ((key, _packed(o, label_rows)) for key, o in numbered if o.sightings),
    )
    db.executemany(
        'INSERT INTO neighbor VALUES (?,?,?)',
        ((key, place, n) for key, o in numbered for place, n in enumerate(o.neighbors)),
    )
    db.executemany(
        'INSERT INTO embedding VALUES (?,?)',
        ((key, vector.tobytes()) for (key, _), vector in zip(numbered, vectors, strict=True)),
    )
    db.executemany(
        'INSERT INTO keyframe VALUES (?,?)',
        ((key, o.keyframe) for key, o in numbered if o.keyframe),
    )
    db.executemany(
        'INSERT INTO words (rowid, caption, objects) VALUES (?,?,?)',
        ((key, *indexed_texts(o)) for key, o in numbered),
    )
    db.executemany(
        'INSERT INTO space VALUES (?,?,?,?,?,?,?)',
        ((key, x, x, y, y, z, z) for key, o in numbered for x, y, z in (o.pose.position,)),
    )
    return np.arange(first, first + len(numbered), dtype=np.int64)


def delete(db: sqlite3.Connection, items: Mapping[int, Observation]) -> None:
    """Delete observations, given as stored, inside an open transaction."""
    keys = [(key,) for key in items]
    db.executemany(
        "INSERT INTO words (words, rowid, caption, objects) VALUES ('delete',?,?,?)",
        ((key, *indexed_texts(o)) for key, o in items.items()),
    )
    db.executemany('DELETE FROM space WHERE key = ?', keys)
    db.executemany('DELETE FROM observation WHERE key = ?', keys)


def column_batch(
    keys: NDArray[np.int64],
    items: Sequence[Observation],
    vectors: FloatArray,
    label_rows: Mapping[str, int],
    map_rows: Mapping[str, int],
) -> Batch:
    """Return stored observations as columns."""
    sightings = [s for o in items for s in o.sightings]
    return Batch(
        keys=keys,
        stamps=np.array([o.stamp_ns for o in items], np.int64),
        maps=np.array([map_rows[o.map_id] for o in items], np.int32),
        positions=np.array([o.pose.position for o in items], np.float64).reshape(-1, 3),
        word_counts=np.array([word_count(o) for o in items], np.int32),
        yaws=np.array([o.pose.yaw_rad for o in items], np.float32),
        vectors=vectors,
        mapped=np.array([bool(o.neighbors) for o in items], np.bool_),
        sighting_counts=np.array([len(o.sightings) for o in items], np.int64),
        sighting_labels=np.array([label_rows[s.label] for s in sightings], np.int32),
        sighting_confidences=np.array([s.confidence for s in sightings], np.float32),
        sighting_positions=np.array(
            [s.position or _UNKNOWN for s in sightings], np.float32
        ).reshape(-1, 3),
        sighting_extents=np.array([s.extent or _UNKNOWN for s in sightings], np.float32).reshape(
            -1, 3
        ),
    )


def _rows(cursor: sqlite3.Cursor, width: int) -> NDArray[np.float64]:
    values = np.array(cursor.fetchall(), np.float64)
    return values.reshape(-1, width)


def _vectors(db: sqlite3.Connection, after: int, dim: int) -> tuple[list[int], HalfArray]:
    """Read vectors in slices, so that no more than one is held with all its digits."""
    cursor = db.execute(
        'SELECT observation, vector FROM embedding WHERE observation > ? ORDER BY observation',
        (after,),
    )
    count = db.execute('SELECT count(*) FROM embedding WHERE observation > ?', (after,))
    vectors = np.empty((int(count.fetchone()[0]), dim), np.float16)
    keys: list[int] = []
    while rows := cursor.fetchmany(2048):
        blob = b''.join(row[1] for row in rows)
        if len(blob) != 4 * dim * len(rows):
            raise StoreFormatError(f'a stored vector does not hold {dim} numbers')
        read = np.frombuffer(blob, '<f4').reshape(-1, dim)
        if not np.abs(read).max(initial=0.0) < np.finfo(np.float16).max:
            raise StoreFormatError('a stored vector is not finite')
        vectors[len(keys) : len(keys) + len(rows)] = read
        keys += [row[0] for row in rows]
    return keys, vectors


def read_batch(db: sqlite3.Connection, after: int, dim: int, vectors_after: int = 0) -> Batch:
    """
    Read every observation with a key above ``after`` as columns.

    Vectors only of those with a key above ``vectors_after`` as well.
    """
    integers = np.array(
        db.execute(
            'SELECT key, stamp_ns, map, words FROM observation WHERE key > ? ORDER BY key',
            (after,),
        ).fetchall(),
        np.int64,
    ).reshape(-1, 4)
    reals = _rows(
        db.execute(
            'SELECT x, y, z, qx, qy, qz, qw FROM observation WHERE key > ? ORDER BY key', (after,)
        ),
        7,
    )
    keys, vectors = _vectors(db, max(after, vectors_after), dim)
    if not np.array_equal(keys, integers[integers[:, 0] > vectors_after, 0]):
        raise StoreFormatError('observations and vectors do not match')
    blobs = db.execute(
        'SELECT observation, things FROM sighting WHERE observation > ? ORDER BY observation',
        (after,),
    ).fetchall()
    sightings = np.frombuffer(b''.join(row[1] for row in blobs), SIGHTING)
    seers = np.array([row[0] for row in blobs], np.int64)
    sizes = np.array([len(row[1]) for row in blobs], np.int64)
    if (sizes % SIGHTING.itemsize).any() or not np.isin(seers, integers[:, 0]).all():
        raise StoreFormatError('sightings and observations do not match')
    counts = np.zeros(len(integers), np.int64)
    counts[np.searchsorted(integers[:, 0], seers)] = sizes // SIGHTING.itemsize
    mapped = db.execute(
        'SELECT DISTINCT observation FROM neighbor WHERE observation > ?', (after,)
    ).fetchall()
    x, y, z, w = reals[:, 3:].T
    return Batch(
        keys=integers[:, 0].copy(),
        stamps=integers[:, 1].copy(),
        maps=(integers[:, 2] - 1).astype(np.int32),
        positions=reals[:, :3].copy(),
        word_counts=integers[:, 3].astype(np.int32),
        yaws=np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)).astype(np.float32),
        vectors=vectors,
        mapped=np.isin(integers[:, 0], np.array(mapped, np.int64).reshape(-1)),
        sighting_counts=counts,
        sighting_labels=sightings['label'] - 1,
        sighting_confidences=sightings['confidence'].astype(np.float32),
        sighting_positions=sightings['position'].astype(np.float32),
        sighting_extents=sightings['extent'].astype(np.float32),
    )


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


def observations(
    db: sqlite3.Connection, keys: Sequence[int], *, full: bool = False
) -> dict[int, Observation]:
    """Read observations by key; ``full`` adds vector and keyframe. Unknown keys are left out."""
    found: dict[int, Observation] = {}
    for start in range(0, len(keys), _CHUNK):
        found.update(_read_chunk(db, [int(k) for k in keys[start : start + _CHUNK]], full))
    return found


_FIELDS = (
    'o.key, o.id, m.id, stamp_ns, x, y, z, qx, qy, qz, qw, covariance, caption, source, s.things,'
    ' (SELECT json_group_array(neighbor_id) FROM'
    '  (SELECT neighbor_id FROM neighbor WHERE observation = o.key ORDER BY place))'
)
_TABLES = 'observation o JOIN map m ON m.key = o.map LEFT JOIN sighting s ON s.observation = o.key'


def _read_chunk(db: sqlite3.Connection, keys: Sequence[int], full: bool) -> dict[int, Observation]:
    # One row an observation: sqlite3 gives the GIL away at every row, see words.py.
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
    things = [np.frombuffer(row[14] or b'', SIGHTING) for row in rows]
    labels = _labels(db, {i for seen in things for i in seen['label'].tolist()})
    return {
        row[0]: _observation(row, _sightings(seen, labels))
        for row, seen in zip(rows, things, strict=True)
    }


def _observation(row: Sequence[Any], sightings: tuple[Sighting, ...]) -> Observation:
    name, map_id, stamp, x, y, z, qx, qy, qz, qw, covariance, caption, source = row[1:14]
    neighbors, vector, jpeg = row[15:]
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
    )
