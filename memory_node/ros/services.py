"""The services of the node: each converts, asks the memory, converts back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import time
from typing import Any

from memory_msgs.srv import Ask, Correct, Describe, NavigationGoal, Objects, Retrieve, Save
from nav_msgs.msg import Path as PathMsg
from rclpy.callback_groups import CallbackGroup
from rclpy.lifecycle import LifecycleNode

from memory_node.core.config import RetrievalConfig
from memory_node.core.config.paths import path_inside, user_path
from memory_node.core.data import Place, Retrieval
from memory_node.core.errors import BusyError, MemoryNodeError, StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.perception.counters import Counters
from memory_node.core.ports import LanguageModel
from memory_node.core.retrieval.stages import in_words, Stages
from memory_node.ros import conversions as convert
from memory_node.ros import qos
from memory_node.ros.gate import Gate
from memory_node.ros.ground import Ground
from memory_node.ros.navigator import Navigator
from memory_node.ros.request_frames import RequestFrames
from memory_node.ros.requests import MODE_NUMBERS, page_limit, RequestReader
from memory_node.ros.settings import NavigationConfig

__all__ = ['SERVICES', 'Context', 'Services']

#: Services, each with places of its own at the gate.
SERVICES = {
    '~/retrieve': Retrieve,
    '~/navigation_goal': NavigationGoal,
    '~/ask': Ask,
    '~/describe': Describe,
    '~/objects': Objects,
    '~/correct': Correct,
    '~/save': Save,
}


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the handlers work with."""

    memory: Memory
    #: Words answers; None leaves them extracted.
    language_model: LanguageModel | None
    navigator: Navigator
    ground: Ground
    gate: Gate
    #: How long models may think about one request [s].
    model_time_s: Callable[[], float]
    #: Folder that copies are confined to; '' is that of the memory.
    save_folder: str
    counters: Counters
    frames: RequestFrames
    retrieval: Callable[[], RetrievalConfig]
    navigation: Callable[[], NavigationConfig]
    active: Callable[[], bool]
    answered: Callable[[Retrieval], None]
    #: Told (topic, message) of every refusal.
    refuse: Callable[[str, str], None]
    bug: Callable[[BaseException], None]

    def reader(self, now_ns: int) -> RequestReader:
        """Return what reads a request that comes now."""
        return RequestReader(frames=self.frames, top_k=self.retrieval().top_k, now_ns=now_ns)


