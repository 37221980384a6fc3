"""Drive a wheeled robot through an occupancy map without physics."""

from __future__ import annotations

import math

from memory_sim.engines.base import Pose2D, VelocityCommand
from memory_sim.navigation.occupancy import OccupancyMap

__all__ = ['drive']

#: Longest move between two looks at the map [m].
_STRIDE_M = 0.02


def drive(
    occupancy: OccupancyMap, pose: Pose2D, command: VelocityCommand, dt_s: float
) -> tuple[Pose2D, bool]:
    """
    Move a unicycle for ``dt_s`` and return where it ends and whether it met an obstacle.

    At an obstacle the robot keeps the part of its motion that runs along it.

    Raises
    ------
    ValueError
        If the command is not finite, or ``dt_s`` is not positive and finite.

    """
    speed, turn = command.linear_m_s, command.angular_rad_s
    if not (math.isfinite(speed) and math.isfinite(turn)):
        raise ValueError(f'command must be finite, got {command!r}')
    if not (math.isfinite(dt_s) and dt_s > 0.0):
        raise ValueError(f'dt_s must be positive and finite, got {dt_s!r}')
    x, y, yaw, collided = pose.x, pose.y, pose.yaw_rad, False
    strides = max(1, math.ceil(abs(speed) * dt_s / _STRIDE_M))
    length, angle = speed * dt_s / strides, turn * dt_s / strides
    for _ in range(strides if length else 0):
        middle = yaw + 0.5 * angle
        yaw += angle
        dx, dy = length * math.cos(middle), length * math.sin(middle)
        if occupancy.clearance_at(x + dx, y + dy) >= occupancy.radius_m:
            x, y = x + dx, y + dy
            continue
        collided = True
        x, y = _slide(occupancy, x, y, dx, dy)
    if not length:
        yaw += turn * dt_s
    heading = math.remainder(yaw, 2.0 * math.pi)
    return Pose2D(x=x, y=y, z=pose.z, yaw_rad=heading), collided


def _slide(
    occupancy: OccupancyMap, x: float, y: float, dx: float, dy: float
) -> tuple[float, float]:
    """Return the place after the part of a move that leads along the nearest obstacle."""
    h = 0.5 * occupancy.cell_m
    gx = occupancy.clearance_at(x + h, y) - occupancy.clearance_at(x - h, y)
    gy = occupancy.clearance_at(x, y + h) - occupancy.clearance_at(x, y - h)
    norm = math.hypot(gx, gy)
    if norm < 1e-9:
        return x, y
    gx, gy = gx / norm, gy / norm
    inward = min(0.0, dx * gx + dy * gy)
    here = occupancy.clearance_at(x, y)
    for push in (0.0, 0.002):  # a slight push outwards follows round corners
        nx, ny = x + dx - (inward - push) * gx, y + dy - (inward - push) * gy
        there = occupancy.clearance_at(nx, ny)
        if there >= occupancy.radius_m or there > here:
            return nx, ny
    return x, y
