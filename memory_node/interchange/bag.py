"""From a recording to observations, without ROS: its topics found, and all of it read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
import os
from pathlib import Path

from rosbags.highlevel import AnyReader

from memory_node.core.config import PerceptionConfig
from memory_node.core.data import Observation
from memory_node.core.errors import CaptionerError, InvalidObservationError
from memory_node.core.perception.camera_names import topic_of
from memory_node.core.ports import Captioner
from memory_node.interchange.bag_camera import BagSettings, DETECTORS
from memory_node.interchange.bag_reader import BagReader, Roles
from memory_node.interchange.camera_roles import told_by_camera
from memory_node.interchange.jsonl import Rejected
from memory_node.interchange.recording import is_tf, open_what_is_whole, peek
from memory_node.interchange.topics import (
    assign_descriptions,
    assign_roles,
    DESCRIPTIONS,
    Head,
    of_the_camera,
    of_the_robot,
    picture_topics,
    Topic,
)
from memory_node.models.factory import make_captioner, make_sign_reader

__all__ = ['BagSettings', 'read_bag']

_COLOR = ('image', 'image/compressed')


def read_bag(
    path: Path,
    settings: BagSettings,
    rejected: list[Rejected],
    *,
    say: Callable[[str], None] = lambda line: None,
    captioner: Captioner | None = None,
    map_for: Callable[[str], str] | None = None,
) -> Iterator[Observation]:
    """
    Yield the observations of a recording.

    Parameters
    ----------
    path : Path
        A rosbag2 folder, with or without its ``metadata.yaml``, that file, or one ``.mcap`` or
        ``.db3`` file, compressed by zstd or not.
    settings : BagSettings
        How it is read and described.
    rejected : list
        Pictures that were refused, and why, are appended here.
    say : callable
        Told which topics were taken, what had to be assumed, and at the end in one line how many
        sightings have a position, and why not all.
    captioner : Captioner or None
        Looks at the pictures. When left out: YOLOX from ``settings``, or nobody where detections
        or captions were recorded and ``settings`` name no detector.
    map_for : callable or None
        Returns the map for poses in a fixed frame; that of ``settings`` when left out.

    Raises
    ------
    StoreAccessError, InvalidObservationError
        If it can't be read, or lacks pictures or poses.
    CaptionerError
        If no detector is given and nothing was described.

    """
    with open_what_is_whole(path, say, rejected) as opened:
        roles, found = _roles(path, opened, settings, looked_at=captioner is not None)
        say('taken: ' + ', '.join(f'{role} {topic.topic}' for role, topic in found.items()))
        left = [t for t in picture_topics(opened.connections) if t not in roles.topics]
        if left:
            say(
                f'not taken: {", ".join(left)};'
                ' --topic ROLE=TOPIC takes another, --cameras several'
            )
        for topic in sorted(roles.unstamped & roles.topics):
            say(f'stamps of {topic} are all zero: the time of recording is taken instead')
        sign_reader = make_sign_reader(_perception(settings))
        if not (roles.described or captioner or _signs_alone(settings)):
            captioner = _captioner(settings)
        reader = BagReader(
            settings,
            captioner,
            sign_reader=sign_reader,
            roles=roles,
            say=say,
            rejected=rejected,
            map_for=map_for,
        )
        yield from reader.read(opened)
        say(reader.closing_line())


def _captioner(settings: BagSettings) -> Captioner:
    """Make what looks at the pictures; raise ``CaptionerError`` where nothing does."""
    nothing = (
        'nothing says what the pictures show: name a detector (--detector ONNX) or another'
        f' captioner; the recording holds none of {", ".join(DESCRIPTIONS)}'
    )
    config = _perception(settings)
    try:
        made = make_captioner(config)
    except CaptionerError as error:
        if settings.captioner in DETECTORS and settings.detector is None:
            raise CaptionerError(nothing) from error
        raise
    if made is None:
        raise CaptionerError(nothing)
    return made


def _signs_alone(settings: BagSettings) -> bool:
    """Tell whether signs are all that is looked for: no detector is named."""
    looks = settings.captioner not in DETECTORS or settings.detector is not None
    return settings.signs != 'none' and not looks


def _perception(settings: BagSettings) -> PerceptionConfig:
    try:
        return PerceptionConfig(
            captioner=settings.captioner,
            model_path=str(settings.detector or ''),
            classes_path=str(settings.classes or ''),
            min_confidence=settings.min_confidence,
            signs=settings.signs,
            signs_threads=min(os.cpu_count() or 1, 64),
        )
    except ValueError as error:
        raise CaptionerError(f'--captioner: {error}') from error


def _roles(
    path: Path, opened: AnyReader, settings: BagSettings, *, looked_at: bool
) -> tuple[Roles, Mapping[str, Topic]]:
    """Return what the topics are for; raise where something is missing, naming what is there."""
    heads, connections = peek(opened), opened.connections
    others = (*DETECTORS, 'detections', 'caption')
    looked_at = looked_at or settings.detector is not None or settings.captioner not in others
    cameras: dict[str, dict[str, Topic]] = {}
    told = told_by_camera(settings.topics, settings.cameras)
    for name in told:
        own = of_the_camera(connections, name, told[name].values())
        cameras[name] = _of_one(own, told[name], heads, looked_at=looked_at)
    first = next(iter(cameras.values()))
    odometry = first.get('odom')
    picture = next((first[role] for role in _COLOR if role in first), None)
    transforms = [c for c in connections if is_tf(c)]
    if picture is not None:
        known = {t.topic for t in of_the_robot(transforms, picture)}
        transforms = [c for c in transforms if c.topic in known]
    missing = [
        f'colour pictures{f" of {name}" if name else ""}'
        for name, found in cameras.items()
        if not any(role in found for role in (*_COLOR, *DESCRIPTIONS))
    ]
    if odometry is None and not transforms:
        missing.append('odometry')
    if missing:
        there = ', '.join(f'{c.topic} ({c.msgtype})' for c in connections)
        raise InvalidObservationError(
            f'{path} needs colour pictures and odometry, and has no {" and no ".join(missing)}'
            f' among {there or "no topics"}; --topic ROLE=TOPIC names them'
        )
    own_roles = {
        name: {topic.topic: role for role, topic in found.items() if role != 'odom'}
        for name, found in cameras.items()
    }
    infos = {t for own in own_roles.values() for t, role in own.items() if role.endswith('_info')}
    roles = Roles(
        cameras=own_roles,
        odometry=odometry.topic if odometry is not None else '',
        unstamped=frozenset(t for t, h in heads.items() if h.unstamped and t not in infos),
        transforms=tuple(transforms),
    )
    taken = {
        topic_of(name, role): topic
        for name, found in cameras.items()
        for role, topic in found.items()
        if role != 'odom'
    }
    return roles, taken | ({'odom': odometry} if odometry is not None else {})


def _of_one(
    topics: Iterable[Topic],
    told: Mapping[str, str],
    heads: Mapping[str, Head],
    *,
    looked_at: bool,
) -> dict[str, Topic]:
    """Return the topics of one camera, and odometry, by their roles."""
    said = (*DESCRIPTIONS, 'label_info')
    found = assign_roles(topics, {r: t for r, t in told.items() if r not in said}, heads)
    described = {r: t for r, t in told.items() if r in said}
    if described or not looked_at:
        picture = next((found[role] for role in _COLOR if role in found), None)
        found |= assign_descriptions(topics, described, picture)
    return found
