"""From topics to stored keyframes: one pipeline for each camera, one memory for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
import threading
import time

from rclpy.lifecycle import LifecycleNode

from memory_node.core.config import IngestConfig, KeyframeConfig, PerceptionConfig
from memory_node.core.perception.camera_names import ONLY
from memory_node.core.perception.class_names import ClassNames
from memory_node.core.perception.counters import Counters
from memory_node.core.perception.frames import PendingFrame
from memory_node.core.perception.pipeline import Outlets, Pipeline
from memory_node.ros.camera_topics import Camera, published
from memory_node.ros.parameters import Parameters
from memory_node.ros.subscriptions import Subscriptions
from memory_node.ros.where import Where

__all__ = ['Ingest']


class Ingest:
    """Keyframe gates, buffers, queues and workers of all cameras, and what they listen to."""

    def __init__(
        self,
        node: LifecycleNode,
        settings: Parameters,
        where: Where,
        *,
        trigger: str,
        names: Mapping[str, ClassNames],
        counters: Counters,
        store: Callable[[str, PendingFrame], None],
        refuse: Callable[[str, str, str], None],
        bug: Callable[[BaseException], None],
    ) -> None:
        """
        Make the pipelines.

        ``store`` takes the name of a camera and a keyframe of it; ``refuse`` is told a camera, a
        topic as it is called for one camera, and why.
        """
        self._workers = settings(PerceptionConfig).concurrency
        self._turns = threading.Semaphore(self._workers)
        self._store = store
        self._listen = partial(
            Subscriptions,
            node,
            poses=where.poses,
            counters=counters,
            config=lambda: settings(IngestConfig),
            frames=where.tree,
            captioner=settings(PerceptionConfig).captioner,
            refuse=partial(refuse, ONLY),
            bug=bug,
        )

        def pipeline(name: str) -> Pipeline:
            return Pipeline(
                trigger=trigger,
                poses=where.cameras[name],
                counters=counters,
                config=lambda: settings(IngestConfig),
                keyframes=lambda: settings(KeyframeConfig),
                outlets=Outlets(
                    store=partial(self._in_turn, name),
                    refuse=partial(refuse, name),
                    bug=bug,
                    published=partial(published, node, name),
                ),
                depth_is_registered=settings.camera(name).depth_registered,
            )

        self._cameras = [
            Camera(name=name, config=settings.camera(name), pipeline=pipeline(name), names=own)
            for name, own in names.items()
        ]

    @property
    def queue_length(self) -> int:
        """Keyframes of all cameras that are not stored yet."""
        return sum(camera.pipeline.queue_length for camera in self._cameras)

    @property
    def stopping(self) -> bool:
        """Whether what is not stored by now is given up."""
        return any(camera.pipeline.stopping for camera in self._cameras)

    def start(self) -> None:
        """Run the workers: for each camera as many as may describe at a time."""
        for camera in self._cameras:
            camera.pipeline.start(self._workers)

    def stop(self, drain_s: float) -> None:
        """Store what waits for at most ``drain_s``, and end the workers."""
        deadline = time.monotonic() + drain_s
        for camera in self._cameras:
            camera.pipeline.stop(max(0.0, deadline - time.monotonic()))

    def listen(self) -> Subscriptions:
        """Subscribe to what the settings ask for."""
        return self._listen(cameras=self._cameras)

    def _in_turn(self, camera: str, frame: PendingFrame) -> None:
        """Store a keyframe while no more than ``perception.concurrency`` are described."""
        with self._turns:
            self._store(camera, frame)
