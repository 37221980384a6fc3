from __future__ import annotations

import math

from demo.flatland import three_rooms
import numpy as np
import pytest

from memory_sim.engines.base import Pose2D, VelocityCommand
from memory_sim.navigation.navigator import NavigationState, nearest_navigable
from memory_sim.navigation.path_following import PathFollower, SpeedLimits, wrap_angle
from memory_sim.robot.odometry import compose, Drift, DriftingOdometry, relative
from memory_sim.robot.robot import RobotConfig, SimulatedRobot


def run(robot, seconds):
    return [robot.tick() for _ in range(round(seconds / robot.period_s))]


def arrive(robot, goal, seconds=60.0):
    assert robot.go_to(goal)
    for _ in range(round(seconds / robot.period_s)):
        robot.tick()
        if robot.navigation is not NavigationState.DRIVING:
            return robot.sim.pose
    raise AssertionError(f'still driving at {robot.sim.pose}')


def test_a_goal_two_rooms_away_is_reached_with_its_heading():
    robot = SimulatedRobot(three_rooms())
    goal = Pose2D(x=10.0, y=2.5, yaw_rad=2.0)
    end = arrive(robot, goal)
    assert robot.navigation is NavigationState.ARRIVED
    assert math.hypot(end.x - goal.x, end.y - goal.y) < 0.15
    assert abs(wrap_angle(end.yaw_rad - goal.yaw_rad)) < 0.1


def test_a_goal_inside_furniture_becomes_the_closest_free_spot():
    sim = three_rooms()
    robot = SimulatedRobot(sim)
    end = arrive(robot, Pose2D(x=5.5, y=3.3, yaw_rad=1.57))
    assert robot.navigation is NavigationState.ARRIVED
    assert sim.is_navigable(end.x, end.y)
    assert math.hypot(end.x - 5.5, end.y - 3.3) < 0.7


def test_a_goal_outside_the_world_fails_at_once():
    robot = SimulatedRobot(three_rooms())
    assert not robot.go_to(Pose2D(x=50.0, y=0.0, yaw_rad=0.0))
    assert robot.navigation is NavigationState.FAILED
    assert nearest_navigable(robot.sim, Pose2D(x=50.0, y=0.0, yaw_rad=0.0)) is None


def test_a_velocity_takes_over_from_a_goal_and_standing_still_does_not():
    robot = SimulatedRobot(three_rooms())
    robot.go_to(Pose2D(x=10.0, y=2.5, yaw_rad=0.0))
    robot.drive(VelocityCommand())
    assert robot.navigation is NavigationState.DRIVING
    robot.drive(VelocityCommand(angular_rad_s=0.5))
    assert robot.navigation is NavigationState.CANCELED


def test_an_old_velocity_stops_the_robot_and_a_high_one_is_limited():
    robot = SimulatedRobot(three_rooms())
    robot.drive(VelocityCommand(angular_rad_s=99.0))
    ticks = run(robot, 2.0)
    assert ticks[0].command.angular_rad_s == SpeedLimits().angular_rad_s
    assert ticks[-1].command == VelocityCommand()


def test_pictures_come_at_their_rate_with_detections_of_their_stamp():
    robot = SimulatedRobot(three_rooms(), RobotConfig(camera_rate_hz=5.0))
    ticks = run(robot, 2.0)
    pictures = [t for t in ticks if t.frame is not None]
    assert len(pictures) == 10
    assert all(t.frame.stamp_ns == t.stamp_ns for t in pictures)
    assert len({t.stamp_ns for t in ticks}) == len(ticks) == 100


def test_a_picture_is_taken_where_a_goal_was_reached():
    robot = SimulatedRobot(three_rooms(), RobotConfig(camera_rate_hz=0.01))
    end = arrive(robot, Pose2D(x=10.0, y=2.5, yaw_rad=2.0))
    frame = robot.tick().frame
    assert frame is not None
    assert frame.pose == end


