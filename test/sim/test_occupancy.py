from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from small_worlds import BOX, room_with, two_rooms

from memory_sim.engines.base import Pose2D, VelocityCommand
from memory_sim.furniture.meshes import Furniture
from memory_sim.navigation.kinematics import drive
from memory_sim.navigation.occupancy import OccupancyMap
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world
from memory_sim.world.model import World


def occupancy_of(world: World, **options: float) -> OccupancyMap:
    furniture = Furniture('procedural')
    corners = [p.corners for thing in world.objects for p in furniture.patches(thing)]
    return OccupancyMap(world, np.concatenate(corners or [np.zeros((0, 3, 3))]), **options)


ROOM = occupancy_of(room_with(BOX))


@pytest.mark.parametrize(
    ('x', 'y', 'free'),
    [
        (1.0, 2.0, True),
        (4.0, 2.0, False),  # in the box
        (3.35, 2.0, False),  # 0.15 m before it
        (3.2, 2.0, True),  # 0.3 m before it
        (0.15, 2.0, False),  # at the wall
        (-1.0, 2.0, False),
        (100.0, 100.0, False),
        (math.nan, 2.0, False),
    ],
)
def test_the_robot_fits_where_nothing_is_within_its_radius(x: float, y: float, free: bool) -> None:
    assert ROOM.is_navigable(x, y) is free


def test_clearance_is_the_distance_to_the_nearest_side() -> None:
    assert ROOM.clearance_at(1.0, 2.0) == pytest.approx(1.0 - 0.08, abs=0.05)
    assert ROOM.clearance_at(3.0, 2.0) == pytest.approx(0.5, abs=0.05)


def test_a_path_leads_around_the_box() -> None:
    path = ROOM.shortest_path((2.0, 2.0), (5.5, 2.0))
    assert path is not None
    assert path[0].tolist() == [2.0, 2.0]
    assert path[-1].tolist() == [5.5, 2.0]
    # At best two straight legs past a corner of the box, at the robot's radius.
    shortest = math.hypot(1.3, 0.8) + 1.4 + math.hypot(0.8, 0.8)
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert shortest - 0.2 < length < 1.25 * shortest
    assert ROOM.geodesic_distance((2.0, 2.0), (5.5, 2.0)) == pytest.approx(shortest, rel=0.08)


def test_in_open_space_the_distance_is_the_straight_line() -> None:
    assert ROOM.geodesic_distance((0.5, 0.5), (2.9, 3.4)) == pytest.approx(
        math.hypot(2.4, 2.9), rel=0.01
    )


def test_rooms_without_a_door_are_apart_and_a_narrow_door_is_none() -> None:
    for door in (None, 0.35):
        occupancy = occupancy_of(two_rooms(door))
        assert not (occupancy.is_navigable(2.0, 2.0) and occupancy.is_navigable(6.0, 2.0))
        assert occupancy.shortest_path((2.0, 2.0), (6.0, 2.0)) is None
        assert occupancy.geodesic_distance((2.0, 2.0), (6.0, 2.0)) == math.inf


def test_the_path_between_rooms_goes_through_the_door() -> None:
    path = occupancy_of(two_rooms(0.9)).shortest_path((2.0, 1.0), (6.0, 1.0))
    assert path is not None
    crossing = np.interp(4.0, path[:, 0], path[:, 1])
    assert abs(crossing - 3.0) < 0.25


def test_a_robot_taller_than_the_lintel_stays_in_its_room() -> None:
    occupancy = occupancy_of(two_rooms(0.9), height_m=2.3)
    assert occupancy.shortest_path((2.0, 1.0), (6.0, 1.0)) is None


def test_a_place_in_a_wall_snaps_to_the_nearest_free_one() -> None:
    place = ROOM.snap(0.0, 2.0)
    assert place is not None
    assert ROOM.is_navigable(*place)
    assert place[0] < 0.4
    assert ROOM.snap(1.0, 1.0) == (1.0, 1.0)


def test_a_world_in_which_the_robot_fits_nowhere_is_refused() -> None:
    with pytest.raises(WorldError, match='fits nowhere'):
        occupancy_of(room_with(BOX), radius_m=2.5)


