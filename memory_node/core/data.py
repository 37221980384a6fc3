"""
Value types of the memory: what goes in, what comes out.

All geometry is in the fixed frame of its map (REP-105 ``map``): x forward, y left, z up, metres
and radians (REP-103). All stamps are nanoseconds since the epoch of the robot's clock.
The types are frozen and check themselves, so a value that exists is a value that makes sense.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
import math
import re
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from memory_node.core.bounds import (
    MAX_COORDINATE_M,
    MAX_EXTENT_M,
    MAX_PARTS,
    MAX_STAMP_NS,
    within,
)
from memory_node.core.errors import InvalidObservationError, InvalidQueryError

__all__ = [
    'CAMERA_NAME',
    'DEFAULT_MAP_ID',
    'MAX_CAPTION_CHARS',
    'FloatArray',
    'Observation',
    'Place',
    'Pose',
    'Quaternion',
    'Query',
    'QueryMode',
    'Retrieval',
    'Route',
    'Sighting',
    'Vector3',
]

FloatArray: TypeAlias = NDArray[np.float32]
Vector3: TypeAlias = tuple[float, float, float]
Quaternion: TypeAlias = tuple[float, float, float, float]

DEFAULT_MAP_ID = 'map'
MAX_CAPTION_CHARS = 8192
MAX_ID_CHARS = 256
#: A camera is called by one part of a topic's name.
CAMERA_NAME = re.compile(r'[A-Za-z]\w{0,63}', re.ASCII)
MAX_QUERY_CHARS = 4096
#: Half a turn and what rounding adds [rad].
_HALF_TURN_RAD = 3.1417
MAX_K = 1000


def _finite(values: tuple[float, ...]) -> bool:
    return all(math.isfinite(v) for v in values)


def _short(values: object) -> str:
    return f'{values!r:.120}'


def _check_observed(name: str, values: tuple[float, ...], bound: float) -> None:
    if not within(values, 3, bound):
        raise InvalidObservationError(
            f'{name} must be finite, three numbers of at most {bound:g} m, got {_short(values)}'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """A pose in the map frame: position [m], unit quaternion (x, y, z, w), covariance."""

    position: Vector3
    orientation: Quaternion = (0.0, 0.0, 0.0, 1.0)
    #: Row-major 6x6 covariance over (x, y, z, roll, pitch, yaw) [m^2, rad^2]; empty if unknown.
    covariance: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_observed('pose.position', self.position, MAX_COORDINATE_M)
        if not within(self.orientation, 4, 2.0):
            raise InvalidObservationError(
                f'pose.orientation must be finite, got {_short(self.orientation)}'
            )
        if abs(math.hypot(*self.orientation) - 1.0) > 1e-2:
            raise InvalidObservationError(
                f'pose.orientation must be a unit quaternion, got {self.orientation}'
            )
        if len(self.covariance) not in (0, 36) or not _finite(self.covariance):
            raise InvalidObservationError('pose.covariance must hold 0 or 36 finite values')

    @classmethod
    def from_yaw(cls, position: Vector3, yaw_rad: float) -> Pose:
        """Stand at ``position`` [m] and face ``yaw_rad`` about +z, 0 along +x."""
        half = 0.5 * yaw_rad
        return cls(position=position, orientation=(0.0, 0.0, math.sin(half), math.cos(half)))

    @property
    def yaw_rad(self) -> float:
        """Heading about +z in (-pi, pi], 0 along +x."""
        x, y, z, w = self.orientation
        return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One object seen in one frame; position and extent in the map frame when depth was known."""

    label: str
    confidence: float = 1.0
    position: Vector3 | None = None
    #: Full size of the axis-aligned box around the seen part [m].
    extent: Vector3 | None = None

    def __post_init__(self) -> None:
        if not self.label.strip() or len(self.label) > MAX_ID_CHARS:
            raise InvalidObservationError('sighting.label must hold 1 to 256 characters')
        if not 0.0 <= self.confidence <= 1.0:
            raise InvalidObservationError(
                f'sighting.confidence must be in [0, 1], got {self.confidence}'
            )
        for name, vector in (('position', self.position), ('extent', self.extent)):
            bound = MAX_EXTENT_M if name == 'extent' else MAX_COORDINATE_M
            if vector is not None:
                _check_observed(f'sighting.{name}', vector, bound)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """
    What the robot saw from one pose: a leaf of the semantic forest.

    Append-only: never edited in place once stored. ``embedding`` may be left out; the memory then
    encodes the caption and labels itself.
    """

    id: str
    stamp_ns: int
    pose: Pose
    caption: str = ''
    sightings: tuple[Sighting, ...] = ()
    map_id: str = DEFAULT_MAP_ID
    #: Ids of observations that can be driven to directly, when the source knows them.
    neighbors: tuple[str, ...] = ()
    #: (D,) float32 vector of the encoder in use, or None.
    embedding: FloatArray | None = None
    #: JPEG bytes of the keyframe, or empty.
    keyframe: bytes = b''
    #: What produced the caption, for example ``yolox`` or ``detections``.
    source: str = ''
    #: Name of the camera that saw it, where the robot has several.
    camera: str = ''
    #: Where that camera looks, about +z from the heading of ``pose`` [rad]; 0 is ahead.
    view_yaw_rad: float = 0.0

    def __post_init__(self) -> None:
        if self.camera and not CAMERA_NAME.fullmatch(str(self.camera)):
            raise InvalidObservationError(
                'observation.camera must be a letter, then letters, digits or _,'
                f' got {_short(self.camera)}'
            )
        if not within((self.view_yaw_rad,), 1, _HALF_TURN_RAD):
            raise InvalidObservationError(
                f'observation.view_yaw_rad must be in [-pi, pi], got {_short(self.view_yaw_rad)}'
            )
        for name, value in (('id', self.id), ('map_id', self.map_id)):
            if not value or len(value) > MAX_ID_CHARS or '\0' in value:
                raise InvalidObservationError(
                    f'observation.{name} must hold 1 to {MAX_ID_CHARS} characters without NUL'
                )
        if not 0 <= self.stamp_ns <= MAX_STAMP_NS:
            raise InvalidObservationError(
                f'observation.stamp_ns must be in [0, 2^63), got {self.stamp_ns!r:.40}'
            )
        for name, parts in (('sightings', self.sightings), ('neighbors', self.neighbors)):
            if len(parts) > MAX_PARTS:
                raise InvalidObservationError(
                    f'observation.{name} holds {len(parts)}, at most {MAX_PARTS} are taken'
                )
        if len(self.caption) > MAX_CAPTION_CHARS:
            raise InvalidObservationError(
                f'observation.caption holds {len(self.caption)} characters,'
                f' at most {MAX_CAPTION_CHARS} are kept'
            )
        # A bare waypoint of an imported map says nothing, but routes lead over it.
        if not (self.caption.strip() or self.sightings or self.neighbors):
            raise InvalidObservationError('observation needs a caption, a sighting or neighbors')
        vector = self.embedding
        if vector is not None and (vector.ndim != 1 or not np.isfinite(vector).all()):
            raise InvalidObservationError('observation.embedding must be a finite (D,) vector')


