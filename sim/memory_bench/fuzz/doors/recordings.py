"""Messages of a recording: bytes that were right once, through the reader of bags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
import numpy as np
from rosbags.typesys.store import Typestore

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.small_memory import SmallMemory
from memory_bench.fuzz.texts import captions, mostly, mutated, strange
from memory_node.core.perception.camera_names import ONLY
from memory_node.interchange.bag_camera import BagSettings
from memory_node.interchange.bag_reader import BagReader, Roles
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.message_types import known_types

__all__ = ['doors']

#: Topic, type and role, with detections in the recording.
_TOPICS = (
    ('/odom', 'nav_msgs/msg/Odometry', 'odom'),
    ('/image', 'sensor_msgs/msg/Image', 'image'),
    ('/image/compressed', 'sensor_msgs/msg/CompressedImage', 'image/compressed'),
    ('/depth', 'sensor_msgs/msg/Image', 'depth'),
    ('/depth/compressed', 'sensor_msgs/msg/CompressedImage', 'depth/compressedDepth'),
    ('/info', 'sensor_msgs/msg/CameraInfo', 'camera_info'),
    ('/labels', 'vision_msgs/msg/LabelInfo', 'label_info'),
    ('/tf', 'tf2_msgs/msg/TFMessage', ''),
)
_SEEN = (
    ('/seen', 'memory_msgs/msg/DetectionArray', 'detections'),
    ('/seen', 'vision_msgs/msg/Detection2DArray', 'detections_2d'),
    ('/seen', 'vision_msgs/msg/Detection3DArray', 'detections_3d'),
    ('/seen', 'memory_msgs/msg/Caption', 'caption'),
)
_STRINGS = strange | captions.map(lambda t: t[:200]) | st.sampled_from(
    ['rgb8', 'bgr8', 'mono8', '16UC1', '32FC1', 'yuv422', 'bayer_rggb8', 'nv12', 'jpeg', 'png',
     '16UC1; compressedDepth png', '16UC1; compressedDepth rvl', 'map', 'odom', 'base_link']
)  # fmt: skip
_REALS = st.sampled_from([0.0, 1.0, 0.7, -1.0, 160.0]) | st.floats(width=32)
_SMALL = st.sampled_from([0, 1, 4, 8, 12, 16, 24, 32, 48]) | st.integers(0, 255)
_ARRAY = 4


@dataclass(frozen=True)
class _Connection:
    topic: str
    msgtype: str


class _Recording:
    """Reads messages as ``rosbags`` does, from memory."""

    def __init__(self, types: Typestore, messages: Sequence[tuple[_Connection, bytes]]) -> None:
        self._types, self._messages = types, messages
        self.connections = list(dict.fromkeys(connection for connection, _ in messages))

    def messages(self, wanted: Sequence[_Connection]) -> Iterator[tuple[_Connection, int, bytes]]:
        for i, (connection, content) in enumerate(self._messages):
            if connection in wanted:
                yield connection, i * 50_000_000, content

    def deserialize(self, content: bytes, msgtype: str) -> Any:
        return self._types.deserialize_cdr(content, msgtype)


def _value(types: Typestore, kind: Any, depth: int) -> st.SearchStrategy[Any]:
    """Draw a value of a field as ``rosbags`` describes it: (node type, ...)."""
    node, detail = kind[0].name, kind[1]
    if node == 'NAME':
        return _message(types, detail, depth + 1)
    if node == 'BASE':
        name = detail[0]
        if name == 'string':
            return _STRINGS
        if name.startswith('float'):
            return _REALS
        if name == 'bool':
            return st.booleans()
        return _SMALL if name.startswith('u') else st.integers(-128, 127)
    inner, size = detail[0], detail[1]
    base = inner[1][0] if inner[0].name == 'BASE' else ''
    count = (size or 600) if node == 'ARRAY' else 0
    if base and base != 'string':
        kind_of = {'bool': np.bool_, 'byte': np.uint8, 'octet': np.uint8}.get(base) or np.dtype(
            base
        )
        sizes = st.just(count) if count else st.sampled_from([0, 1, 48, 192, 576])
        return st.tuples(sizes, st.integers(0, 2**32 - 1)).map(
            lambda drawn: (
                np.random.default_rng(drawn[1]).integers(0, 100, drawn[0]).astype(kind_of)
            )
        )
    item = _value(types, inner, depth)
    return st.lists(item, min_size=count, max_size=count or _ARRAY)


#: Fields that are most often right, so that something comes of a message.
_USUAL: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    'builtin_interfaces/msg/Time': {
        'sec': st.integers(0, 2),
        'nanosec': st.sampled_from([0, 500_000_000]),
    },
    'geometry_msgs/msg/Quaternion': {
        **dict.fromkeys(('x', 'y', 'z'), st.just(0.0)),
        'w': st.just(1.0),
    },
    'geometry_msgs/msg/Point': dict.fromkeys(('x', 'y', 'z'), st.floats(-5.0, 5.0)),
    'sensor_msgs/msg/Image': {
        'height': st.just(12),
        'width': st.just(16),
        'step': st.sampled_from([32, 48]),
        'encoding': st.sampled_from(['rgb8', '16UC1']),
        'is_bigendian': st.just(0),
        'data': st.just(np.arange(576, dtype=np.uint8)),
    },
}


def _message(types: Typestore, name: str, depth: int = 0) -> st.SearchStrategy[Any]:
    fields = types.fielddefs[name][1]
    drawn = {field: _value(types, kind, depth) for field, kind in fields}
    for field, usual in _USUAL.get(name, {}).items():
        drawn[field] = mostly(usual, drawn[field])
    return st.fixed_dictionaries(drawn).map(lambda values: types.types[name](**values))


def doors(folder: Path) -> Iterator[Door]:
    """Yield a reader for each role that says what was seen."""
    types = known_types()
    kept = SmallMemory(folder / 'recorded.db')
    for seen in _SEEN:
        topics = (*_TOPICS, seen)
        one = st.one_of(*(_encoded(types, topic, name) for topic, name, _ in topics))
        roles = Roles(
            cameras={ONLY: {topic: role for topic, _, role in topics if role not in ('', 'odom')}},
            odometry='/odom',
            unstamped=frozenset(),
            transforms=(_Connection('/tf', 'tf2_msgs/msg/TFMessage'),),  # type: ignore[arg-type]
        )

        def take(messages: list[Any], roles: Roles = roles) -> None:
            reader = BagReader(
                BagSettings(), None, roles=roles, say=_unheard, rejected=list[Rejected]()
            )
            found = list(reader.read(_Recording(types, messages)))  # type: ignore[arg-type]
            reader.closing_line()
            kept.add(
                [o for o in {o.id: o for o in found}.values() if not kept.memory.known([o.id])]
            )

        yield Door(
            name=f'recordings/{seen[2]}',
            inputs=st.lists(one, min_size=1, max_size=10),
            take=take,
            close=kept.close if seen == _SEEN[-1] else list,
            share=0.5,
        )


def _unheard(line: str) -> None:
    """Leave what the reader says unsaid."""


def _encoded(types: Typestore, topic: str, name: str) -> st.SearchStrategy[Any]:
    whole = _message(types, name).map(lambda m: _cdr(types, m, name))
    return st.tuples(st.just(_Connection(topic, name)), whole | mutated(whole))


def _cdr(types: Typestore, message: Any, name: str) -> bytes:
    try:
        return bytes(types.serialize_cdr(message, name))
    except UnicodeEncodeError:  # a lone surrogate is in no message
        return b'\x00\x01\x00\x00'
