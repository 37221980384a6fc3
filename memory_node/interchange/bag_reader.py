"""
The messages of a recording, fed to the pipeline of the node in the order they were recorded.

Pairing, keyframe gate and perception are those of the node (``core/perception/pipeline.py``); time
is that of the recording, nothing is dropped, and describing happens in the reader's own thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection

from memory_node.core.data import DEFAULT_MAP_ID, Observation
from memory_node.core.errors import MemoryNodeError
from memory_node.core.perception import descriptions
from memory_node.core.perception.camera_names import ONLY, topic_of
from memory_node.core.perception.cameras import CameraPoses
from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.geometry import camera_mounting
from memory_node.core.perception.messages import (
    pose_from_odometry,
    stamp_ns,
    transforms_from_msg,
)
from memory_node.core.perception.placement import doubted_unit
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.ports import Captioner, SignReader
from memory_node.interchange.bag_camera import BagCamera, BagSettings
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.recording import read_messages
from memory_node.interchange.topics import DESCRIPTIONS

__all__ = ['BagReader', 'Roles']

#: Topics whose faults cost a picture its positions, not the picture.
_SOFT = (
    'depth',
    'label_info',
    *DESCRIPTIONS,
    '/tf',
    '/tf_static',
)


#: Reasons that the closing line gives.
_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What the topics of a recording are for."""

    #: Topic to role, of each camera by its name; that of the only one is empty.
    cameras: Mapping[str, Mapping[str, str]]
    #: Topic of odometry, empty where there is none.
    odometry: str
    #: Topics whose stamps are all zero: the time of recording is taken.
    unstamped: frozenset[str]
    #: Connections that carry transforms.
    transforms: tuple[Connection, ...]

    @property
    def topics(self) -> frozenset[str]:
        """All topics that are taken but transforms."""
        own = {topic for roles in self.cameras.values() for topic in roles}
        return frozenset(own | ({self.odometry} - {''}))

    @property
    def described(self) -> bool:
        """Whether it is recorded what every camera saw."""
        return all(any(r in DESCRIPTIONS for r in c.values()) for c in self.cameras.values())


class BagReader:
    """Reads one recording; ``map_for`` says which map poses in a frame belong to."""

    def __init__(
        self,
        settings: BagSettings,
        captioner: Captioner | None,
        *,
        sign_reader: SignReader | None = None,
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
        self._now_s = 0.0
        self._unread: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._tree = FrameTree()
        self._poses = RobotPoses(lambda: ingest, tree=self._tree, say=say, warn=say)
        told = {ONLY: settings.camera, **settings.mountings}
        self._cameras = {
            name: BagCamera(
                name,
                settings,
                captioner,
                sign_reader=sign_reader,
                roles=own,
                poses=CameraPoses(
                    self._poses,
                    camera_mounting(mounting) if (mounting := told.get(name)) else None,
                ),
                ingest=ingest,
                map_for=map_for or (lambda frame_id: settings.map_id or DEFAULT_MAP_ID),
                refuse=self._refuse,
                clock=lambda: self._now_s,
            )
            for name, own in roles.cameras.items()
        }

    def read(self, reader: AnyReader) -> Iterator[Observation]:
        """Yield the observations of a recording."""
        roles, refuse = self._roles, partial(self._refuse, ONLY)
        static = [c for c in roles.transforms if 'static' in c.topic]
        for _, _, message in read_messages(reader, static, refuse):
            self._transforms(message, fixed=True)
        named = {t for own in roles.cameras.values() for t, r in own.items() if r == 'label_info'}
        early = [c for c in reader.connections if c.topic in named]  # latched: from the start
        for connection, _, message in read_messages(reader, early, refuse):
            self._take(connection.topic, 0, message)
        wanted = [
            c
            for c in reader.connections
            if c.topic in roles.topics - named or (c in roles.transforms and c not in static)
        ]
        for connection, recorded_ns, message in read_messages(reader, wanted, refuse):
            self._now_s = recorded_ns * 1e-9
            if connection.topic in roles.topics:
                stamp = stamp_ns(descriptions.header_of(message).stamp)
                if connection.topic in roles.unstamped:
                    stamp = recorded_ns
                self._take(connection.topic, stamp, message)
            else:
                self._transforms(message, fixed=False)
            yield from self._stored(last=False)
        yield from self._stored(last=True)

    def _stored(self, *, last: bool) -> Iterator[Observation]:
        for camera in self._cameras.values():
            camera.pipeline.work_off(last=last)
            done, camera.done = camera.done, []
            yield from done

    def closing_line(self) -> str:
        """Say how many sightings got a position, and why others, and pictures, did not."""
        cameras = self._cameras.values()
        counts = sum((camera.counts for camera in cameras), Counter[str]())
        unplaced = sum((camera.unplaced for camera in cameras), Counter[str]())
        unread = sum((camera.unread for camera in cameras), self._unread)
        line = f'{counts["positions"]} of {counts["sightings"]} sightings placed'
        because = [_told(unplaced)] if unplaced else []
        if self._lost:
            because.append(f'pictures were left out: {_told(self._lost)}')
        if because:
            line += f', because {"; ".join(because)}'
        if doubt := doubted_unit(counts):
            line += f'; {doubt}'
        if unread:
            line += f'; {_told(unread)}'
        return line

    def _take(self, topic: str, stamp: int, message: Any) -> None:
        if topic == self._roles.odometry:
            self._move(stamp, message)
        for name, own in self._roles.cameras.items():
            if topic in own:
                self._cameras[name].take(own[topic], stamp, message)

    def _move(self, stamp: int, message: Any) -> None:
        try:
            self._poses.add(
                stamp,
                pose_from_odometry(message),
                frame_id=descriptions.header_of(message).frame_id.lstrip('/'),
                child_frame_id=getattr(message, 'child_frame_id', ''),
            )
        except MemoryNodeError as error:
            self._refuse(ONLY, 'odom', str(error))
        for camera in self._cameras.values():
            camera.pipeline.moved()

    def _transforms(self, message: Any, *, fixed: bool) -> None:
        refuse = partial(self._refuse, ONLY, '/tf')
        for parent, child, pose, stamp in transforms_from_msg(message, refuse):
            self._tree.add(parent, child, pose, None if fixed else stamp)

    def _refuse(self, camera: str, topic: str, message: str) -> None:
        """Keep what cost a picture; what cost positions only is in the closing line."""
        if 'time starts anew' in message:  # nothing is lost by that
            self._say(f'{topic}: {message}')
            return
        if topic.endswith('camera_info'):  # told: what lacks it says only that none came
            self._unread[f'{topic_of(camera, topic)}: {message}'] += 1
            return
        own = self._cameras[camera].described if camera in self._cameras else ''
        if topic in _SOFT and not (topic == own and 'pose' in message):
            return
        topic = topic_of(camera, topic)
        if topic == 'recording':
            self._unread[message] += 1
        else:
            self._lost[f'{topic}: {message}'] += 1
        self._rejected.append(Rejected(line=0, reason=f'{topic}: {message}'))


def _told(reasons: Mapping[str, int]) -> str:
    """Return the most frequent reasons; those that differ in what came count together."""
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for reason, count in reasons.items():
        counts[first.setdefault(reason.partition(', got')[0], reason)] += count
    return '; '.join(f'{reason} ({count}x)' for reason, count in counts.most_common(_REASONS))
