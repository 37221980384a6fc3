"""The memories that the golden questions are asked of: their observations and rooms, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import math
from pathlib import Path

from data import require_data
from furnished_home import observations as home_observations
from furnished_home import ROOMS as HOME_ROOMS
from golden.make_domains import DOMAINS, read_rooms
from golden.small_memories import SMALL

from memory_node import Observation, Pose, Sighting
from memory_node.interchange.gml import read_gml
from memory_node.interchange.jsonl import read_observations
from memory_sim.world.generate import generate_world
from memory_sim.world.model import Room, World

__all__ = ['GoldenMemory', 'MEMORIES', 'load', 'read_jsonl_file', 'site_questions']

FOLDER = Path(__file__).resolve().parent
#: Every so many places of CMU_500 are taken, so that reading it does not take minutes.
CMU_STEP = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A named box of floor: smallest x, y, largest x, y [m], and the heights that are in it."""

    names: tuple[str, ...]
    bounds: tuple[float, float, float, float]
    heights: tuple[float, float] = (-math.inf, math.inf)

    def contains(self, position: tuple[float, float, float]) -> bool:
        """Whether a point of the map lies inside."""
        x, y, z = position
        x0, y0, x1, y1 = self.bounds
        low, high = self.heights
        return x0 <= x <= x1 and y0 <= y <= y1 and low <= z < high


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenMemory:
    """What goes into a memory, and where its rooms really are."""

    observations: tuple[Observation, ...]
    areas: tuple[Area, ...] = ()
    #: Label to true positions [m], where each thing is known.
    things: Mapping[str, list[tuple[float, float, float]]] = field(default_factory=dict)

    def rooms_at(self, position: tuple[float, float, float]) -> set[str]:
        """Return the names of the room that a point lies in."""
        return {name for area in self.areas if area.contains(position) for name in area.names}


def read_jsonl_file(path: Path) -> tuple[Observation, ...]:
    """Read observations; every line must be right."""
    rejected: list[object] = []
    found = tuple(read_observations(path, rejected))
    assert not rejected, rejected
    return found


def _home() -> GoldenMemory:
    areas = tuple(
        Area(names=(room,), bounds=(x, y, x + 4.0, y + 4.0), heights=(z - 1.0, z + 1.0))
        for room, (x, y, z, _) in HOME_ROOMS.items()
    )
    things: dict[str, list[tuple[float, float, float]]] = {}
    for x, y, z, placed in HOME_ROOMS.values():
        for label, (dx, dy) in placed.items():
            things.setdefault(label.rstrip(' 2'), []).append((x + dx, y + dy, z + 0.3))
    return GoldenMemory(observations=tuple(home_observations()), areas=areas, things=things)


def _domain(name: str) -> GoldenMemory:
    rooms = read_rooms(name)
    things: dict[str, list[tuple[float, float, float]]] = {}
    for room in rooms:
        for thing in room.things:
            things.setdefault(thing.label, []).append(thing.position)
    return GoldenMemory(
        observations=read_jsonl_file(FOLDER / f'{name}.jsonl'),
        areas=tuple(Area(names=(room.name,), bounds=room.bounds) for room in rooms),
        things=things,
    )


# ---- generated worlds ------------------------------------------------------------------------


def _world(kind: str, seed: int, size: str) -> GoldenMemory:
    """Look around from points of each room of a generated world; nothing is seen wrongly."""
    world = generate_world(kind, seed, size)  # type: ignore[arg-type]
    observations = []
    for room in world.rooms:
        for x, y in _standpoints(room):
            for eighth in range(8):
                yaw = eighth * math.pi / 4
                seen = _seen(world, room, x, y, yaw)
                if not seen:
                    continue
                number = len(observations)
                listed = ', '.join(dict.fromkeys(s.label for s in seen))
                named = f'A {room.kind} with {listed}.' if number % 2 else f'{listed}.'
                observations.append(
                    Observation(
                        id=f'{kind}-{number:03d}',
                        stamp_ns=(1_764_324_000 + 4 * number) * 10**9,
                        pose=Pose.from_yaw((x, y, 0.0), yaw),
                        caption=named,
                        sightings=seen,
                    )
                )
    things: dict[str, list[tuple[float, float, float]]] = {}
    for thing in world.objects:
        things.setdefault(thing.label, []).append(thing.position)
    areas = tuple(Area(names=(r.name, r.kind), bounds=r.bounds) for r in world.rooms)
    return GoldenMemory(observations=tuple(observations), areas=areas, things=things)


def _standpoints(room: Room) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = room.bounds
    columns, rows = max(1, round((x1 - x0) / 5.0)), max(1, round((y1 - y0) / 5.0))
    return [
        (x0 + (i + 0.5) * (x1 - x0) / columns, y0 + (j + 0.5) * (y1 - y0) / rows)
        for i in range(columns)
        for j in range(rows)
    ]


def _seen(world: World, room: Room, x: float, y: float, yaw: float) -> tuple[Sighting, ...]:
    """Return what of this room is within 50 degrees of the heading and 6 m."""
    seen = []
    for thing in world.objects:
        px, py, pz = thing.position
        off = math.remainder(math.atan2(py - y, px - x) - yaw, math.tau)
        near = math.dist((px, py), (x, y))
        if thing.region_id == room.id and near <= 6.0 and abs(off) <= math.radians(50.0):
            middle = (px, py, pz + 0.5 * thing.size[2])
            seen.append((near, Sighting(label=thing.label, confidence=0.9, position=middle)))
    return tuple(sighting for _, sighting in sorted(seen, key=lambda pair: pair[0]))


# ---- shared data -----------------------------------------------------------------------------


def _case(name: str) -> GoldenMemory:
    return GoldenMemory(observations=read_jsonl_file(require_data('../cases') / f'{name}.jsonl'))


def site_questions() -> Path:
    """Return the file of questions about the site, or skip where it is absent."""
    return require_data('../cases') / 'site.questions.jsonl'


def _cmu() -> GoldenMemory:
    rejected: list[object] = []
    leaves = read_gml(require_data('embodied_rag') / 'cmu_500_graph.gml', rejected)
    return GoldenMemory(observations=tuple(list(leaves)[::CMU_STEP]))


def _readme() -> GoldenMemory:
    return GoldenMemory(
        observations=(
            Observation(
                id='a1',
                stamp_ns=0,
                pose=Pose(position=(1.0, 2.0, 0.0)),
                caption='a sink below a mirror',
                sightings=(Sighting(label='sink'),),
            ),
        )
    )


def _made(name: str) -> GoldenMemory:
    return GoldenMemory(observations=SMALL[name]())


MEMORIES: Mapping[str, Callable[[], GoldenMemory]] = {
    'furnished_home': _home,
    **{name: lambda name=name: _domain(name) for name in DOMAINS},
    **{name: lambda name=name: _made(name) for name in SMALL},
    'readme': _readme,
    'apartment': lambda: _world('apartment', 3, 'medium'),
    'office': lambda: _world('office', 2, 'small'),
    **{
        name: lambda name=name: _case(name)
        for name in ('site_text', 'site_full', 'site_nopos', 'cups', 'moved')
    },
    'cmu': _cmu,
}  # type: ignore[misc]


def load(name: str) -> GoldenMemory:
    """Make a memory's contents; skips the test where recorded data is absent."""
    return MEMORIES[name]()
