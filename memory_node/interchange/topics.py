"""
What each topic of a recording is for: told from type, name, frame and encoding, or by a person.

A colour picture and its depth belong together by their frame and by the beginning of their names,
so that of two cameras the one with depth is taken, and never the picture of one with the depth of
the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
import re
from typing import Protocol, TypeVar

from memory_node.core.errors import InvalidObservationError

__all__ = [
    'DESCRIPTIONS',
    'ROLES',
    'Head',
    'Topic',
    'assign_descriptions',
    'assign_roles',
    'of_the_camera',
    'of_the_robot',
    'picture_topics',
]

#: Topics on which a detector or captioner of others says what it saw, those before others first.
DESCRIPTIONS = ('detections', 'detections_2d', 'detections_3d', 'caption')
#: Topic names of the memory node, by what the topic carries.
ROLES = (
    'image',
    'image/compressed',
    'depth',
    'depth/compressedDepth',
    'camera_info',
    'depth/camera_info',
    'odom',
    *DESCRIPTIONS,
    'label_info',
)
_KINDS = {
    'image': ('Image', 'CompressedImage'),
    'image/compressed': ('CompressedImage',),
    'depth': ('Image', 'CompressedImage'),
    'depth/compressedDepth': ('CompressedImage',),
    'camera_info': ('CameraInfo',),
    'depth/camera_info': ('CameraInfo',),
    'odom': ('Odometry', 'PoseWithCovarianceStamped', 'PoseStamped'),
    # By the whole name: messages of this kind are named alike in many packages.
    'detections': ('memory_msgs/msg/DetectionArray',),
    'detections_2d': ('vision_msgs/msg/Detection2DArray',),
    'detections_3d': ('vision_msgs/msg/Detection3DArray',),
    'caption': ('memory_msgs/msg/Caption',),
    'label_info': ('vision_msgs/msg/LabelInfo',),
}
_COMPRESSED = {'image': 'image/compressed', 'depth': 'depth/compressedDepth'}
#: Beginnings of words in the names of pictures of numbers that are no distances.
_NO_DEPTH = (
    'amplitude',
    'confidence',
    'cost',
    'disparity',
    'infra',
    'intensity',
    'mask',
    'normal',
)
#: Beginnings of words in the names of pictures that are not what the camera saw in colour.
_NO_COLOR = (*_NO_DEPTH, 'annotated', 'debug', 'depth', 'instance', 'label', 'overlay', 'semantic')


class Topic(Protocol):
    """A topic of a recording, as rosbags names it."""

    @property
    def topic(self) -> str:
        """Name with its leading slash."""

    @property
    def msgtype(self) -> str:
        """Type, as ``sensor_msgs/msg/Image``."""


TopicT = TypeVar('TopicT', bound=Topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the first messages of a topic say."""

    frame_id: str = ''
    #: ``encoding`` of an Image, ``format`` of a CompressedImage.
    encoding: str = ''
    #: Their stamps are all zero.
    unstamped: bool = False


_UNKNOWN = Head()


def _kind(topic: Topic) -> str:
    return topic.msgtype.rsplit('/', 1)[-1]


def _fits(topic: Topic, role: str) -> bool:
    return _kind(topic) in _KINDS[role] or topic.msgtype in _KINDS[role]


def _segments(topic: Topic) -> list[str]:
    return topic.topic.lower().strip('/').split('/')


def _says(topic: Topic, beginnings: Iterable[str]) -> bool:
    words = re.split(r'[/_]', topic.topic.lower())
    return 'ir' in words or any(word.startswith(tuple(beginnings)) for word in words)


def _shared(first: Topic, second: Topic) -> int:
    """Return how many parts of their names two topics begin with in common."""
    count = 0
    for a, b in zip(_segments(first)[:-1], _segments(second)[:-1], strict=False):
        if a != b:
            break
        count += 1
    return count


def _is_depth(topic: Topic, head: Head) -> bool:
    encoding = head.encoding.split(';')[0].strip().lower()
    named = 'depth' in topic.topic.lower()
    if not encoding:
        return named and not _says(topic, _NO_DEPTH)
    measures = encoding in ('16uc1', '32fc1') or (encoding == 'mono16' and named)
    return measures and not _says(topic, _NO_DEPTH)