class QueryMode(str, Enum):
    """How a question wants to be answered (Embodied-RAG section III)."""

    AUTO = 'auto'
    #: Names the thing: "find the red sofa".
    EXPLICIT = 'explicit'
    #: Names the need: "where can I wash my hands?".
    IMPLICIT = 'implicit'
    #: Asks about an area or the whole: "what is this floor like?".
    GLOBAL = 'global'


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A text request with its filters, checked."""

    text: str
    k: int = 5
    mode: QueryMode = QueryMode.AUTO
    #: Where the robot or the person is [m]; closer places rank higher, ``radius_m`` cuts.
    near: Vector3 | None = None
    radius_m: float | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    map_id: str | None = None
    #: Where the asker is [m], for words such as "near me"; nothing else depends on it.
    here: Vector3 | None = None
    #: When it is asked, for words such as "this morning"; None: at the newest stamp held.
    now_ns: int | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidQueryError('query.text must not be empty')
        if len(self.text) > MAX_QUERY_CHARS:
            raise InvalidQueryError(
                f'query.text holds {len(self.text)} characters, at most {MAX_QUERY_CHARS}'
            )
        if not 1 <= self.k <= MAX_K:
            raise InvalidQueryError(f'query.k must be in [1, {MAX_K}], got {self.k}')
        for name, point in (('near', self.near), ('here', self.here)):
            if point is not None and not within(point, 3, MAX_COORDINATE_M):
                raise InvalidQueryError(
                    f'query.{name} must be finite, three numbers of at most'
                    f' {MAX_COORDINATE_M:g} m,'
                    f' got {_short(point)}'
                )
        if self.now_ns is not None and not 0 <= self.now_ns <= MAX_STAMP_NS:
            raise InvalidQueryError(f'query.now_ns must be in [0, 2^63), got {self.now_ns!r:.40}')
        for name, moment in (('since_ns', self.since_ns), ('until_ns', self.until_ns)):
            if moment is not None and not -MAX_STAMP_NS <= moment <= MAX_STAMP_NS:
                raise InvalidQueryError(
                    f'query.{name} must be within 2^63 of 0, got {moment!r:.40}'
                )
        if self.radius_m is not None:
            if not 0.0 < self.radius_m <= 2.0 * MAX_COORDINATE_M:
                raise InvalidQueryError(
                    f'query.radius_m must be finite and > 0, at most {2.0 * MAX_COORDINATE_M:g},'
                    f' got {self.radius_m!r:.40}'
                )
            if self.near is None:
                raise InvalidQueryError('query.radius_m needs query.near')
        if (
            self.since_ns is not None
            and self.until_ns is not None
            and self.since_ns > self.until_ns
        ):
            raise InvalidQueryError('query.since_ns must not be later than query.until_ns')


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One answer: where to stand, what is there, how sure, and why."""

    #: Observation or forest node that stands for the place; ``level`` 0 is an observation.
    node_id: str
    level: int
    map_id: str
    #: A pose the robot really had, turned to face the target where its position is known.
    pose: Pose
    #: Newest evidence for this place [ns].
    stamp_ns: int
    #: Ranking score; comparable only within one retrieval.
    score: float
    #: Calibrated probability that this place answers the query, in [0, 1].
    confidence: float
    #: What was found: an object label or an area's name.
    label: str = ''
    caption: str = ''
    target_position: Vector3 | None = None
    target_extent: Vector3 | None = None
    #: Name of the room that holds it, '' where none is known.
    room: str = ''
    #: Map that the observation was stored under: another than ``map_id`` where maps were joined.
    session: str = ''
    #: Names of the areas above this place, root first.
    area_path: tuple[str, ...] = ()
    evidence_ids: tuple[str, ...] = ()
    #: Contribution of each signal to ``score``, by name.
    signals: Mapping[str, float] = field(default_factory=dict)
    #: One sentence for a person.
    why: str = ''
    #: Conditions of the request that this place is offered without, as they were said.
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """The answer to one query; ``places`` are listed best first even when nothing was found."""

    found: bool
    places: tuple[Place, ...]
    mode: QueryMode
    message: str
    #: Time spent in the core, by step [s]: ``encode``, ``search``, ``total``.
    seconds: Mapping[str, float] = field(default_factory=dict)
    #: Seconds of each stage, in order, under ``retrieval.trace``; empty without.
    stages: Mapping[str, float] = field(default_factory=dict)
    #: Conditions of the request that were made to count, as they were said.
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path on the topological map, from start to goal."""

    node_ids: tuple[str, ...]
    poses: tuple[Pose, ...]
    length_m: float
