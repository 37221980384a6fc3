"""The lifecycle manager's side of a bond, by the rules of Nav2's and of bond alone."""

from __future__ import annotations

import time
import uuid

from bond.msg import Status

PERIOD_S = 0.25


class Partner:
    """
    Waits for heartbeats of a node, sends its own, and is broken when they stop.

    ``step`` is to be called again and again, as the manager's timers do: nothing else happens.
    """

    def __init__(self, node, name: str, timeout_s: float) -> None:
        self.node, self.name, self.timeout_s = node, name, timeout_s
        self.instance = str(uuid.uuid4())
        self.heard: list[Status] = []
        self.formed = self.broken = False
        self.silent = False
        self._last_s = self._sent_s = time.monotonic()
        self._publisher = node.create_publisher(Status, 'bond', 5)
        self._subscription = node.create_subscription(Status, 'bond', self._receive, 100)

    def _receive(self, msg: Status) -> None:
        if msg.id != self.name or msg.instance_id == self.instance:
            return
        self.heard.append(msg)
        self._last_s = time.monotonic()
        self.formed = True
        if not msg.active:
            self.broken = True

    def step(self) -> None:
        now_s = time.monotonic()
        if self.formed and now_s - self._last_s > self.timeout_s:
            self.broken = True
        if now_s - self._sent_s >= PERIOD_S and not self.broken and not self.silent:
            self.send(active=True)

    def send(self, *, active: bool) -> None:
        self._sent_s = time.monotonic()
        status = Status(
            id=self.name,
            instance_id=self.instance,
            active=active,
            heartbeat_timeout=self.timeout_s,
            heartbeat_period=PERIOD_S,
        )
        status.header.stamp = self.node.get_clock().now().to_msg()
        self._publisher.publish(status)

    def close(self) -> None:
        self.node.destroy_subscription(self._subscription)
        self.node.destroy_publisher(self._publisher)
