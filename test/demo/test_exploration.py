from __future__ import annotations

from demo.flatland import CAMERA, three_rooms
import numpy as np
import pytest

from memory_sim.engines.base import Pose2D, VelocityCommand
from memory_sim.exploration.explorer import Activity, Budget, Explorer
from memory_sim.exploration.grid import GridConfig

#: Coarse, to be quick.
GRID = GridConfig(resolution_m=0.1)


def explore(sim, explorer, max_frames=1500):
    sim.reset()
    for _ in range(max_frames):
        frame = sim.observe()
        command = explorer.update(frame.depth, frame.pose, frame.stamp_ns)
        if explorer.done:
            return command
        for _ in range(10):
            sim.step(command, 0.02)
    raise AssertionError(f'not done after {max_frames} pictures: {explorer.progress}')


@pytest.fixture(scope='module')
def explored():
    sim, fractions = three_rooms(), []
    explorer = Explorer(sim.camera, grid=GRID)
    update = explorer.update

    def watched(depth, pose, stamp_ns):
        command = update(depth, pose, stamp_ns)
        fractions.append(explorer.progress.fraction)
        return command

    explorer.update = watched
    explore(sim, explorer)
    return sim, explorer, fractions


def test_exploration_ends_by_itself_and_says_why(explored):
    _, explorer, _ = explored
    assert explorer.progress.activity is Activity.DONE
    assert explorer.progress.reason == 'everything in reach was seen'
    assert explorer.progress.frontiers == 0


def test_exploration_sees_the_floor_of_every_room(explored):
    sim, explorer, _ = explored
    seen = total = 0
    for x in np.arange(0.25, 12.0, 0.25):
        for y in np.arange(0.25, 4.0, 0.25):
            if sim.is_navigable(x, y):
                cell = explorer.grid.to_cells(np.array([[x, y]]))[0]
                total += 1
                seen += bool(explorer.grid.free[tuple(cell)])
    assert seen / total > 0.97


def test_exploration_maps_things_where_they_are(explored):
    sim, explorer, _ = explored
    distance = explorer.grid.clearance_m()
    for thing in sim.ground_truth.instances:
        cell = explorer.grid.to_cells(np.array([thing.center[:2]]))[0]
        assert distance[tuple(cell)] < 0.5 * min(thing.extent[:2]) + 0.1


def test_the_robot_looks_around_at_the_start(explored):
    sim, explorer, _ = explored
    assert explorer.look_spots == ((sim.start.x, sim.start.y),)


def test_the_robot_looks_around_in_every_room_when_asked_to():
    sim = three_rooms()
    explorer = Explorer(sim.camera, grid=GRID, look_spacing_m=2.5)
    explore(sim, explorer)
    assert {int(x // 4) for x, _ in explorer.look_spots} == {0, 1, 2}


def test_progress_never_falls_and_ends_at_one(explored):
    _, _, fractions = explored
    assert all(a <= b for a, b in zip(fractions, fractions[1:], strict=False))
    assert fractions[0] < 0.9
    assert fractions[-1] == 1.0


def test_exploration_is_deterministic(explored):
    _, first, _ = explored
    sim = three_rooms()
    second = Explorer(sim.camera, grid=GRID)
    explore(sim, second)
    assert second.progress == first.progress
    assert np.array_equal(second.grid.log_odds, first.grid.log_odds)


@pytest.mark.parametrize('budget', [Budget(distance_m=2.0), Budget(time_s=9.0)])
def test_exploration_stops_when_the_budget_is_used(budget):
    sim = three_rooms()
    explorer = Explorer(sim.camera, grid=GRID, budget=budget)
    assert explore(sim, explorer) == VelocityCommand()
    progress = explorer.progress
    assert progress.reason == 'the budget is used'
    assert progress.distance_m < budget.distance_m + 0.5
    assert progress.time_s <= budget.time_s + 0.5


def test_an_obstacle_nobody_sees_is_found_by_bumping():
    sim = three_rooms()
    hidden = Pose2D(x=3.2, y=2.0, yaw_rad=0.0)
    fits = sim.is_navigable

    def is_navigable(x, y, z=0.0):
        return fits(x, y, z) and np.hypot(x - hidden.x, y - hidden.y) > 0.4

    sim.is_navigable = is_navigable
    explorer = Explorer(sim.camera, grid=GRID)
    explore(sim, explorer, max_frames=2500)
    assert explorer.progress.reason == 'everything in reach was seen'


def test_bad_budgets_are_refused():
    with pytest.raises(ValueError, match='distance_m'):
        Budget(distance_m=0.0)
    with pytest.raises(ValueError, match='time_s'):
        Budget(time_s=float('nan'))


def test_a_picture_of_the_wrong_size_is_refused():
    explorer = Explorer(CAMERA)
    with pytest.raises(ValueError, match=r'expected depth of shape \(90, 120\)'):
        explorer.update(np.zeros((4, 4), np.float32), Pose2D(x=0.0, y=0.0, yaw_rad=0.0), 0)
