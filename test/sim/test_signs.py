"""Signs of generated worlds: where they hang, what they say, and how sharp they are drawn."""

from __future__ import annotations

from dataclasses import replace
import math

import cv2
import numpy as np
import pytest
from signed_corridor import corridor_without_signs, signed_corridor

from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.render.sign_pictures import draw_sign
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world
from memory_sim.world.model import WorldObject
from memory_sim.world.sign import AISLE, DOOR_PLATE, EXIT, Sign, WARD
from memory_sim.world.signs import SIGNED_KINDS, with_signs
from memory_sim.world.splits import parse_world_name
from memory_sim.world.yaml_file import dump_world, parse_world

#: One of offices, one of wards, one of halls: the others have the same signs.
KINDS = ('hospital', 'office', 'supermarket')


@pytest.fixture(scope='module')
def worlds():
    return {kind: with_signs(generate_world(kind, 101, 'small')) for kind in KINDS}


def test_nothing_else_changes_and_equal_worlds_get_equal_signs(worlds):
    assert set(KINDS) <= set(SIGNED_KINDS)
    for world in worlds.values():
        bare = replace(world, signs=())
        assert with_signs(bare) == world
    assert replace(worlds['office'], signs=()) == generate_world('office', 101, 'small')


def test_every_kind_has_plates_that_number_each_room_once(worlds):
    for world in worlds.values():
        plates = [sign for sign in world.signs if sign.kind == DOOR_PLATE]
        assert plates
        rooms_by_text = {}
        for plate in plates:
            number = plate.lines[-1].removeprefix('Room ')
            if number.replace('.', '').isdigit():
                rooms_by_text.setdefault(number, set()).add(plate.room_id)
        assert all(len(rooms) == 1 for rooms in rooms_by_text.values()), rooms_by_text


def test_shops_have_aisles_wards_have_names_and_ways_out_are_marked(worlds):
    aisles = {s.lines[0] for s in worlds['supermarket'].signs if s.kind == AISLE}
    assert {'Aisle 1', 'Aisle 2'} <= aisles
    assert any(s.kind == WARD for s in worlds['hospital'].signs)
    assert [s.text for s in worlds['office'].signs if s.kind == EXIT] == ['EXIT']


def test_a_plate_hangs_outside_its_room_beside_the_door_apart_from_others(worlds):
    for world in worlds.values():
        plates = [sign for sign in world.signs if sign.kind == DOOR_PLATE]
        for plate in plates:
            x, y, _ = plate.position
            ahead = (x + 0.3 * math.cos(plate.yaw_rad), y + 0.3 * math.sin(plate.yaw_rad))
            outside = world.room_at(*ahead, plate.floor)
            assert outside is not None
            assert outside.id != plate.room_id
            others = [p for p in plates if p is not plate and p.floor == plate.floor]
            near = min((math.dist(plate.position, p.position) for p in others), default=9.0)
            assert near > 0.5 * plate.width_m + 0.2


def test_a_thing_at_the_wall_drives_the_plate_to_where_it_is_seen():
    bare = corridor_without_signs()
    first = with_signs(bare).signs[0]
    x, y, _ = first.position
    shelf = WorldObject(
        id=1, label='bookshelf', model='bookshelf', position=(x, y - 0.2, 0.0), yaw_rad=-1.57,
        size=(0.3, 0.5, 2.0), region_id=1,
    )  # fmt: skip
    moved = with_signs(replace(bare, objects=(shelf,))).signs[0]
    assert moved.lines == first.lines
    assert math.dist(moved.position, first.position) > 0.4


def test_homes_have_no_signs():
    with pytest.raises(WorldError, match='apartment'):
        with_signs(generate_world('apartment', 1))


def test_a_name_may_ask_for_signs():
    plain, signed = (
        parse_world_name('office:101:small'),
        parse_world_name('office:101:small:signs'),
    )
    assert signed == plain._replace(signs=True)
    assert signed.name == 'office:101:small:signs'
    with pytest.raises(WorldError, match='house'):
        parse_world_name('house:1:signs').generate()


def test_a_world_with_signs_is_written_and_read_back():
    world = signed_corridor()
    assert parse_world(dump_world(world)) == world
    with pytest.raises(WorldError, match='letters_m'):
        parse_world(dump_world(world).replace('letters_m: [0.04]', 'letters_m: [-0.04]'))


def test_capitals_are_as_high_as_they_should_be():
    sign = Sign(
        kind=DOOR_PLATE, lines=('H',), letters_m=(0.04,), position=(0.0, 0.0, 1.5), yaw_rad=0.0,
        width_m=0.2, height_m=0.12,
    )  # fmt: skip
    drawn = draw_sign(sign, 1000)
    inside = drawn[10:-10, 10:-10].mean(axis=2)
    rows = np.flatnonzero((inside < 128).any(axis=1))
    assert rows[-1] - rows[0] + 1 == pytest.approx(40, abs=1)


def test_a_picture_shows_a_plate_as_sharp_as_its_pixels_allow():
    world = signed_corridor()
    plate = next(sign for sign in world.signs if len(sign.lines) == 1)
    camera = CameraModel(pitch_rad=0.0, height_m=plate.position[2])
    sim = EmbeddedSimulator(world, camera=camera, furniture='procedural')
    wide = 64  # its edges lie between pixels then
    away = camera.intrinsics[0, 0] * plate.width_m / wide
    high = round(wide * plate.height_m / plate.width_m)
    try:
        x = plate.position[0] + away * math.cos(plate.yaw_rad)
        y = plate.position[1] + away * math.sin(plate.yaw_rad)
        frame = sim.observe_from(Pose2D(x=x, y=y, yaw_rad=plate.yaw_rad + math.pi))
    finally:
        sim.close()
    left, top = round(320 - wide / 2), round(240 - high / 2)
    shown = frame.color[top : top + high, left : left + wide].astype(np.float64).mean(axis=2)
    drawn = cv2.resize(draw_sign(plate, 2000), (wide, high), interpolation=cv2.INTER_AREA)
    match = np.corrcoef(shown.ravel(), drawn.mean(axis=2).ravel())[0, 1]
    assert match > 0.9
    assert frame.instances[240, 320] == 0
    assert frame.depth[240, 320] == pytest.approx(away, abs=0.02)


def test_a_board_that_hangs_shows_its_text_on_both_sides():
    board = Sign(
        kind=AISLE, lines=('L',), letters_m=(0.2,), position=(4.5, 1.1, 1.5), yaw_rad=0.0,
        width_m=0.6, height_m=0.4, two_sided=True,
    )  # fmt: skip
    camera = CameraModel(pitch_rad=0.0, height_m=1.5)
    sim = EmbeddedSimulator(
        replace(corridor_without_signs(), signs=(board,)), camera=camera, furniture='procedural'
    )
    try:
        sides = [
            sim.observe_from(Pose2D(x=4.5 + dx, y=1.1, yaw_rad=yaw)).color.mean(axis=2)
            for dx, yaw in ((1.0, math.pi), (-1.0, 0.0))
        ]
    finally:
        sim.close()
    for side in sides:
        board_pixels = side[190:290, 230:410]
        dark = np.argwhere(board_pixels < 0.5 * board_pixels.max())
        assert len(dark) > 50
        # The upright of an L stands on its left: few dark pixels lie right of the middle.
        assert np.median(dark[:, 1]) < 0.5 * (dark[:, 1].min() + dark[:, 1].max())
