"""Tables of the store, and the numbers that say which file this is and which version wrote it."""

from __future__ import annotations

__all__ = [
    'APPLICATION_ID',
    'CHECK_COLUMNS',
    'CORRECTION',
    'FORMAT_VERSION',
    'PICTURE_VECTOR',
    'SCHEMA',
    'TOKENIZER',
]

#: "RMEM" in the SQLite header: tells a memory store from any other SQLite file.
APPLICATION_ID = 0x524D454D
#: Written to ``user_version``; a store with a greater number is refused, one with a smaller number
#: is brought up to it by ``migration.py``.
FORMAT_VERSION = 4

#: How words are split and stemmed, on disk and in questions.
TOKENIZER = 'porter unicode61 remove_diacritics 2'

#: Checksums of an observation: its own row, and the rows of other tables that go with it. They
#: stand together, so that a row which is gone is missed; 0 stands for none.
CHECK_COLUMNS = ('row_crc', 'sighting_crc', 'neighbor_crc', 'vector_crc', 'keyframe_crc')

#: What people corrected. ``body`` is JSON; ``undone_ns`` is NULL while a correction is not undone.
CORRECTION = """
CREATE TABLE correction (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    stamp_ns INTEGER NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    undone_ns INTEGER,
    undone_by TEXT NOT NULL,
    crc INTEGER NOT NULL
) STRICT"""

#: Vectors of pictures by an image encoder, of observations that have one. They can be made again
#: from the pictures, so each row has a checksum and the content of the store does not name it.
PICTURE_VECTOR = """
CREATE TABLE picture_vector (
    observation INTEGER PRIMARY KEY REFERENCES observation (key) ON DELETE CASCADE,
    vector BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT"""

#: ``sighting.things`` holds one ``records.SIGHTING`` after the other: as rows of their own, half a
#: million sightings would take seconds to read at every opening.
SCHEMA = f"""
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE map (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    crc INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE label (
    key INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE,
    vector BLOB NOT NULL,
    crc INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE observation (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    map INTEGER NOT NULL REFERENCES map (key),
    stamp_ns INTEGER NOT NULL,
    x REAL NOT NULL, y REAL NOT NULL, z REAL NOT NULL,
    qx REAL NOT NULL, qy REAL NOT NULL, qz REAL NOT NULL, qw REAL NOT NULL,
    covariance BLOB,
    caption TEXT NOT NULL,
    source TEXT NOT NULL,
    words INTEGER NOT NULL,
    {', '.join(f'{name} INTEGER NOT NULL DEFAULT 0' for name in CHECK_COLUMNS)}
) STRICT;

CREATE TABLE sighting (
    observation INTEGER PRIMARY KEY REFERENCES observation (key) ON DELETE CASCADE,
    things BLOB NOT NULL
) STRICT;

CREATE TABLE neighbor (
    observation INTEGER NOT NULL REFERENCES observation (key) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    neighbor_id TEXT NOT NULL,
    PRIMARY KEY (observation, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE embedding (
    observation INTEGER PRIMARY KEY REFERENCES observation (key) ON DELETE CASCADE,
    vector BLOB NOT NULL
) STRICT;

CREATE TABLE keyframe (
    observation INTEGER PRIMARY KEY REFERENCES observation (key) ON DELETE CASCADE,
    jpeg BLOB NOT NULL
) STRICT;

{CORRECTION.strip()};

{PICTURE_VECTOR.strip()};

CREATE VIRTUAL TABLE words USING fts5 (
    caption, objects,
    content = '', tokenize = '{TOKENIZER}'
);
CREATE VIRTUAL TABLE stem USING fts5vocab (words, 'instance');
"""
