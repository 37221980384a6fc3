"""Starts the simulated robot: simulator, memory node and explorer as processes over DDS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from memory_node.ros.qos import PROFILE, VARIABLE
from memory_sim.engines.base import CameraModel
from memory_sim.robot.detector_noise import NoiseModel
from memory_sim.ros.processes import Processes

__all__ = ['robot_environment', 'start_explorer', 'start_robot']


def robot_environment(domain: int) -> Mapping[str, str]:
    """Return what the processes of one robot have in common, on a ROS domain of their own."""
    return {
        'ROS_DOMAIN_ID': str(domain),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        VARIABLE: str(PROFILE),
        'OMP_NUM_THREADS': '1',
        'PYTHONUNBUFFERED': '1',
    }


def _parameters(**values: object) -> list[str]:
    arguments = ['--ros-args']
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        arguments += ['-p', f'{name.replace("__", ".")}:={text}']
    return arguments


def start_robot(
    processes: Processes,
    memory_path: Path,
    *,
    world: str,
    seed: int,
    camera_hz: float,
    odometry_hz: float = 50.0,
    camera: CameraModel | None = None,
    backend: str = 'embedded',
) -> None:
    """
    Start the simulator of a world, or of an apartment if empty, and the memory node.

    ``world`` and ``backend`` are those of ``memory_sim.world.open.open_backend``.
    """
    usual = CameraModel()
    camera = camera or usual
    # A thing fills fewer pixels of a smaller picture, and is found as often.
    share = camera.width * camera.height / (usual.width * usual.height)
    named = {'world': world} if world else {}
    processes.start(
        'simulator',
        'memory_sim.ros.simulator_node',
        _parameters(
            seed=seed,
            backend=backend,
            real_time_factor=0.0,
            lockstep=True,
            camera_rate_hz=camera_hz,
            odometry_rate_hz=odometry_hz,
            camera__width=camera.width,
            camera__height=camera.height,
            detector__half_pixels=share * NoiseModel().half_pixels,
            **named,
        ),
    )
    arguments = _parameters(
        memory_path=memory_path,
        autostart=True,
        use_sim_time=True,
        pose_source='odom',
        camera__z=camera.height_m,
        camera__pitch=camera.pitch_rad,
    )
    for topic in ('image', 'depth', 'camera_info'):
        arguments += ['-r', f'{topic}:=camera/{topic}']
    processes.start('memory', 'memory_node.ros.main', arguments)


def start_explorer(processes: Processes, *, max_distance_m: float, max_time_s: float) -> None:
    """Start driving to what has not been seen, within a way [m] and a simulated time [s]."""
    limits = _parameters(max_distance_m=max_distance_m, max_time_s=max_time_s)
    processes.start('explorer', 'memory_sim.ros.explorer_node', limits)
