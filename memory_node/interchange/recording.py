"""
Opening rosbag2 MCAP recordings without ROS, and telling what each topic is for.

Only the message definitions of Jazzy are used; a recording's own type names select among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.interfaces import Connection
from rosbags.typesys import get_typestore, Stores

from memory_node.core.errors import InvalidObservationError, StoreAccessError

__all__ = ['ROLES', 'assign_roles', 'open_recording']

#: Topic names of the memory node, by what the topic carries.
ROLES = (
    'image',
    'image/compressed',
    'depth',
    'depth/compressedDepth',
    'camera_info',
    'odom',
)


@contextmanager
def open_recording(path: Path) -> Iterator[AnyReader]:
    """
    Open a ``.mcap`` file or a rosbag2 folder.

    Raises ``StoreAccessError`` where there is none and ``InvalidObservationError`` where it is
    damaged.
    """
    if not path.exists():
        raise StoreAccessError(f'no recording at {path}')
    reader = AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY))
    try:
        reader.open()
    except (AnyReaderError, OSError, ValueError, KeyError, AssertionError) as error:
        raise InvalidObservationError(f'{path} cannot be read as a bag: {error}') from error
    try:
        yield reader
    finally:
        reader.close()


def _role(connection: Connection) -> str | None:
    topic, kind = connection.topic.lower(), connection.msgtype.rsplit('/', 1)[-1]
    depth = 'depth' in topic
    if kind == 'CompressedImage':
        return (
            'depth/compressedDepth' if 'compresseddepth' in topic or depth else 'image/compressed'
        )
    if kind == 'Image':
        return 'depth' if depth else 'image'
    if kind == 'CameraInfo':
        return None if depth else 'camera_info'
    return 'odom' if kind == 'Odometry' else None


def _transport(role: str, connection: Connection) -> str:
    """Return the role of a topic that was named ``image`` or ``depth`` but comes compressed."""
    compressed = {'image': 'image/compressed', 'depth': 'depth/compressedDepth'}
    if connection.msgtype.endswith('/CompressedImage'):
        return compressed.get(role, role)
    return role


def assign_roles(
    connections: list[Connection], named: Mapping[str, str] | None = None
) -> dict[str, Connection]:
    """
    Return one connection for each of ``ROLES`` that the recording can fill.

    Topics in ``named`` (role to topic) come first; the rest is told from type and name, the
    first in alphabetical order where several fit, raw before compressed. Raises
    ``InvalidObservationError`` for a role or a topic that does not exist.
    """
    named = dict(named or {})
    by_topic = {c.topic: c for c in connections}
    for role, topic in named.items():
        if role not in ROLES:
            raise InvalidObservationError(f'role must be one of {", ".join(ROLES)}, got {role!r}')
        if topic not in by_topic:
            raise InvalidObservationError(
                f'topic {topic!r} is not in the recording; it has {", ".join(sorted(by_topic))}'
            )
    roles = {_transport(role, by_topic[topic]): by_topic[topic] for role, topic in named.items()}
    for connection in sorted(connections, key=lambda c: c.topic):
        if (told := _role(connection)) is not None and connection not in roles.values():
            roles.setdefault(told, connection)
    for raw, compressed in (('image', 'image/compressed'), ('depth', 'depth/compressedDepth')):
        if raw in roles and compressed in roles:
            del roles[raw if roles[compressed].topic in named.values() else compressed]
    return roles
