"""The same rounds through the flat as a scene: rays give depth and boxes to the perceiver."""

from __future__ import annotations

from dataclasses import replace
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from memory_bench.changes.drive import Drive, miss_share, Noise, RANGE_M, View, views
from memory_bench.changes.world import corner, FIXED, ROOM_M, Script, Stay
from memory_node.core.data import Observation, Pose
from memory_node.core.perception.geometry import (
    camera_mounting,
    Intrinsics,
    inverse,
    transform_from_pose,
)
from memory_node.core.perception.observer import Frame, Perceiver
from memory_node.core.ports import Detection
from memory_sim.engines.base import CameraModel, Pose2D
from memory_sim.furniture.catalogue.home import CATALOGUE
from memory_sim.furniture.meshes import Furniture
from memory_sim.render.render import map_T_camera, Pictures, Renderer
from memory_sim.render.scene import Scene
from memory_sim.world.model import Room, Wall, World, WorldObject

__all__ = ['drive_rendered', 'standing']

CAMERA = CameraModel(width=320, height=240)
FURNITURE = frozenset(label for labels in FIXED.values() for label in labels)
#: What things are drawn as that have no model of their name; furniture is solid and this high [m].
_PLAIN, _TOP_M = 'cardboard box', 0.75
#: Pixels from which on a thing is in view, noise of depth and of edges of boxes as shares, of
#: headings [rad].
_PIXELS, _DEPTH, _EDGE, _YAW_RAD = 40, 0.01, 0.03, math.radians(1.0)
#: A place is seen where depth reaches this near to it [m].
_REACHED_M = 0.3


def standing(script: Script) -> Script:
    """Return the script with the middle of each thing where it stands in the scene."""

    def placed(stay: Stay) -> Stay:
        x, y, _ = stay.position
        z = 0.5 * _TOP_M if stay.label in FURNITURE else _TOP_M + 0.5 * stay.size_m
        return replace(stay, position=(x, y, z))

    return Script(tuple(map(placed, script.stays)), script.changes)


def drive_rendered(script: Script, seed: int, noise: Noise) -> Drive:
    """
    Drive all rounds through the scene; equal arguments give equal observations.

    ``script`` is one of ``standing``.

    Depth and what a detector could see are ray cast, walls and things hide what is behind them,
    and boxes become places in the node's own ``Perceiver``. Nothing looks at colours: pictures are
    blank.
    """
    rng = np.random.default_rng((seed, 22))
    eyes = _Eyes(script, seed, noise)
    for view in views(rng):
        eyes.look(view)
    return Drive(tuple(eyes.observations), eyes.in_view, eyes.left_view)


