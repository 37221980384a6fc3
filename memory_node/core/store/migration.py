"""Stores of earlier versions are brought up to this one, in one transaction."""

from __future__ import annotations

import logging
import sqlite3
import zlib

import numpy as np

from memory_node.core.bounds import MAX_COORDINATE_M, MAX_EXTENT_M
from memory_node.core.errors import StoreFormatError
from memory_node.core.store.checksums import (
    digests,
    hexadecimal,
    label_crc,
    neighbor_crc,
    row_crc,
    text_crc,
    write_meta,
)
from memory_node.core.store.rows import OWN, SIGHTING
from memory_node.core.store.schema import (
    CHECK_COLUMNS,
    CORRECTION,
    FORMAT_VERSION,
    PICTURE_VECTOR,
)
from memory_node.core.store.sqlite_file import transaction

__all__ = ['migrate']

_LOG = logging.getLogger(__name__)
_SLICE = 512
_PARTS = (
    ' (SELECT things FROM sighting WHERE observation = key),'
    ' (SELECT vector FROM embedding WHERE observation = key),'
    ' (SELECT jpeg FROM keyframe WHERE observation = key)'
)


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Bring a store of an earlier ``version`` up to ``FORMAT_VERSION``, wholly or not at all."""
    with transaction(db):
        if version < 2:
            _add_checksums(db)
        if version < 3:
            db.execute(CORRECTION)
        if version < 4:
            db.execute(PICTURE_VECTOR)
        db.execute(f'PRAGMA user_version = {FORMAT_VERSION}')


def _add_checksums(db: sqlite3.Connection) -> None:
    """From version 1 to 2: checksums, content and commits; nothing ever read the R*Tree."""
    db.execute('DROP TABLE IF EXISTS space')
    for name in CHECK_COLUMNS:
        db.execute(f'ALTER TABLE observation ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0')
    for table in ('map', 'label'):
        db.execute(f'ALTER TABLE {table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0')
    db.executemany(
        'UPDATE map SET crc = ? WHERE key = ?',
        [(text_crc(name), key) for key, name in db.execute('SELECT key, id FROM map').fetchall()],
    )
    labels = db.execute('SELECT key, text, vector FROM label').fetchall()
    db.executemany(
        'UPDATE label SET crc = ? WHERE key = ?',
        [(label_crc(text, vector), key) for key, text, vector in labels],
    )
    _bound_numbers(db)
    content = count = last = 0
    while added := _check_slice(db, last):
        keys, checks = np.array(added)[:, 0], np.array(added)[:, 1:]
        content += int(digests(keys, checks).sum(dtype=np.uint64))
        count += len(added)
        last = int(keys[-1])
    write_meta(db, content=hexadecimal(content), count=str(count), commits='1')


def _bound_numbers(db: sqlite3.Connection) -> None:
    """Bring numbers that no robot can have measured to the bound; version 1 took any."""
    far = ' OR '.join(f'abs({name}) > {MAX_COORDINATE_M}' for name in 'xyz')
    bound = ', '.join(
        f'{name} = max(min({name}, {MAX_COORDINATE_M}), -{MAX_COORDINATE_M})' for name in 'xyz'
    )
    moved = db.execute(f'UPDATE observation SET {bound} WHERE {far}').rowcount
    rows = db.execute('SELECT observation, things FROM sighting').fetchall()
    for key, things in rows:
        seen = np.frombuffer(things, SIGHTING).copy()
        for name, most in (('position', MAX_COORDINATE_M), ('extent', MAX_EXTENT_M)):
            absurd = (np.abs(seen[name]) > most).any(axis=1)
            seen[name][absurd] = np.nan
        if seen.tobytes() != things:
            moved += 1
            db.execute(
                'UPDATE sighting SET things = ? WHERE observation = ?', (seen.tobytes(), key)
            )
    if moved:
        _LOG.warning('%d observations hold numbers that no robot can measure: bounded', moved)


def _check_slice(db: sqlite3.Connection, after: int) -> list[tuple[int, ...]]:
    """Give the next observations their checksums; return key and checksums of each."""
    found: list[tuple[int, ...]] = []
    rows = db.execute(
        f'SELECT {OWN}, {_PARTS} FROM observation WHERE key > ? ORDER BY key LIMIT {_SLICE}',
        (after,),
    ).fetchall()
    for *own, things, vector, jpeg in rows:
        if vector is None:
            raise StoreFormatError('observations and vectors do not match')
        near = db.execute(
            'SELECT neighbor_id FROM neighbor WHERE observation = ? ORDER BY place', (own[0],)
        )
        parts = neighbor_crc(row[0] for row in near), zlib.crc32(vector), zlib.crc32(jpeg or b'')
        found.append((own[0], row_crc(own), zlib.crc32(things or b''), *parts))
    names = ', '.join(f'{name} = ?' for name in CHECK_COLUMNS)
    db.executemany(
        f'UPDATE observation SET {names} WHERE key = ?', [(*row[1:], row[0]) for row in found]
    )
    return found