APARTMENT = occupancy_of(generate_world('apartment', 1))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_no_path_through_an_apartment_touches_anything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start, goal = APARTMENT.sample(rng), APARTMENT.sample(rng)
    path = APARTMENT.shortest_path(start, goal)
    assert path is not None
    for a, b in zip(path[:-1], path[1:], strict=True):
        steps = max(2, math.ceil(float(np.linalg.norm(b - a)) / 0.02))
        for t in np.linspace(0.0, 1.0, steps):
            x, y = a + t * (b - a)
            assert APARTMENT.clearance_at(float(x), float(y)) >= APARTMENT.radius_m - 0.04
    straight = math.dist(start, goal)
    assert APARTMENT.geodesic_distance(start, goal) >= straight - 0.1


def test_driving_straight_and_in_an_arc() -> None:
    pose, hit = drive(
        ROOM, Pose2D(x=1.0, y=1.0, yaw_rad=0.0), VelocityCommand(linear_m_s=0.5), 1.0
    )
    assert (pose.x, pose.y, hit) == (pytest.approx(1.5), pytest.approx(1.0), False)
    quarter = VelocityCommand(linear_m_s=math.pi / 4, angular_rad_s=math.pi / 2)
    pose, hit = drive(ROOM, Pose2D(x=1.0, y=1.0, yaw_rad=0.0), quarter, 1.0)
    assert (pose.x, pose.y) == (pytest.approx(1.5, abs=0.01), pytest.approx(1.5, abs=0.01))
    assert pose.yaw_rad == pytest.approx(math.pi / 2)
    assert not hit
    turned, _ = drive(ROOM, pose, VelocityCommand(angular_rad_s=-math.pi / 2), 2.0)
    assert (turned.x, turned.y) == (pose.x, pose.y)
    assert turned.yaw_rad == pytest.approx(-math.pi / 2)


def test_the_robot_stops_at_a_wall_and_slides_along_it() -> None:
    ahead, hit = drive(
        ROOM, Pose2D(x=1.0, y=2.0, yaw_rad=math.pi), VelocityCommand(linear_m_s=1.0), 3.0
    )
    assert hit
    assert ahead.x == pytest.approx(0.08 + 0.2, abs=0.06)
    aslant, hit = drive(
        ROOM, Pose2D(x=1.0, y=1.0, yaw_rad=0.75 * math.pi), VelocityCommand(linear_m_s=1.0), 2.0
    )
    assert hit
    assert aslant.y > 1.9  # it went on along the wall


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 1000),
    speed=st.floats(-1.5, 1.5),
    turn=st.floats(-3.0, 3.0),
    dt=st.floats(0.01, 2.0),
)
def test_no_command_drives_the_robot_into_anything(
    seed: int, speed: float, turn: float, dt: float
) -> None:
    rng = np.random.default_rng(seed)
    x, y = APARTMENT.sample(rng)
    pose = Pose2D(x=x, y=y, yaw_rad=float(rng.uniform(-math.pi, math.pi)))
    command = VelocityCommand(linear_m_s=speed, angular_rad_s=turn)
    for _ in range(5):
        pose, _ = drive(APARTMENT, pose, command, dt)
        assert APARTMENT.clearance_at(pose.x, pose.y) >= APARTMENT.radius_m - 1e-6 or (
            APARTMENT.clearance_at(pose.x, pose.y) >= APARTMENT.clearance_at(x, y) - 1e-6
        )


@pytest.mark.parametrize(
    ('command', 'dt'),
    [
        (VelocityCommand(linear_m_s=math.nan), 0.1),
        (VelocityCommand(angular_rad_s=math.inf), 0.1),
        (VelocityCommand(linear_m_s=0.1), 0.0),
        (VelocityCommand(linear_m_s=0.1), -1.0),
        (VelocityCommand(linear_m_s=0.1), math.nan),
    ],
)
def test_a_command_without_meaning_is_refused(command: VelocityCommand, dt: float) -> None:
    with pytest.raises(ValueError, match='finite'):
        drive(ROOM, Pose2D(x=1.0, y=1.0, yaw_rad=0.0), command, dt)
