from __future__ import annotations

import numpy as np
import pytest

from memory_sim.engines.base import Pose2D
from memory_sim.exploration.frontier import find_frontiers, reach_from
from memory_sim.exploration.grid import ExplorationGrid, GridConfig

ORIGIN = Pose2D(x=0.0, y=0.0, yaw_rad=0.0)


def grid_with(free=(), occupied=()):
    """Return a grid whose free and occupied rectangles (x0, y0, x1, y1) are set [m]."""
    grid = ExplorationGrid(ORIGIN, GridConfig(resolution_m=0.05, robot_radius_m=0.2))
    grid.log_odds[:] = 0.0
    for rectangles, value in ((free, -2.0), (occupied, 3.0)):
        for x0, y0, x1, y1 in rectangles:
            low, high = grid.to_cells(np.array([[x0 + 1e-6, y0 + 1e-6], [x1, y1]]))
            grid.log_odds[low[0] : high[0], low[1] : high[1]] = value
    return grid


def walls(x0, y0, x1, y1, t=0.1):
    return [
        (x0 - t, y0 - t, x1 + t, y0),
        (x0 - t, y1, x1 + t, y1 + t),
        (x0 - t, y0, x0, y1),
        (x1, y0, x1 + t, y1),
    ]


def test_a_closed_room_has_no_frontier():
    grid = grid_with([(-2, -2, 2, 2)], walls(-2, -2, 2, 2))
    reach = reach_from(grid, [(0.0, 0.0)])
    assert len(reach.cells) > 1000
    assert find_frontiers(grid, reach) == []


def test_a_door_is_the_only_frontier_and_is_looked_at_from_inside():
    north, south, west, _ = walls(-2, -2, 2, 2)
    east = [(2, -2, 2.1, -0.5), (2, 0.5, 2.1, 2)]
    grid = grid_with([(-2, -2, 2.1, 2)], [north, south, west, *east])
    reach = reach_from(grid, [(0.0, 0.0)])
    (frontier,) = find_frontiers(grid, reach)
    assert frontier.center[0] == pytest.approx(2.05, abs=0.1)
    assert abs(frontier.center[1]) < 0.3
    assert frontier.size_m == pytest.approx(1.0, abs=0.2)
    stand = reach.points[frontier.stand_row]
    assert np.hypot(*(stand - frontier.center)) <= 0.7
    assert frontier.cost_m == pytest.approx(1.4, abs=0.3)


def test_a_border_behind_a_gap_too_narrow_for_the_robot_is_not_offered():
    grid = grid_with(
        [(-2, -2, 4, 2)], [*walls(-2, -2, 4, 2)[:3], (2, -2, 2.1, -0.1), (2, 0.1, 2.1, 2)]
    )
    reach = reach_from(grid, [(0.0, 0.0)])
    assert reach.points[:, 0].max() < 2.0
    assert find_frontiers(grid, reach) == []


def test_ignored_places_are_left_out():
    grid = grid_with([(-2, -2, 2, 2)])
    reach = reach_from(grid, [(0.0, 0.0)])
    rim = [f.center for f in find_frontiers(grid, reach)]
    assert rim
    everywhere = [(x, y) for x in np.arange(-2, 2.1, 0.4) for y in np.arange(-2, 2.1, 0.4)]
    assert find_frontiers(grid, reach, ignore=everywhere) == []


def test_paths_lead_from_source_to_goal_and_keep_off_walls():
    wall = (0.9, -2, 1.1, 1.0)
    grid = grid_with([(-2, -2, 4, 2)], [*walls(-2, -2, 4, 2), wall])
    reach = reach_from(grid, [(0.0, 0.0)])
    path = reach.path_to(reach.nearest((2.0, 0.0)))
    assert path[0] == pytest.approx((0.0, 0.0), abs=0.05)
    assert path[-1] == pytest.approx((2.0, 0.0), abs=0.05)
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.08
    distance = grid.clearance_m()
    cells = grid.to_cells(path)
    assert distance[cells[:, 0], cells[:, 1]].min() > grid.config.robot_radius_m
    assert 3.0 < np.linalg.norm(np.diff(path, axis=0), axis=1).sum() < 4.5


def test_many_sources_share_one_search():
    grid = grid_with([(-2, -2, 2, 2)], walls(-2, -2, 2, 2))
    reach = reach_from(grid, [(-1.5, 0.0), (1.5, 0.0)])
    left, right = reach.nearest((-1.0, 0.0)), reach.nearest((1.0, 0.0))
    assert reach.cost_m[left] == pytest.approx(0.5, abs=0.2)
    assert reach.cost_m[right] == pytest.approx(0.5, abs=0.2)


def test_a_source_far_from_any_free_cell_reaches_nothing():
    grid = grid_with([(-1, -1, 1, 1)])
    reach = reach_from(grid, [(5.0, 5.0)])
    assert len(reach.cells) == 0
    assert reach.nearest((0.0, 0.0)) is None
    assert find_frontiers(grid, reach) == []


def test_the_grid_grows_and_keeps_what_it_knew():
    grid = grid_with([(0, 0, 1, 1)])
    before = grid.free_area_m2
    grid.mark_disc(Pose2D(x=40.0, y=-40.0, yaw_rad=0.0), 0.5, free=False)
    assert grid.free_area_m2 == pytest.approx(before)
    assert grid.free[tuple(grid.to_cells(np.array([[0.5, 0.5]]))[0])]
    assert grid.occupied[tuple(grid.to_cells(np.array([[40.0, -40.0]]))[0])]
