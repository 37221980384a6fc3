"""Where one of the cameras of a robot was."""

from __future__ import annotations

from memory_node.core.perception.frames import CameraPose
from memory_node.core.perception.geometry import Transform
from memory_node.core.perception.poses import RobotPoses
from memory_node.core.perception.synchronizer import PoseStatus

__all__ = ['CameraPoses']


class CameraPoses:
    """Poses of one camera on the robot, whose mounting TF or a person tells; thread-safe."""

    def __init__(self, poses: RobotPoses, base_T_camera: Transform | None = None) -> None:
        """Share the poses of the robot; ``base_T_camera`` (4, 4) stands before TF."""
        self._poses = poses
        #: As told by a person; may be changed at any time.
        self.base_T_camera = base_T_camera

    def at(self, stamp_ns: int, frame_id: str, *, late: bool) -> CameraPose | PoseStatus:
        """Return the poses of robot and camera at a stamp, or why not."""
        return self._poses.at(stamp_ns, frame_id, late=late, told=self.base_T_camera)

    def between(self, target: str, source: str, stamp_ns: int) -> Transform | None:
        """Return ``target_T_source`` of two frames at a stamp, None where it is not known."""
        return self._poses.between(target, source, stamp_ns)

    def placing(
        self, camera: CameraPose, camera_frame: str, frame_id: str, stamp_ns: int
    ) -> Transform | None:
        """Return ``frame_id`` in the map, as ``camera`` was there; None where it is not known."""
        return self._poses.placing(camera, camera_frame, frame_id, stamp_ns)

    def missing(self) -> str:
        """Return in words what keeps poses from coming, and what to set."""
        return self._poses.missing()
