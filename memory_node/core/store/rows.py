"""Observations as rows and as columns: how they are written, and how all are read at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import itertools
import math
import sqlite3
from typing import Any
import zlib

import numpy as np
from numpy.typing import NDArray

from memory_node.core.data import FloatArray, Observation
from memory_node.core.errors import StoreFormatError
from memory_node.core.language.text import indexed_texts, word_count
from memory_node.core.store.checksums import Digests, digests, neighbor_crc, row_crc
from memory_node.core.store.schema import CHECK_COLUMNS
from memory_node.core.store.seen_by import packed_source, read_source
from memory_node.core.store.snapshot import Batch, HalfArray

__all__ = [
    'OWN',
    'SIGHTING',
    'column_batch',
    'delete',
    'digests_of',
    'insert',
    'packed',
    'read_batch',
    'replace_vectors',
]

_CHUNK = 500

#: Columns of ``observation`` in the order that ``checksums.row_crc`` takes, then the checksums.
OWN = 'key, id, map, stamp_ns, x, y, z, qx, qy, qz, qw, covariance, caption, source, words'
_CHECKS = ', '.join(CHECK_COLUMNS)
_OWN_COUNT = 15

#: One sighting inside ``sighting.things``; NaN stands for an unknown position or extent.
SIGHTING = np.dtype(
    [('label', '<i4'), ('confidence', '<f8'), ('position', '<f8', 3), ('extent', '<f8', 3)]
)
_UNKNOWN = (math.nan, math.nan, math.nan)


def packed(observation: Observation, label_rows: Mapping[str, int]) -> bytes:
    """Return the sightings of an observation as they are stored."""
    things = [
        (label_rows[s.label] + 1, s.confidence, s.position or _UNKNOWN, s.extent or _UNKNOWN)
        for s in observation.sightings
    ]
    return np.array(things, SIGHTING).tobytes()


def _covariance_blob(values: tuple[float, ...]) -> bytes | None:
    return np.asarray(values, '<f8').tobytes() if values else None


def _row(
    key: int,
    o: Observation,
    vector: bytes,
    label_rows: Mapping[str, int],
    map_rows: Mapping[str, int],
) -> tuple[Any, ...]:
    own = (
        key,
        o.id,
        map_rows[o.map_id] + 1,
        o.stamp_ns,
        *(float(v) + 0.0 for v in (*o.pose.position, *o.pose.orientation)),  # SQLite has no -0
        _covariance_blob(o.pose.covariance),
        o.caption,
        packed_source(o),
        word_count(o),
    )
    return (
        *own,
        row_crc(own),
        zlib.crc32(packed(o, label_rows)),
        neighbor_crc(o.neighbors),
        zlib.crc32(vector),
        zlib.crc32(o.keyframe),
    )


def insert(
    db: sqlite3.Connection,
    items: Sequence[Observation],
    vectors: FloatArray,
    label_rows: Mapping[str, int],
    map_rows: Mapping[str, int],
) -> tuple[NDArray[np.int64], Digests]:
    """Write observations inside an open transaction; return their keys and digests."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'observation'").fetchone()
    first = 1 + (int(row[0]) if row else 0)
    numbered = list(enumerate(items, start=first))
    rows = [
        _row(key, o, vector.tobytes(), label_rows, map_rows)
        for (key, o), vector in zip(numbered, vectors, strict=True)
    ]
    marks = ','.join('?' * (_OWN_COUNT + len(CHECK_COLUMNS)))
    db.executemany(f'INSERT INTO observation VALUES ({marks})', rows)
    db.executemany(
        'INSERT INTO sighting VALUES (?,?)',
        ((key, packed(o, label_rows)) for key, o in numbered if o.sightings),
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
    keys = np.arange(first, first + len(numbered), dtype=np.int64)
    return keys, digests(keys, _checks(rows))


def _checks(rows: Sequence[Sequence[Any]]) -> NDArray[np.int64]:
    width = len(CHECK_COLUMNS)
    return np.array([row[-width:] for row in rows], np.int64).reshape(-1, width)


def digests_of(db: sqlite3.Connection, keys: Sequence[int]) -> Digests:
    """Return the digests of observations by key, in any order; unknown keys are left out."""
    rows: list[tuple[int, ...]] = []
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        marks = ','.join('?' * len(chunk))
        rows += db.execute(f'SELECT key, {_CHECKS} FROM observation WHERE key IN ({marks})', chunk)
    return digests(np.array([row[0] for row in rows], np.int64), _checks(rows))


def delete(db: sqlite3.Connection, items: Mapping[int, Observation]) -> None:
    """Delete observations, given as stored, inside an open transaction."""
    keys = [(key,) for key in items]
    db.executemany(
        "INSERT INTO words (words, rowid, caption, objects) VALUES ('delete',?,?,?)",
        ((key, *indexed_texts(o)) for key, o in items.items()),
    )
    db.executemany('DELETE FROM observation WHERE key = ?', keys)


def replace_vectors(db: sqlite3.Connection, keys: NDArray[np.int64], vectors: FloatArray) -> None:
    """Give observations (N, D) vectors inside an open transaction."""
    rows = [(v.tobytes(), int(k)) for k, v in zip(keys, vectors, strict=True)]
    db.executemany('UPDATE embedding SET vector = ? WHERE observation = ?', rows)
    db.executemany(
        'UPDATE observation SET vector_crc = ? WHERE key = ?',
        ((zlib.crc32(vector), key) for vector, key in rows),
    )


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
        yaws=_wrapped(np.array([o.pose.yaw_rad + o.view_yaw_rad for o in items])),
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


def _wrapped(yaws: NDArray[np.float64]) -> FloatArray:
    wrapped: FloatArray = np.arctan2(np.sin(yaws), np.cos(yaws)).astype(np.float32)
    return wrapped


def _vectors(
    db: sqlite3.Connection, after: int, dim: int
) -> tuple[list[int], list[int], HalfArray]:
    """Read vectors in slices, so that no more than one is held with all its digits."""
    cursor = db.execute(
        'SELECT observation, vector FROM embedding WHERE observation > ? ORDER BY observation',
        (after,),
    )
    count = db.execute('SELECT count(*) FROM embedding WHERE observation > ?', (after,))
    vectors = np.empty((int(count.fetchone()[0]), dim), np.float16)
    keys: list[int] = []
    checks: list[int] = []
    while rows := cursor.fetchmany(2048):
        blob = b''.join(row[1] for row in rows)
        if len(blob) != 4 * dim * len(rows):
            raise StoreFormatError(f'a stored vector does not hold {dim} numbers')
        read = np.frombuffer(blob, '<f4').reshape(-1, dim)
        if not np.abs(read).max(initial=0.0) < np.finfo(np.float16).max:
            raise StoreFormatError('a stored vector is not finite')
        vectors[len(keys) : len(keys) + len(rows)] = read
        keys += [row[0] for row in rows]
        checks += [zlib.crc32(row[1]) for row in rows]
    return keys, checks, vectors


def _agree(keys: NDArray[np.int64], expected: NDArray[np.int64], found: Any, what: str) -> None:
    """Refuse what does not match its checksum."""
    wrong = np.flatnonzero(expected != np.asarray(found, np.int64))
    if len(wrong):
        raise StoreFormatError(
            f'{what} of observation {keys[wrong[0]]} does not match its checksum'
        )


def _own(
    db: sqlite3.Connection, after: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return key, stamp, map and words (N, 4), pose and turn (N, 8), checksums (N, C) of rows."""
    cursor = db.execute(
        f'SELECT {OWN}, {_CHECKS} FROM observation WHERE key > ? ORDER BY key', (after,)
    )
    integers, reals = [np.empty((0, 4), np.int64)], [np.empty((0, 8))]
    checks = [np.empty((0, len(CHECK_COLUMNS)), np.int64)]
    while rows := cursor.fetchmany(4096):
        integers.append(np.array([(r[0], r[3], r[2], r[14]) for r in rows], np.int64))
        reals.append(np.array([(*r[4:11], read_source(r[13])[2]) for r in rows], np.float64))
        checks.append(_checks(rows))
        own = [row_crc(row[:_OWN_COUNT]) for row in rows]
        _agree(integers[-1][:, 0], checks[-1][:, 0], own, 'the row')
    return np.concatenate(integers), np.concatenate(reals), np.concatenate(checks)


def _sightings(
    db: sqlite3.Connection, after: int, keys: NDArray[np.int64], expected: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return all sightings, and how many each observation has."""
    blobs = db.execute(
        'SELECT observation, things FROM sighting WHERE observation > ? ORDER BY observation',
        (after,),
    ).fetchall()
    seers = np.array([row[0] for row in blobs], np.int64)
    sizes = np.array([len(row[1]) for row in blobs], np.int64)
    if (sizes % SIGHTING.itemsize).any() or not np.isin(seers, keys).all():
        raise StoreFormatError('sightings and observations do not match')
    rows = np.searchsorted(keys, seers)
    found = np.zeros(len(keys), np.int64)
    found[rows] = [zlib.crc32(row[1]) for row in blobs]
    _agree(keys, expected, found, 'what was sighted')
    counts = np.zeros(len(keys), np.int64)
    counts[rows] = sizes // SIGHTING.itemsize
    return np.frombuffer(b''.join(row[1] for row in blobs), SIGHTING), counts


def _neighbors(db: sqlite3.Connection, after: int) -> Iterator[tuple[int, int]]:
    """Yield key and checksum of the neighbours of every observation that has some."""
    rows = db.execute(
        'SELECT observation, neighbor_id FROM neighbor WHERE observation > ?'
        ' ORDER BY observation, place',
        (after,),
    ).fetchall()
    for key, group in itertools.groupby(rows, key=lambda row: row[0]):
        yield key, neighbor_crc(row[1] for row in group)


def read_batch(
    db: sqlite3.Connection, after: int, dim: int, vectors_after: int = 0
) -> tuple[Batch, Digests]:
    """
    Read every observation with a key above ``after`` as columns, with the digests of all.

    Vectors only of those with a key above ``vectors_after`` as well.
    Every row is compared with its checksum, keyframes apart: those are compared when one is read.
    """
    integers, reals, checks = _own(db, after)
    held = integers[:, 0].copy()
    keys, vector_checks, vectors = _vectors(db, max(after, vectors_after), dim)
    read = held > vectors_after
    if not np.array_equal(keys, held[read]):
        raise StoreFormatError('observations and vectors do not match')
    _agree(held[read], checks[read, 3], vector_checks, 'the vector')
    sightings, counts = _sightings(db, after, held, checks[:, 1])
    mapped = np.array(list(_neighbors(db, after)), np.int64).reshape(-1, 2)
    if not np.isin(mapped[:, 0], held).all():
        raise StoreFormatError('neighbours and observations do not match')
    neighbor_checks = np.zeros(len(held), np.int64)
    neighbor_checks[np.searchsorted(held, mapped[:, 0])] = mapped[:, 1]
    _agree(held, checks[:, 2], neighbor_checks, 'a neighbour')
    x, y, z, w, turns = reals[:, 3:].T
    batch = Batch(
        keys=held,
        stamps=integers[:, 1].copy(),
        maps=(integers[:, 2] - 1).astype(np.int32),
        positions=reals[:, :3].copy(),
        word_counts=integers[:, 3].astype(np.int32),
        yaws=_wrapped(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)) + turns),
        vectors=vectors,
        mapped=np.isin(held, mapped[:, 0]),
        sighting_counts=counts,
        sighting_labels=sightings['label'] - 1,
        sighting_confidences=sightings['confidence'].astype(np.float32),
        sighting_positions=sightings['position'].astype(np.float32),
        sighting_extents=sightings['extent'].astype(np.float32),
    )
    return batch, digests(held, checks)
