from __future__ import annotations

from demo.flatland import Block, Flatland
import pytest

from memory_sim.demo.judge import Criteria, footprint_distance, Judge
from memory_sim.engines.base import CameraModel, Pose2D

CAMERA = CameraModel(width=80, height=60)


def room(*things, walls=()):
    """Return a room of 10 m x 6 m around the things."""
    shell = [
        Block((-0.1, 0.0), (0.0, 6.0)),
        Block((10.0, 10.1), (0.0, 6.0)),
        Block((-0.1, 10.1), (-0.1, 0.0)),
        Block((-0.1, 10.1), (6.0, 6.1)),
    ]
    start = Pose2D(x=1.0, y=1.0, yaw_rad=0.0)
    return Flatland([*shell, *walls, *things], start, camera=CAMERA, radius=0.2)


def judged(sim, x, y, yaw_rad=0.0, **criteria):
    judge = Judge(sim, Criteria(**criteria))
    return judge.judge(Pose2D(x=x, y=y, yaw_rad=yaw_rad), sim.ground_truth.instances)


SOFA = Block((8.0, 9.0), (2.5, 3.5), 0.9, 1, 'sofa')


def test_standing_before_the_target_and_facing_it_is_a_success():
    verdict = judged(room(SOFA), 6.5, 3.0)
    assert verdict.success
    assert verdict.in_view
    assert verdict.walk_m == 0.0
    assert verdict.target_id == 1
    assert verdict.distance_m == pytest.approx(1.5)


def test_facing_away_still_succeeds_but_is_not_in_view():
    verdict = judged(room(SOFA), 6.5, 3.0, yaw_rad=3.14)
    assert verdict.success
    assert not verdict.in_view


def test_a_target_across_a_large_room_is_too_far():
    verdict = judged(room(SOFA), 2.0, 3.0)
    assert not verdict.success
    assert verdict.distance_m == pytest.approx(6.0)


def test_walking_reach_adds_to_the_range_of_sight():
    limit = 8.0 - Criteria().view_range_m - Criteria().reach_m
    assert judged(room(SOFA), limit + 0.1, 3.0).success
    assert not judged(room(SOFA), limit - 0.2, 3.0).success


def test_a_wall_in_between_is_a_failure_however_close_the_target_is():
    wall = Block((7.5, 7.6), (0.0, 6.0))
    verdict = judged(room(SOFA, walls=[wall]), 7.0, 3.0)
    assert verdict.distance_m == pytest.approx(1.0)
    assert not verdict.success


def test_a_place_that_is_near_but_a_long_walk_away_does_not_count():
    # The sofa is behind a wall whose only end is 3 m away: seen from there, but not in 1 m.
    wall = Block((7.5, 7.6), (0.0, 5.4))
    assert not judged(room(SOFA, walls=[wall]), 7.0, 2.0).success


def test_a_step_around_a_corner_counts_and_is_measured():
    wall = Block((7.5, 7.6), (0.0, 3.2))
    verdict = judged(room(SOFA, walls=[wall]), 7.0, 2.9)
    assert verdict.success
    assert not verdict.in_view
    assert 0.0 < verdict.walk_m <= 1.0


def test_a_sliver_of_the_target_is_not_a_sight_of_it():
    needle = Block((8.0, 8.02), (3.0, 3.02), 0.1, 1, 'needle')
    assert not judged(room(needle), 6.0, 3.0).success


def test_any_acceptable_target_will_do_and_the_nearest_one_is_reported():
    near = Block((3.0, 3.5), (0.2, 0.7), 0.9, 2, 'sofa')
    verdict = judged(room(SOFA, near), 3.0, 2.0, yaw_rad=-1.57)
    assert verdict.success
    assert verdict.target_id == 2


def test_most_places_of_a_large_room_are_no_success():
    sim = room(SOFA)
    judge = Judge(sim)
    places = [(x, y) for x in range(1, 8) for y in range(1, 6)]
    hits = [
        judge.judge(Pose2D(x=float(x), y=float(y), yaw_rad=0.0), sim.ground_truth.instances)
        for x, y in places
    ]
    assert 0.2 < sum(v.success for v in hits) / len(hits) < 0.7


def test_the_robot_is_not_moved():
    sim = room(SOFA)
    before = sim.pose
    judged(sim, 6.5, 3.0)
    assert sim.pose == before


def test_distance_to_a_footprint_is_zero_on_it():
    (sofa,) = room(SOFA).ground_truth.instances
    assert footprint_distance(Pose2D(x=8.5, y=3.0, yaw_rad=0.0), sofa) == 0.0


def test_a_question_without_targets_is_refused():
    with pytest.raises(ValueError, match='at least one acceptable target'):
        Judge(room(SOFA)).judge(Pose2D(x=1.0, y=1.0, yaw_rad=0.0), [])


@pytest.mark.parametrize('field', ['reach_m', 'view_range_m', 'min_fraction'])
def test_bad_criteria_are_refused(field):
    with pytest.raises(ValueError, match=field):
        Criteria(**{field: -1.0})
