"""Lets requests in: so many at a time for each service, so many more wait, the rest hear BUSY."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
import threading

from memory_node.core.errors import BusyError, NotActiveError
from memory_node.models.deadline import asked_for
from memory_node.ros.settings import RequestsConfig

__all__ = ['Gate']

#: How long closing waits for requests that are being answered; no model is waited for [s].
FAREWELL_S = 5.0


class Gate:
    """
    Counts the requests of all services; thread-safe.

    Each service has its own places, so questions that wait for a language model hold up no other
    kind. Closed, it lets nobody in, sends away who waits, and ends every call of a model.
    """

    def __init__(self, limits: RequestsConfig) -> None:
        """Begin closed."""
        self._limits = limits
        self._changed = threading.Condition()
        self._running = Counter[str]()
        self._waiting: dict[str, deque[object]] = {}
        self._open = False

    def open(self) -> None:
        """Let requests in."""
        with self._changed:
            self._open = True

    def close(self) -> None:
        """Let nobody in, and wait a little for who is inside."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._running.total(), FAREWELL_S)

    @contextmanager
    def admitted(self, name: str, model_time_s: float) -> Iterator[None]:
        """
        Let one request to the service ``name`` in, when it is its turn.

        Its calls of models end with the gate, or after ``model_time_s`` together. Raises
        ``BusyError`` where too many wait and ``NotActiveError`` where the gate is closed.
        """
        with self._changed:
            self._enter(name)
            self._running[name] += 1
        try:
            with asked_for(lambda: not self._open, model_time_s):
                yield
        finally:
            with self._changed:
                self._running[name] -= 1
                self._changed.notify_all()

    def _enter(self, name: str) -> None:
        queue = self._waiting.setdefault(name, deque())
        if self._open and (queue or not self._has_room(name)):
            waiting = sum(map(len, self._waiting.values()))
            if waiting >= self._limits.queue_size:
                raise BusyError(
                    f'{self._running[name]} requests to {name} are being answered and {waiting}'
                    ' wait: ask again later'
                )
            turn = object()
            queue.append(turn)
            self._changed.wait_for(
                lambda: not self._open or (queue[0] is turn and self._has_room(name))
            )
            queue.remove(turn)
            self._changed.notify_all()
        if not self._open:
            raise NotActiveError('the memory node is not active')

    def _has_room(self, name: str) -> bool:
        return self._running[name] < self._limits.concurrency