def test_perfect_odometry_is_the_truth_and_drift_leaves_it():
    drift = Drift(scale=0.02, heading=0.05, position=0.02)
    exact, drifting = (
        SimulatedRobot(three_rooms(), RobotConfig(drift=d), seed=1) for d in (Drift(), drift)
    )
    errors = []
    for robot in (exact, drifting):
        robot.go_to(Pose2D(x=10.0, y=2.5, yaw_rad=0.0))
        last = run(robot, 12.0)[-1]
        errors.append(math.hypot(last.estimate.x - last.truth.x, last.estimate.y - last.truth.y))
    assert errors[0] == 0.0
    assert errors[1] > 0.05


def test_a_goal_in_drifted_odometry_is_driven_to_as_the_robot_believes():
    odometry = DriftingOdometry(Pose2D(x=0.0, y=0.0, yaw_rad=0.0), Drift(scale=0.1))
    truth = Pose2D(x=2.0, y=0.0, yaw_rad=0.5)
    estimate = odometry.update(truth)
    assert estimate.x == pytest.approx(2.2)
    assert odometry.to_truth(estimate) == truth
    ahead = odometry.to_truth(compose(estimate, Pose2D(x=1.0, y=0.0, yaw_rad=0.0)))
    assert ahead.x == pytest.approx(2.0 + math.cos(0.5))


def test_drift_follows_the_seed():
    def end(seed):
        odometry = DriftingOdometry(
            Pose2D(x=0.0, y=0.0, yaw_rad=0.0), Drift(heading=0.1), seed=seed
        )
        for x in np.arange(0.0, 3.0, 0.1):
            odometry.update(Pose2D(x=float(x), y=0.0, yaw_rad=0.0))
        return odometry.estimate

    assert end(1) == end(1) != end(2)


def test_relative_undoes_compose():
    rng = np.random.default_rng(0)
    for _ in range(100):
        a, b = (Pose2D(x=v[0], y=v[1], yaw_rad=v[2]) for v in rng.uniform(-3, 3, (2, 3)).tolist())
        back = relative(a, compose(a, b))
        assert (back.x, back.y) == pytest.approx((b.x, b.y))
        assert wrap_angle(back.yaw_rad - b.yaw_rad) == pytest.approx(0.0, abs=1e-9)


def test_a_path_with_a_sharp_corner_is_kept_to():
    path = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.5, 2.0]])
    follower = PathFollower(path, 0.0)
    pose, track = Pose2D(x=0.0, y=0.0, yaw_rad=2.5), []
    for _ in range(3000):
        command = follower.command(pose)
        if follower.arrived:
            break
        x = pose.x + 0.02 * command.linear_m_s * math.cos(pose.yaw_rad)
        y = pose.y + 0.02 * command.linear_m_s * math.sin(pose.yaw_rad)
        pose = Pose2D(x=x, y=y, yaw_rad=pose.yaw_rad + 0.02 * command.angular_rad_s)
        track.append((x, y))
    assert follower.arrived
    assert follower.remaining_m == 0.0
    assert (pose.x, pose.y) == pytest.approx((0.5, 2.0), abs=0.1)
    dense = np.concatenate(
        [np.linspace(a, b, 50) for a, b in zip(path[:-1], path[1:], strict=True)]
    )
    away = [np.min(np.hypot(*(dense - p).T)) for p in track]
    assert max(away) < 0.2


@pytest.mark.parametrize('path', [np.zeros((0, 2)), np.zeros(3), np.full((2, 2), np.nan)])
def test_bad_paths_are_refused(path):
    with pytest.raises(ValueError, match='path must'):
        PathFollower(path)


@pytest.mark.parametrize(
    'make',
    [
        lambda: RobotConfig(camera_rate_hz=0.0),
        lambda: RobotConfig(odometry_rate_hz=float('nan')),
        lambda: SpeedLimits(linear_m_s=-1.0),
        lambda: Drift(scale=1.0),
        lambda: Drift(heading=float('nan')),
    ],
)
def test_bad_settings_are_refused(make):
    with pytest.raises(ValueError, match='must be'):
        make()
