"""
Occupancy grids read as data, by the fields of their messages alone.

The same for messages of rclpy and for those that are made without ROS. Pure functions; a message
that makes no sense is a typed error.
"""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

import numpy as np

from memory_node.core.errors import InvalidObservationError
from memory_node.core.perception.geometry import rotation_from_quaternion
from memory_node.core.topology.stand_poses import Grid, MAX_CELLS

__all__ = ['grid_from_msg', 'updated']

#: A map that is level within this is flat.
_TILT = 1e-3


def grid_from_msg(msg: Any, name: str, *, inflated: bool = False) -> Grid:
    """
    Return a ``nav_msgs/OccupancyGrid`` as a grid.

    Raises ``InvalidObservationError`` naming what cannot be.
    """
    info = msg.info
    count = info.width * info.height
    if count > MAX_CELLS or count != len(msg.data):
        raise InvalidObservationError(
            f'info says {info.width} x {info.height} cells, data holds {len(msg.data)},'
            f' at most {MAX_CELLS} are taken'
        )
    p, q = info.origin.position, info.origin.orientation
    turn = (q.x, q.y, q.z, q.w)
    if any(turn):  # nothing set: not turned
        rotation = rotation_from_quaternion(turn)
        if abs(rotation[2, 2] - 1.0) > _TILT:
            raise InvalidObservationError(f'info.origin is tilted, got orientation {turn}')
        yaw = math.atan2(rotation[1, 0], rotation[0, 0])
    else:
        yaw = 0.0
    cells = np.frombuffer(msg.data, np.int8) if count else np.zeros(0, np.int8)
    return Grid(
        name=name,
        frame_id=msg.header.frame_id.lstrip('/'),
        cell_m=float(info.resolution),
        origin=(float(p.x), float(p.y), float(p.z), yaw),
        cells=cells.reshape(info.height, info.width),
        inflated=inflated,
    )


def updated(grid: Grid, msg: Any) -> Grid:
    """Return a grid with the rectangle of a ``map_msgs/OccupancyGridUpdate`` in its place."""
    rows, columns = grid.cells.shape
    if len(msg.data) != msg.width * msg.height:
        raise InvalidObservationError(
            f'width and height say {msg.width} x {msg.height} cells, data holds {len(msg.data)}'
        )
    inside = 0 <= msg.x <= columns - msg.width and 0 <= msg.y <= rows - msg.height
    if not inside or msg.header.frame_id.lstrip('/') not in ('', grid.frame_id):
        raise InvalidObservationError(
            f'it must lie inside of the {columns} x {rows} cells in {grid.frame_id!r}, got'
            f' {msg.width} x {msg.height} at {msg.x}, {msg.y} in {msg.header.frame_id!r:.80}'
        )
    cells = grid.cells.copy()
    part = np.array(msg.data, np.int8).reshape(msg.height, msg.width)
    cells[msg.y : msg.y + msg.height, msg.x : msg.x + msg.width] = part
    return replace(grid, cells=cells)
