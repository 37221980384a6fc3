"""
From a rosbag2 recording to observations, without ROS and as fast as the captioner allows.

The same gate, pairing and perception as in the node; only the transport is a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection

from memory_node.core.config import IngestConfig, KeyframeConfig, PerceptionConfig
from memory_node.core.data import DEFAULT_MAP_ID, Observation, Pose
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
from memory_node.core.perception.depth_images import decode_compressed_depth, decode_depth
from memory_node.core.perception.geometry import (
    camera_mounting,
    Intrinsics,
    transform_from_pose,
    unit_quaternion,
)
from memory_node.core.perception.images import (
    decode_color,
    decode_compressed_color,
    Image,
    RawImage,
)
from memory_node.core.perception.keyframes import KeyframeGate
from memory_node.core.perception.observer import Frame, Perceiver
from memory_node.core.perception.synchronizer import PoseBuffer, StampedBuffer
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.recording import assign_roles, open_recording
from memory_node.models.factory import make_captioner

__all__ = ['BagSettings', 'read_bag']

#: Keyframes stay open this long for depth and odometry that were recorded late [ns].
_LOOKAHEAD_NS = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BagSettings:
    """How a recording is described."""

    detector: Path | None = None
    classes: Path | None = None
    min_confidence: float = 0.3
    map_id: str | None = None
    #: (x, y, z, roll, pitch, yaw) of the camera link in the frame of odometry [m, rad].
    camera: tuple[float, float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _stamp_ns(message: Any) -> int:
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)


def _raw(message: Any) -> RawImage:
    return RawImage(
        height=message.height,
        width=message.width,
        encoding=message.encoding,
        step=message.step,
        data=message.data,
        is_bigendian=bool(message.is_bigendian),
    )


def _color(role: str, message: Any) -> Image:
    if role == 'image':
        return decode_color(_raw(message))
    return decode_compressed_color(message.data)


class _BagReader:
    """Pairs the messages of one recording, in the order they were recorded."""

    def __init__(self, settings: BagSettings, rejected: list[Rejected]) -> None:
        perception = PerceptionConfig(
            captioner='yolox',
            model_path=str(settings.detector or ''),
            classes_path=str(settings.classes or ''),
            min_confidence=settings.min_confidence,
        )
        ingest = IngestConfig()
        self._rejected = rejected
        self._slop_ns = round(ingest.pairing_slop_s * 1e9)
        self._poses = PoseBuffer(round(ingest.odometry_gap_s * 1e9))
        self._depths: StampedBuffer[Any] = StampedBuffer()
        self._cameras: StampedBuffer[Any] = StampedBuffer()
        self._waiting: list[tuple[int, str, Any]] = []
        self._gate = KeyframeGate(KeyframeConfig())
        self._base_T_camera = camera_mounting(settings.camera)
        self._perceiver = Perceiver(
            perception, make_captioner(perception), map_id=settings.map_id or DEFAULT_MAP_ID
        )

    def take(self, role: str, message: Any) -> Iterator[Observation]:
        """Take one message; yield the observations that it completes."""
        stamp_ns = _stamp_ns(message)
        if role.startswith('image'):
            self._waiting.append((stamp_ns, role, message))
        elif role.startswith('depth'):
            self._depths.add(stamp_ns, (role, message))
        elif role == 'camera_info':
            self._cameras.add(stamp_ns, message)
        else:
            self._take_odometry(stamp_ns, message)
        yield from self._complete(stamp_ns - _LOOKAHEAD_NS)

    def finish(self) -> Iterator[Observation]:
        """Yield what still waits at the end of the recording."""
        yield from self._complete(None)

    def _take_odometry(self, stamp_ns: int, message: Any) -> None:
        p, q = message.pose.pose.position, message.pose.pose.orientation
        try:
            pose = Pose(
                position=(p.x, p.y, p.z), orientation=unit_quaternion((q.x, q.y, q.z, q.w))
            )
        except (MemoryNodeError, ValueError) as error:
            self._reject(stamp_ns, f'odom: {error}')
        else:
            self._poses.add(stamp_ns, pose)

    def _complete(self, until_ns: int | None) -> Iterator[Observation]:
        while self._waiting and (until_ns is None or self._waiting[0][0] <= until_ns):
            stamp_ns, role, message = self._waiting.pop(0)
            try:
                observation = self._observe(stamp_ns, role, message)
            except MemoryNodeError as error:
                self._reject(stamp_ns, f'{role}: {error}')
            else:
                if observation is not None:
                    yield observation

    def _observe(self, stamp_ns: int, role: str, message: Any) -> Observation | None:
        found = self._poses.at(stamp_ns, hold_ns=self._slop_ns)
        if found.pose is None:
            raise InvalidObservationError(f'no odometry at its stamp ({found.status.value})')
        color: Image = (
            decode_color(_raw(message))
            if role == 'image'
            else decode_compressed_color(message.data)
        )
        if not self._gate.consider(stamp_ns, found.pose, color).keep:
            return None
        camera = self._cameras.nearest(stamp_ns, 10**9)
        return self._perceiver.observe(
            Frame(
                stamp_ns=stamp_ns,
                color=color,
                pose=found.pose,
                map_T_camera=transform_from_pose(found.pose) @ self._base_T_camera,
                depth_m=self._depth(stamp_ns),
                intrinsics=(
                    Intrinsics.from_k(camera.item.k, camera.item.width, camera.item.height)
                    if camera
                    else None
                ),
            )
        )

    def _depth(self, stamp_ns: int) -> Any:
        nearest = self._depths.nearest(stamp_ns, self._slop_ns)
        if nearest is None:
            return None
        role, message = nearest.item
        if role == 'depth':
            return decode_depth(_raw(message))
        return decode_compressed_depth(message.data, message.format)

    def _reject(self, stamp_ns: int, reason: str) -> None:
        self._rejected.append(Rejected(line=0, reason=f'at {stamp_ns * 1e-9:.3f} s: {reason}'))


def _messages(
    reader: AnyReader, roles: dict[int, str], wanted: list[Connection]
) -> Iterator[tuple[str, Any]]:
    for connection, _, content in reader.messages(wanted):
        yield roles[connection.id], reader.deserialize(content, connection.msgtype)


def read_bag(path: Path, settings: BagSettings, rejected: list[Rejected]) -> Iterator[Observation]:
    """
    Yield the observations of a recording; what is refused goes to ``rejected``.

    Raises ``StoreAccessError`` or ``InvalidObservationError`` if it can't be read, lacks
    pictures or odometry, and ``CaptionerError`` if no detector is given.
    """
    with open_recording(path) as reader:
        roles = assign_roles(reader.connections)
        if 'odom' not in roles or not {'image', 'image/compressed'} & roles.keys():
            raise InvalidObservationError(f'{path} needs colour pictures and odometry')
        by_id = {connection.id: role for role, connection in roles.items()}
        bag = _BagReader(settings, rejected)
        for role, message in _messages(reader, by_id, list(roles.values())):
            yield from bag.take(role, message)
        yield from bag.finish()
