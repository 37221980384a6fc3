"""What people corrected, as rows of the store: who said what when, and whether it was undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
import json
import sqlite3
from typing import Any
import zlib

from memory_node.core.bounds import MAX_STAMP_NS
from memory_node.core.errors import InvalidQueryError, StoreFormatError, UnknownNodeError
from memory_node.core.store.checksums import hexadecimal
from memory_node.core.store.reading import Tables

__all__ = [
    'COLUMNS',
    'Correction',
    'CorrectionRows',
    'checked_correction',
    'delete_corrections',
    'insert_correction',
]

COLUMNS = 'key, stamp_ns, author, kind, body, undone_ns, undone_by'


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction; ``body`` holds what it says and how it finds what it is about."""

    #: Number in this store, never given again; 0 before it is stored.
    id: int = 0
    stamp_ns: int
    author: str
    kind: str
    body: Mapping[str, Any]
    #: When and by whom it was undone; None while it is not.
    undone_ns: int | None = None
    undone_by: str = ''

    def __post_init__(self) -> None:
        """Refuse stamps that no row can hold."""
        for name, stamp in (('stamp', self.stamp_ns), ('undone', self.undone_ns or 0)):
            if abs(stamp) > MAX_STAMP_NS:
                raise InvalidQueryError(f'{name} must be within 292 years of 1970, got {stamp}')

    def says_the_same(self, other: Correction) -> bool:
        """Tell whether two stores hold one correction under numbers of their own."""
        return (self.stamp_ns, self.author, self.kind, self.body) == (
            other.stamp_ns,
            other.author,
            other.kind,
            other.body,
        )


def _crc(row: tuple[Any, ...]) -> int:
    return zlib.crc32(json.dumps(row).encode())


def checked_correction(row: tuple[Any, ...]) -> Correction:
    """Return a row as a correction; ``StoreFormatError`` where its checksum does not fit."""
    if _crc(row[:-1]) != row[-1]:
        raise StoreFormatError(f'correction {row[0]} does not match its checksum')
    key, stamp_ns, author, kind, body, undone_ns, undone_by, _ = row
    return Correction(
        id=key,
        stamp_ns=stamp_ns,
        author=author,
        kind=kind,
        body=json.loads(body),
        undone_ns=undone_ns,
        undone_by=undone_by,
    )


def _seal(db: sqlite3.Connection) -> str:
    """Return what tells the corrections that are held from any others: number and checksums."""
    count, total = db.execute('SELECT count(*), total(crc) FROM correction').fetchone()
    return f'{count} {hexadecimal(int(total))}'


def insert_correction(db: sqlite3.Connection, correction: Correction) -> tuple[int, str]:
    """Write a correction inside an open transaction; return its number and the new seal."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'correction'").fetchone()
    body = json.dumps(correction.body, ensure_ascii=False, sort_keys=True)
    own = (
        1 + (int(row[0]) if row else 0),
        correction.stamp_ns,
        correction.author,
        correction.kind,
        body,
        correction.undone_ns,
        correction.undone_by,
    )
    db.execute(
        f'INSERT INTO correction ({COLUMNS}, crc) VALUES (?,?,?,?,?,?,?,?)', (*own, _crc(own))
    )
    return own[0], _seal(db)


def delete_corrections(db: sqlite3.Connection, before_ns: int) -> str:
    """Remove corrections made before a moment in an open transaction; return the new seal."""
    db.execute('DELETE FROM correction WHERE stamp_ns < ?', (before_ns,))
    return _seal(db)


class CorrectionRows(Tables):
    """The part of a store that keeps corrections; each is written in a transaction of its own."""

    def _writing(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def _record(self, change: int = 0, count: int = 0, **values: str | None) -> None:
        raise NotImplementedError

    def corrections(self) -> tuple[Correction, ...]:
        """Return every correction, undone ones too, in the order they were made."""
        with self._reading():
            rows = self._db.execute(f'SELECT {COLUMNS}, crc FROM correction ORDER BY key')
            found = tuple(checked_correction(row) for row in rows.fetchall())
            if self.meta.get('corrections', _seal(self._db)) != _seal(self._db):
                raise StoreFormatError('corrections are not those of the last commit')
        return found

    def keys_by_id(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the keys of observations by id; ids of none are left out."""
        with self._reading():
            return self._key_by_id(ids)

    def add_corrections(self, corrections: list[Correction]) -> list[int]:
        """Store corrections, all or none; return the number of each."""
        seal, numbers = '', []
        with self._writing():
            for correction in corrections:
                number, seal = insert_correction(self._db, correction)
                numbers.append(number)
            if numbers:
                self._record(corrections=seal)
        return numbers

    def replace_bodies(self, bodies: Mapping[int, Mapping[str, Any]]) -> None:
        """Give corrections other bodies, by their numbers."""
        if not bodies:
            return
        with self._writing():
            for number, body in bodies.items():
                text = json.dumps(body, ensure_ascii=False, sort_keys=True)
                self._db.execute('UPDATE correction SET body = ? WHERE key = ?', (text, number))
                self._reseal(number)
            self._record(corrections=_seal(self._db))

    def _reseal(self, number: int) -> None:
        row = self._db.execute(f'SELECT {COLUMNS} FROM correction WHERE key = ?', (number,))
        self._db.execute(
            'UPDATE correction SET crc = ? WHERE key = ?', (_crc(row.fetchone()), number)
        )

    def undo_correction(self, number: int, stamp_ns: int, author: str) -> None:
        """
        Mark a correction as undone; its row stays.

        Raises ``UnknownNodeError`` for a number that was never given, and ``InvalidQueryError``
        where it is undone already.
        """
        held = {c.id: c for c in self.corrections()}.get(number)
        if held is None:
            raise UnknownNodeError(f'no correction has the id {number}')
        if held.undone_ns is not None:
            raise InvalidQueryError(f'correction_id {number} is undone already')
        with self._writing():
            self._db.execute(
                'UPDATE correction SET undone_ns = ?, undone_by = ? WHERE key = ?',
                (stamp_ns, author, number),
            )
            self._reseal(number)
            self._record(corrections=_seal(self._db))
