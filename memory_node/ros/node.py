"""The lifecycle node ``memory``: owns the memory and the ROS entities around it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields
import os
from pathlib import Path
import time
import traceback
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from memory_node.core.config import (
    IngestConfig,
    KeyframeConfig,
    LanguageModelConfig,
    MemoryConfig,
    PerceptionConfig,
    RetrievalConfig,
)
from memory_node.core.data import Observation
from memory_node.core.errors import MemoryNodeError, StoreAccessError
from memory_node.core.memory import Memory
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frames import frame_of, PendingFrame
from memory_node.core.perception.observer import Perceiver
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.core.perception.placement import Placement
from memory_node.models.factory import make_captioner, make_language_model
from memory_node.models.sentence_encoder import SentenceEncoder
from memory_node.ros.diagnostics import Reporter, Sources
from memory_node.ros.find_action import Finder
from memory_node.ros.in_use import in_use
from memory_node.ros.markers import MarkerScene
from memory_node.ros.nav2_client import GoalSender
from memory_node.ros.parameters import Parameters
from memory_node.ros.services import Context, Services
from memory_node.ros.settings import CameraConfig, EncoderConfig, NodeConfig
from memory_node.ros.subscriptions import published, Subscriptions
from memory_node.ros.where import Where

__all__ = ['MemoryNode']

#: How long a deactivation waits for keyframes that are still in the queue [s].
DRAIN_S = 3.0
#: Time between two looks whether a save is due [s].
_SAVE_CHECK_S = 1.0
_TRIGGERS = {'detections': 'detections', 'caption': 'caption'}


class MemoryNode(LifecycleNode):
    """
    Remembers what the robot sees, and answers where things are.

    Configured, it holds an open memory; active, it listens and answers.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Declare parameters only; raises where one that was given at start is refused."""
        super().__init__('memory', **kwargs)
        self._counters = Counters()
        self._opened: Memory | None = None
        self._settings = Parameters(self, self._on_parameters)
        self._guard_transitions()
        self._configured = ExitStack()
        self._activated = ExitStack()
        self._active = False

    @property
    def wants_start(self) -> bool:
        """Whether the node starts itself, without a lifecycle manager."""
        return bool(self._settings(NodeConfig).autostart)

    def _guard_transitions(self) -> None:
        """Answer an impossible transition with a refusal: rclpy raises, which ends spinning."""
        service = self._service_change_state
        respond = service.callback

        def answer(request: Any, response: Any) -> Any:
            try:
                return respond(request, response)
            except Exception as error:  # noqa: BLE001  RCLError, of a private module
                self.get_logger().warning(f'transition refused: {error}')
                response.success = False
                return response

        service.callback = answer

    # Transitions

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the memory and offer the services, or say why not."""
        try:
            with ExitStack() as stack:
                self._configure(stack)
                self._configured = stack.pop_all()
        except MemoryNodeError as error:
            self.get_logger().fatal(f'configure failed: {error.name}: {error}')
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # noqa: BLE001  rclpy drops the traceback: log it here
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
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening, store what waits, save; what was stored stays."""
        self._active = False
        self._close(self._activated)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the memory and destroy what ``on_configure`` created."""
        self._close(self._configured)
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop from any state, with everything saved."""
        self._active = False
        self._close(self._activated)
        self._close(self._configured)
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall back to unconfigured."""
        return self.on_shutdown(state)

    def _close(self, stack: ExitStack) -> None:
        try:
            stack.close()
        except Exception as error:  # noqa: BLE001  the transition goes on: there is no way back
            self.report_bug(error)

    # Construction

    def _configure(self, stack: ExitStack) -> None:
        settings = self._settings(NodeConfig)
        self._language_model = make_language_model(self._settings(LanguageModelConfig))
        self._opened = stack.enter_context(self._open_memory(settings))
        self._captioner = make_captioner(self._settings(PerceptionConfig))
        self._names = ClassNames(os.path.expanduser(self._settings(PerceptionConfig).classes_path))
        self._where = Where(self, self._settings, self._memory)
        self._scene = MarkerScene(self._where.requests.by_map)
        self._scene.add(self._memory.observations())
        self._pipeline: Pipeline | None = None
        self._placement = Placement(lambda line: self.get_logger().warning(line))
        queries = ReentrantCallbackGroup()  # a save in progress does not hold up a question
        goals = GoalSender(self, queries, use_nav2=settings.use_nav2)
        stack.callback(goals.close)
        context = Context(
            memory=self._memory,
            language_model=self._language_model,
            goals=goals,
            counters=self._counters,
            frames=self._where.requests,
            retrieval=lambda: self._settings(RetrievalConfig),
            active=lambda: self._active,
            answered=self._scene.show_answer,
            bug=self.report_bug,
        )
        stack.callback(Services(self, queries, context).close)
        stack.callback(Finder(self, queries, context).close)
        stack.callback(Reporter(self, MutuallyExclusiveCallbackGroup(), self._sources()).close)

    def _sources(self) -> Sources:
        return Sources(
            memory=self._memory,
            counters=self._counters,
            scene=self._scene,
            queue_length=lambda: self._pipeline.queue_length if self._pipeline else 0,
            trigger=self._trigger,
            report_interval_s=lambda: self._settings(NodeConfig).report_interval_s,
            marker_interval_s=lambda: self._settings(NodeConfig).marker_interval_s,
            frame_id=self._settings(NodeConfig).map_frame,
        )

    def _activate(self, stack: ExitStack) -> None:
        perception = self._settings(PerceptionConfig)
        outlets = Outlets(
            store=self._store,
            refuse=self._refuse,
            bug=self.report_bug,
            published=lambda: published(self),
        )
        camera = self._settings(CameraConfig)
        pipeline = self._pipeline = Pipeline(
            trigger=self._trigger,
            poses=self._where.poses,
            counters=self._counters,
            config=lambda: self._settings(IngestConfig),
            keyframes=lambda: self._settings(KeyframeConfig),
            outlets=outlets,
            depth_is_registered=camera.depth_registered,
        )
        stack.callback(self._memory.save)  # at the end, when the pipeline is drained
        self._saved, self._saved_at_s = 0, time.monotonic()
        timer = self.create_timer(
            _SAVE_CHECK_S,
            self._save_if_due,
            callback_group=MutuallyExclusiveCallbackGroup(),
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        stack.callback(self.destroy_timer, timer)
        pipeline.start(perception.concurrency)
        stack.callback(pipeline.stop, DRAIN_S)
        subscriptions = Subscriptions(
            self,
            pipeline=pipeline,
            poses=self._where.poses,
            counters=self._counters,
            camera=camera,
            config=lambda: self._settings(IngestConfig),
            frames=self._where.tree,
            captioner=perception.captioner,
            names=self._names,
            outlets=outlets,
        )
        stack.callback(subscriptions.close)
        told = self._where.poses.base_T_camera is not None
        used = in_use(self._settings, subscriptions.topics, self._memory.path, camera_told=told)
        self.get_logger().info(used)

    @property
    def _memory(self) -> Memory:
        if self._opened is None:
            raise StoreAccessError('no memory is open')
        return self._opened

    @property
    def _trigger(self) -> str:
        return _TRIGGERS.get(self._settings(PerceptionConfig).captioner, 'image')

    def _open_memory(self, settings: NodeConfig) -> Memory:
        path = Path(os.path.expandvars(settings.memory_path)).expanduser()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreAccessError(f'memory_path {path}: {error}') from error
        wanted = self._settings(EncoderConfig)
        model = os.path.expanduser(os.path.expandvars(wanted.model))
        encoder = SentenceEncoder(model, backend=wanted.backend)
        encoder.encode(['warm up'])  # loading takes seconds: now, not in the first answer
        return Memory.open(
            path,
            encoder=encoder,
            config=self._memory_config(),
            language_model=self._language_model,
        )

    def _memory_config(self) -> MemoryConfig:
        groups: dict[str, Any] = {
            f.name: self._settings.group(f.name) for f in fields(MemoryConfig)
        }
        return MemoryConfig(**groups)

    def _on_parameters(self) -> None:
        if self._opened is not None:
            self._opened.config = self._memory_config()
            if (where := getattr(self, '_where', None)) is not None:
                where.follow_parameters()

    # Told by the parts

    def _store(self, pending: PendingFrame) -> None:
        """Describe and store one keyframe, in a worker; raises typed errors."""
        settings = self._settings(NodeConfig)
        keep = settings.keep_keyframes and pending.picture is not None
        frame = frame_of(pending, self._refuse)
        perceiver = Perceiver(
            self._settings(PerceptionConfig),
            self._captioner,
            map_id=self._where.maps.map_for(settings.map_id, frame.fixed_frame),
            keyframe_side_px=320 if keep else 0,
            left_out=self._refuse,
        )
        observation = perceiver.observe(frame)
        self._placement.observed(perceiver.counts, perceiver.unplaced)
        self._memory.add(observation)
        self._where.maps.stored(observation.id, settings.map_id, frame.fixed_frame)
        self._on_stored(observation)

    def _on_stored(self, observation: Observation) -> None:
        latency_s = (self.get_clock().now().nanoseconds - observation.stamp_ns) * 1e-9
        self._counters.ingested(max(0.0, latency_s))
        self._scene.add([observation])

    def _save_if_due(self) -> None:
        """Save what could be rebuilt only with time, where something was stored."""
        stored, now_s = self._counters.value('stored'), time.monotonic()
        waited_s = now_s - self._saved_at_s
        if stored == self._saved or waited_s < self._settings(NodeConfig).save_interval_s:
            return
        self._saved, self._saved_at_s = stored, now_s
        try:
            self._memory.save()
        except Exception as error:  # noqa: BLE001  a full disk must not end the node
            self.report_bug(error)

    def _refuse(self, topic: str, message: str) -> None:
        count = self._counters.reject(topic, message)
        if count in (1, 10, 100) or count % 1000 == 0:  # bounded, whatever comes
            self.get_logger().warning(f'{topic}: {message} ({count} so far)')

    def report_bug(self, error: BaseException) -> None:
        """Log what is no typed error, with its traceback."""
        trace = ''.join(traceback.format_exception(error))
        self.get_logger().error(f'internal error: {error!r}\n{trace}')
