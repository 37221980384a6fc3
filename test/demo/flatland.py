"""A simulator small enough to check by hand: upright boxes and walls on a flat floor."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from memory_sim.engines.base import (
    CameraModel,
    Frame,
    GroundTruth,
    Instance,
    Pose2D,
    Region,
    StepResult,
    VelocityCommand,
)

CAMERA = CameraModel(width=120, height=90)


@dataclass(frozen=True)
class Block:
    """An axis-aligned box from the floor up; id 0 is a wall."""

    x: tuple[float, float]
    y: tuple[float, float]
    height: float = 2.5
    id: int = 0
    label: str = 'wall'


class Flatland:
    """Implements ``memory_sim.engines.base.Simulator`` by intersecting rays with boxes."""

    def __init__(self, blocks, start, *, camera=CAMERA, radius=0.2, regions=()):
        self.camera = camera
        self.blocks = tuple(blocks)
        self.radius = radius
        self.start = start
        self._pose = start
        self.stamp_ns = 0
        things = [b for b in self.blocks if b.id]
        labels = sorted({b.label for b in things})
        self._class_of = {label: i + 1 for i, label in enumerate(labels)}
        self.ground_truth = GroundTruth(
            instances=tuple(
                Instance(
                    id=b.id,
                    label=b.label,
                    center=(sum(b.x) / 2, sum(b.y) / 2, b.height / 2),
                    extent=(b.x[1] - b.x[0], b.y[1] - b.y[0], b.height),
                    region_id=1,
                )
                for b in things
            ),
            regions=tuple(regions) or (Region(id=1, kind='hall', name='hall', polygon=()),),
            classes=('background', *labels),
        )
        self._low = np.array([min(b.x[0] for b in blocks), min(b.y[0] for b in blocks)])
        high = np.array([max(b.x[1] for b in blocks), max(b.y[1] for b in blocks)])
        self._res = 0.05
        shape = np.ceil((high - self._low) / self._res).astype(int)
        solid = np.zeros(shape, bool)
        for b in self.blocks:
            low = np.floor((np.array([b.x[0], b.y[0]]) - self._low) / self._res).astype(int)
            top = np.ceil((np.array([b.x[1], b.y[1]]) - self._low) / self._res).astype(int)
            solid[max(low[0], 0) : top[0], max(low[1], 0) : top[1]] = True
        self._fits = ndimage.distance_transform_edt(~solid) * self._res > radius

    @property
    def pose(self):
        return self._pose

    def reset(self, *, seed=0, pose=None):
        self._pose, self.stamp_ns = pose or self.start, 0
        return self._pose

    def step(self, command: VelocityCommand, dt_s: float) -> StepResult:
        p = self._pose
        x = p.x + command.linear_m_s * math.cos(p.yaw_rad) * dt_s
        y = p.y + command.linear_m_s * math.sin(p.yaw_rad) * dt_s
        free = self.is_navigable(x, y)
        if not free:  # slide along whatever is in the way
            ways = [(x, p.y), (p.x, y), (p.x, p.y)]
            x, y = next(way for way in ways if self.is_navigable(*way) or way == ways[-1])
        self._pose = Pose2D(x=x, y=y, yaw_rad=p.yaw_rad + command.angular_rad_s * dt_s)
        self.stamp_ns += int(round(dt_s * 1e9))
        return StepResult(pose=self._pose, stamp_ns=self.stamp_ns, collided=not free)

    def observe(self):
        return self.observe_from(self._pose)

    def observe_from(self, pose: Pose2D) -> Frame:
        camera, K = self.camera, self.camera.intrinsics
        u, v = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
        right, down = (u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1]
        c, s = math.cos(camera.pitch_rad), math.sin(camera.pitch_rad)
        forward, up = c - s * down, -s - c * down
        cy, sy = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
        ray = np.stack([cy * forward + sy * right, sy * forward - cy * right, up])
        origin = np.array([pose.x, pose.y, camera.height_m])
        depth, ids = _cast(self.blocks, origin, ray)
        depth[depth > camera.max_depth_m] = 0.0
        classes = np.zeros_like(ids)
        for b in self.blocks:
            if b.id:
                classes[ids == b.id] = self._class_of[b.label]
        color = np.repeat((ids * 40 % 255).astype(np.uint8)[..., None], 3, axis=-1)
        return Frame(
            stamp_ns=self.stamp_ns,
            pose=pose,
            color=color,
            depth=depth.astype(np.float32),
            instances=ids,
            classes=classes,
        )

    def seen_from(self, pose: Pose2D) -> dict[int, int]:
        instances = self.observe_from(pose).instances
        ids, counts = np.unique(instances[instances > 0], return_counts=True)
        return dict(zip(ids.tolist(), counts.tolist(), strict=True))

    def is_navigable(self, x, y, z=0.0):
        i, j = np.floor((np.array([x, y]) - self._low) / self._res).astype(int)
        inside = 0 <= i < self._fits.shape[0] and 0 <= j < self._fits.shape[1]
        return bool(inside and self._fits[i, j])

    def shortest_path(self, start: Pose2D, goal: Pose2D) -> NDArray[np.float64] | None:
        from scipy.sparse.csgraph import dijkstra

        from memory_sim.exploration.frontier import _graph

        if not (self.is_navigable(start.x, start.y) and self.is_navigable(goal.x, goal.y)):
            return None
        cells = np.argwhere(self._fits)
        points = self._low + (cells + 0.5) * self._res
        ends = [int(np.argmin(np.hypot(*(points - (p.x, p.y)).T))) for p in (start, goal)]
        graph = _graph(self._fits, np.ones(self._fits.shape), self._res)
        cost, before = dijkstra(graph, directed=False, indices=ends[0], return_predecessors=True)
        if not np.isfinite(cost[ends[1]]):
            return None
        rows = [ends[1]]
        while rows[-1] != ends[0]:
            rows.append(int(before[rows[-1]]))
        flat = points[rows[::-1]]
        return np.column_stack([flat, np.zeros(len(flat))])

    def close(self):
        pass


def _cast(blocks, origin, ray):
    """Return z-depth (H, W) and ids (H, W) of the first box or floor along each ray."""
    best = np.where(ray[2] < 0, -origin[2] / np.where(ray[2] < 0, ray[2], -1.0), np.inf)
    ids = np.zeros(best.shape, np.int32)
    with np.errstate(divide='ignore', invalid='ignore'):
        for b in blocks:
            low = np.array([b.x[0], b.y[0], 0.0])[:, None, None]
            high = np.array([b.x[1], b.y[1], b.height])[:, None, None]
            t0 = (low - origin[:, None, None]) / ray
            t1 = (high - origin[:, None, None]) / ray
            near = np.minimum(t0, t1).max(axis=0)
            far = np.maximum(t0, t1).min(axis=0)
            hit = (near <= far) & (near > 1e-6) & (near < best)
            best[hit], ids[hit] = near[hit], b.id
    return np.where(np.isfinite(best), best, 0.0), ids


def three_rooms():
    """Three rooms in a row, 4 m each, with doors of 1 m and a few things."""
    walls = [
        Block((-0.1, 0.0), (0.0, 4.0)),
        Block((12.0, 12.1), (0.0, 4.0)),
        Block((-0.1, 12.1), (-0.1, 0.0)),
        Block((-0.1, 12.1), (4.0, 4.1)),
        Block((3.95, 4.05), (0.0, 1.5)),
        Block((3.95, 4.05), (2.5, 4.0)),
        Block((7.95, 8.05), (0.0, 0.5)),
        Block((7.95, 8.05), (1.5, 4.0)),
    ]
    things = [
        Block((0.2, 1.0), (3.2, 3.9), 0.9, 1, 'sofa'),
        Block((5.0, 6.0), (3.2, 3.8), 0.75, 2, 'table'),
        Block((11.0, 11.8), (3.0, 3.8), 1.8, 3, 'refrigerator'),
        Block((10.9, 11.5), (0.3, 0.8), 0.85, 4, 'sink'),
        Block((4.4, 4.9), (0.2, 0.6), 0.45, 5, 'stool'),
    ]
    return Flatland([*walls, *things], Pose2D(x=1.5, y=1.5, yaw_rad=0.3))
