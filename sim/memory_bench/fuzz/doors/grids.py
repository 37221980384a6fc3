"""Occupancy grids, their changes, and where to stand by them."""

from __future__ import annotations

from collections.abc import Iterator
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
import numpy as np

from memory_bench.fuzz.door import Door
from memory_bench.fuzz.texts import mostly, strange
from memory_node.core.data import Pose
from memory_node.core.topology.grid_messages import grid_from_msg, updated
from memory_node.core.topology.stand_poses import Placed, Robot, stand_pose

__all__ = ['doors']

#: What a field of 64 and of 32 bits may hold.
_REALS = mostly(st.floats(-9.0, 9.0), st.floats())
_SIZES = st.integers(1, 40)
_AREAS = mostly(
    st.tuples(_SIZES, _SIZES), st.tuples(*[st.sampled_from([0, 2**16, 2**32 - 1])] * 2)
)
_OFFSETS = mostly(st.integers(0, 20), st.sampled_from([-(2**31), -1, 2**31 - 1]))
_FRAMES = mostly(st.just('map'), strange.map(lambda text: text[:80]))
_MISCOUNTED = mostly(st.just(0), st.sampled_from([1, -1]))
_LEVEL = st.floats(-3.1, 3.1).map(
    lambda yaw: [-1.0, -1.0, 0.0, 0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2)]
)


def doors(folder: Path) -> Iterator[Door]:
    """Yield one door: a grid, one change of it, and a goal."""
    del folder
    grid = st.tuples(
        _FRAMES,
        mostly(st.sampled_from([0.05, 0.1, 0.5, 1.0]), st.floats()),
        _AREAS,
        mostly(_LEVEL, st.lists(_REALS, min_size=7, max_size=7)),
        st.integers(0, 99),
        _MISCOUNTED,
    )
    change = st.tuples(_FRAMES, _OFFSETS, _OFFSETS, _AREAS, _MISCOUNTED)
    goal = st.tuples(*[_REALS] * 6).map(lambda v: (v[:3], v[3:]))
    yield Door(
        name='grids/goals', inputs=st.tuples(grid, change, goal), take=_taken, varied=(), share=0.5
    )


def _cells(size: tuple[int, int], number: int, off_by: int) -> Any:
    """Return as many cells as the message says, or one more or less."""
    count = size[0] * size[1] + off_by
    rng = np.random.default_rng(number)
    return rng.choice(np.array([-1, 0, 0, 0, 99, 100], np.int8), max(0, min(count, 2000)))


def _taken(drawn: tuple[Any, Any, Any]) -> None:
    (frame, cell_m, size, origin, number, off_by), change, (position, target) = drawn
    p, q = origin[:3], origin[3:]
    msg = SimpleNamespace(
        header=SimpleNamespace(frame_id=frame),
        info=SimpleNamespace(
            width=size[0],
            height=size[1],
            resolution=cell_m,
            origin=SimpleNamespace(
                position=SimpleNamespace(x=p[0], y=p[1], z=p[2]),
                orientation=SimpleNamespace(x=q[0], y=q[1], z=q[2], w=q[3]),
            ),
        ),
        data=_cells(size, number, off_by),
    )
    grid = grid_from_msg(msg, 'map')
    frame, x, y, size, off_by = change
    part = SimpleNamespace(
        header=SimpleNamespace(frame_id=frame),
        x=x,
        y=y,
        width=size[0],
        height=size[1],
        data=_cells(size, number, off_by),
    )
    robot = Robot(radius_m=0.25, search_m=3.0)
    pose = Pose(position=position)
    stand_pose([Placed(grid, np.eye(4))], pose, target, robot)
    stand_pose([Placed(updated(grid, part), np.eye(4))], pose, None, robot)
