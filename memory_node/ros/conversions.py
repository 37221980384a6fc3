"""Messages to data and back. Pure functions; a message that makes no sense is a typed error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import math
from typing import Any

from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Point, PoseStamped
from geometry_msgs.msg import Pose as PoseMsg
from geometry_msgs.msg import Vector3 as Vector3Msg
from memory_msgs.action import Find
from memory_msgs.msg import MemoryObject, Status
from memory_msgs.msg import Place as PlaceMsg
from memory_msgs.srv import Ask, Objects, Retrieve
from nav_msgs.msg import Path
from std_msgs.msg import Header

from memory_node.core.data import (
    MAX_CAPTION_CHARS,
    MAX_K,
    MAX_QUERY_CHARS,
    Observation,
    Place,
    Pose,
    Query,
    QueryMode,
    Route,
    Vector3,
)
from memory_node.core.errors import InvalidObservationError, InvalidQueryError, MemoryNodeError
from memory_node.core.perception.messages import (
    intrinsics_from_msg,
    pose_from_odometry,
    raw_image,
    stamp_ns,
)
from memory_node.core.ports import Caption, Detection
from memory_node.core.retrieval.listing import ObjectRecord

__all__ = [
    'MODES',
    'asker',
    'caption_from_detections',
    'caption_from_text',
    'caption_from_vision',
    'duration_msg',
    'intrinsics_from_msg',
    'object_filters',
    'object_msg',
    'page_limit',
    'path_msg',
    'place_msg',
    'pose_from_odometry',
    'pose_stamped_msg',
    'position_in_map',
    'query_filters',
    'raw_image',
    'stamp_msg',
    'stamp_ns',
    'status_msg',
]

MODES: dict[int, QueryMode] = {
    Retrieve.Request.MODE_AUTO: QueryMode.AUTO,
    Retrieve.Request.MODE_EXPLICIT: QueryMode.EXPLICIT,
    Retrieve.Request.MODE_IMPLICIT: QueryMode.IMPLICIT,
    Retrieve.Request.MODE_GLOBAL: QueryMode.GLOBAL,
}
MODE_NUMBERS = {mode: number for number, mode in MODES.items()}
MAX_MESSAGE_CHARS = 1024
MAX_DETECTIONS = 256
#: Objects on a page when a request leaves ``limit`` at 0.
PAGE = 100


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


def _detection(label: str, confidence: float, box: tuple[float, float, float, float]) -> Detection:
    if not label.strip() or len(label) > 256:
        raise InvalidObservationError('label must hold 1 to 256 characters')
    if not 0.0 <= confidence <= 1.0:  # 'not <=' also rejects NaN
        raise InvalidObservationError(f'confidence must be in [0, 1], got {confidence}')
    if not all(math.isfinite(v) for v in box):
        raise InvalidObservationError(f'box must be finite, got {box}')
    return Detection(label=label.strip(), confidence=confidence, box_px=box)


def caption_from_detections(items: Iterable[Any]) -> tuple[Caption, list[str]]:
    """Return what a detector saw, and why some of it was refused; the good ones are kept."""
    kept: list[Detection] = []
    refused: list[str] = []
    for item in items:
        if len(kept) == MAX_DETECTIONS:
            refused.append(f'more than {MAX_DETECTIONS} detections in one picture')
            break
        try:
            box = (item.left, item.top, item.right, item.bottom)
            # float32 on the wire: 1.0 may come back as 1.0000001
            confidence = min(item.confidence, 1.0) if item.confidence < 1.001 else item.confidence
            kept.append(_detection(item.label, confidence, box))
        except InvalidObservationError as error:
            refused.append(str(error))
    return Caption(detections=tuple(kept)), refused


def caption_from_vision(items: Iterable[Any]) -> tuple[Caption, list[str]]:
    """As ``caption_from_detections`` for ``vision_msgs/Detection2D``, by best hypothesis."""
    kept: list[Detection] = []
    refused: list[str] = []
    for item in items:
        if not item.results:
            refused.append('results must hold a hypothesis')
            continue
        best = max((r.hypothesis for r in item.results), key=lambda h: h.score)
        center = getattr(item.bbox.center, 'position', item.bbox.center)
        half_x, half_y = item.bbox.size_x / 2, item.bbox.size_y / 2
        box = (center.x - half_x, center.y - half_y, center.x + half_x, center.y + half_y)
        try:
            kept.append(_detection(str(best.class_id), best.score, box))
        except InvalidObservationError as error:
            refused.append(str(error))
    return Caption(detections=tuple(kept[:MAX_DETECTIONS])), refused


def caption_from_text(text: str) -> tuple[Caption | None, list[str]]:
    """Return a caption cut to what is kept, and why something was refused; None when empty."""
    if not text.strip():
        return None, ['text must not be empty']
    if len(text) <= MAX_CAPTION_CHARS:
        return Caption(text=text), []
    return (
        Caption(text=text[:MAX_CAPTION_CHARS]),
        [f'text cut to {MAX_CAPTION_CHARS} characters, got {len(text)}'],
    )


def position_in_map(name: str, header: Header, point: Point, map_frame: str) -> Vector3:
    """Return a point [m] of a request; raises ``InvalidQueryError`` when in another frame."""
    if header.frame_id not in ('', map_frame):
        raise InvalidQueryError(
            f'{name}.header.frame_id must be empty or {map_frame!r}, got {header.frame_id[:64]!r}'
        )
    position = (float(point.x), float(point.y), float(point.z))
    if not all(math.isfinite(v) for v in position):
        raise InvalidQueryError(f'{name} must be finite, got {position}')
    return position


def query_filters(request: Any) -> dict[str, Any]:
    """Return the time window and map id of a request as arguments of ``Query``."""
    return {
        'since_ns': stamp_ns(request.since) if request.use_since else None,
        'until_ns': stamp_ns(request.until) if request.use_until else None,
        'map_id': request.map_id or None,
    }


def near_in_map(request: Any, map_frame: str) -> Vector3 | None:
    """Return the point ``near`` of a request [m], None where it is not set."""
    if not request.use_near:
        return None
    return position_in_map('near', request.near.header, request.near.point, map_frame)


def radius_m(request: Any) -> float | None:
    """Return the radius around ``near`` of a request [m], None where there is none."""
    radius = float(request.radius)
    if not radius >= 0.0 or math.isinf(radius):
        raise InvalidQueryError(f'radius must be finite and >= 0, got {radius}')
    if radius > 0.0 and not request.use_near:
        raise InvalidQueryError(f'radius needs near: set use_near, got radius {radius}')
    return radius or None


def asker(request: Any, *, map_frame: str, robot: Vector3 | None, now_ns: int) -> dict[str, Any]:
    """Return where and when a request is made as arguments of ``Query``: said, or the robot's."""
    here = robot
    if getattr(request, 'use_here', False):
        here = position_in_map('here', request.here.header, request.here.point, map_frame)
    elif getattr(request, 'use_near', False):
        here = None  # ``near`` is where the asker is
    told = getattr(request, 'use_now', False)
    return {'here': here, 'now_ns': stamp_ns(request.now) if told else now_ns}


