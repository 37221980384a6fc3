from __future__ import annotations

from functools import cache
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from memory_sim.furniture.catalogue.home import CATALOGUE
from memory_sim.navigation.storeys import Storeys
from memory_sim.world.affordances import object_uses, region_uses, uses_of_object
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world, WORLD_KINDS
from memory_sim.world.model import World
from memory_sim.world.splits import HELD_OUT, is_held_out, OFFICIAL, parse_world_name
from memory_sim.world.yaml_file import dump_world, parse_world

KINDS = tuple(kind for kind in WORLD_KINDS if kind != 'apartment')
#: One of each kind, and one large one with stairs.
WORLDS = (*((kind, 101, 'small') for kind in KINDS), ('house', 8, 'large'))
#: Things that lie under others, or are pushed under tables.
TUCKED = ('rug', 'window', 'gym mat', 'stairs', 'crosswalk', 'chair', 'stool', 'seat')


@cache
def world_of(kind: str, seed: int, size: str) -> World:
    return generate_world(kind, seed, size)  # type: ignore[arg-type]


@cache
def storeys_of(kind: str, seed: int, size: str) -> Storeys:
    return Storeys(world_of(kind, seed, size))


def boxes(world: World) -> tuple[np.ndarray, np.ndarray]:
    place = np.array([thing.position for thing in world.objects])
    size = np.array([thing.size for thing in world.objects])
    yaw = np.array([thing.yaw_rad for thing in world.objects])
    c, s = np.abs(np.cos(yaw)), np.abs(np.sin(yaw))
    half = 0.5 * np.stack([c * size[:, 0] + s * size[:, 1], s * size[:, 0] + c * size[:, 1]], 1)
    low = np.column_stack([place[:, :2] - half, place[:, 2]])
    return low, np.column_stack([place[:, :2] + half, place[:, 2] + size[:, 2]])


@pytest.mark.parametrize('spec', WORLDS, ids=str)
def test_every_region_is_reached(spec: tuple[str, int, str]) -> None:
    world, storeys = world_of(*spec), storeys_of(*spec)
    for floor, occupancy in zip(world.elevations, storeys.maps, strict=True):
        (ox, oy), cell = occupancy.origin, occupancy.cell_m
        for room in (r for r in world.rooms if r.floor == floor):
            x0, y0, x1, y1 = room.bounds
            part = occupancy.reachable[
                int((x0 - ox) / cell) : int((x1 - ox) / cell),
                int((y0 - oy) / cell) : int((y1 - oy) / cell),
            ]
            assert part.sum() * cell**2 > 0.12 * room.area_m2, room.name


@pytest.mark.parametrize('spec', WORLDS, ids=str)
def test_things_are_in_their_region_and_not_in_each_other(spec: tuple[str, int, str]) -> None:
    world = world_of(*spec)
    rooms = {room.id: room for room in world.rooms}
    low, high = boxes(world)
    for thing, lo, hi in zip(world.objects, low, high, strict=True):
        x0, y0, x1, y1 = rooms[thing.region_id].bounds
        inside = min(lo[0] - x0, lo[1] - y0, x1 - hi[0], y1 - hi[1]) > -1e-3
        assert inside or thing.label == 'window', (thing.label, rooms[thing.region_id].name)
    for i, thing in enumerate(world.objects):
        depth = (np.minimum(high[i], high[i + 1 :]) - np.maximum(low[i], low[i + 1 :])).min(axis=1)
        for j in np.flatnonzero(depth > 0.011).tolist():
            pair = f'{thing.label} {world.objects[i + 1 + j].label}'
            assert any(word in pair for word in TUCKED), pair


@pytest.mark.parametrize('kind', KINDS)
def test_worlds_have_unique_ids_names_and_survive_their_file(kind: str) -> None:
    world = world_of(kind, 101, 'small')
    assert len({thing.id for thing in world.objects}) == len(world.objects)
    assert len({room.name for room in world.rooms}) == len(world.rooms)
    assert parse_world(dump_world(world)) == world
    assert len({thing.label for thing in world.objects}) >= 25


def test_every_kind_has_the_same_bytes_in_another_process() -> None:
    write = (
        'import sys\nfrom memory_sim.world.generate import generate_world\n'
        'from memory_sim.world.yaml_file import dump_world\n'
        f'for kind in {KINDS!r}:\n'
        '    sys.stdout.write(dump_world(generate_world(kind, 101, "small")))\n'
    )
    paths = os.pathsep.join(p for p in sys.path if p)
    environment = {**os.environ, 'PYTHONHASHSEED': '3', 'PYTHONPATH': paths}
    run = subprocess.run([sys.executable, '-c', write], env=environment, capture_output=True,
                         check=True)  # fmt: skip
    assert run.stdout.decode() == ''.join(dump_world(world_of(k, 101, 'small')) for k in KINDS)


@pytest.mark.parametrize(('seed', 'size'), [(7, 'medium'), (8, 'large')])
def test_a_way_between_storeys_climbs_the_stairs(seed: int, size: str) -> None:
    world, storeys = world_of('house', seed, size), storeys_of('house', seed, size)
    flight = world.stairs[0]
    rng = np.random.default_rng(seed)
    lower, upper = (
        (*m.sample(rng, 0.3), z) for m, z in zip(storeys.maps, (0.0, flight.head[2]), strict=True)
    )
    path = storeys.shortest_path(lower, upper)
    assert path is not None
    assert path[0].tolist() == list(lower)
    assert path[-1].tolist() == list(upper)
    steps = np.diff(path, axis=0)
    assert (np.abs(steps[:, 2]) <= 0.9 * np.hypot(steps[:, 0], steps[:, 1]) + 1e-6).all()
    assert all(storeys.is_navigable(x, y, z) for x, y, z in path.tolist())
    assert storeys.geodesic_distance(lower, upper) >= math.dist(lower[:2], upper[:2]) - 0.1
    assert not storeys.is_navigable(lower[0], lower[1], 1.4)
    assert not storeys.is_navigable(lower[0], lower[1], math.nan)


def test_every_label_and_kind_of_region_that_is_generated_has_uses() -> None:
    assert {model.label for model in CATALOGUE.values()} <= set(object_uses()) | {'partition'}
    assert uses_of_object('sink').affordances
    assert uses_of_object('unheard of') == ((), ())
    kinds = {room.kind for spec in WORLDS for room in world_of(*spec).rooms}
    assert len(kinds - set(region_uses())) <= 3, kinds - set(region_uses())


def test_the_official_worlds_are_many_and_not_held_out() -> None:
    assert len(OFFICIAL) >= 24
    assert len({world.kind for world in OFFICIAL}) >= 9
    assert not any(is_held_out(world.seed) for world in OFFICIAL)
    assert is_held_out(HELD_OUT[0])
    for world in OFFICIAL:
        assert parse_world_name(world.name) == world


@pytest.mark.parametrize('name', ['castle:3', 'office:x', 'office:-1', 'office:1:huge', 'a:b:c:d'])
def test_a_name_that_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(WorldError):
        parse_world_name(name)


def test_names_of_other_forms_are_left_to_others() -> None:
    assert parse_world_name('worlds/apartment.yaml') is None
    assert parse_world_name('office') is None
    with pytest.raises(WorldError, match='huge'):
        generate_world('office', 1, 'huge')  # type: ignore[arg-type]
