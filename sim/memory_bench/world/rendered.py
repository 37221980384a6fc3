"""
The ground of a world that only a simulator knows: scenes of others, data sets of Habitat.

Free space is where the simulator lets the robot stand, and sight is what its pictures show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
import math

import numpy as np
from numpy.typing import NDArray

from memory_bench.judging.place import PlaceJudge
from memory_bench.world.analytic import Flight, Ground, Storey
from memory_bench.world.free_space import find_free_space, FreeSpace
from memory_bench.world.roadmap import Roadmap
from memory_sim.engines.base import (
    CameraModel,
    GroundTruth,
    Instance,
    Pose2D,
    Region,
    Simulator,
    Vector3,
)
from memory_sim.engines.habitat.errors import SimulatorDiedError
from memory_sim.world.errors import WorldError
from memory_sim.world.model import Room, World

__all__ = ['EYES', 'PicturedGround', 'WalkedJudge', 'world_of_truth']

FloatArray = NDArray[np.float64]

#: Camera for looking at what is there; small, since it is looked around a lot.
EYES = CameraModel(width=240, height=180)
#: Share of a picture that a thing fills where it is seen.
_MIN_FRACTION = 0.0005
#: Headings that together show everything around.
_LOOKS = 5
#: Places closer together than this show the same [m].
_SAME_PLACE_M = 0.05
#: How far the robot may walk to a place that sees a target [m].
_REACH_M = 1.0
#: A simulator whose process dies is started anew so often.
_RESTARTS = 3
#: Ways looked for between two storeys, the step along one [m], and the height of a landing [m].
_ATTEMPTS, _STEP_M, _LANDING_M = 8, 0.1, 0.2
#: Points whose heights tell how high a storey's floor lies.
_SOUNDINGS = 40


class _PicturedStorey(Storey):
    """One floor, as far as the robot gets on it."""

    def __init__(self, sim: Simulator, world: World, floor: int) -> None:
        self.floor = floor
        self.rooms = tuple(r for r in world.rooms if r.floor == floor)
        self.elevation_m = min(room.elevation_m for room in self.rooms)
        self.things = ()
        self._space = find_free_space(sim, self.rooms, self.elevation_m)
        self.body = self.sight = self._space

    @property
    def passages(self) -> FloatArray:
        """(P, 2) places in narrow ways, and where no room is said to be [m]."""
        outside = self.room_index(self._space.centers()) < 0
        shape = self._space.free.shape
        return np.concatenate(
            [self._space.narrow_places(), self._space.places(outside.reshape(shape))]
        )


class PicturedGround(Ground):
    """The ground of a simulator's world. Keeps what it has looked at; the simulator stays open."""

    def __init__(self, sim: Simulator, world: World) -> None:
        """
        Look where the robot fits; some seconds for a building.

        ``world`` gives the rooms, the simulator everything else.
        """
        self.sim = sim
        self._deaths = 0
        self._around: dict[tuple[int, ...], frozenset[int]] = {}
        camera = sim.camera
        self._pixels = _MIN_FRACTION * camera.width * camera.height
        super().__init__(world)

    def _storeys(self) -> Iterator[Storey]:
        for floor in sorted({room.floor for room in self.world.rooms}):
            yield _PicturedStorey(self.sim, self.world, floor)

    def _instances(self) -> tuple[Instance, ...]:
        return self.sim.ground_truth.instances

    @cached_property
    def flights(self) -> tuple[Flight, ...]:
        """The ways that the simulator finds from one storey to the next."""
        found: dict[tuple[int, ...], Flight] = {}
        ordered = sorted(self.storeys, key=lambda s: s.elevation_m)
        rng = np.random.default_rng(0)
        for lower, upper in pairwise(ordered):
            for _ in range(_ATTEMPTS):
                flight = self._flight(lower, upper, rng)
                if flight is not None:
                    found[tuple(round(v) for v in (*flight.foot, *flight.head))] = flight
        return tuple(found.values())

    def _flight(self, lower: Storey, upper: Storey, rng: np.random.Generator) -> Flight | None:
        """Drive from somewhere on one storey to somewhere on another, and note where it climbs."""
        ends = []
        for storey in (lower, upper):
            space = storey.body
            assert isinstance(space, FreeSpace)
            spots = space.centers()[space.free.ravel()]
            if not len(spots):
                return None
            x, y = spots[int(rng.integers(len(spots)))].tolist()
            ends.append(Pose2D(x=x, y=y, z=storey.elevation_m, yaw_rad=0.0))
        way = self.sim.shortest_path(ends[0], ends[1])
        if way is None:
            return None
        line = _filled(way)
        below = np.flatnonzero(line[:, 2] < lower.elevation_m + _LANDING_M)
        above = np.flatnonzero(line[:, 2] > upper.elevation_m - _LANDING_M)
        if not len(below) or not (above > below[-1]).any():
            return None
        first, last = int(below[-1]), int(above[above > below[-1]][0])
        climb = line[first : last + 1]
        (ax, ay, az), (bx, by, bz) = climb[0].tolist(), climb[-1].tolist()
        length_m = float(np.linalg.norm(np.diff(climb, axis=0), axis=1).sum())
        return Flight(lower.floor, upper.floor, (ax, ay, az), (bx, by, bz), length_m)

    def pictured(self, eyes: FloatArray, yaw_rad: FloatArray) -> list[frozenset[int]]:
        """Return for (P, 3) places and (P,) headings which instances a picture shows."""
        return [
            self._shown(Pose2D(x=x, y=y, z=z, yaw_rad=float(yaw)))
            for (x, y, z), yaw in zip(eyes.tolist(), yaw_rad, strict=True)
        ]

    def _shown(self, pose: Pose2D) -> frozenset[int]:
        try:
            seen = self.sim.seen_from(pose)
        except SimulatorDiedError as error:
            restart = getattr(self.sim, 'restart', None)
            self._deaths += 1
            if restart is None or self._deaths > _RESTARTS:
                raise
            self.note = f'the simulator was restarted: {error}'[:300]
            restart()
            seen = self.sim.seen_from(pose)
        return frozenset(i for i, pixels in seen.items() if pixels >= self._pixels)

    def _clear(self, storey: Storey, eyes: FloatArray, instance: Instance) -> NDArray[np.bool_]:
        del storey
        return np.array([instance.id in self._panorama(eye) for eye in eyes.tolist()], bool)

    def _panorama(self, eye: Sequence[float]) -> frozenset[int]:
        """Return what can be seen from a place by turning around there."""
        key = tuple(round(v / _SAME_PLACE_M) for v in eye)
        if key not in self._around:
            x, y, z = eye
            looks = (2.0 * math.pi * i / _LOOKS for i in range(_LOOKS))
            views = [self._shown(Pose2D(x=x, y=y, z=z, yaw_rad=yaw)) for yaw in looks]
            self._around[key] = frozenset().union(*views)
        return self._around[key]


