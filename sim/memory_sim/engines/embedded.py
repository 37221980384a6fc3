"""The simulator that needs nothing but Python: rays through a generated world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import math

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
from memory_sim.formats.scene_truth import ground_truth
from memory_sim.furniture.meshes import Furniture, FurnitureSource
from memory_sim.navigation.kinematics import drive
from memory_sim.navigation.occupancy import OccupancyMap
from memory_sim.navigation.storeys import is_walked_on, Storeys
from memory_sim.render.mesh_source import MeshSource
from memory_sim.render.render import Renderer
from memory_sim.render.scene import Scene
from memory_sim.render.top_down import draw_top_down, TopDown
from memory_sim.world.model import World

__all__ = ['EmbeddedSimulator']

#: Points on an object from which `EmbeddedSimulator.visibility` looks back.
_SURFACE_SAMPLES = 96


class EmbeddedSimulator(Engine):
    """
    One robot in one world, drawn with ray casting. Not thread-safe: one owner drives it.

    Opening an apartment takes a few seconds, most of them for furniture and light.
    """

    def __init__(
        self,
        world: World,
        *,
        camera: CameraModel | None = None,
        furniture: FurnitureSource | MeshSource = 'auto',
        robot_radius_m: float = 0.2,
        robot_height_m: float = 1.4,
        threads: int = 2,
    ) -> None:
        """
        Build the world.

        Parameters
        ----------
        world
            What there is.
        camera
            The robot's camera; the default one if None.
        furniture
            Where meshes come from, as in ``memory_sim.furniture.meshes.Furniture``, or what gives
            them.
        robot_radius_m, robot_height_m
            Size of the robot, a cylinder [m].
        threads
            Processor threads for rays and pictures.

        Raises
        ------
        WorldError
            If an object or its meshes are not to be had, or the robot fits nowhere.

        """
        super().__init__(camera)
        self._world = world
        source = Furniture(furniture) if isinstance(furniture, str) else furniture
        self._scene = Scene(world, source, threads=threads)
        source.close()
        walked_on = [thing.id for thing in world.objects if is_walked_on(thing)]
        blocking = self._scene.instance > (-1 if source.structure_blocks else 0)
        blocking &= ~np.isin(self._scene.instance, walked_on)
        self._storeys = Storeys(
            world,
            self._scene.corners[blocking],
            radius_m=robot_radius_m,
            height_m=robot_height_m,
        )
        self._renderer = Renderer(self._scene, self._camera, threads=threads)
        self._truth = ground_truth(world, self._scene)
        self._samples: dict[int, NDArray[np.float32]] = {}
        self.reset()

    @property
    def world(self) -> World:
        """The world's description."""
        return self._world

    @property
    def scene(self) -> Scene:
        """The world's triangles."""
        return self._scene

    @property
    def ground_truth(self) -> GroundTruth:
        """Instances and regions of the world."""
        return self._truth

    @property
    def occupancy(self) -> OccupancyMap:
        """Where the robot fits on the ground floor."""
        return self._storeys.maps[0]

    @property
    def storeys(self) -> Storeys:
        """Where the robot fits on every storey, and the stairs between them."""
        return self._storeys

    def _free_pose(self, rng: np.random.Generator) -> Pose2D:
        x, y, z = self._storeys.sample(rng, clearance_m=0.45)
        return Pose2D(x=x, y=y, z=z, yaw_rad=float(rng.uniform(-math.pi, math.pi)))

    def _driven(self, command: VelocityCommand, dt_s: float) -> tuple[Pose2D, bool]:
        index = self._storeys.index_at(self._pose.z)
        pose, collided = drive(self._storeys.maps[index], self._pose, command, dt_s)
        return replace(pose, z=self._storeys.height_at(index, pose.x, pose.y)), collided

    def _instances(self, pose: Pose2D) -> NDArray[np.int32]:
        return self._renderer.draw(pose, color=False).instances

    def observe_from(self, pose: Pose2D) -> Frame:
        """Draw what the camera would see from ``pose``, without moving the robot."""
        pictures = self._renderer.draw(pose)
        assert pictures.color is not None
        return Frame(
            stamp_ns=self._stamp_ns,
            pose=pose,
            color=pictures.color,
            depth=pictures.depth,
            instances=pictures.instances,
            classes=pictures.classes,
        )

    def is_navigable(self, x: float, y: float, z: float = 0.0) -> bool:
        """Whether the robot's footprint fits at (x, y) on the floor at height z."""
        return self._storeys.is_navigable(x, y, z)

    def shortest_path(self, start: Pose2D, goal: Pose2D) -> NDArray[np.float64] | None:
        """Return the (N, 3) drivable path [m] from start to goal, or None if there is none."""
        return self._storeys.shortest_path((start.x, start.y, start.z), (goal.x, goal.y, goal.z))

    def geodesic_distance(self, start: Pose2D, goal: Pose2D) -> float:
        """Return the driving distance between two poses [m], infinite if there is no path."""
        return self._storeys.geodesic_distance(
            (start.x, start.y, start.z), (goal.x, goal.y, goal.z)
        )

    def snap(self, x: float, y: float, z: float = 0.0) -> tuple[float, float] | None:
        """Return the nearest place where the robot fits on the storey at height z."""
        place = self._storeys.snap(x, y, z)
        return None if place is None else place[:2]

    def visibility(
        self, instance_id: int, positions: Sequence[tuple[float, ...]]
    ) -> NDArray[np.float64]:
        """
        Return the share of an object's surface that has a free line to the camera.

        Parameters
        ----------
        instance_id
            The object.
        positions
            (x, y) or (x, y, z) of the robot's foot [m]; it may look anywhere.

        Returns
        -------
        NDArray
            One value in 0-1 per position; a box seen from the side reaches about 0.3. Points
            farther than the camera's depth range count as hidden.

        """
        points = self._surface_points(instance_id)
        up = self._camera.height_m
        eyes = np.array([(x, y, up + sum(z)) for x, y, *z in positions], dtype=np.float32)
        way = points[None, :, :] - eyes[:, None, :]
        rays = np.empty((*way.shape[:2], 6), dtype=np.float32)
        rays[:, :, :3], rays[:, :, 3:] = eyes[:, None, :], way
        hidden = self._scene.rays.occluded(rays.reshape(-1, 6), near=0.0, far=0.985).reshape(
            way.shape[:2]
        )
        near = np.linalg.norm(way, axis=2) <= self._camera.max_depth_m
        share: NDArray[np.float64] = (~hidden & near).mean(axis=1)
        return share

    def top_down(
        self, *, resolution_m: float = 0.02, labels: bool = True, floor: int = 0
    ) -> TopDown:
        """Draw one storey from above, without its ceilings."""
        return draw_top_down(self._world, self._renderer, resolution_m, labels=labels, floor=floor)

    def close(self) -> None:
        """Free what the engine holds."""
        self._renderer.close()

    def _surface_points(self, instance_id: int) -> NDArray[np.float32]:
        if instance_id not in self._samples:
            corners = self._scene.corners[self._scene.instance == instance_id]
            if not len(corners):
                raise ValueError(f'no instance {instance_id}')
            rng = np.random.default_rng(instance_id)
            area = np.linalg.norm(
                np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
            ).astype(np.float64)
            chosen = rng.choice(len(corners), _SURFACE_SAMPLES, p=area / area.sum())
            weights = rng.dirichlet((1.0, 1.0, 1.0), _SURFACE_SAMPLES).astype(np.float32)
            self._samples[instance_id] = np.einsum('nc,ncd->nd', weights, corners[chosen])
        return self._samples[instance_id]
