"""Background threads that bring what is derived up to date."""

from __future__ import annotations

from collections.abc import Callable
import logging
import threading
import time

from memory_node.core.errors import RemovedError

__all__ = ['Worker']

_LOG = logging.getLogger(__name__)
#: Longest rest between two runs of a job [s].
_LONGEST_REST_S = 2.0


class Worker:
    """
    Runs a job in a thread of its own after each ``notify``; thread-safe.

    Calls of ``notify`` while the job runs make it run once more. A job that raises is logged and
    tried again at the next ``notify``, so a defect in something derived never ends the memory; so
    is a thread that the machine does not give.
    """

    def __init__(self, name: str, job: Callable[[], None], *, share: float = 1.0) -> None:
        """
        Run ``job``, and after it let others work, so that it takes at most ``share`` of the time.

        The thread, called ``name``, starts with the first ``notify``.
        """
        self._name = name
        self._job = job
        self._rest = 1.0 / share - 1.0
        self._wake = threading.Condition()
        self._pending = False
        self._closing = False
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None
        #: What the last run failed with; '' if it did not.
        self.failure = ''

    @property
    def closing(self) -> bool:
        """Whether the job should stop at the next convenient moment."""
        return self._closing

    def notify(self) -> None:
        """Signal that observations were added or removed."""
        with self._wake:
            if self._closing:
                return
            if self._thread is None and not self._start():
                return
            self._pending = True
            self._idle.clear()
            self._wake.notify()

    def _start(self) -> bool:
        thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:
            if not self.failure:
                _LOG.error('%s could not be started, and is tried again: %s', self._name, error)
            self.failure = f'{self._name} could not be started: {error}'
            return False
        self._thread = thread
        return True

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing is left to do; False on time-out."""
        return self._idle.wait(timeout_s)

    def pause(self, seconds: float) -> bool:
        """
        Wait inside the job for the next ``notify``, at most ``seconds``; tell whether it came.

        The job has then taken it over: it must look once more for what is new.
        """
        with self._wake:
            if not (self._pending or self._closing):
                self._wake.wait(seconds)
            came, self._pending = self._pending, False
            return came

    def close(self) -> None:
        """Stop after the step in hand; a second call does nothing."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._idle.set()

    def _run(self) -> None:
        not_before = 0.0
        while True:
            with self._wake:
                while not (self._pending or self._closing):
                    self._idle.set()
                    self._wake.wait()
                while not self._closing and (early := not_before - time.monotonic()) > 0.0:
                    self._wake.wait(early)
                if self._closing:
                    return
                self._pending = False
            began = time.monotonic()
            try:
                self._job()
                self.failure = ''
            except RemovedError:  # whoever removed it notifies again
                _LOG.debug('%s needed what was removed meanwhile', self._name)
            except Exception as error:  # noqa: BLE001  it is logged and told
                failure = f'{self._name} could not be brought up to date: {error}'
                if failure != self.failure:  # one that comes again is told once
                    _LOG.exception('%s could not be brought up to date', self._name)
                self.failure = failure
            now = time.monotonic()
            not_before = now + min(self._rest * (now - began), _LONGEST_REST_S)