class _Eyes:
    def __init__(self, script: Script, seed: int, noise: Noise) -> None:
        self.observations: list[Observation] = []
        self.in_view: dict[int, list[int]] = {i: [] for i in range(len(script.stays))}
        self.left_view: dict[int, list[tuple[int, int]]] = {i: [] for i in self.in_view}
        self._stays = script.stays
        self._noise = noise
        self._rng = np.random.default_rng((seed, 24))
        self._labels = sorted({s.label for s in script.stays})
        things = 1 + max(s.thing for s in script.stays)
        self._hardness = np.random.default_rng((seed, 25)).normal(0.0, 0.7, things)
        self._perceiver = Perceiver(keyframe_side_px=0)
        k = CAMERA.intrinsics
        self._intrinsics = Intrinsics(
            width=CAMERA.width, height=CAMERA.height,
            fx=k[0, 0], fy=k[1, 1], cx=k[0, 2], cy=k[1, 2],
        )  # fmt: skip
        self._mounting = camera_mounting((0.0, 0.0, CAMERA.height_m, 0.0, CAMERA.pitch_rad, 0.0))
        self._there: tuple[int, ...] = ()
        self._renderer: Renderer | None = None

    def look(self, view: View) -> None:
        """Make the observation of one view, and take note of what it could have shown."""
        stamp, room, stop, yaw, x, y = view
        where = Pose2D(x=x, y=y, yaw_rad=yaw)
        pictures = self._drawn(stamp).draw(where, color=False)
        self._note(stamp, stop, where, pictures)
        dx, dy = self._rng.normal(0.0, self._noise.pose_m, 2).tolist()
        turned = float(self._rng.normal(0.0, _YAW_RAD))
        pose = Pose.from_yaw((x + dx, y + dy, 0.0), yaw + turned)
        depth = pictures.depth * self._rng.normal(1.0, _DEPTH, pictures.depth.shape)
        seen = self._perceiver.observe(
            Frame(
                stamp_ns=stamp,
                color=np.full((CAMERA.height, CAMERA.width, 3), 128, np.uint8),
                pose=pose,
                map_T_camera=transform_from_pose(pose) @ self._mounting,
                depth_m=np.where(pictures.depth > 0.0, depth, np.nan).astype(np.float32),
                intrinsics=self._intrinsics,
                detections=tuple(self._detections(pictures)),
                caption=f'a {list(FIXED)[room]}',
            )
        )
        self.observations.append(
            replace(seen, id=f'{len(self.observations):05d}', caption=f'a {list(FIXED)[room]}')
        )

    def _drawn(self, stamp: int) -> Renderer:
        """Return what draws the flat as it is at a moment."""
        there = tuple(i for i, s in enumerate(self._stays) if s.since_ns <= stamp < s.until_ns)
        if there != self._there or self._renderer is None:
            self._there = there
            world = _world([(i, self._stays[i]) for i in there])
            self._renderer = Renderer(Scene(world, Furniture('procedural')), CAMERA)
        return self._renderer

    def _note(self, stamp: int, stop: int, where: Pose2D, pictures: Pictures) -> None:
        counts = np.bincount(pictures.instances.ravel(), minlength=len(self._stays) + 1)
        camera_T_map = np.asarray(inverse(map_T_camera(where, CAMERA)))
        for i, stay in enumerate(self._stays):
            if counts[i + 1] >= _PIXELS:
                if math.dist((where.x, where.y), stay.position[:2]) <= RANGE_M:
                    self.in_view[i].append(stamp)
            elif stamp >= stay.until_ns and _reached(stay, camera_T_map, pictures.depth):
                self.left_view[i].append((stamp, stop))

    def _detections(self, pictures: Pictures) -> list[Detection]:
        rng, noise, found = self._rng, self._noise, []
        for i, where in enumerate(ndimage.find_objects(pictures.instances)):
            if where is None or np.sum(pictures.instances[where] == i + 1) < _PIXELS:
                continue
            stay = self._stays[i]
            if rng.random() < miss_share(noise.misses, float(self._hardness[stay.thing])):
                continue
            rows, cols = where
            box = np.array([cols.start, rows.start, cols.stop, rows.stop], np.float64)
            width, height = box[2] - box[0], box[3] - box[1]
            box += rng.normal(0.0, _EDGE, 4) * (width, height, width, height)
            found.append(self._named(stay.label, box))
        if rng.random() < noise.false_labels:
            left, top = rng.uniform(0.0, 240.0), rng.uniform(0.0, 180.0)
            box = np.array([left, top, left + 60.0, top + 50.0])
            ghost = self._labels[int(rng.integers(len(self._labels)))]
            found.append(_detection(ghost, float(rng.uniform(0.25, 0.5)), box))
        return found

    def _named(self, label: str, box: NDArray[np.float64]) -> Detection:
        rng, confidence = self._rng, float(self._rng.uniform(0.5, 0.95))
        if rng.random() < self._noise.false_labels:
            label, confidence = self._labels[int(rng.integers(len(self._labels)))], 0.35
        return _detection(label, confidence, box)


def _detection(label: str, confidence: float, box: NDArray[np.float64]) -> Detection:
    edges = np.clip(box, 0.0, (CAMERA.width, CAMERA.height, CAMERA.width, CAMERA.height))
    left, top, right, bottom = edges.tolist()
    return Detection(
        label=label,
        confidence=confidence,
        box_px=(left, top, max(right, left + 1.0), max(bottom, top + 1.0)),
    )


def _reached(stay: Stay, camera_T_map: NDArray[np.float64], depth: NDArray[np.float32]) -> bool:
    """Tell whether the place of a thing that has left is in view and nothing stands before it."""
    x, y, z = (camera_T_map[:3, :3] @ stay.position + camera_T_map[:3, 3]).tolist()
    if not 0.3 < z <= RANGE_M:
        return False
    k = CAMERA.intrinsics
    u, v = round(k[0, 0] * x / z + k[0, 2]), round(k[1, 1] * y / z + k[1, 2])
    if not (0 <= u < CAMERA.width and 0 <= v < CAMERA.height):
        return False
    return bool(depth[v, u] == 0.0 or depth[v, u] >= z - _REACHED_M)


def _world(things: list[tuple[int, Stay]]) -> World:
    """Return the flat with some things in it: furniture on the floor, the rest on top of it."""
    rooms, walls, objects = [], [], []
    for number, name in enumerate(FIXED):
        left, low = corner(name)
        corners = (
            (left, low),
            (left + ROOM_M[0], low),
            (left + ROOM_M[0], low + ROOM_M[1]),
            (left, low + ROOM_M[1]),
        )
        rooms.append(Room(id=number + 1, kind=name, name=name, polygon=corners))
        walls += [Wall(start=a, end=b) for a, b in zip(corners, (*corners[1:], corners[0]),
                                                       strict=True)]  # fmt: skip
    for i, stay in things:
        x, y, _ = stay.position
        side = stay.size_m
        on_floor = stay.label in FURNITURE
        objects.append(
            WorldObject(
                id=i + 1,
                label=stay.label,
                model=_PLAIN if on_floor or stay.label not in CATALOGUE else stay.label,
                position=(x, y, 0.0 if on_floor else _TOP_M),
                size=(side, side, _TOP_M if on_floor else side),
                region_id=list(FIXED).index(stay.room) + 1,
            )
        )
    return World(
        name='flat', kind='apartment', rooms=tuple(rooms), walls=tuple(walls),
        objects=tuple(objects),
    )  # fmt: skip