class Services:
    """Owns the servers; the node creates them when configured."""

    def __init__(self, node: LifecycleNode, group: CallbackGroup, context: Context) -> None:
        """Serve the node's services; the query group runs several at a time."""
        self._node = node
        self._context = context
        self._servers = [
            node.create_service(
                kind, name, self._bounded(name), qos_profile=qos.REQUESTS, callback_group=group
            )
            for name, kind in SERVICES.items()
        ]

    def close(self) -> None:
        """Destroy the servers, once who is inside the gate was answered."""
        self._context.gate.close()
        for server in self._servers:
            self._node.destroy_service(server)

    def _bounded(self, name: str) -> Callable[[Any, Any], Any]:
        """Return the handler of a service, wrapped so that whatever happens ends in a status."""
        handler: Callable[[Any, Any], str] = getattr(self, name.replace('~/', '_'))

        def answer(request: Any, response: Any) -> Any:
            began = time.perf_counter()
            error: BaseException | None = None
            stages = Stages(on=self._context.retrieval().trace)
            try:
                with self._context.gate.admitted(name, self._context.model_time_s()):
                    stages.end('gate')
                    message = handler(request, response)
                    stages.end('answer')
            except BusyError as busy:
                self._context.refuse(name, str(busy))
                error = busy
            except MemoryNodeError as expected:
                error = expected
            except Exception as bug:  # noqa: BLE001  a bug must not stop the executor
                self._context.bug(bug)
                error = bug
            response.status = convert.status_msg(error)
            if error is None:
                message = self._traced(name, message, stages.seconds)
                response.status.message = message[: convert.MAX_MESSAGE_CHARS]
            self._context.counters.answered(time.perf_counter() - began, failed=error is not None)
            return response

        return answer

    def _traced(self, name: str, message: str, stages: Mapping[str, float]) -> str:
        """Return a message that also tells the stages of an answer, and log these."""
        if not stages:
            return message
        told = in_words(stages)
        self._node.get_logger().info(f'{name}: {told}')
        return f'{message}; {told}' if message else told

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def _retrieve(self, request: Retrieve.Request, response: Retrieve.Response) -> str:
        c = self._context
        retrieval = c.memory.search(c.reader(self._now_ns()).retrieve(request))
        response.found = retrieval.found
        response.conditions = list(retrieval.conditions)
        response.places = self._place_msgs(retrieval.places)
        response.mode = MODE_NUMBERS[retrieval.mode]
        response.query_time = convert.duration_msg(retrieval.seconds.get('total', 0.0))
        c.answered(retrieval)
        return self._traced('~/retrieve', retrieval.message, retrieval.stages)

    def _navigation_goal(
        self, request: NavigationGoal.Request, response: NavigationGoal.Response
    ) -> str:
        c = self._context
        query, start = c.reader(self._now_ns()).navigation_goal(request)
        plan = c.memory.navigation_goal(query, start, request.alternatives)
        c.answered(plan.retrieval)
        told = self._traced('~/navigation_goal', plan.retrieval.message, plan.retrieval.stages)
        if not plan.found or plan.place is None or plan.goal_pose is None:
            return told
        stamp = self._node.get_clock().now().to_msg()
        frame_id = c.frames.frame_of(plan.place.map_id)
        response.place = self._place_msgs([plan.place])[0]
        response.alternatives_found = self._place_msgs(plan.alternatives)
        stand = c.ground.stand(plan.place, plan.goal_pose)
        response.found = True
        response.goal = convert.pose_stamped_msg(stand.pose, stamp, frame_id)
        response.route = PathMsg()
        if plan.route is not None:
            response.has_route = True
            response.route = convert.path_msg(plan.route, stamp, frame_id)
            response.route_length = float(plan.route.length_m)
        took = c.navigator.hand_over(response.goal) if request.publish else ''
        return '; '.join(filter(None, [told, stand.note, took]))

    def _ask(self, request: Ask.Request, response: Ask.Response) -> str:
        c = self._context
        answer = c.memory.ask(c.reader(self._now_ns()).ask(request), model=c.language_model)
        response.known = answer.known
        response.answer = answer.text
        response.count = -1 if answer.count is None else answer.count
        response.generated = answer.generated
        response.citations = self._place_msgs(answer.citations)
        fallback = answer.fallback and f'worded without the language model: {answer.fallback}'
        return self._traced('~/ask', fallback, answer.stages)

    def _describe(self, request: Describe.Request, response: Describe.Response) -> str:
        told = self._context.memory.describe(request.area, request.map_id or None)
        response.found = told.found
        response.name = told.name
        response.description = told.text
        response.observations = told.observations
        response.areas = self._place_msgs(told.parts)
        response.citations = self._place_msgs(told.citations)
        response.generated = told.generated
        return '' if told.found else told.text

    def _objects(self, request: Objects.Request, response: Objects.Response) -> str:
        c = self._context
        limit = page_limit(request)
        listed = c.memory.objects(**c.reader(self._now_ns()).objects(request))
        frame_of = c.frames.by_map()
        page = listed[request.offset : request.offset + limit]
        response.total = len(listed)
        response.objects = [
            convert.object_msg(
                thing,
                frame_id=frame_of(thing.map_id),
                seen_in=c.memory.by_keys([thing.best_view]),
            )
            for thing in page
        ]
        return ''

    def _correct(self, request: Correct.Request, response: Correct.Response) -> str:
        memory, now_ns = self._context.memory, self._now_ns()
        if request.kind == Correct.Request.LIST:
            records = memory.corrections()
        elif request.kind == Correct.Request.UNDO:
            number = int(request.correction_id)
            records = [memory.undo(number, author=request.author, stamp_ns=now_ns)]
        else:
            edit = self._context.reader(now_ns).correction(request)
            records = [memory.correct_by(edit, author=request.author, stamp_ns=now_ns)]
        response.corrections = [convert.correction_msg(record) for record in records]
        lost = sum(record.state == 'lost' for record in records)
        return f'{lost} corrections find what they are about no more' if lost else ''

    def _place_msgs(self, places: Sequence[Place]) -> list[Any]:
        frame_of = self._context.frames.by_map()
        return convert.place_msgs(places, frame_of, now_ns=self._now_ns())

    def _save(self, request: Save.Request, response: Save.Response) -> str:
        memory, target = self._context.memory, None
        if request.path:
            try:
                folder = user_path(self._context.save_folder or str(memory.path.parent))
                target = path_inside(folder, request.path)
            except ValueError as error:
                raise StoreAccessError(
                    f'path {error}: copies go where save_folder says'
                ) from error
        written = memory.save(target, overwrite=request.overwrite)
        response.path = str(written)
        response.bytes = written.stat().st_size
        return f'saved to {written}'
