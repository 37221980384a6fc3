from __future__ import annotations

from functools import cache
import os
import subprocess
import sys

import numpy as np
import pytest

from memory_sim.furniture.meshes import Furniture
from memory_sim.navigation.occupancy import OccupancyMap
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world, WORLD_KINDS
from memory_sim.world.model import DOOR, World
from memory_sim.world.yaml_file import dump_world

SEEDS = range(8)

WRITE = """
import sys
from memory_sim.world.generate import generate_world
from memory_sim.world.yaml_file import dump_world
sys.stdout.write(dump_world(generate_world('apartment', 5)))
"""


@cache
def apartment(seed: int) -> World:
    return generate_world('apartment', seed)


def occupancy_of(world: World) -> OccupancyMap:
    furniture = Furniture('procedural')
    corners = [p.corners for thing in world.objects for p in furniture.patches(thing)]
    return OccupancyMap(world, np.concatenate(corners))


def test_a_seed_gives_the_same_bytes_in_every_process() -> None:
    here = dump_world(generate_world('apartment', 5))
    for hash_seed in ('1', '2'):
        paths = os.pathsep.join(p for p in sys.path if p)
        environment = {**os.environ, 'PYTHONHASHSEED': hash_seed, 'PYTHONPATH': paths}
        run = subprocess.run(
            [sys.executable, '-c', WRITE], env=environment, capture_output=True, check=True
        )
        assert run.stdout.decode() == here


def test_seeds_give_different_apartments() -> None:
    sizes = {apartment(seed).bounds for seed in SEEDS}
    assert len(sizes) == len(SEEDS)


@pytest.mark.parametrize('seed', SEEDS)
def test_every_room_has_what_it_needs_and_can_be_entered(seed: int) -> None:
    world = apartment(seed)
    assert len(world.rooms) >= 7
    labels = {thing.label for thing in world.objects}
    assert {'sink', 'toilet', 'bed', 'sofa', 'tv', 'refrigerator', 'stove', 'desk'} <= labels
    assert len(labels) >= 35
    occupancy = occupancy_of(world)
    for room in world.rooms:
        x0, y0, x1, y1 = room.bounds
        (ox, oy), cell = occupancy.origin, occupancy.cell_m
        part = occupancy.reachable[
            int((x0 - ox) / cell) : int((x1 - ox) / cell),
            int((y0 - oy) / cell) : int((y1 - oy) / cell),
        ]
        assert part.sum() * cell**2 > 0.15 * room.area_m2, room.name
    for x, y in (w.point(o.offset_m) for w in world.walls for o in w.openings if o.kind == DOOR):
        assert occupancy.is_navigable(x, y)


@pytest.mark.parametrize('seed', SEEDS)
def test_furniture_stands_in_its_room_and_not_in_other_furniture(seed: int) -> None:
    world = apartment(seed)
    rooms = {room.id: room for room in world.rooms}
    boxes = []
    for thing in world.objects:
        quarter = round(thing.yaw_rad / (np.pi / 2)) % 2
        dx, dy = (thing.size[1], thing.size[0]) if quarter else thing.size[:2]
        x, y, z = thing.position
        x0, y0, x1, y1 = rooms[thing.region_id].bounds
        if thing.label != 'window':  # panes are in the wall itself
            assert x0 < x - dx / 2
            assert x + dx / 2 < x1
            assert y0 < y - dy / 2
            assert y + dy / 2 < y1
        assert z + thing.size[2] <= rooms[thing.region_id].height_m
        boxes.append(
            (thing, (x - dx / 2, y - dy / 2, z), (x + dx / 2, y + dy / 2, z + thing.size[2]))
        )
    for i, (a, low_a, high_a) in enumerate(boxes):
        for b, low_b, high_b in boxes[i + 1 :]:
            together = {a.label, b.label}
            if {'rug', 'window'} & together or 'chair' in f'{a.label} {b.label}':
                continue  # these lie under others, or are pushed under tables
            deep = np.minimum(high_a, high_b) - np.maximum(low_a, low_b)
            assert deep.min() < 0.011, (a, b)


@pytest.mark.parametrize(('kind', 'seed'), [('castle', 0), ('', 1), ('apartment', -1)])
def test_an_unknown_kind_or_seed_is_refused(kind: str, seed: int) -> None:
    with pytest.raises(WorldError):
        generate_world(kind, seed)


def test_kinds_are_listed() -> None:
    assert 'apartment' in WORLD_KINDS
