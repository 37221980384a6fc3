"""
From a recording to observations, without ROS: a reader that makes the calls subscriptions make.

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

from memory_node.core.config import IngestConfig, KeyframeConfig, PerceptionConfig
from memory_node.core.data import DEFAULT_MAP_ID, Observation
from memory_node.core.errors import InvalidObservationError, MemoryNodeError
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
from memory_node.core.ports import Captioner
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.recording import is_tf, open_what_is_whole, peek, read_messages
from memory_node.interchange.topics import assign_roles, picture_topics
from memory_node.models.factory import make_captioner

__all__ = ['BagSettings', 'read_bag']

#: Topics whose faults cost a picture its positions, not the picture.
_SOFT = ('depth', 'camera_info', 'depth/camera_info', 'caption', 'detections', '/tf', '/tf_static')
#: Reasons that the closing line gives.
_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BagSettings:
    """How a recording is read and described."""

    detector: Path | None = None
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


class _Reader:
    """Feeds the messages of one recording to a pipeline, in the order they were recorded."""

    def __init__(
        self,
        settings: BagSettings,
        captioner: Captioner | None,
        say: Callable[[str], None],
        rejected: list[Rejected],
    ) -> None:
        perception = PerceptionConfig(
            captioner='yolox',
            model_path=str(settings.detector or ''),
            classes_path=str(settings.classes or ''),
            min_confidence=settings.min_confidence,
        )
        wait_s = max(settings.ingest.companion_timeout_s, settings.ingest.odometry_gap_s + 0.5)
        ingest = replace(settings.ingest, companion_timeout_s=wait_s)
        self._say = say
        self._rejected = rejected
        self._unit_m = settings.depth_unit_m
        self._now_s = 0.0
        self._done: list[Observation] = []
        self._frames = FrameTree()
        self._poses = RobotPoses(
            lambda: ingest,
            camera_mounting(settings.camera) if settings.camera is not None else None,
            tree=self._frames,
            say=say,
            warn=say,
        )
        self._perceiver = Perceiver(
            perception,
            captioner if captioner is not None else make_captioner(perception),
            map_id=settings.map_id or DEFAULT_MAP_ID,
        )
        self._published: frozenset[str] = frozenset()
        keyframes = KeyframeConfig()
        self._pipeline = Pipeline(
            trigger='image',
            poses=self._poses,
            counters=Counters(),
            config=lambda: ingest,
            keyframes=lambda: keyframes,
            outlets=Outlets(
                store=self._store,
                refuse=self._refuse,
                bug=_raise,
                published=lambda: self._published,
            ),
            depth_is_registered=settings.depth_registered,
            clock=lambda: self._now_s,
            capacity=max(64, round(60 * wait_s)),
        )

    def read(
        self, reader: AnyReader, roles: Mapping[str, str], unstamped: frozenset[str]
    ) -> Iterator[Observation]:
        """Yield the observations of a recording; ``roles`` says what its topics are for."""
        self._published = frozenset(role.split('/')[0] for role in roles.values())
        connections = {c.id: c for c in reader.connections if c.topic in roles}
        fixed = [c for c in reader.connections if is_tf(c) and 'static' in c.topic]
        moving = [c for c in reader.connections if is_tf(c) and 'static' not in c.topic]
        for _, _, message in read_messages(reader, fixed, self._refuse):
            self._transforms(message, fixed=True)
        wanted = [*connections.values(), *moving]
        for connection, recorded_ns, message in read_messages(reader, wanted, self._refuse):
            self._now_s = recorded_ns * 1e-9
            if connection.id in connections:
                stamped = connection.topic not in unstamped
                stamp = stamp_ns(message.header.stamp) if stamped else recorded_ns
                self._take(roles[connection.topic], stamp, message)
            else:
                self._transforms(message, fixed=False)
            self._pipeline.work_off()
            yield from self._taken()
        self._pipeline.work_off(last=True)
        yield from self._taken()

    def closing_line(self) -> str:
        """Say how many sightings got a position, and why others, and pictures, did not."""
        counts = self._perceiver.counts
        placed, sightings = counts.get('positions', 0), counts.get('sightings', 0)
        line = f'{placed} of {sightings} sightings placed'
        if unplaced := self._perceiver.unplaced:
            line += f', because {_told(unplaced)}'
        if self._rejected:
            lost = Counter(r.reason for r in self._rejected)
            line += f'{"; " if unplaced else ", because "}pictures were left out: {_told(lost)}'
        return line

    def _taken(self) -> Iterator[Observation]:
        done, self._done = self._done, []
        yield from done

    def _take(self, role: str, stamp: int, message: Any) -> None:
        try:
            frame_id = message.header.frame_id.lstrip('/')
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
            else:
                self._poses.add(
                    stamp,
                    pose_from_odometry(message),
                    frame_id=frame_id,
                    child_frame_id=getattr(message, 'child_frame_id', ''),
                )
                self._pipeline.moved()
        except MemoryNodeError as error:
            self._refuse(role, str(error))

    def _transforms(self, message: Any, *, fixed: bool) -> None:
        refuse = partial(self._refuse, '/tf')
        for parent, child, pose, stamp in transforms_from_msg(message, refuse):
            self._frames.add(parent, child, pose, None if fixed else stamp)

    def _store(self, pending: PendingFrame) -> None:
        self._done.append(self._perceiver.observe(frame_of(pending, self._refuse)))

    def _refuse(self, topic: str, message: str) -> None:
        """Keep what cost a picture; what cost positions only is in the closing line."""
        if topic not in _SOFT:
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


def read_bag(
    path: Path,
    settings: BagSettings,
    rejected: list[Rejected],
    *,
    say: Callable[[str], None] = lambda line: None,
    captioner: Captioner | None = None,
) -> Iterator[Observation]:
    """
    Yield the observations of a recording.

    Parameters
    ----------
    path : Path
        A rosbag2 folder, its ``metadata.yaml``, or one ``.mcap`` or ``.db3`` file.
    settings : BagSettings
        How it is read and described.
    rejected : list
        Pictures that were refused, and why, are appended here.
    say : callable
        Told which topics were taken, what had to be assumed, and at the end in one line how many
        sightings have a position, and why not all.
    captioner : Captioner or None
        Looks at the pictures; YOLOX from ``settings`` when left out.

    Raises
    ------
    StoreAccessError, InvalidObservationError
        If it can't be read, or lacks pictures or odometry.
    CaptionerError
        If no detector is given.

    """
    with open_what_is_whole(path, say, rejected) as opened:
        heads = peek(opened)
        roles = assign_roles(opened.connections, settings.topics, heads)
        has_tf = any(is_tf(c) for c in opened.connections)
        _check(path, opened, frozenset(roles), has_tf)
        taken = {topic.topic: role for role, topic in roles.items()}
        say('taken: ' + ', '.join(f'{role} {topic.topic}' for role, topic in roles.items()))
        if left := [t for t in picture_topics(opened.connections) if t not in taken]:
            say(f'not taken: {", ".join(left)}; --topic ROLE=TOPIC takes another')
        unstamped = frozenset(t for t in taken if t in heads and heads[t].unstamped)
        for topic in sorted(unstamped):
            say(f'stamps of {topic} are all zero: the time of recording is taken instead')
        reader = _Reader(settings, captioner, say, rejected)
        yield from reader.read(opened, taken, unstamped)
        say(reader.closing_line())


def _check(path: Path, reader: AnyReader, roles: frozenset[str], has_tf: bool) -> None:
    missing = []
    if not roles & {'image', 'image/compressed'}:
        missing.append('colour pictures')
    if 'odom' not in roles and not has_tf:
        missing.append('odometry')
    if missing:
        topics = ', '.join(f'{c.topic} ({c.msgtype})' for c in reader.connections)
        raise InvalidObservationError(
            f'{path} needs colour pictures and odometry, and has no {" and no ".join(missing)}'
            f' among {topics or "no topics"}; --topic ROLE=TOPIC names them'
        )
