"""The lifecycle node ``memory``: owns the memory and the ROS entities around it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
import os
import threading
import traceback
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from memory_node.core.config import (
    LanguageModelConfig,
    PerceptionConfig,
    RetrievalConfig,
)
from memory_node.core.errors import MemoryNodeError, StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.perception.camera_names import topic_of
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frames import frame_of, PendingFrame
from memory_node.core.perception.observer import Perceiver
from memory_node.core.perception.placement import Placement
from memory_node.models.deadline import asked_for
from memory_node.models.factory import make_captioner, make_language_model, make_sign_reader
from memory_node.ros.bond import Bond, has_bond_messages
from memory_node.ros.corrected_poses import CorrectedPoses
from memory_node.ros.diagnostics import Reporter, Sources
from memory_node.ros.find_action import Finder
from memory_node.ros.gate import Gate
from memory_node.ros.go_action import Goer
from memory_node.ros.ground import Ground
from memory_node.ros.heap import collect
from memory_node.ros.holding import Held, memory_config, open_memory
from memory_node.ros.in_use import in_use
from memory_node.ros.ingest import Ingest
from memory_node.ros.markers import MarkerScene
from memory_node.ros.navigator import Navigator
from memory_node.ros.parameters import Parameters
from memory_node.ros.saving import Saver
from memory_node.ros.services import Context, SERVICES, Services
from memory_node.ros.settings import MetricsConfig, NavigationConfig, NodeConfig, RequestsConfig
from memory_node.ros.transitions import guard_transitions
from memory_node.ros.unknown_parameters import given_parameters, UnknownParameters
from memory_node.ros.where import Where

__all__ = ['MemoryNode']

#: How long a deactivation waits for keyframes that are still in the queue [s].
DRAIN_S = 3.0
#: Requests beside those at the gate: a search and a drive, their cancels and results, and two that
#: hear BUSY.
_BESIDE = 8
_TRIGGERS = {'detections': 'detections', 'caption': 'caption'}


class MemoryNode(LifecycleNode):
    """
    Remembers what the robot sees, and answers where things are.

    Configured, it holds an open memory; active, it listens and answers.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Declare parameters only; raises where one that was given at start is refused."""
        given = given_parameters('memory', **kwargs)
        super().__init__('memory', **kwargs)
        self._counters = Counters()
        self._holds: Held | None = None
        self._settings = Parameters(self, self._on_parameters)
        self._unknown = UnknownParameters(self, given)
        self._transitions = threading.Lock()
        guard_transitions(self, self._transitions)
        #: Services and the search: a save in progress does not hold up a question.
        self.requests = ReentrantCallbackGroup()
        self._configured = ExitStack()
        self._activated = ExitStack()
        self._active = False

    @property
    def wants_start(self) -> bool:
        """Whether the node starts itself, without a lifecycle manager."""
        return bool(self._settings(NodeConfig).autostart)

    @property
    def memory(self) -> Memory:
        """The memory that is open while the node is configured."""
        return self._held.memory

    @property
    def cameras(self) -> int:
        """How many cameras are heard."""
        return len(self._settings(NodeConfig).cameras) or 1

    @property
    def threads(self) -> int:
        """Threads with which no request waits for one, whatever models take."""
        limits = self._settings(RequestsConfig)
        return _BESIDE + len(SERVICES) * limits.concurrency + limits.queue_size

    # Transitions

    def start(self) -> bool:
        """Configure and activate, where nobody else has begun to; return False where it failed."""
        with self._transitions:
            state = self._state_machine.current_state[1]
            if state != 'unconfigured':
                self.get_logger().info(f'autostart leaves the node {state}, as it was made')
                return True
            success = TransitionCallbackReturn.SUCCESS
            return bool(self.trigger_configure() == success and self.trigger_activate() == success)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the memory and offer the services, or say why not."""
        try:
            with ExitStack() as stack:
                self._configure(stack)
                self._configured = stack.pop_all()
        except Exception as error:  # noqa: BLE001  rclpy drops the traceback: log it here
            self._holds = None
            if isinstance(error, MemoryNodeError):
                self.get_logger().fatal(f'configure failed: {error.name}: {error}')
            else:
                self.report_bug(error)
            return TransitionCallbackReturn.FAILURE
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the sensors and answer requests."""
        try:
            with ExitStack() as stack:
                self._counters.reset()
                self._activate(stack)
                self._activated = stack.pop_all()
        except Exception as error:  # noqa: BLE001  rclpy drops the traceback: log it here
            self.report_bug(error)
            return TransitionCallbackReturn.FAILURE
        self._active = True
        self._held.gate.open()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening, store what waits, save; what was stored stays."""
        self._stop()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the memory and destroy what ``on_configure`` created."""
        self._close(self._configured)
        self._holds = None
        collect()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop from any state, with everything saved."""
        self._stop()
        return self.on_cleanup(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall back to unconfigured."""
        return self.on_shutdown(state)

    def _stop(self) -> None:
        """Answer and hear nothing any more."""
        self._active = False
        if self._holds is not None:
            self._holds.gate.close()
        self._close(self._activated)

    def _close(self, stack: ExitStack) -> None:
        try:
            stack.close()
        except Exception as error:  # noqa: BLE001  the transition goes on: there is no way back
            self.report_bug(error)

    # Construction

    def _configure(self, stack: ExitStack) -> None:
        self._unknown.say(subscribed=False)
        settings = self._settings(NodeConfig)
        model = make_language_model(self._settings(LanguageModelConfig))
        memory = open_memory(stack, self._settings, model)
        if model is not None:
            stack.callback(model.close)  # first: closing the memory waits for who asks it
        where = Where(self, self._settings, memory)
        stack.callback(where.close)
        classes = os.path.expanduser(self._settings(PerceptionConfig).classes_path)
        held = self._holds = Held(
            memory=memory,
            gate=Gate(self._settings(RequestsConfig)),
            scene=MarkerScene(where.requests.by_map),
            where=where,
            placements={name: Placement(partial(self._warn_of, name)) for name in where.cameras},
            names={name: ClassNames(classes) for name in where.cameras},
            captioner=make_captioner(self._settings(PerceptionConfig)),
            sign_reader=make_sign_reader(self._settings(PerceptionConfig)),
        )
        navigation = partial(self._settings, NavigationConfig)
        navigator = Navigator(self, use_nav2=settings.use_nav2, config=navigation)
        stack.callback(navigator.close)
        ground = Ground(
            self,
            where.poses,
            frame_of=where.requests.frame_of,
            config=navigation,
            refuse=self._refuse,
        )
        stack.callback(ground.close)
        context = Context(
            memory=memory,
            language_model=model,
            navigator=navigator,
            ground=ground,
            gate=held.gate,
            model_time_s=lambda: self._settings(RequestsConfig).model_time_s,
            save_folder=settings.save_folder,
            counters=self._counters,
            frames=where.requests,
            retrieval=lambda: self._settings(RetrievalConfig),
            navigation=navigation,
            active=lambda: self._active,
            answered=held.scene.show_answer,
            refuse=self._refuse,
            bug=self.report_bug,
        )
        stack.callback(Services(self, self.requests, context).close)
        stack.callback(Finder(self, self.requests, context).close)
        stack.callback(Goer(self, self.requests, context).close)
        stack.callback(Reporter(self, MutuallyExclusiveCallbackGroup(), self._sources()).close)
        collect()  # of what opening took

    def _sources(self) -> Sources:
        held = self._held
        return Sources(
            memory=held.memory,
            counters=self._counters,
            scene=held.scene,
            queue_length=lambda: held.ingest.queue_length if held.ingest else 0,
            trigger=self._trigger,
            report_interval_s=lambda: self._settings(NodeConfig).report_interval_s,
            marker_interval_s=lambda: self._settings(NodeConfig).marker_interval_s,
            frame_id=self._settings(NodeConfig).map_frame,
            metrics=self._settings(MetricsConfig),
        )

    def _activate(self, stack: ExitStack) -> None:
        held = self._held
        ingest = held.ingest = Ingest(
            self,
            self._settings,
            held.where,
            trigger=self._trigger,
            names=held.names,
            counters=self._counters,
            store=self._store,
            refuse=self._refuse_of,
            bug=self.report_bug,
        )
        stack.callback(held.memory.save)  # at the end, when the pipeline is drained
        saver = Saver(
            self,
            held.memory,
            self._counters,
            interval_s=lambda: self._settings(NodeConfig).save_interval_s,
            bug=self.report_bug,
        )
        stack.callback(saver.close)
        ingest.start()
        stack.callback(ingest.stop, DRAIN_S)
        subscriptions = ingest.listen()
        stack.callback(subscriptions.close)
        corrected = CorrectedPoses(
            memory=held.memory, where=held.where, refuse=self._refuse, bug=self.report_bug
        )
        stack.callback(corrected.listen(self))
        period_s = self._settings(NodeConfig).bond_heartbeat_period
        if period_s and has_bond_messages():
            stack.callback(Bond(self, period_s, say=partial(self._warn_of, '')).close)
        self._unknown.say(subscribed=True)
        used = in_use(self._settings, subscriptions.topics, held.memory.path, held.where)
        self.get_logger().info(used)

    @property
    def _held(self) -> Held:
        if self._holds is None:
            raise StoreAccessError('no memory is open')
        return self._holds

    @property
    def _trigger(self) -> str:
        return _TRIGGERS.get(self._settings(PerceptionConfig).captioner, 'image')

    def _on_parameters(self) -> None:
        if self._holds is not None:
            self._holds.memory.config = memory_config(self._settings)
            self._holds.where.follow_parameters()

    # Told by the parts

    def _store(self, camera: str, pending: PendingFrame) -> None:
        """Describe and store one keyframe of a camera, in a worker; raises typed errors."""
        settings, held = self._settings(NodeConfig), self._held
        keep = settings.keep_keyframes and pending.picture is not None
        refuse = partial(self._refuse_of, camera)
        frame = frame_of(pending, refuse)
        perceiver = Perceiver(
            self._settings(PerceptionConfig),
            held.captioner,
            sign_reader=held.sign_reader,
            map_id=held.where.maps.map_for(
                settings.map_id, frame.fixed_frame, frame.pose, frame.stamp_ns
            ),
            camera=camera,
            keyframe_side_px=320 if keep else 0,
            left_out=refuse,
        )
        with asked_for(lambda: held.ingest is None or held.ingest.stopping):
            observation = held.memory.as_kept(perceiver.observe(frame))
        held.placements[camera].observed(perceiver.counts, perceiver.unplaced)
        held.memory.add(observation)
        held.where.stored(observation, settings.map_id, frame.fixed_frame)
        latency_s = (self.get_clock().now().nanoseconds - observation.stamp_ns) * 1e-9
        self._counters.ingested(max(0.0, latency_s))

    def _warn_of(self, camera: str, line: str) -> None:
        self.get_logger().warning(f'{camera}: {line}' if camera else line)

    def _refuse_of(self, camera: str, topic: str, message: str) -> None:
        self._refuse(topic_of(camera, topic), message)

    def _refuse(self, topic: str, message: str) -> None:
        count = self._counters.reject(topic, message)
        if count in (1, 10, 100) or count % 1000 == 0:  # bounded, whatever comes
            self.get_logger().warning(f'{topic}: {message} ({count} so far)')

    def report_bug(self, error: BaseException) -> None:
        """Log what is no typed error, with its traceback."""
        trace = ''.join(traceback.format_exception(error))
        self.get_logger().error(f'internal error: {error!r}\n{trace}')
