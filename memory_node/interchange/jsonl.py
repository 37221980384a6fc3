"""
Observations and queries as JSON Lines, one object a line.

Observations carry ``id, stamp [s], position [x, y, z] [m], caption, objects [{label}],
neighbors [id]`` and optionally ``yaw [rad]``, ``orientation [x, y, z, w]``, ``map_id`` and
``source``; an object may add ``confidence``, ``position`` and ``extent``, a sign its ``text``.
Queries carry ``id, text`` and optionally ``goal [x, y, z]``, ``goal_ids`` and the filters of
``Query``.
Everything in a file is data: values are checked, unknown fields are ignored, and characters that
no one can see are taken off. What can be meant in one way only is taken however it is written: ids
that are numbers, positions without height or as ``{x, y, z}``, objects that are only names, stamps
as ISO 8601 or, by their size, in milli-, micro- or nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
import json
from pathlib import Path
from typing import Any, TypeVar

from memory_node.core.bounds import safe_characters
from memory_node.core.data import (
    DEFAULT_MAP_ID,
    Observation,
    Pose,
    Quaternion,
    Vector3,
)
from memory_node.core.errors import (
    InvalidObservationError,
    InvalidQueryError,
    MemoryNodeError,
    StoreAccessError,
)
from memory_node.core.perception.captions import clean_text
from memory_node.core.store.seen_by import packed_source, read_source
from memory_node.interchange.json_values import number, numbers, point, text, vector3
from memory_node.interchange.sightings import sighting_from_json, sighting_to_json

__all__ = [
    'Identity',
    'QueryRecord',
    'Rejected',
    'observation_from_dict',
    'observation_to_dict',
    'query_from_dict',
    'read_jsonl',
    'read_observations',
    'read_queries',
]

Record = TypeVar('Record')

#: Longest line that is parsed [bytes]; a longer one is refused, not read into memory as JSON.
MAX_LINE_BYTES = 4 * 2**20
#: A whole stamp above each is counted in units of so many nanoseconds: as seconds, it would lie
#: more than 3,000 years ahead.
_UNITS_NS = ((10**17, 1), (10**14, 10**3), (10**11, 10**6))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One line that was refused, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRecord:
    """One query of a batch, with its judgement where the file has one."""

    id: str
    text: str
    goal: Vector3 | None = None
    goal_ids: tuple[str, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)


def _id(value: object, name: str) -> str:
    """Return an id as text; one that was counted is a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return safe_characters(text(value, name))


def _ids(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidObservationError(f'{name} must be a list, got {value!r:.80}')
    return tuple(_id(v, name) for v in value)


def _stamp_ns(item: Mapping[str, Any]) -> int:
    """Return a stamp given in seconds, as ISO 8601, or in a unit that its size tells."""
    value = item.get('stamp', 0.0)
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip().replace('Z', '+00:00'))
            return round(moment.astimezone().timestamp() * 1e6) * 1000
        except (ValueError, OverflowError, OSError) as error:
            raise InvalidObservationError(
                f'stamp must be seconds or ISO 8601, got {value!r:.80}'
            ) from error
    seconds = number(value, 'stamp')
    for least, unit_ns in _UNITS_NS:
        if abs(seconds) >= least:
            return int(value) * unit_ns
    return round(seconds * 1e9)


