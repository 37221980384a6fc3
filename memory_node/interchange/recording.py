"""A recording as rosbags reads it: opened, looked into, and its messages one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
from itertools import islice
from pathlib import Path
import sqlite3
import struct
from typing import Any

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.rosbag2 import ReaderError
from rosbags.typesys import get_typestore, Stores

from memory_node.core.errors import InvalidObservationError, StoreAccessError
from memory_node.core.perception.messages import stamp_ns
from memory_node.interchange.cut_recordings import completed
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.topics import Head, picture_topics

__all__ = ['is_tf', 'open_recording', 'open_what_is_whole', 'peek', 'read_messages']

#: What rosbags raises at a file that is damaged or is no bag.
_UNREADABLE = (
    AnyReaderError,
    ReaderError,
    OSError,
    ValueError,
    KeyError,
    AssertionError,
    struct.error,
    sqlite3.Error,
)


@contextmanager
def open_recording(path: Path) -> Iterator[AnyReader]:
    """
    Open a rosbag2 folder, its ``metadata.yaml``, or one ``.mcap`` or ``.db3`` file.

    Raises ``StoreAccessError`` where there is none and ``InvalidObservationError`` where it is
    damaged.
    """
    if not path.exists():
        raise StoreAccessError(f'no recording at {path}')
    folder = path.parent if path.name == 'metadata.yaml' else path
    try:
        reader = AnyReader([folder], default_typestore=get_typestore(Stores.ROS2_JAZZY))
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
    with ExitStack() as stack:
        try:
            whole, missing = stack.enter_context(completed(path))
        except OSError as error:
            raise StoreAccessError(f'cannot read {path}: {error.strerror}') from error
        if missing:
            line = f'the recording was cut short: its last {missing} bytes can not be read'
            say(line)
            rejected.append(Rejected(line=0, reason=line))
        yield stack.enter_context(open_recording(whole))


def peek(reader: AnyReader) -> dict[str, Head]:
    """Return what the first messages of each topic with a picture or a pose say."""
    wanted = set(picture_topics(reader.connections))
    heads = {}
    for connection in reader.connections:
        if connection.topic in wanted and connection.topic not in heads:
            first = [
                reader.deserialize(content, connection.msgtype)
                for _, _, content in islice(reader.messages([connection]), 2)
            ]
            if first:
                heads[connection.topic] = _head(first)
    return heads


def _head(opening: list[Any]) -> Head:
    first = opening[0]
    return Head(
        frame_id=first.header.frame_id.lstrip('/'),
        encoding=getattr(first, 'encoding', '') or getattr(first, 'format', ''),
        unstamped=all(stamp_ns(m.header.stamp) == 0 for m in opening),
    )


def is_tf(connection: Connection) -> bool:
    """Return whether a topic carries transforms."""
    return connection.msgtype.endswith('/TFMessage')


def read_messages(
    reader: AnyReader, wanted: list[Connection], refuse: Callable[[str, str], None]
) -> Iterator[tuple[Connection, int, Any]]:
    """Yield the messages; a recording that is damaged further on ends there, and is named."""
    if not wanted:
        return
    try:
        for connection, recorded_ns, content in reader.messages(wanted):
            yield connection, recorded_ns, reader.deserialize(content, connection.msgtype)
    except _UNREADABLE as error:
        refuse('recording', f'is damaged from here on: {error}')
