"""The simulator protocol on habitat-sim."""

from __future__ import annotations

import math
from pathlib import Path
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_sim.engines.base import (
    CameraModel,
    Engine,
    Frame,
    GroundTruth,
    Pose2D,
    VelocityCommand,
)
from memory_sim.engines.habitat.errors import HabitatSceneError
from memory_sim.engines.habitat.frames import camera_pose, to_habitat, to_map
from memory_sim.engines.habitat.process import HabitatProcess
from memory_sim.engines.habitat.scenes import HabitatScene, Lookup, read_annotations
from memory_sim.formats.export_scene import export_habitat
from memory_sim.furniture.meshes import FurnitureSource
from memory_sim.render.mesh_source import MeshSource
from memory_sim.world.model import World

__all__ = ['HabitatSimulator', 'open_world']

#: Longest move between two looks at the navigation mesh [m].
_STRIDE_M = 0.02
#: Difference in height up to which a place is on the robot's floor [m].
_FLOOR_M = 0.3
#: A robot is put where it has this much room around it [m].
_ROOM_M = 0.45
#: Sky of the embedded simulator, sRGB.
_SKY = (176 / 255, 204 / 255, 236 / 255)
_LOAD_S = 600.0


class HabitatSimulator(Engine):
    """
    One robot in one Habitat scene, in a process of its own. Not thread-safe.

    Making the process and its first picture takes about ten seconds, another scene in the same
    process a fraction of one.
    """

    def __init__(
        self,
        scene: HabitatScene,
        *,
        camera: CameraModel | None = None,
        robot_radius_m: float = 0.2,
        robot_height_m: float = 1.4,
        gpu_device_id: int = -1,
        python: str | None = None,
    ) -> None:
        """
        Start habitat-sim and open a scene.

        Parameters
        ----------
        scene
            The scene, as ``find_scene`` or ``export_habitat`` return it.
        camera
            The robot's camera; the default one if None.
        robot_radius_m, robot_height_m
            Size of the robot, a cylinder [m].
        gpu_device_id
            CUDA device that draws; -1 for EGL without CUDA.
        python
            The Python that has habitat-sim, as in ``HabitatProcess``.

        Raises
        ------
        HabitatMissingError
            If there is no habitat-sim.
        HabitatSceneError
            If the scene is not to be had, or the robot fits nowhere in it.
        SimulatorDiedError
            If the process of habitat-sim ends.

        """
        super().__init__(camera)
        self._settings: dict[str, Any] = {
            'width': self._camera.width,
            'height': self._camera.height,
            'hfov_deg': math.degrees(self._camera.hfov_rad),
            'far_m': max(1000.0, 2.0 * self._camera.max_depth_m),
            'sky': _SKY,
            'robot_radius_m': robot_radius_m,
            'robot_height_m': robot_height_m,
            'cell_m': 0.05,
            'cell_height_m': 0.02,
            'gpu_device_id': gpu_device_id,
        }
        self._python = python
        self._scene: HabitatScene | None = None
        #: A folder that goes with the simulator.
        self.temporary: tempfile.TemporaryDirectory[str] | None = None
        self._process = HabitatProcess(python)
        try:
            self.load(scene)
        except BaseException:
            self._process.close()
            raise

    def load(self, scene: HabitatScene) -> None:
        """
        Change to another scene in the same process; the robot starts anew.

        Raises
        ------
        HabitatSceneError
            If the scene is not to be had, or the robot fits nowhere in it; the one before stays.
        SimulatorDiedError
            If the process of habitat-sim ends.

        """
        before = self._scene
        try:
            self._open(scene)
        except HabitatSceneError:
            if before is not None:
                self._open(before)
            raise

    def _open(self, scene: HabitatScene) -> None:
        config = scene.dataset_config
        if config is not None and not config.is_file():
            raise HabitatSceneError(f'{config}: no such scene data set')
        answer, parts = self._process.ask(
            'load',
            {
                **self._settings,
                'dataset_config': '' if config is None else str(config),
                'scene_id': scene.scene_id,
                'keep_navmesh': scene.keep_navmesh,
                'climb_m': scene.climb_m,
            },
            timeout_s=_LOAD_S,
        )
        annotated, objects = read_annotations(answer['things'], parts['boxes'], answer['regions'])
        self._scene, self._truth = scene, scene.truth or annotated
        self._lookup = Lookup(self._truth, {} if scene.truth else objects)
        self.reset()

    def restart(self) -> None:
        """Start a new process in the place of one that died, in the same scene."""
        self._process.close()
        self._process = HabitatProcess(self._python)
        pose, stamp_ns = self._pose, self._stamp_ns
        self._open(self.scene)
        self._pose, self._stamp_ns = pose, stamp_ns

    @property
    def scene(self) -> HabitatScene:
        """The scene that is open."""
        assert self._scene is not None
        return self._scene

    @property
    def process(self) -> HabitatProcess:
        """The process in which habitat-sim runs."""
        return self._process

    @property
    def ground_truth(self) -> GroundTruth:
        """Instances and regions of the world."""
        return self._truth

    def _free_pose(self, rng: np.random.Generator) -> Pose2D:
        _, parts = self._process.ask(
            'sample', {'seed': int(rng.integers(1, 2**31)), 'room_m': _ROOM_M}
        )
        x, y, z = to_map(parts['point']).tolist()
        return Pose2D(x=x, y=y, z=z, yaw_rad=float(rng.uniform(-math.pi, math.pi)))

    def _driven(self, command: VelocityCommand, dt_s: float) -> tuple[Pose2D, bool]:
        strides, yaw = _strides(self._pose.yaw_rad, command, dt_s)
        x, y, z, collided = self._pose.x, self._pose.y, self._pose.z, False
        if len(strides):
            answer, parts = self._process.ask(
                'move', start=to_habitat(np.array([x, y, z])), strides=to_habitat(strides)
            )
            x, y, z = to_map(parts['end']).tolist()
            collided = bool(answer['collided'])
        return Pose2D(x=x, y=y, z=z, yaw_rad=yaw), collided

    def _instances(self, pose: Pose2D) -> NDArray[np.int32]:
        instances: NDArray[np.int32] = self._draw(pose)['instances']
        return instances

    def observe_from(self, pose: Pose2D) -> Frame:
        """Draw what the camera would see from ``pose``, without moving the robot."""
        seen = self._draw(pose, 'color', 'depth')
        depth = seen['depth']
        return Frame(
            stamp_ns=self._stamp_ns,
            pose=pose,
            color=seen['color'],
            depth=np.where(depth > self._camera.max_depth_m, np.float32(0.0), depth),
            instances=seen['instances'],
            classes=seen['classes'],
        )

    def _draw(self, pose: Pose2D, *pictures: str) -> dict[str, NDArray[Any]]:
        """Return instances and classes from a pose, and the pictures named besides."""
        position, rotation = camera_pose(pose, self._camera)
        names = [*pictures, 'semantic', *(['objects'] if self._lookup.movable else [])]
        _, seen = self._process.ask(
            'render', {'pictures': names}, position=position, rotation=rotation
        )
        semantic: NDArray[np.int32] = seen['semantic']
        objects: NDArray[np.int32] = seen.get('objects', semantic)
        instances, classes = self._lookup.instances(semantic, objects)
        return {**seen, 'instances': instances, 'classes': classes}

    def is_navigable(self, x: float, y: float, z: float = 0.0) -> bool:
        """Whether the robot's footprint fits at (x, y) on the floor at height z."""
        return bool(self.are_navigable(np.array([[x, y, z]]))[0])

    def are_navigable(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return for (N, 3) points on the floor [m] whether the robot fits there."""
        finite = np.isfinite(points).all(axis=1)
        answer, _ = self._process.ask(
            'navigable', {'height_m': _FLOOR_M}, points=to_habitat(points[finite])
        )
        fits = np.zeros(len(points), dtype=bool)
        fits[finite] = answer['navigable']
        return fits

    def snap(self, x: float, y: float, z: float = 0.0) -> tuple[float, float, float] | None:
        """Return the nearest place where the robot fits, with the height of its floor."""
        answer, parts = self._process.ask('snap', point=to_habitat(np.array([x, y, z])))
        if not answer['found']:
            return None
        px, py, pz = to_map(parts['point']).tolist()
        return px, py, pz

    def shortest_path(self, start: Pose2D, goal: Pose2D) -> NDArray[np.float64] | None:
        """Return the (N, 3) drivable path [m] from start to goal, or None if there is none."""
        ends = np.array([[p.x, p.y, p.z] for p in (start, goal)])
        if not self.are_navigable(ends).all():
            return None
        a, b = to_habitat(ends)
        answer, parts = self._process.ask('path', start=a, goal=b)
        return to_map(parts['points']) if answer['found'] else None

    def geodesic_distance(self, start: Pose2D, goal: Pose2D) -> float:
        """Return the driving distance between two poses [m], infinite if there is no path."""
        path = self.shortest_path(start, goal)
        if path is None:
            return math.inf
        return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())

    def close(self) -> None:
        """End the process of habitat-sim."""
        self._process.close()
        if self.temporary is not None:
            self.temporary.cleanup()


def open_world(
    world: World,
    *,
    folder: Path | None = None,
    furniture: FurnitureSource | MeshSource = 'auto',
    camera: CameraModel | None = None,
    robot_radius_m: float = 0.2,
    robot_height_m: float = 1.4,
    python: str | None = None,
) -> HabitatSimulator:
    """
    Open one of our worlds in habitat-sim: its files are written first.

    Parameters
    ----------
    world
        What there is.
    folder
        Where the files are kept; if None they are gone when the simulator is closed.
    furniture
        Where meshes come from, as in ``memory_sim.engines.embedded.EmbeddedSimulator``.
    camera, robot_radius_m, robot_height_m, python
        As in ``HabitatSimulator``, with the same errors.

    Raises
    ------
    WorldError
        If an object or its meshes are not to be had.
    OSError
        If the files cannot be written.

    """
    kept = tempfile.TemporaryDirectory(prefix='memory_sim_') if folder is None else None
    try:
        sim = HabitatSimulator(
            export_habitat(world, folder or Path(kept.name if kept else ''), furniture=furniture),
            camera=camera,
            robot_radius_m=robot_radius_m,
            robot_height_m=robot_height_m,
            python=python,
        )
    except BaseException:
        if kept is not None:
            kept.cleanup()
        raise
    sim.temporary = kept
    return sim


def _strides(
    yaw_rad: float, command: VelocityCommand, dt_s: float
) -> tuple[NDArray[np.float64], float]:
    """Return the (N, 3) moves of a unicycle on free ground [m], and its last heading [rad]."""
    speed, turn = command.linear_m_s, command.angular_rad_s
    if not (math.isfinite(speed) and math.isfinite(turn)):
        raise ValueError(f'command must be finite, got {command!r}')
    if not (math.isfinite(dt_s) and dt_s > 0.0):
        raise ValueError(f'dt_s must be positive and finite, got {dt_s!r}')
    heading = math.remainder(yaw_rad + turn * dt_s, 2.0 * math.pi)
    count = math.ceil(abs(speed) * dt_s / _STRIDE_M)
    if count == 0:
        return np.empty((0, 3)), heading
    middles = yaw_rad + turn * dt_s * (np.arange(count) + 0.5) / count
    length = speed * dt_s / count
    moves = np.stack([length * np.cos(middles), length * np.sin(middles), np.zeros(count)], axis=1)
    return moves, heading