def _strings(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InvalidObservationError(f'{name} must be a list, got {value!r:.80}')
    return tuple(text(v, name) for v in value)


def _clean_caption(caption: str) -> str:
    """Make text safe; blank the ``#`` that joins words of one name, not that of a number."""
    parts = clean_text(caption, max(1, len(caption))).text.split('#')
    text = parts[0]
    for part in parts[1:]:
        joins = text[-1:].isalnum() and part[:1].isalpha()
        text += (' ' if joins else '#') + part
    return text


def _pose(item: Mapping[str, Any]) -> Pose:
    position = point(item.get('position'), 'position')
    if item.get('orientation') is not None:
        x, y, z, w = numbers(item['orientation'], 'orientation', 4)
        orientation: Quaternion = (x, y, z, w)
        return Pose(position=position, orientation=orientation)
    return Pose.from_yaw(position, number(item.get('yaw') or 0.0, 'yaw'))


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How the observations of a file are told apart from those of others."""

    #: Overrules the map that lines name themselves.
    map_id: str | None = None
    #: Put before ids and neighbours, so that two files may count from zero.
    prefix: str = ''
    #: Fixed frame of each map, as held already and as lines tell; a map is in one frame only.
    frames: dict[str, str] = field(default_factory=dict)

    def frame(self, map_id: str, frame_id: str) -> None:
        """Take the frame that a line names; raises ``InvalidObservationError`` for another."""
        held = self.frames.setdefault(map_id, frame_id)
        if held != frame_id:
            raise InvalidObservationError(
                f'frame_id must be {held!r} as in all of map {map_id!r}, got {frame_id!r}'
            )


def observation_from_dict(item: object, identity: Identity | None = None) -> Observation:
    """Make an observation of one parsed line; raise ``InvalidObservationError`` by field."""
    if not isinstance(item, dict):
        raise InvalidObservationError(f'a line must hold an object, got {item!r:.80}')
    identity = identity or Identity()
    objects = item.get('objects', [])
    if not isinstance(objects, list):
        raise InvalidObservationError(f'objects must be a list, got {objects!r:.80}')
    neighbors = _ids(item.get('neighbors', []), 'neighbors')
    map_id = identity.map_id or _id(item.get('map_id', DEFAULT_MAP_ID), 'map_id')
    if item.get('frame_id') is not None:
        identity.frame(map_id, _id(item['frame_id'], 'frame_id').lstrip('/'))
    told = safe_characters(text(item.get('source', 'jsonl'), 'source'))
    source, camera, view_yaw_rad = read_source(told)
    return Observation(
        id=identity.prefix + _id(item.get('id'), 'id'),
        stamp_ns=_stamp_ns(item),
        pose=_pose(item),
        caption=_clean_caption(text(item.get('caption', ''), 'caption')),
        sightings=tuple(sighting_from_json(o) for o in objects),
        map_id=map_id,
        neighbors=tuple(identity.prefix + n for n in neighbors),
        source=source,
        camera=camera,
        view_yaw_rad=view_yaw_rad,
    )


def observation_to_dict(observation: Observation, frame_id: str = '') -> dict[str, Any]:
    """Return what ``observation_from_dict`` reads back, without embedding and keyframe."""
    told = {'frame_id': frame_id} if frame_id else {}
    return {
        **told,
        'id': observation.id,
        'stamp': observation.stamp_ns / 1e9,
        'map_id': observation.map_id,
        'position': list(observation.pose.position),
        'orientation': list(observation.pose.orientation),
        'caption': observation.caption,
        'objects': [sighting_to_json(s) for s in observation.sightings],
        'neighbors': list(observation.neighbors),
        'source': packed_source(observation),
    }


def query_from_dict(item: object) -> QueryRecord:
    """Make a query of one parsed line; raise ``InvalidQueryError`` naming the field."""
    if not isinstance(item, dict):
        raise InvalidQueryError(f'a line must hold an object, got {item!r:.80}')
    try:
        said = text(item.get('text', item.get('query')), 'text')
        goal = item.get('goal')
        filters = {
            name: item[name]
            for name in ('k', 'near', 'radius', 'since', 'until', 'map_id', 'mode', 'here', 'now')
            if item.get(name) is not None
        }
        return QueryRecord(
            id=str(item.get('id', '')),
            text=said,
            goal=None if goal is None else vector3(goal, 'goal'),
            goal_ids=_strings(item.get('goal_ids', []), 'goal_ids'),
            filters=filters,
        )
    except InvalidObservationError as error:
        raise InvalidQueryError(str(error)) from error


def read_jsonl(
    path: Path, parse: Callable[[object], Record], rejected: list[Rejected]
) -> Iterator[Record]:
    """
    Yield what ``parse`` makes of each line; refused lines are appended to ``rejected``.

    Raises ``StoreAccessError`` when the file can't be read at all.
    """
    try:
        with path.open('rb') as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    if len(line) > MAX_LINE_BYTES:
                        raise InvalidObservationError(f'line of {len(line)} bytes is too long')
                    yield parse(json.loads(line))
                except (ValueError, RecursionError, OverflowError) as error:
                    rejected.append(Rejected(line=number, reason=f'not JSON: {error}'))
                except MemoryNodeError as error:
                    rejected.append(Rejected(line=number, reason=str(error)))
    except OSError as error:
        raise StoreAccessError(f'cannot read {path}: {error.strerror}') from error


def read_observations(
    path: Path, rejected: list[Rejected], identity: Identity | None = None
) -> Iterator[Observation]:
    """Yield the observations of a JSON Lines file; refused lines go to ``rejected``."""

    def parse(item: object) -> Observation | None:
        if isinstance(item, dict) and 'correction' in item:
            return None  # read by ``corrections.py``
        return observation_from_dict(item, identity)

    return (o for o in read_jsonl(path, parse, rejected) if o is not None)


def read_queries(path: Path, rejected: list[Rejected]) -> Iterator[QueryRecord]:
    """Yield the queries of a JSON Lines file; refused lines go to ``rejected``."""
    return read_jsonl(path, query_from_dict, rejected)


def write_jsonl(items: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write one object a line and return how many."""
    count = 0
    with path.open('w', encoding='utf-8') as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=False) + '\n')
            count += 1
    return count
