"""What can still be read of a damaged store, observation by observation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
import json
import math
from pathlib import Path
import sqlite3
import struct
from typing import Any
import zlib

import numpy as np

from memory_node.core.data import DEFAULT_MAP_ID, Observation, Pose, Sighting
from memory_node.core.errors import InvalidObservationError, StoreFormatError
from memory_node.core.store.checksums import (
    label_crc,
    neighbor_crc,
    read_meta,
    row_crc,
    text_crc,
)
from memory_node.core.store.copying import foreign_log
from memory_node.core.store.corrections import checked_correction, COLUMNS, Correction
from memory_node.core.store.migration import migrate
from memory_node.core.store.rows import OWN, SIGHTING
from memory_node.core.store.schema import CHECK_COLUMNS, FORMAT_VERSION
from memory_node.core.store.seen_by import read_source
from memory_node.core.store.sqlite_file import check_identity, connect, connect_alone, translated

__all__ = ['Losses', 'Salvage']

_DAMAGE = (
    sqlite3.Error,
    InvalidObservationError,
    UnicodeDecodeError,
    struct.error,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
)


@dataclass(slots=True)
class Losses:
    """What could not be read."""

    #: Keys of observations that were there and are lost.
    observations: list[int] = field(default_factory=list)
    #: Parts lost of observations that were kept, by name.
    parts: Counter[str] = field(default_factory=Counter)
    #: Observations that the last commit held; None where that can't be read either.
    held: int | None = None


class Salvage:
    """Reads a store that may be damaged anywhere; the file is not written."""

    def __init__(self, path: Path) -> None:
        """Open ``path``; raises ``StoreFormatError`` where not even its tables can be found."""
        self.losses = Losses()
        with translated(path):
            # A log of another file would spoil what is there.
            alone = foreign_log(path)
            self._db = connect_alone(path) if alone else connect(path, read_only=True)
            self._db.text_factory = lambda data: data.decode('utf-8', 'surrogateescape')
            values = [
                int(self._db.execute(f'PRAGMA {name}').fetchone()[0])
                for name in ('application_id', 'user_version')
            ]
            check_identity(path, *values)
            if values[1] < FORMAT_VERSION:
                memory = sqlite3.connect(':memory:', isolation_level=None)
                self._db.backup(memory)
                self._db.close()
                self._db = memory
                migrate(memory, values[1])
        try:
            meta = read_meta(self._db)
            self.encoder = meta.get('model_id'), int(meta.get('dim', 0))
            self.frames: dict[str, str] = json.loads(meta.get('frames', '{}'))
            self.losses.held = int(meta['count'])
        except (*_DAMAGE, StoreFormatError, KeyError):
            self.encoder, self.frames = (None, 0), {}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _one(self, sql: str, key: int) -> tuple[Any, ...] | None:
        """Return a row by key, None where its page can't be read."""
        try:
            row: tuple[Any, ...] | None = self._db.execute(sql, (key,)).fetchone()
        except _DAMAGE:
            return None
        return row

    def _last_key(self) -> int:
        last = 0
        for sql in (
            "SELECT seq FROM sqlite_sequence WHERE name = 'observation'",
            *(f'SELECT max(observation) FROM {t}' for t in ('embedding', 'sighting')),
            'SELECT max(key) FROM observation',
        ):
            try:
                row = self._db.execute(sql).fetchone()
                last = max(last, int(row[0] or 0) if row else 0)
            except _DAMAGE:
                continue
        return last

    def observations(self) -> Iterator[Observation]:
        """Yield every observation that can be read, in order; ``losses`` counts the rest."""
        for key in range(1, self._last_key() + 1):
            observation = self._observation(key)
            if observation is not None:
                yield observation

    def corrections(self) -> list[Correction]:
        """Return every correction that can be read, in order; ``losses`` counts the rest."""
        found = []
        try:
            rows = self._db.execute(f'SELECT {COLUMNS}, crc FROM correction ORDER BY key')
            for row in rows.fetchall():
                try:
                    found.append(checked_correction(row))
                except (*_DAMAGE, StoreFormatError):
                    self.losses.parts['correction'] += 1
        except _DAMAGE:
            self.losses.parts['correction'] += 1
        return found

    def _observation(self, key: int) -> Observation | None:
        names = ', '.join(CHECK_COLUMNS)
        row = self._one(f'SELECT {OWN}, {names} FROM observation WHERE key = ?', key)
        try:
            if row is None:
                if self._one('SELECT 1 FROM embedding WHERE observation = ?', key):
                    self.losses.observations.append(key)
                return None
            if row_crc(row[:15]) != row[15]:
                raise ValueError('does not match its checksum')
            _, name, map_key, stamp, *pose, covariance, caption, source, _ = row[:15]
            source, camera, view_yaw_rad = read_source(source)
            return Observation(
                id=name,
                stamp_ns=stamp,
                pose=Pose(
                    position=(pose[0], pose[1], pose[2]),
                    orientation=(pose[3], pose[4], pose[5], pose[6]),
                    covariance=tuple(np.frombuffer(covariance or b'', '<f8').tolist()),
                ),
                caption=caption,
                sightings=self._sightings(key, row[16]),
                map_id=self._map(map_key),
                neighbors=self._neighbors(key, row[17]),
                embedding=self._vector(key, row[18]),
                keyframe=self._blob('keyframe', 'jpeg', key, row[19]) or b'',
                source=source,
                camera=camera,
                view_yaw_rad=view_yaw_rad,
            )
        except _DAMAGE:
            self.losses.observations.append(key)
            return None

    def _blob(self, table: str, column: str, key: int, crc: int) -> bytes | None:
        if not crc:
            return None
        row = self._one(f'SELECT {column} FROM {table} WHERE observation = ?', key)
        if row is None or zlib.crc32(row[0]) != crc:
            self.losses.parts[table] += 1
            return None
        return bytes(row[0])

    def _vector(self, key: int, crc: int) -> Any:
        blob = self._blob('embedding', 'vector', key, crc)
        return None if blob is None else np.frombuffer(blob, '<f4').astype(np.float32)

    def _map(self, key: int) -> str:
        row = self._one('SELECT id, crc FROM map WHERE key = ?', key)
        if row is None or text_crc(row[0]) != row[1]:
            self.losses.parts['map'] += 1
            return f'{DEFAULT_MAP_ID}-{key}'
        return str(row[0])

    def _neighbors(self, key: int, crc: int) -> tuple[str, ...]:
        if not crc:
            return ()
        sql = 'SELECT neighbor_id FROM neighbor WHERE observation = ? ORDER BY place'
        try:
            found = tuple(row[0] for row in self._db.execute(sql, (key,)))
        except _DAMAGE:
            found = ()
        if neighbor_crc(found) != crc:
            self.losses.parts['neighbors'] += 1
            return ()
        return found

    def _sightings(self, key: int, crc: int) -> tuple[Sighting, ...]:
        blob = self._blob('sighting', 'things', key, crc) or b''
        found = []
        for label, confidence, position, extent in np.frombuffer(blob, SIGHTING).tolist():
            row = self._one('SELECT text, vector, crc FROM label WHERE key = ?', label)
            if row is None or label_crc(row[0], row[1]) != row[2]:
                self.losses.parts['label'] += 1
                continue
            found.append(
                Sighting(
                    label=row[0],
                    confidence=confidence,
                    position=None if math.isnan(position[0]) else tuple(position),
                    extent=None if math.isnan(extent[0]) else tuple(extent),
                )
            )
        return tuple(found)
