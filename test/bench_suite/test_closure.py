"""The benchmark of loop closures: 100 things are 100 again, by poses and by a jump alone."""

from __future__ import annotations

from fakes import BagOfWordsEncoder
import numpy as np
import pytest

from memory_bench.changes.drive import Noise
from memory_bench.cli import main
from memory_bench.closure.course import drive, OFF_M, OFF_RAD, THINGS
from memory_bench.closure.run import closed
from memory_node import Memory
from memory_node.core.errors import InvalidQueryError, MapsDifferError, UnknownMapError


@pytest.fixture(scope='module')
def driven():
    return drive('grows', 3, Noise())


def test_odometry_is_as_far_off_at_the_end_as_said(driven):
    held, (_, true) = driven.observations[-1].pose, driven.corrected[-1]
    assert np.linalg.norm(np.subtract(held.position, true.position)) == pytest.approx(
        OFF_M, abs=0.1
    )
    assert held.yaw_rad - true.yaw_rad == pytest.approx(OFF_RAD, abs=0.01)
    assert len(THINGS) == 100


@pytest.mark.parametrize('source', ['poses', 'jump'])
def test_what_was_double_is_one_and_where_it_stands(driven, source):
    found = closed(driven, source, BagOfWordsEncoder())
    assert not found.refused
    assert (found.objects, found.double, found.missing) == (100, 0, 0)
    assert np.mean(np.array(found.errors_m) <= 0.1) >= 0.98
    assert max(found.errors_m) < 0.15


@pytest.fixture
def memory(tmp_path, driven):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as opened:
        opened.add_many(driven.observations[:60])
        yield opened


def shifted(x_m):
    jump = np.eye(4)
    jump[0, 3] = x_m
    return jump


@pytest.mark.parametrize(
    ('error', 'map_id', 'jump', 'said'),
    [
        (MapsDifferError, 'map', shifted(3.0), 'at least 3 are needed'),
        (UnknownMapError, 'moon', shifted(1.0), "no observation is on a map named 'moon'"),
        (InvalidQueryError, 'map', 2.0 * np.eye(4), 'transform must be rigid'),
        (InvalidQueryError, 'map', shifted(np.nan), 'transform must be 4 by 4 finite numbers'),
        (InvalidQueryError, 'map', np.eye(3), 'transform must be 4 by 4 finite numbers'),
    ],
)
def test_a_jump_that_can_not_be_followed_moves_nothing(memory, error, map_id, jump, said):
    before = [o.pose for o in memory.observations()]
    with pytest.raises(error, match=said):
        memory.correct_jump(map_id, jump, since_ns=0, until_ns=2**62)
    assert [o.pose for o in memory.observations()] == before


def test_a_robot_that_stood_still_has_closed_no_loop(memory, driven):
    first = driven.observations[0].stamp_ns
    with pytest.raises(MapsDifferError, match='has not moved'):
        memory.correct_jump('map', shifted(1.0), since_ns=first, until_ns=first)


@pytest.mark.parametrize('option', ['--drives=0', '--misses=1', '--noise-m=9'])
def test_numbers_that_are_none_are_refused(option, capsys):
    assert main(['loop-closure', option]) == 2
    assert 'memory-bench' in capsys.readouterr().out