def _is_color(topic: Topic, head: Head) -> bool:
    encoding = head.encoding.split(';')[0].strip().lower()
    if not encoding:
        return 'depth' not in topic.topic.lower()
    return encoding not in ('16uc1', '32fc1') and not _is_depth(topic, head)


def picture_topics(topics: Iterable[Topic]) -> list[str]:
    """Return the topics that could carry one of the roles, in order of their names."""
    kinds = {kind for kinds in _KINDS.values() for kind in kinds[:2]}
    return sorted({t.topic for t in topics if _kind(t) in kinds or t.msgtype in kinds})


class _Chooser:
    """Chooses topics for roles."""

    def __init__(self, topics: Iterable[Topic], heads: Mapping[str, Head]) -> None:
        self._topics = sorted(topics, key=lambda t: t.topic)
        self._heads = heads

    def of_kind(self, role: str) -> list[Topic]:
        return [t for t in self._topics if _fits(t, role)]

    def head(self, topic: Topic) -> Head:
        return self._heads.get(topic.topic, _UNKNOWN)

    def _apart(self, first: Topic, second: Topic) -> bool:
        """Tell whether two topics are known to be of different frames."""
        a, b = self.head(first).frame_id, self.head(second).frame_id
        return bool(a and b and a != b)

    def pictures(
        self, color: Topic | None, depth: Topic | None
    ) -> tuple[Topic | None, Topic | None]:
        """Return the colour and depth topic that fit together best; either may be told."""
        pictures = self.of_kind('image')
        colors = [color] if color else [t for t in pictures if _is_color(t, self.head(t))]
        depths = [depth] if depth else [t for t in pictures if _is_depth(t, self.head(t))]
        maybe: list[Topic | None] = [*depths] if depth else [*depths, None]
        some: list[Topic | None] = [*colors] or [None]
        pairs = product(some, maybe)
        return min(pairs, key=lambda pair: self._misfit(*pair))

    def _misfit(self, color: Topic | None, depth: Topic | None) -> tuple[object, ...]:
        if color is None or depth is None:
            some = color or depth
            return (
                color is not None and _says(color, _NO_COLOR),
                True,
                False,
                0,
                some is not None and _kind(some) == 'CompressedImage',
                False,
                some.topic if some else '',
                '',
            )
        return (
            _says(color, _NO_COLOR),
            False,
            self._apart(color, depth),
            -_shared(color, depth),
            _kind(color) == 'CompressedImage',
            _kind(depth) == 'CompressedImage',
            color.topic,
            depth.topic,
        )

    def info(self, of: Topic, *, depth: bool, taken: Topic | None = None) -> Topic | None:
        """Return the calibration of a picture topic, None where none can be its own."""
        infos = [t for t in self.of_kind('camera_info') if t is not taken and self._is_of(t, of)]
        if depth:
            infos = [t for t in infos if 'depth' in t.topic.lower() or self._same(t, of)]
        else:
            infos = [t for t in infos if 'depth' not in t.topic.lower() or self._same(t, of)]
        return min(
            infos,
            key=lambda t: (
                self._apart(t, of),
                -_shared(t, of),
                ('depth' in t.topic.lower()) != depth,
                t.topic,
            ),
            default=None,
        )

    def _same(self, first: Topic, second: Topic) -> bool:
        a, b = self.head(first).frame_id, self.head(second).frame_id
        return bool(a) and a == b

    def _is_of(self, info: Topic, of: Topic) -> bool:
        """Tell whether a calibration may be of this camera: of its frame, or near by name."""
        return not self._apart(info, of) or _shared(info, of) > 0


