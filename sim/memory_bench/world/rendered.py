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
from scipy import ndimage
from scipy.spatial import cKDTree

from memory_bench.judging.place import PlaceJudge
from memory_bench.world.analytic import Flight, Ground, Storey
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

__all__ = ['EYES', 'FreeSpace', 'PicturedGround', 'WalkedJudge', 'world_of_truth']

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Camera for looking at what is there; small, since it is looked around a lot.
EYES = CameraModel(width=240, height=180)
#: Share of a picture that a thing fills where it is seen.
_MIN_FRACTION = 0.0005
#: Headings that together show everything around.
_LOOKS = 5
#: Places closer together than this show the same [m].
_SAME_PLACE_M = 0.05
#: Cells of the grid of free space [m], and the most of them on a storey.
_CELL_M, _MOST_CELLS = 0.1, 400_000
#: Narrow are places with less room than this around the robot's middle [m].
_NARROW_M = 0.8
#: Distance between the places in narrow ways, and between those outside of rooms [m]; larger
#: where there would be more of them than this.
_SPACING_M, _MOST_PLACES = 0.3, 3000
#: How far the robot may walk to a place that sees a target [m].
_REACH_M = 1.0
#: A simulator whose process dies is started anew so often.
_RESTARTS = 3
#: Ways looked for between two storeys, the step along one [m], and the height of a landing [m].
_ATTEMPTS, _STEP_M, _LANDING_M = 8, 0.1, 0.2
#: Points whose heights tell how high a storey's floor lies.
_SOUNDINGS = 40


class FreeSpace:
    """
    Where a robot fits, as a grid: what ``Obstacles`` are for a world of boxes.

    The robot's size is in the grid, so paddings do not count.
    """

    def __init__(
        self, free: NDArray[np.bool_], origin: tuple[float, float], cell_m: float
    ) -> None:
        """Take an (X, Y) grid whose lower corner is ``origin`` [m]."""
        self.free, self._origin, self._cell_m = free, np.array(origin), cell_m

    def inside(self, points: FloatArray, *, pad_m: float = 0.0) -> NDArray[np.bool_]:
        """Say at which of (P, 2) points the robot does not fit."""
        del pad_m
        cells = np.floor((points - self._origin) / self._cell_m).astype(np.int64)
        held = ((cells >= 0) & (cells < self.free.shape)).all(axis=1)
        result = np.ones(len(points), bool)
        result[held] = ~self.free[cells[held, 0], cells[held, 1]]
        return result

    def blocked(
        self,
        starts: FloatArray,
        ends: FloatArray,
        *,
        pad_m: float = 0.0,
        ignore: IntArray | None = None,
    ) -> NDArray[np.bool_]:
        """Say which of the lines between (S, 2) points the robot cannot drive."""
        del pad_m, ignore
        hit = np.zeros(len(starts), bool)
        length = np.linalg.norm(ends - starts, axis=1)
        steps = np.maximum(np.ceil(length / (0.5 * self._cell_m)).astype(np.int64), 1)
        for count in np.unique(steps):
            rows = np.flatnonzero(steps == count)
            share = np.linspace(0.0, 1.0, int(count) + 1)[None, :, None]
            points = starts[rows, None] + share * (ends - starts)[rows, None]
            hit[rows] = self.inside(points.reshape(-1, 2)).reshape(len(rows), -1).any(axis=1)
        return hit

    def holder(self, x: float, y: float, owner: int) -> int:
        """Return 0: the grid does not know what stands where."""
        del x, y, owner
        return 0

    def narrow_places(self) -> FloatArray:
        """Return (P, 2) places along the middle of narrow ways [m]."""
        room = ndimage.distance_transform_edt(np.pad(self.free, 1))[1:-1, 1:-1] * self._cell_m
        ridge = (room > 0.0) & (room < _NARROW_M) & (room >= ndimage.maximum_filter(room, 3))
        return self._thinned(np.argwhere(ridge))

    def places(self, cells: NDArray[np.bool_]) -> FloatArray:
        """Return (P, 2) places in those of the (X, Y) cells that are free [m]."""
        return self._thinned(np.argwhere(cells & self.free))

    def centers(self) -> FloatArray:
        """Return the (X * Y, 2) middles of all cells [m]."""
        i, j = np.indices(self.free.shape)
        cells = np.stack([i, j], axis=2).reshape(-1, 2)
        return np.asarray(self._origin + (cells + 0.5) * self._cell_m, np.float64)

    def _thinned(self, cells: NDArray[np.int64]) -> FloatArray:
        points = self._origin + (cells + 0.5) * self._cell_m
        if not len(points):
            return np.zeros((0, 2))
        area_m2 = len(points) * self._cell_m**2
        near = cKDTree(points).query_ball_point(
            points, max(_SPACING_M, math.sqrt(area_m2 / _MOST_PLACES))
        )
        covered = np.zeros(len(points), bool)
        taken = []
        for index, others in enumerate(near):
            if not covered[index]:
                taken.append(index)
                covered[others] = True
        return np.asarray(points[taken], np.float64)


class _PicturedStorey(Storey):
    """One floor, as far as the robot gets on it."""

    def __init__(self, sim: Simulator, world: World, floor: int) -> None:
        self.floor = floor
        self.rooms = tuple(r for r in world.rooms if r.floor == floor)
        self.elevation_m = min(room.elevation_m for room in self.rooms)
        self.things = ()
        self._space = _free_space(sim, self.rooms, self.elevation_m)
        self.body = self.sight = self._space

    @property
    def passages(self) -> FloatArray:
        """(P, 2) places in narrow ways, and where no room is said to be [m]."""
        outside = self.room_index(self._space.centers()) < 0
        shape = self._space.free.shape
        return np.concatenate(
            [self._space.narrow_places(), self._space.places(outside.reshape(shape))]
        )


def _free_space(sim: Simulator, rooms: Sequence[Room], elevation_m: float) -> FreeSpace:
    corners = np.array([corner for room in rooms for corner in room.polygon])
    low, high = corners.min(axis=0) - 1.0, corners.max(axis=0) + 1.0
    cell_m = max(_CELL_M, math.sqrt(float(np.prod(high - low)) / _MOST_CELLS))
    shape = tuple(np.ceil((high - low) / cell_m).astype(int).tolist())
    origin = (float(low[0]), float(low[1]))
    space = FreeSpace(np.zeros(shape, bool), origin, cell_m)
    centers = space.centers()
    points = np.column_stack([centers, np.full(len(centers), elevation_m)])
    return FreeSpace(_fits(sim, points).reshape(shape), origin, cell_m)


def _fits(sim: Simulator, points: FloatArray) -> NDArray[np.bool_]:
    """Say at which of (N, 3) points the robot fits."""
    at_once = getattr(sim, 'are_navigable', None)
    if at_once is None:
        return np.array([sim.is_navigable(x, y, z) for x, y, z in points.tolist()], bool)
    parts = [at_once(points[i : i + 20_000]) for i in range(0, len(points), 20_000)]
    return np.concatenate(parts)


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
