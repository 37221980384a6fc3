"""A recording as rosbags reads it: opened, looked into, and its messages one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
import sqlite3
import struct
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.rosbag2 import ReaderError
from rosbags.serde import SerdeError

from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.perception.descriptions import header_of
from memory_node.core.perception.messages import stamp_ns
from memory_node.interchange.bag_files import unpacked, whole_files
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.message_types import known_types
from memory_node.interchange.topics import Head, picture_topics

__all__ = ['is_tf', 'open_recording', 'open_what_is_whole', 'peek', 'read_messages']

#: What rosbags raises at a file that is damaged or is no bag.
_UNREADABLE = (
    AnyReaderError,
    ReaderError,
    SerdeError,
    OSError,
    ValueError,
    KeyError,
    AssertionError,
    struct.error,
    sqlite3.Error,
)


#: What a message begins with that is packed; others begin with how they are serialised.
_ZSTD = b'\x28\xb5\x2f\xfd'
#: Messages of each topic that are looked at before it is chosen.
_PEEKED = 3


@contextmanager
def open_recording(path: Path) -> Iterator[AnyReader]:
    """
    Open a rosbag2 folder, its ``metadata.yaml``, or ``.mcap`` and ``.db3`` files.

    Raises ``StoreAccessError`` where there is none and ``InvalidObservationError`` where it is
    damaged.
    """
    with whole_files(path) as (files, _):
        yield from _opened(path, files)


def _opened(path: Path, files: list[Path]) -> Iterator[AnyReader]:
    try:
        reader = AnyReader(files, default_typestore=known_types())
        reader.open()
    except _UNREADABLE as error:
        raise InvalidObservationError(f'{path} cannot be read as a bag: {error}') from error
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def open_what_is_whole(
    path: Path, say: Callable[[str], None], rejected: list[Rejected]
) -> Iterator[AnyReader]:
    """Open a recording; of one that was cut short what is whole, saying what is missing."""
    with whole_files(path) as (files, missing):
        if missing:
            line = f'the recording was cut short: its last {missing} bytes can not be read'
            say(line)
            rejected.append(Rejected(line=0, reason=line))
        yield from _opened(path, files)


def peek(reader: AnyReader) -> dict[str, Head]:
    """Return what the first messages of each topic with a picture or a pose say."""
    wanted = set(picture_topics(reader.connections))
    heads = {}
    for connection in reader.connections:
        if connection.topic in wanted and connection.topic not in heads:
            first = [
                m
                for _, _, content in islice(reader.messages([connection]), _PEEKED)
                if (m := _deserialized(reader, connection, content)) is not None
            ]
            if first:
                heads[connection.topic] = _head(first)
    return heads


def _deserialized(reader: AnyReader, connection: Connection, content: bytes) -> Any:
    """Return a message, None where its bytes make none."""
    try:
        if content[:4] == _ZSTD:  # packed one by one, which only metadata.yaml would have told
            content = unpacked(content)
        return reader.deserialize(content, connection.msgtype)
    except (*_UNREADABLE, MemoryNodeError, IndexError, TypeError, OverflowError, MemoryError):
        return None


def _head(opening: list[Any]) -> Head:
    first = opening[0]
    return Head(
        frame_id=header_of(first).frame_id.lstrip('/'),
        encoding=getattr(first, 'encoding', '') or getattr(first, 'format', ''),
        unstamped=all(stamp_ns(header_of(m).stamp) == 0 for m in opening),
    )


def is_tf(connection: Connection) -> bool:
    """Return whether a topic carries transforms."""
    return connection.msgtype.endswith('/TFMessage')


def read_messages(
    reader: AnyReader, wanted: list[Connection], refuse: Callable[[str, str], None]
) -> Iterator[tuple[Connection, int, Any]]:
    """
    Yield the messages; one that can't be read is left out, and named by its topic.

    A recording that itself is damaged further on ends there, and is named.
    """
    if not wanted:
        return
    try:
        for connection, recorded_ns, content in reader.messages(wanted):
            message = _deserialized(reader, connection, content)
            if message is None:
                refuse('recording', f'a message of {connection.topic} can not be read')
                continue
            yield connection, recorded_ns, message
    except _UNREADABLE as error:
        refuse('recording', f'is damaged from here on: {error}')
