"""
A robot in a simulated world, without ROS: clock, odometry, camera, detector, and who may drive.

Time moves in steps of the odometry period. In lockstep it stands still after each picture until
the driver has answered with a velocity, so a slow machine makes a slow simulation and not a
clumsy robot.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from memory_sim.engines.base import Frame, Pose2D, Simulator, VelocityCommand
from memory_sim.navigation.navigator import NavigationState, Navigator
from memory_sim.navigation.path_following import SpeedLimits
from memory_sim.robot.detector_noise import DetectorNoise, NoiseModel, SimulatedDetection
from memory_sim.robot.odometry import Drift, DriftingOdometry

__all__ = ['RobotConfig', 'SimulatedRobot', 'Tick']


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotConfig:
    """Rates and faults of the simulated robot."""

    odometry_rate_hz: float = 50.0
    camera_rate_hz: float = 5.0
    #: A velocity older than this stops the robot [s of simulated time].
    command_timeout_s: float = 0.6
    limits: SpeedLimits = field(default_factory=SpeedLimits)
    drift: Drift = field(default_factory=Drift)
    noise: NoiseModel = field(default_factory=NoiseModel)

    def __post_init__(self) -> None:
        if not 1.0 <= self.odometry_rate_hz <= 1000.0:
            raise ValueError(
                f'odometry_rate_hz must be in [1, 1000], got {self.odometry_rate_hz!r}'
            )
        if not 0.0 < self.camera_rate_hz <= self.odometry_rate_hz:
            raise ValueError(
                f'camera_rate_hz must be in (0, odometry_rate_hz], got {self.camera_rate_hz!r}'
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What one step of time produced."""

    #: Simulated time since reset [ns].
    stamp_ns: int
    truth: Pose2D
    estimate: Pose2D
    command: VelocityCommand
    #: The picture and its detections when the camera fired in this step.
    frame: Frame | None
    detections: tuple[SimulatedDetection, ...]


class SimulatedRobot:
    """Owns a simulator and moves it through time. Not thread-safe."""

    def __init__(
        self, sim: Simulator, config: RobotConfig | None = None, *, seed: int = 0
    ) -> None:
        """Put the robot at a free place drawn with ``seed``."""
        self._sim = sim
        self._config = config or RobotConfig()
        start = sim.reset(seed=seed)
        self._dt_s = 1.0 / self._config.odometry_rate_hz
        self._ticks_per_frame = 1
        self.set_camera_rate(self._config.camera_rate_hz)
        self._tick = self._last_frame = 0
        self._odometry = DriftingOdometry(start, self._config.drift, seed=seed)
        self._detector = DetectorNoise(sim.ground_truth, sim.camera, self._config.noise, seed=seed)
        self._navigator = Navigator(sim, self._config.limits)
        self._command = VelocityCommand()
        self._command_stamp_ns = -(10**18)

    @property
    def sim(self) -> Simulator:
        """The simulator inside."""
        return self._sim

    @property
    def period_s(self) -> float:
        """Simulated time that one ``tick`` takes [s]."""
        return self._dt_s

    @property
    def navigation(self) -> NavigationState:
        """What became of the newest goal."""
        return self._navigator.state

    def set_camera_rate(self, rate_hz: float) -> None:
        """Take so many pictures per simulated second from now on."""
        if not 0.0 < rate_hz <= self._config.odometry_rate_hz:
            raise ValueError(
                f'camera_rate_hz must be in (0, {self._config.odometry_rate_hz}], got {rate_hz!r}'
            )
        self._ticks_per_frame = max(1, round(self._config.odometry_rate_hz / rate_hz))

    def drive(self, command: VelocityCommand) -> None:
        """Take a velocity from outside; it cancels a goal unless it asks to stand still."""
        limits = self._config.limits
        if command != VelocityCommand():
            self._navigator.cancel()
        self._command = VelocityCommand(
            linear_m_s=_clamp(command.linear_m_s, limits.linear_m_s),
            angular_rad_s=_clamp(command.angular_rad_s, limits.angular_rad_s),
        )
        self._command_stamp_ns = self._sim.stamp_ns

    def go_to(self, goal: Pose2D) -> bool:
        """Drive to a pose in the odometry's frame; return False when it cannot be reached."""
        return self._navigator.start(self._odometry.to_truth(goal))

    def tick(self) -> Tick:
        """Move time one odometry period on; take a picture when one is due."""
        driving = self._navigator.state is NavigationState.DRIVING
        command = self._active_command()
        result = self._sim.step(command, self._dt_s)
        estimate = self._odometry.update(result.pose)
        self._tick += 1
        frame: Frame | None = None
        detections: tuple[SimulatedDetection, ...] = ()
        if self._tick == 1 or self._tick - self._last_frame >= self._ticks_per_frame:
            self._last_frame = self._tick
            frame = self._sim.observe()
            detections = self._detector.detect(frame)
        if driving and self._navigator.state is not NavigationState.DRIVING:
            self._last_frame = self._tick - self._ticks_per_frame  # look at what was driven to
        return Tick(
            stamp_ns=result.stamp_ns,
            truth=result.pose,
            estimate=estimate,
            command=command,
            frame=frame,
            detections=detections,
        )

    def _active_command(self) -> VelocityCommand:
        if self._navigator.state is NavigationState.DRIVING:
            return self._navigator.command()
        age_ns = self._sim.stamp_ns - self._command_stamp_ns
        if age_ns > self._config.command_timeout_s * 1e9:
            return VelocityCommand()
        return self._command


def _clamp(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