def query_from_retrieve(
    request: Retrieve.Request, *, top_k: int, map_frame: str, robot: Vector3 | None, now_ns: int
) -> Query:
    """Return the checked query; raises ``InvalidQueryError`` naming the field at fault."""
    if request.mode not in MODES:
        raise InvalidQueryError(f'mode must be 0 to {max(MODES)}, got {request.mode}')
    return Query(
        text=request.text,
        k=request.k or top_k,
        mode=MODES[request.mode],
        near=near_in_map(request, map_frame),
        radius_m=radius_m(request),
        **query_filters(request),
        **asker(request, map_frame=map_frame, robot=robot, now_ns=now_ns),
    )


def query_from_ask(
    request: Ask.Request, *, top_k: int, map_frame: str, robot: Vector3 | None, now_ns: int
) -> Query:
    """Return the checked query of a question; raises ``InvalidQueryError``."""
    return Query(
        text=request.question,
        k=request.k or top_k,
        near=near_in_map(request, map_frame),
        **query_filters(request),
        **asker(request, map_frame=map_frame, robot=robot, now_ns=now_ns),
    )


def object_filters(request: Objects.Request, *, map_frame: str) -> dict[str, Any]:
    """Return which objects a request wants as arguments of ``Memory.objects``."""
    for name in ('text', 'area'):
        if len(getattr(request, name)) > MAX_QUERY_CHARS:
            raise InvalidQueryError(f'{name} must hold at most {MAX_QUERY_CHARS} characters')
    radius = radius_m(request)
    if request.use_near and radius is None:
        raise InvalidQueryError('near needs a radius > 0 of the objects around it')
    return {
        'text': request.text,
        'area': request.area,
        'near': near_in_map(request, map_frame),
        'radius': radius,
        'map_id': request.map_id or None,
    }


def page_limit(request: Objects.Request) -> int:
    """Return how many objects a request wants at most."""
    if request.limit > MAX_K:
        raise InvalidQueryError(f'limit must be at most {MAX_K}, got {request.limit}')
    return request.limit or PAGE


def query_from_find(
    goal: Find.Goal, *, top_k: int, map_frame: str, robot: Vector3 | None, now_ns: int
) -> Query:
    """Return the checked query of a search; raises ``InvalidQueryError``."""
    return Query(
        text=goal.text,
        k=goal.k or top_k,
        **query_filters(goal),
        **asker(goal, map_frame=map_frame, robot=robot, now_ns=now_ns),
    )


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
