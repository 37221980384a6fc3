"""
The messages of a recording, fed to the pipeline of the node in the order they were recorded.

Pairing, keyframe gate and perception are those of the node (``core/perception/pipeline.py``); time
is that of the recording, nothing is dropped, and describing happens in the reader's own thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection

from memory_node.core.config import IngestConfig, KeyframeConfig, PerceptionConfig
from memory_node.core.data import DEFAULT_MAP_ID, Observation
from memory_node.core.errors import MemoryNodeError
from memory_node.core.perception import descriptions
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.depth_images import decode_compressed_depth, decode_depth
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.frames import DepthPicture, frame_of, PendingFrame, Picture
from memory_node.core.perception.geometry import camera_mounting
from memory_node.core.perception.messages import (
    intrinsics_from_msg,
    pose_from_odometry,
    raw_image,
    stamp_ns,
    transforms_from_msg,
)
from memory_node.core.perception.observer import Perceiver
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.ports import Caption, Captioner
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.recording import read_messages
from memory_node.interchange.topics import DESCRIPTIONS

__all__ = ['BagReader', 'BagSettings', 'Roles']

#: Topics whose faults cost a picture its positions, not the picture.
_SOFT = (
    'depth',
    'camera_info',
    'depth/camera_info',
    'label_info',
    *DESCRIPTIONS,
    '/tf',
    '/tf_static',
)


#: Reasons that the closing line gives.
_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BagSettings:
    """How a recording is read and described."""

    #: What looks at the pictures: ``yolox``, whose model is ``detector``, or a plug-in.
    captioner: str = 'yolox'
    detector: Path | None = None
    #: Class names of the detector, or of recorded detections whose class_id is a number.
    classes: Path | None = None
    min_confidence: float = 0.3
    map_id: str | None = None
    #: (x, y, z, roll, pitch, yaw) of the camera's link in the frame that odometry moves [m, rad];
    #: None leaves it to TF.
    camera: tuple[float, ...] | None = None
    #: Role to topic, where type, name and frame do not tell.
    topics: Mapping[str, str] = field(default_factory=dict)
    #: Metres per count of depth; 0: by its encoding.
    depth_unit_m: float = 0.0
    #: Depth is registered to colour, whatever their frames are called.
    depth_registered: bool = False
    ingest: IngestConfig = field(default_factory=IngestConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What the topics of a recording are for."""

    #: Topic to role.
    topics: Mapping[str, str]
    #: Topics whose stamps are all zero: the time of recording is taken.
    unstamped: frozenset[str]
    #: Connections that carry transforms.
    transforms: tuple[Connection, ...]

    @property
    def described(self) -> str:
        """Return the role that says what was seen; empty where pictures are looked at."""
        return next((r for r in self.topics.values() if r in DESCRIPTIONS), '')


