"""Requests read as queries: checked, and with their points in the frame of the map."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

from memory_msgs.action import Find, Go
from memory_msgs.srv import Ask, Correct, NavigationGoal, Objects, Retrieve

from memory_node.core.corrections.edit import Edit, EditKind
from memory_node.core.data import MAX_K, MAX_QUERY_CHARS, Query, QueryMode, Vector3
from memory_node.core.errors import InvalidQueryError
from memory_node.core.perception.messages import stamp_ns
from memory_node.ros.request_frames import RequestFrames

__all__ = ['MODE_NUMBERS', 'RequestReader', 'page_limit']

MODES: dict[int, QueryMode] = {
    Retrieve.Request.MODE_AUTO: QueryMode.AUTO,
    Retrieve.Request.MODE_EXPLICIT: QueryMode.EXPLICIT,
    Retrieve.Request.MODE_IMPLICIT: QueryMode.IMPLICIT,
    Retrieve.Request.MODE_GLOBAL: QueryMode.GLOBAL,
}
#: Kinds of corrections by their constants; LIST and UNDO are none.
EDITS: dict[int, EditKind] = {getattr(Correct.Request, kind.name): kind for kind in EditKind}
MODE_NUMBERS = {mode: number for number, mode in MODES.items()}
MAX_ALTERNATIVES = 100
#: Characters of the name of a behaviour tree.
MAX_PATH_CHARS = 1024
#: Objects on a page when a request leaves ``limit`` at 0.
PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReader:
    """Reads requests as they stand now; every method raises ``InvalidQueryError``."""

    frames: RequestFrames
    #: Places wanted where a request does not say.
    top_k: int
    now_ns: int

    def retrieve(self, request: Retrieve.Request) -> Query:
        """Return the query of a request for places."""
        if request.mode not in MODES:
            raise InvalidQueryError(f'mode must be 0 to {max(MODES)}, got {request.mode}')
        where = self._where(request)
        radius = _radius_m(request)
        return Query(
            text=request.text,
            k=request.k or self.top_k,
            mode=MODES[request.mode],
            radius_m=radius,
            **where,
            **self._when(request),
        )

    def ask(self, request: Ask.Request) -> Query:
        """Return the query of a question."""
        return Query(
            text=request.question,
            k=request.k or self.top_k,
            **self._where(request),
            **self._when(request),
        )

    def find(self, goal: Find.Goal) -> Query:
        """Return the query of a search."""
        return Query(
            text=goal.text,
            k=goal.k or self.top_k,
            **self._where(goal),
            **self._when(goal),
        )

    def navigation_goal(self, request: NavigationGoal.Request) -> tuple[Query, Vector3 | None]:
        """Return the query of a goal and where the way there starts [m], if that is known."""
        _check_alternatives(request.alternatives)
        map_id = request.map_id or self.frames.current_map()
        frame = self.frames.frame_of(map_id)
        at: Vector3 | None
        if request.use_start:
            start = request.start
            at = self.frames.point('start', start.header, start.pose.position, frame)
        else:
            at = self.frames.robot(frame)
        query = Query(
            text=request.text,
            k=1 + request.alternatives,
            map_id=map_id,
            here=at,
            **self._when(request),
        )
        return query, at

    def go(self, goal: Go.Goal) -> Query:
        """Return the query of a drive, which starts where the robot is."""
        _check_alternatives(goal.alternatives)
        if len(goal.behavior_tree) > MAX_PATH_CHARS:
            raise InvalidQueryError(
                f'behavior_tree must hold at most {MAX_PATH_CHARS} characters,'
                f' got {len(goal.behavior_tree)}'
            )
        map_id = goal.map_id or self.frames.current_map()
        return Query(
            text=goal.text,
            map_id=map_id,
            here=self.frames.robot(self.frames.frame_of(map_id)),
            **self._when(goal),
        )

    def objects(self, request: Objects.Request) -> dict[str, Any]:
        """Return which objects a request wants as arguments of ``Memory.objects``."""
        for name in ('text', 'area'):
            if len(getattr(request, name)) > MAX_QUERY_CHARS:
                raise InvalidQueryError(f'{name} must hold at most {MAX_QUERY_CHARS} characters')
        radius = _radius_m(request)
        if request.use_near and radius is None:
            raise InvalidQueryError('near needs a radius > 0 of the objects around it')
        where = self._where(request)
        return {
            'text': request.text,
            'area': request.area,
            'near': where.get('near'),
            'radius': radius,
            'map_id': where['map_id'],
        }

    def correction(self, request: Correct.Request) -> Edit:
        """Return the correction that a request asks for."""
        if request.kind not in EDITS:
            raise InvalidQueryError(
                f'kind must be 0 to {Correct.Request.UNDO}, got {request.kind}'
            )
        kind = EDITS[request.kind]
        position, map_id = None, request.map_id
        if request.use_point:
            frame = self.frames.frame_of(map_id or None)
            point = request.point
            position = self.frames.point('point', point.header, point.point, frame)
        elif kind is EditKind.PLACE:
            frame = self.frames.frame_of(map_id or None)
            position = self.frames.robot(frame)
            if position is None:
                raise InvalidQueryError('point must be set: where the robot is is not known')
        if kind is EditKind.PLACE:
            map_id = map_id or self.frames.current_map() or ''
        return Edit(
            kind=kind,
            object_id=request.object_id if request.use_object else None,
            others=tuple(request.others),
            name=request.name,
            position=position,
            radius_m=float(request.radius),
            map_id=map_id,
            since_ns=stamp_ns(request.since) if request.use_since else None,
            until_ns=stamp_ns(request.until) if request.use_until else None,
            question=request.question,
            observation_id=request.observation_id,
        )

    def _where(self, request: Any) -> dict[str, Any]:
        """Return map, ``near`` and the asker's place, said or the robot's, as of ``Query``."""
        use_near = getattr(request, 'use_near', False)
        use_here = getattr(request, 'use_here', False)
        map_id = self.frames.map_of(request.map_id, near=use_near or use_here)
        frame = self.frames.frame_of(map_id)
        found: dict[str, Any] = {'map_id': map_id}
        if use_near:  # it also is where the asker is
            near = request.near
            found['near'] = self.frames.point('near', near.header, near.point, frame)
        if use_here:
            here = request.here
            found['here'] = self.frames.point('here', here.header, here.point, frame)
        elif not use_near:
            found['here'] = self.frames.robot(frame)
        return found

    def _when(self, request: Any) -> dict[str, Any]:
        """Return the time window and the time of asking as arguments of ``Query``."""
        told = getattr(request, 'use_now', False)
        return {
            'since_ns': stamp_ns(request.since) if request.use_since else None,
            'until_ns': stamp_ns(request.until) if request.use_until else None,
            'now_ns': stamp_ns(request.now) if told else self.now_ns,
        }


def _check_alternatives(count: int) -> None:
    if count > MAX_ALTERNATIVES:
        raise InvalidQueryError(f'alternatives must be at most {MAX_ALTERNATIVES}, got {count}')


def _radius_m(request: Any) -> float | None:
    """Return the radius around ``near`` of a request [m], None where there is none."""
    radius = float(request.radius)
    if not radius >= 0.0 or math.isinf(radius):
        raise InvalidQueryError(f'radius must be finite and >= 0, got {radius}')
    if radius > 0.0 and not request.use_near:
        raise InvalidQueryError(f'radius needs near: set use_near, got radius {radius}')
    return radius or None


def page_limit(request: Objects.Request) -> int:
    """Return how many objects a request wants at most."""
    if request.limit > MAX_K:
        raise InvalidQueryError(f'limit must be at most {MAX_K}, got {request.limit}')
    return request.limit or PAGE
