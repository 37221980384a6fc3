"""Messages to data and back. Pure functions; a message that makes no sense is a typed error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Point, PoseStamped
from geometry_msgs.msg import Pose as PoseMsg
from geometry_msgs.msg import Vector3 as Vector3Msg
from memory_msgs.msg import Correction, MemoryObject, Status
from memory_msgs.msg import Place as PlaceMsg
from nav_msgs.msg import Path
from std_msgs.msg import Header

from memory_node.core.data import Observation, Place, Pose, Route
from memory_node.core.errors import MemoryNodeError
from memory_node.core.memory import CorrectionRecord
from memory_node.core.perception.messages import stamp_ns
from memory_node.core.retrieval.listing import ObjectRecord

__all__ = [
    'correction_msg',
    'duration_msg',
    'object_msg',
    'path_msg',
    'place_msg',
    'place_msgs',
    'pose_msg',
    'pose_stamped_msg',
    'stamp_msg',
    'stamp_ns',
    'status_msg',
]

MAX_MESSAGE_CHARS = 1024


def stamp_msg(ns: int) -> Time:
    """Return nanoseconds as a stamp; what a stamp cannot hold is clamped."""
    sec, nanosec = divmod(max(0, ns), 1_000_000_000)
    return Time(sec=min(sec, 2**31 - 1), nanosec=nanosec)


def duration_msg(seconds: float) -> Duration:
    """Return seconds as a duration, at least 0 and at most what a duration holds."""
    ns = int(min(max(seconds, 0.0), 2**31 - 1) * 1e9)
    return Duration(sec=ns // 1_000_000_000, nanosec=ns % 1_000_000_000)


def status_msg(error: BaseException | None = None) -> Status:
    """Return how a request ended; a message longer than a screen is cut."""
    if error is None:
        return Status(code=Status.OK)
    if isinstance(error, MemoryNodeError):
        return Status(code=error.code, message=str(error)[:MAX_MESSAGE_CHARS])
    return Status(code=Status.INTERNAL, message='internal error, see the log of the memory node')


def pose_msg(pose: Pose) -> PoseMsg:
    """Return a pose without its covariance."""
    msg = PoseMsg()
    msg.position.x, msg.position.y, msg.position.z = pose.position
    q = msg.orientation
    q.x, q.y, q.z, q.w = pose.orientation
    return msg


def pose_stamped_msg(pose: Pose, stamp: Time, frame_id: str) -> PoseStamped:
    """Return a pose with its stamp and frame."""
    return PoseStamped(header=Header(stamp=stamp, frame_id=frame_id), pose=pose_msg(pose))


def path_msg(route: Route, stamp: Time, frame_id: str) -> Path:
    """Return a route as a path."""
    header = Header(stamp=stamp, frame_id=frame_id)
    return Path(
        header=header, poses=[PoseStamped(header=header, pose=pose_msg(p)) for p in route.poses]
    )


def place_msg(place: Place, *, frame_id: str, now_ns: int) -> PlaceMsg:
    """Return an answer as a message; ``now_ns`` dates its age."""
    msg = PlaceMsg(
        header=Header(stamp=stamp_msg(place.stamp_ns), frame_id=frame_id),
        map_id=place.map_id,
        node_id=place.node_id,
        level=place.level,
        label=place.label,
        caption=place.caption,
        pose=pose_msg(place.pose),
        has_target=place.target_position is not None,
        score=float(place.score),
        confidence=float(place.confidence),
        age=duration_msg((now_ns - place.stamp_ns) * 1e-9),
        area_path=list(place.area_path),
        evidence_ids=list(place.evidence_ids),
        signal_names=list(place.signals),
        signal_values=[float(v) for v in place.signals.values()],
        why=place.why,
        unmet=list(place.unmet),
    )
    if place.target_position is not None:
        x, y, z = place.target_position
        msg.target_position = Point(x=x, y=y, z=z)
        ex, ey, ez = place.target_extent or (0.0, 0.0, 0.0)
        msg.target_extent = Vector3Msg(x=ex, y=ey, z=ez)
    return msg


def place_msgs(
    places: Sequence[Place], frame_of: Callable[[str], str], *, now_ns: int
) -> list[PlaceMsg]:
    """Return answers as messages, each in the frame of its map."""
    return [place_msg(p, frame_id=frame_of(p.map_id), now_ns=now_ns) for p in places]


def object_msg(
    thing: ObjectRecord, *, frame_id: str, seen_in: Sequence[Observation]
) -> MemoryObject:
    """Return an object as a message; ``seen_in`` holds its best view, unless that is gone."""
    msg = MemoryObject(
        header=Header(stamp=stamp_msg(thing.last_ns), frame_id=frame_id),
        id=thing.id,
        label=thing.label,
        names=[name for name, _ in thing.names],
        name_shares=[float(share) for _, share in thing.names],
        map_id=thing.map_id,
        has_position=thing.position is not None,
        has_extent=thing.extent is not None,
        views=thing.views,
        first_seen=stamp_msg(thing.first_ns),
        last_seen=stamp_msg(thing.last_ns),
        existence=thing.existence,
        room=thing.room,
        observation_id=seen_in[0].id if seen_in else '',
    )
    if thing.position is not None:
        x, y, z = thing.position
        msg.position = Point(x=x, y=y, z=z)
    if thing.extent is not None:
        x, y, z = thing.extent
        msg.extent = Vector3Msg(x=x, y=y, z=z)
    return msg


def correction_msg(record: CorrectionRecord) -> Correction:
    """Return a correction as a message."""
    return Correction(
        id=record.id,
        stamp=stamp_msg(record.stamp_ns),
        author=record.author,
        kind=record.kind,
        summary=record.summary,
        state=record.state,
    )