class BagReader:
    """Reads one recording; ``map_for`` says which map poses in a frame belong to."""

    def __init__(
        self,
        settings: BagSettings,
        captioner: Captioner | None,
        *,
        roles: Roles,
        say: Callable[[str], None],
        rejected: list[Rejected],
        map_for: Callable[[str], str] | None = None,
    ) -> None:
        """Make a reader at the start; without a captioner, descriptions are in the recording."""
        wait_s = max(settings.ingest.companion_timeout_s, settings.ingest.odometry_gap_s + 0.5)
        ingest = replace(settings.ingest, companion_timeout_s=wait_s)
        self._roles = roles
        self._say = say
        self._rejected = rejected
        self._unit_m = settings.depth_unit_m
        self._map_for = map_for or (lambda frame_id: settings.map_id or DEFAULT_MAP_ID)
        self._names = ClassNames(str(settings.classes or '') if captioner is None else '')
        self._now_s = 0.0
        self._done: list[Observation] = []
        self._unread: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._tree = FrameTree()
        self._poses = RobotPoses(
            lambda: ingest,
            camera_mounting(settings.camera) if settings.camera is not None else None,
            tree=self._tree,
            say=say,
            warn=say,
        )
        perception = PerceptionConfig(
            captioner='caption' if roles.described == 'caption' else 'detections',
            min_confidence=settings.min_confidence,
        )
        self._captioner = captioner
        self._perceivers: dict[str, Perceiver] = {}
        self._perception = perception
        published = frozenset(role.split('/')[0] for role in roles.topics.values())
        keyframes = KeyframeConfig()
        self._pipeline = Pipeline(
            trigger=roles.described or 'image',
            poses=self._poses,
            counters=Counters(),
            config=lambda: ingest,
            keyframes=lambda: keyframes,
            outlets=Outlets(
                store=self._store,
                refuse=self._refuse,
                bug=_raise,
                published=lambda: published,
            ),
            depth_is_registered=settings.depth_registered,
            clock=lambda: self._now_s,
            capacity=max(64, round(60 * wait_s)),
        )

    def read(self, reader: AnyReader) -> Iterator[Observation]:
        """Yield the observations of a recording."""
        roles = self._roles
        for fixed in (True, False):
            early = [c for c in reader.connections if self._is_early(c, transforms=fixed)]
            for connection, _, message in read_messages(reader, early, self._refuse):
                if fixed:
                    self._transforms(message, fixed=True)
                else:
                    self._take(roles.topics[connection.topic], 0, message)
        wanted = [
            c
            for c in reader.connections
            if (c.topic in roles.topics and roles.topics[c.topic] != 'label_info')
            or (c in roles.transforms and 'static' not in c.topic)
        ]
        for connection, recorded_ns, message in read_messages(reader, wanted, self._refuse):
            self._now_s = recorded_ns * 1e-9
            if connection.topic in roles.topics:
                stamp = stamp_ns(descriptions.header_of(message).stamp)
                if connection.topic in roles.unstamped:
                    stamp = recorded_ns
                self._take(roles.topics[connection.topic], stamp, message)
            else:
                self._transforms(message, fixed=False)
            self._pipeline.work_off()
            yield from self._taken()
        self._pipeline.work_off(last=True)
        yield from self._taken()

    def _is_early(self, connection: Connection, *, transforms: bool) -> bool:
        """Whether a topic was latched, so that it holds from the start."""
        if transforms:
            return connection in self._roles.transforms and 'static' in connection.topic
        return self._roles.topics.get(connection.topic) == 'label_info'

    def closing_line(self) -> str:
        """Say how many sightings got a position, and why others, and pictures, did not."""
        counts: Counter[str] = Counter()
        unplaced: Counter[str] = Counter()
        for perceiver in self._perceivers.values():
            counts.update(perceiver.counts)
            unplaced.update(perceiver.unplaced)
        line = f'{counts["positions"]} of {counts["sightings"]} sightings placed'
        because = [_told(unplaced)] if unplaced else []
        if self._lost:
            because.append(f'pictures were left out: {_told(self._lost)}')
        if because:
            line += f', because {"; ".join(because)}'
        if self._unread:
            line += f'; {_told(self._unread)}'
        return line

    def _taken(self) -> Iterator[Observation]:
        done, self._done = self._done, []
        yield from done

    def _take(self, role: str, stamp: int, message: Any) -> None:
        try:
            frame_id = descriptions.header_of(message).frame_id.lstrip('/')
            if role == 'image':
                self._pipeline.image(stamp, frame_id, Picture(raw_image(message)))
            elif role == 'image/compressed':
                self._pipeline.image(stamp, frame_id, Picture(bytes(message.data)))
            elif role == 'depth':
                decode = partial(decode_depth, raw_image(message), self._unit_m)
                self._pipeline.depth(stamp, DepthPicture(decode=decode, frame_id=frame_id))
            elif role == 'depth/compressedDepth':
                decode = partial(
                    decode_compressed_depth, message.data, message.format, self._unit_m
                )
                self._pipeline.depth(stamp, DepthPicture(decode=decode, frame_id=frame_id))
            elif role == 'camera_info':
                self._pipeline.camera_info(intrinsics_from_msg(message))
            elif role == 'depth/camera_info':
                self._pipeline.depth_camera_info(intrinsics_from_msg(message))
            elif role == 'label_info':
                self._names.learn((c.class_id, c.class_name) for c in message.class_map)
            elif role == 'odom':
                self._poses.add(
                    stamp,
                    pose_from_odometry(message),
                    frame_id=frame_id,
                    child_frame_id=getattr(message, 'child_frame_id', ''),
                )
                self._pipeline.moved()
            else:
                self._described(role, stamp, frame_id, message)
        except MemoryNodeError as error:
            self._refuse(role, str(error))

    def _described(self, role: str, stamp: int, frame_id: str, message: Any) -> None:
        caption: Caption | None
        if role == 'detections':
            caption, refused = descriptions.caption_from_detections(message)
        elif role == 'detections_2d':
            caption, refused = descriptions.caption_from_vision_2d(message, self._names)
        elif role == 'detections_3d':
            caption, refused = descriptions.caption_from_vision_3d(message, self._names)
        else:
            caption, refused = descriptions.caption_from_text(message)
        self._unread.update(f'{role}: {reason}' for reason in refused)
        if caption is not None:
            self._pipeline.described(stamp, frame_id, caption)

    def _transforms(self, message: Any, *, fixed: bool) -> None:
        refuse = partial(self._refuse, '/tf')
        for parent, child, pose, stamp in transforms_from_msg(message, refuse):
            self._tree.add(parent, child, pose, None if fixed else stamp)

    def _store(self, pending: PendingFrame) -> None:
        frame = frame_of(pending, self._refuse)
        map_id = self._map_for(frame.fixed_frame)
        if map_id not in self._perceivers:
            self._perceivers[map_id] = Perceiver(self._perception, self._captioner, map_id=map_id)
        self._done.append(self._perceivers[map_id].observe(frame))

    def _refuse(self, topic: str, message: str) -> None:
        """Keep what cost a picture; what cost positions only is in the closing line."""
        if 'time starts anew' in message:  # nothing is lost by that
            self._say(f'{topic}: {message}')
            return
        if topic in _SOFT and not (topic == self._roles.described and 'pose' in message):
            return
        if topic == 'recording':
            self._unread[message] += 1
        else:
            self._lost[f'{topic}: {message}'] += 1
        self._rejected.append(Rejected(line=0, reason=f'{topic}: {message}'))


def _raise(error: BaseException) -> None:
    raise error


def _told(reasons: Mapping[str, int]) -> str:
    """Return the most frequent reasons; those that differ in what came count together."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for reason, count in reasons.items():
        counts[first.setdefault(reason.partition(', got')[0], reason)] += count
    return '; '.join(f'{reason} ({count}x)' for reason, count in counts.most_common(_REASONS))
