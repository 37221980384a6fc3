"""Settings of how goals are driven to; needs no ROS."""

from __future__ import annotations

from dataclasses import dataclass

from memory_node.core.config import Checked, param

__all__ = ['NavigationConfig']


@dataclass(frozen=True, kw_only=True)
class NavigationConfig(Checked):
    """How goals are driven to."""

    server_timeout_s: float = param(
        3.0,
        'Longest that is waited for the navigator: for it to be there, to answer to a goal, to'
        ' stop.',
        ge=0.1,
        le=60.0,
        unit='s',
    )
    drive_time_s: float = param(
        600.0,
        'Longest drive to one place; then the goal is cancelled and the next place is tried.',
        ge=1.0,
        le=86400.0,
        unit='s',
    )
    alternatives: int = param(
        3,
        'Places that ~/go tries after the best one, where a goal does not say; each is as sure'
        ' as retrieval.found_threshold.',
        ge=0,
        le=100,
    )
    use_map: bool = param(
        True,
        'Keep goals in free space by the occupancy grids on map and global_costmap/costmap, where'
        ' they are published.',
    )
    robot_radius_m: float = param(
        0.25,
        "Room that the robot's middle keeps from obstacles and unknown space of the map.",
        ge=0.0,
        le=10.0,
        unit='m',
    )
    search_radius_m: float = param(
        3.0,
        'How far from the pose that was remembered a free one is looked for.',
        ge=0.0,
        le=20.0,
        unit='m',
    )
    occupied_from: int = param(
        65,
        'Value of a cell of the map, of 100, from which on it is an obstacle; a costmap has its'
        ' own, 99.',
        ge=1,
        le=100,
    )