def _checked(topics: Iterable[Topic], named: Mapping[str, str]) -> dict[str, Topic]:
    """Return the topics that a person has named; raise where one can't be."""
    by_topic = {t.topic: t for t in topics}
    for role, name in named.items():
        if role not in ROLES:
            raise InvalidObservationError(f'role must be one of {", ".join(ROLES)}, got {role!r}')
        if name not in by_topic:
            raise InvalidObservationError(
                f'topic {name!r} is not in the recording; it has {", ".join(sorted(by_topic))}'
            )
        if not _fits(by_topic[name], role):
            raise InvalidObservationError(
                f'topic {name!r} holds {by_topic[name].msgtype}, which is no {role}'
            )
    return {role: by_topic[name] for role, name in named.items()}


def assign_roles(
    topics: Iterable[Topic],
    named: Mapping[str, str] | None = None,
    heads: Mapping[str, Head] | None = None,
) -> dict[str, Topic]:
    """
    Return one topic for each of ``ROLES`` that the recording can fill for one camera.

    Parameters
    ----------
    topics : iterable of Topic
        What the recording holds.
    named : mapping
        Role to topic, as told by a person; these come first.
    heads : mapping
        Topic to what its first messages say; without it, names must do. Pictures are chosen with
        depth before those without, of one frame, raw before compressed, then by name.

    Raises
    ------
    InvalidObservationError
        For a role or a topic that does not exist, or that does not go together.

    """
    topics = list(topics)
    told = _checked(topics, named or {})
    chooser = _Chooser(topics, heads or {})
    color, depth = chooser.pictures(
        told.get('image') or told.get('image/compressed'),
        told.get('depth') or told.get('depth/compressedDepth'),
    )
    roles: dict[str, Topic] = {}
    for role, picture in (('image', color), ('depth', depth)):
        if picture is not None:
            roles[_COMPRESSED[role] if _kind(picture) == 'CompressedImage' else role] = picture
    info = told.get('camera_info') or (chooser.info(color, depth=False) if color else None)
    if info is not None:
        roles['camera_info'] = info
    own = told.get('depth/camera_info') or (
        chooser.info(depth, depth=True, taken=info) if depth else None
    )
    if own is not None:
        roles['depth/camera_info'] = own
    odometry = [t for t in chooser.of_kind('odom') if _kind(t) == 'Odometry']
    if color is not None:  # that of the same robot, where several were recorded
        odometry = of_the_robot(odometry, color)
    if 'odom' in told or odometry:
        roles['odom'] = told['odom'] if 'odom' in told else odometry[0]
    return roles


def of_the_camera(
    topics: Iterable[TopicT], camera: str, named: Iterable[str] = ()
) -> list[TopicT]:
    """Return topics below the name of a camera, ``named`` and odometry; all of the only one."""
    told = set(named)
    return [
        t
        for t in topics
        if not camera
        or camera.lower() in _segments(t)[:-1]
        or t.topic in told
        or _kind(t) == 'Odometry'
    ]


def of_the_robot(topics: Iterable[Topic], picture: Topic) -> list[Topic]:
    """
    Return topics of the robot that took a picture: those in its namespace, else all.

    The namespace is what a topic stands in, ``/robot1`` of ``/robot1/odom``; one that also holds
    the picture is the robot's.
    """
    topics = sorted(topics, key=lambda t: (-len(_segments(t)), t.topic))
    return [t for t in topics if _shared(t, picture) == len(_segments(t)) - 1] or topics


def assign_descriptions(
    topics: Iterable[Topic], named: Mapping[str, str] | None = None, picture: Topic | None = None
) -> dict[str, Topic]:
    """Return the topic that says what was seen, and its label map, where they were recorded."""
    topics = sorted(topics, key=lambda t: t.topic)
    told = _checked(topics, named or {})
    found: dict[str, Topic] = {}
    for role in (*(r for r in DESCRIPTIONS if r in told), *DESCRIPTIONS):
        fitting = [t for t in topics if _fits(t, role)]
        if not fitting:
            continue
        nearest = max(fitting, key=lambda t: _shared(t, picture) if picture is not None else 0)
        found[role] = told.get(role, nearest)
        labels = [t for t in topics if _fits(t, 'label_info')]
        if 'label_info' in told or labels:
            close = max(labels, key=lambda t: _shared(t, found[role]))
            found['label_info'] = told.get('label_info', close)
        break
    return found
