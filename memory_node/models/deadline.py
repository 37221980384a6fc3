"""How long a model may take: one deadline for a call as a whole, and who may end it before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import threading
import time
from typing import TypeAlias

__all__ = ['Call', 'CallError', 'LateError', 'StoppedError', 'asked_for']

#: Time between two looks whether a call is still wanted [s].
_LOOK_S = 0.05
#: Whether the asker is gone, and the end of the request's time.
_Scope: TypeAlias = tuple[Callable[[], bool], float | None]
_SCOPE = threading.local()


class CallError(Exception):
    """A call of a model ended without an answer."""


class LateError(CallError):
    """The deadline has passed."""


class StoppedError(CallError):
    """Nobody wants the answer any more."""


@contextmanager
def asked_for(gone: Callable[[], bool], timeout_s: float | None = None) -> Iterator[None]:
    """
    Let the calls of this thread end with the request they are made for.

    ``gone`` tells whether its asker is gone; ``timeout_s`` is for all calls together.
    """
    before: _Scope = getattr(_SCOPE, 'value', (bool, None))
    until_s = None if timeout_s is None else time.monotonic() + timeout_s
    _SCOPE.value = (gone, until_s)
    try:
        yield
    finally:
        _SCOPE.value = before


class Call:
    """One call: what is left of its time, and whether it is still wanted."""

    def __init__(self, timeout_s: float, closed: Callable[[], bool]) -> None:
        """Begin now; ``closed`` tells whether the model was closed meanwhile."""
        self._closed = closed
        scope: _Scope = getattr(_SCOPE, 'value', (bool, None))
        self._gone, until_s = scope
        self._timeout_s = timeout_s
        self._until_s = time.monotonic() + timeout_s
        if until_s is not None:
            self._until_s = min(self._until_s, until_s)

    def left_s(self) -> float:
        """Return what is left [s]; raises ``LateError`` or ``StoppedError`` where nothing is."""
        if self._closed() or self._gone():
            raise StoppedError('the answer is not wanted any more')
        left_s = self._until_s - time.monotonic()
        if left_s <= 0.0:
            raise LateError(f'no whole answer in time, at most {self._timeout_s:g} s')
        return left_s

    def step_s(self) -> float:
        """Return how long to wait before the next look [s]; raises as ``left_s``."""
        return min(_LOOK_S, self.left_s())

    def pause(self, seconds: float) -> None:
        """Wait; raises as ``left_s``, as soon as the call ends."""
        end_s = time.monotonic() + seconds
        while (rest_s := end_s - time.monotonic()) > 0.0:
            time.sleep(min(rest_s, self.step_s()))

    def wait_for(self, done: threading.Event) -> None:
        """Wait for an event; raises as ``left_s``, as soon as the call ends."""
        while not done.wait(self.step_s()):
            pass
