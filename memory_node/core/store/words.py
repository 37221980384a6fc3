"""A seal on the full-text index: its checksum, as long as nothing is written."""

from __future__ import annotations

import sqlite3
import zlib

from memory_node.core.errors import StoreFormatError
from memory_node.core.store.checksums import read_meta, write_meta
from memory_node.core.store.sqlite_file import transaction

__all__ = ['check_seal', 'seal', 'words_crc']

#: Tables of FTS5 that posting lists are read from.
_TABLES = ('words_data', 'words_idx')


def words_crc(db: sqlite3.Connection) -> int:
    """Return the checksum of the posting lists, which FTS5 keeps without any."""
    crc = 0
    for table in _TABLES:
        for row in db.execute(f'SELECT * FROM {table} ORDER BY 1, 2'):
            for value in row:
                data = value if isinstance(value, bytes) else str(value).encode()
                crc = zlib.crc32(data, crc)
    return crc


def seal(db: sqlite3.Connection) -> None:
    """Note the checksum at the end of writing; the next commit takes it away."""
    crc = str(words_crc(db))
    if read_meta(db).get('words') != crc:
        with transaction(db):
            write_meta(db, words=crc)


def check_seal(db: sqlite3.Connection) -> None:
    """Raise ``StoreFormatError`` where a sealed index was changed by no commit."""
    sealed = read_meta(db).get('words')
    if sealed is not None and sealed != str(words_crc(db)):
        raise StoreFormatError('the full-text index does not match its checksum')
