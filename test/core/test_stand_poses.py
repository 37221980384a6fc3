"""Where a robot stands to see something, by occupancy grids."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from memory_node.core.data import Pose
from memory_node.core.errors import InvalidObservationError, NoFreePoseError
from memory_node.core.topology.stand_poses import Grid, Placed, Robot, stand_pose

CELL_M = 0.05
ROBOT = Robot(radius_m=0.25, search_m=3.0)


def room(width_m: float = 8.0, height_m: float = 6.0) -> np.ndarray:
    """Free floor with walls around it."""
    cells = np.zeros((round(height_m / CELL_M), round(width_m / CELL_M)), np.int8)
    cells[[0, -1]] = cells[:, [0, -1]] = 100
    return cells


def block(cells, x0, y0, x1, y1, value=100):
    rows, columns = (slice(round(a / CELL_M), round(b / CELL_M)) for a, b in ((y0, y1), (x0, x1)))
    cells[rows, columns] = value
    return cells


def grid(cells, origin=(0.0, 0.0, 0.0, 0.0), **values):
    return Grid(
        **{
            'name': '/map',
            'frame_id': 'map',
            'cell_m': CELL_M,
            'origin': origin,
            'cells': cells,
            **values,
        }
    )


def placed(cells, transform=None, **values):
    return Placed(grid(cells, **values), np.eye(4) if transform is None else transform)


def pose(x, y, yaw=0.0):
    return Pose.from_yaw((x, y, 0.0), yaw)


def faces(stand, target):
    x, y, _ = stand.pose.position
    bearing = math.atan2(target[1] - y, target[0] - x)
    return abs(math.remainder(stand.pose.yaw_rad - bearing, math.tau)) < 1e-6


def clearance_m(cells, x, y):
    """Distance to the nearest cell that is not free, independently of the code."""
    rows, columns = np.nonzero((cells < 0) | (cells >= 65))
    return float(np.hypot((columns + 0.5) * CELL_M - x, (rows + 0.5) * CELL_M - y).min())


def test_a_free_pose_stays_as_it_is():
    there = pose(3.0, 3.0, 0.4)
    stand = stand_pose([placed(room())], there, (5.0, 3.0, 1.0), ROBOT)
    assert (stand.pose, stand.moved_m, stand.note) == (there, 0.0, '')


def test_a_pose_in_a_sofa_moves_to_the_nearest_free_one_and_faces_the_target():
    cells = block(room(), 2.0, 2.0, 4.0, 3.0)
    target = (6.0, 2.5, 0.5)
    stand = stand_pose([placed(cells)], pose(3.9, 2.5), target, ROBOT)
    assert faces(stand, target)
    x, y, _ = stand.pose.position
    assert clearance_m(cells, x, y) >= ROBOT.radius_m
    assert stand.moved_m == pytest.approx(math.dist((x, y), (3.9, 2.5)))
    assert stand.moved_m <= 0.1 + ROBOT.radius_m + 2 * CELL_M
    assert 'not free by /map' in stand.note


def test_it_does_not_look_through_walls():
    cells = block(room(), 4.0, 0.0, 4.1, 4.5)  # two rooms, joined at the top
    target = (3.0, 2.0, 0.5)
    # The pose drifted through the wall: nearer is the wrong room, which does not see the target.
    stand = stand_pose([placed(cells)], pose(4.1, 2.0), target, ROBOT)
    assert stand.pose.position[0] < 4.0
    assert faces(stand, target)


def test_what_hangs_on_a_wall_is_seen_from_its_side():
    cells = block(room(), 4.0, 0.0, 4.2, 4.5)
    block(cells, 2.8, 1.5, 3.6, 2.5)  # where the robot stood, there now is a cupboard
    stand = stand_pose([placed(cells)], pose(3.5, 2.0), (4.1, 2.0, 1.5), ROBOT)
    assert stand.pose.position[0] < 4.0


def test_what_lies_on_a_table_is_seen():
    cells = block(room(), 4.0, 2.0, 6.0, 4.0)
    target = (5.0, 3.0, 0.8)
    stand = stand_pose([placed(cells)], pose(4.1, 3.0), target, ROBOT)
    assert stand.pose.position[0] < 4.0
    assert 'sees' not in stand.note


def test_where_nothing_sees_the_target_the_nearest_free_pose_says_so():
    cells = block(room(), 5.0, 1.0, 7.9, 5.0)  # the target is deep inside
    block(cells, 2.0, 2.5, 2.2, 3.5)
    stand = stand_pose([placed(cells)], pose(2.1, 3.0), (6.9, 3.0, 0.0), ROBOT)
    assert 'nothing free within 3 m sees the target' in stand.note


def test_unknown_space_is_not_free():
    cells = block(room(), 0.0, 0.0, 3.0, 6.0, value=-1)
    stand = stand_pose([placed(cells)], pose(2.5, 3.0), None, ROBOT)
    assert stand.pose.position[0] > 3.0 + ROBOT.radius_m
    assert stand.pose.yaw_rad == 0.0
    with pytest.raises(NoFreePoseError, match=r'/map .* fits nowhere within 3 m of \(2.5, 3.0\)'):
        stand_pose([placed(np.full_like(cells, -1))], pose(2.5, 3.0), None, ROBOT)


def test_pockets_are_no_place_to_stand():
    cells = block(room(), 1.0, 1.0, 5.0, 5.0)
    block(cells, 2.7, 2.7, 3.3, 3.3, value=0)
    stand = stand_pose([placed(cells)], pose(3.5, 3.0), None, ROBOT)
    assert clearance_m(cells, *stand.pose.position[:2]) >= ROBOT.radius_m
    assert not 1.0 < stand.pose.position[0] < 5.0 or not 1.0 < stand.pose.position[1] < 5.0


def test_a_costmap_has_the_radius_in_it_and_counts_too():
    cells = block(room(), 2.0, 2.0, 4.0, 3.0)
    crate = block(room(), 3.9, 2.0, 5.5, 3.0, value=99)
    costmap = placed(crate, name='/costmap', inflated=True)
    target = (7.0, 2.5, 0.5)
    alone = stand_pose([placed(cells)], pose(3.9, 2.5), target, ROBOT).pose.position
    both = stand_pose([placed(cells), costmap], pose(3.9, 2.5), target, ROBOT).pose.position
    assert crate[int(alone[1] / CELL_M), int(alone[0] / CELL_M)] == 99
    assert crate[int(both[1] / CELL_M), int(both[0] / CELL_M)] == 0
    only = stand_pose([costmap], pose(3.95, 2.5), target, ROBOT).pose.position
    assert crate[int(only[1] / CELL_M), int(only[0] / CELL_M)] == 0


def test_a_pose_outside_is_not_judged():
    for there in (pose(-4.0, 3.0), Pose.from_yaw((3.0, 3.0, 3.0), 0.0)):  # beside it, a floor up
        stand = stand_pose([placed(room())], there, None, ROBOT)
        assert stand.pose == there
        assert '/map does not reach there' in stand.note
    beside = stand_pose([placed(room())], pose(-0.4, 3.0), None, ROBOT)  # it drifted off the map
    assert 0.3 < beside.pose.position[0] < 0.4


def test_a_room_that_is_cut_off_is_kept_to():
    cells = block(room(), 5.0, 0.0, 5.1, 6.0)  # the door was closed when the map was made
    for x in (5.6, 5.2):  # in free space, and at the wall
        stand = stand_pose([placed(cells)], pose(x, 3.0), (7.0, 3.0, 1.0), ROBOT)
        assert 5.4 - CELL_M < stand.pose.position[0] < 5.7


@settings(max_examples=25, deadline=None)
@given(
    yaw=st.floats(-3.2, 3.2),
    shift=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    turn=st.floats(-3.2, 3.2),
    at=st.tuples(st.floats(0.3, 7.7), st.floats(0.3, 5.7)),
    seen=st.tuples(st.floats(0.1, 7.9), st.floats(0.1, 5.9)),
)
def test_turned_grids_and_other_frames_keep_the_robot_free(yaw, shift, turn, at, seen):
    cells = block(room(), 2.0, 2.0, 4.0, 3.0)
    block(cells, 5.0, 4.0, 6.0, 5.0)
    plain = stand_pose([placed(cells)], pose(*at), (*seen, 0.5), ROBOT)
    x, y, _ = plain.pose.position
    assert clearance_m(cells, x, y) >= ROBOT.radius_m - CELL_M
    assert plain.moved_m <= ROBOT.search_m
    # The same room, turned in its own frame, which lies turned in the map.
    c, s = math.cos(turn), math.sin(turn)
    frame_T_map = np.eye(4)
    frame_T_map[:2, :2], frame_T_map[:2, 3] = [[c, -s], [s, c]], shift
    origin = (*shift, 0.0, turn)
    other = stand_pose([placed(cells, frame_T_map, origin=origin)], pose(*at), (*seen, 0.5), ROBOT)
    x, y, _ = other.pose.position
    assert clearance_m(cells, x, y) >= ROBOT.radius_m - CELL_M
    assert other.moved_m <= ROBOT.search_m
    corner = grid(cells, origin=(*shift, 0.0, yaw))
    there = np.array([[12.3, 4.5], [0.0, 0.0]])
    assert corner.to_cells(corner.to_points(there)) == pytest.approx(there, abs=1e-6)


@pytest.mark.parametrize(
    ('values', 'said'),
    [
        ({'cell_m': 0.0}, 'resolution'),
        ({'cell_m': math.nan}, 'resolution'),
        ({'cell_m': math.inf}, 'resolution'),
        ({'origin': (math.nan, 0.0, 0.0, 0.0)}, 'origin'),
        ({'origin': (0.0, 0.0, 0.0, math.nan)}, 'origin'),
        ({'origin': (1e12, 0.0, 0.0, 0.0)}, 'origin'),
        ({'frame_id': ''}, 'frame_id'),
        ({'cells': np.zeros((0, 5), np.int8)}, 'width'),
        ({'cells': np.broadcast_to(np.int8(0), (2**15, 2**11))}, '33554432 cells'),
    ],
)
def test_a_grid_that_cannot_be_is_refused_by_name(values, said):
    with pytest.raises(InvalidObservationError, match=said):
        grid(**{'cells': room(), **values})