class WalkedJudge(PlaceJudge):
    """Judges from the places of the roadmap in walking reach: each is looked around from once."""

    def __init__(self, ground: PicturedGround, roadmap: Roadmap) -> None:
        """Judge by what the ground's simulator shows."""
        super().__init__(ground, roadmap)
        self._places = roadmap

    def _eyes(self, position: Vector3) -> FloatArray:
        near = self._places.points[self._places.nearest(position)]
        x, y, z = near.tolist()
        if math.dist((x, y, z), position) > _REACH_M:
            return np.zeros((0, 3))
        around = self._places.points[self._places.within((x, y, z), _REACH_M)]
        reached = around[self._places.walkable((x, y, z), around)]
        return np.concatenate([near[None, :], reached])


def _filled(way: FloatArray) -> FloatArray:
    """Return a path with points at most ``_STEP_M`` apart."""
    parts = [way[:1]]
    for a, b in pairwise(way):
        count = max(1, math.ceil(float(np.linalg.norm(b - a)) / _STEP_M))
        parts.append(a + (np.arange(1, count + 1) / count)[:, None] * (b - a))
    return np.concatenate(parts)


def world_of_truth(name: str, sim: Simulator) -> World:
    """
    Return the rooms of a scene that is known by its annotations only.

    A scene without annotated regions is one room, as large as what is in it. Raises ``WorldError``
    if nothing is annotated at all.
    """
    truth = sim.ground_truth
    regions = truth.regions or _whole(name, truth, sim.pose)
    heights = {
        floor: _floor_height(sim, [r for r in regions if r.floor == floor])
        for floor in sorted({r.floor for r in regions})
    }
    rooms = [
        Room(
            id=region.id,
            kind=region.kind,
            name=region.name,
            polygon=region.polygon,
            floor=region.floor,
            elevation_m=heights[region.floor],
            height_m=_height(region.floor, heights),
        )
        for region in regions
    ]
    return World(name=name, kind='habitat', rooms=tuple(rooms))


def _height(floor: int, heights: dict[int, float]) -> float:
    """Return how high the rooms of a storey are, as far as the next one tells [m]."""
    above = {low: high - low for (_, low), (_, high) in pairwise(sorted(heights.items()))}
    return min(max(above.get(heights[floor], 2.6), 0.6), 49.0)


def _whole(name: str, truth: GroundTruth, pose: Pose2D) -> tuple[Region, ...]:
    if not truth.instances:
        raise WorldError(f'scene {name}: expected annotated regions or things, got none')
    center = np.array([i.center[:2] for i in truth.instances])
    half = 0.5 * np.array([i.extent[:2] for i in truth.instances])
    here = np.array([[pose.x, pose.y]])
    (x0, y0), (x1, y1) = (
        np.concatenate([center - half, here - 1.0]).min(axis=0).tolist(),
        np.concatenate([center + half, here + 1.0]).max(axis=0).tolist(),
    )
    polygon = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    region = Region(id=1, kind='room', name='room', polygon=polygon, elevation_m=pose.z)
    return (region,)


def _floor_height(sim: Simulator, regions: Sequence[Region]) -> float:
    """Return the height of a storey's floor where the robot stands on it [m]."""
    snap = getattr(sim, 'snap', None)
    guess = float(np.median([r.elevation_m for r in regions]))
    if snap is None:
        return guess
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_SOUNDINGS):
        region = regions[int(rng.integers(len(regions)))]
        corners = np.array(region.polygon)
        x, y = rng.uniform(corners.min(axis=0), corners.max(axis=0)).tolist()
        spot = snap(x, y, guess)
        if spot is not None and math.hypot(spot[0] - x, spot[1] - y) < 1.0 and len(spot) == 3:
            found.append(float(spot[2]))
    near = [z for z in found if abs(z - guess) < 1.5]
    return float(np.median(near)) if near else guess
