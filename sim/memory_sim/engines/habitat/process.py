"""The process that runs habitat-sim: started, asked, watched, ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import contextlib
from functools import cache
import os
from pathlib import Path
import shutil
import socket
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Any

from memory_sim.engines.habitat import wire
from memory_sim.engines.habitat.errors import (
    HabitatError,
    HabitatMissingError,
    HabitatSceneError,
    SimulatorDiedError,
)

__all__ = ['PYTHON_VARIABLE', 'HabitatProcess', 'habitat_problem']

#: Names the Python that has habitat-sim, where it is not this one.
PYTHON_VARIABLE = 'MEMORY_SIM_HABITAT_PYTHON'

_WORKER = Path(__file__).with_name('worker.py')
#: A simulator works out its environment light for seconds, a large scene loads for minutes.
_START_S = 120.0
_SCENE_ERRORS = ('dataset', 'scene', 'navmesh')
_HOW = f'install habitat-sim, or set {PYTHON_VARIABLE} to the Python of an environment that has it'


class HabitatProcess:
    """
    A process with one habitat-sim in it.

    Not thread-safe. Ends with ``close``, with the ``with`` block, or when this process does.
    """

    def __init__(self, python: str | None = None) -> None:
        """
        Start the process and wait until habitat-sim is imported.

        Parameters
        ----------
        python
            The Python to run; if None that of ``MEMORY_SIM_HABITAT_PYTHON``, or this one.

        Raises
        ------
        HabitatMissingError
            If there is no such Python, or it has no habitat-sim.
        SimulatorDiedError
            If it ends before it is ready.

        """
        name = python or os.environ.get(PYTHON_VARIABLE) or sys.executable
        self._python = shutil.which(name)
        if self._python is None:
            raise HabitatMissingError(f'no Python {name!r}: {_HOW}')
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        self._channel, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [self._python, str(_WORKER), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env=_environment(),
            )
        except OSError as error:
            self._channel.close()
            self._log.close()
            raise HabitatMissingError(f'cannot run {name!r}: {error}; {_HOW}') from error
        finally:
            theirs.close()
        self._greet()

    def _greet(self) -> None:
        try:
            fields, _ = self._receive(_START_S)
        except BaseException:
            self.close()
            raise
        if not fields.get('ok'):
            self.close()
            raise HabitatMissingError(f'{self._python}: {fields.get("message")}; {_HOW}')
        #: Version of habitat-sim.
        self.version = str(fields.get('version'))

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def ask(
        self, request: str, fields: Mapping[str, Any] | None = None, *, timeout_s: float = 60.0,
        **arrays: Any,
    ) -> tuple[wire.Fields, wire.Arrays]:  # fmt: skip
        """
        Send a request and return the fields and arrays of the answer.

        Raises
        ------
        HabitatSceneError
            If a data set, scene or navigation mesh is not to be had.
        HabitatError
            If habitat-sim failed in another way.
        SimulatorDiedError
            If the process ended, or did not answer in time and was ended.

        """
        if self._process.poll() is not None:
            raise self._died('has ended before')
        try:
            self._channel.settimeout(timeout_s)
            wire.send(self._channel, {'request': request, **(fields or {})}, **arrays)
        except OSError as error:
            raise self._died(f'ended during {request!r}') from error
        answer, parts = self._receive(timeout_s, request)
        if not answer.get('ok'):
            kind, message = answer.get('kind'), str(answer.get('message'))
            raise (HabitatSceneError if kind in _SCENE_ERRORS else HabitatError)(message)
        return answer, parts

    def _receive(
        self, timeout_s: float, request: str = 'start'
    ) -> tuple[wire.Fields, wire.Arrays]:
        try:
            self._channel.settimeout(timeout_s)
            return wire.receive(self._channel)
        except TimeoutError as error:
            raise self._died(f'gave no answer to {request!r} in {timeout_s:g} s') from error
        except (EOFError, OSError, wire.WireError) as error:
            raise self._died(f'ended during {request!r}') from error

    def _died(self, what: str) -> SimulatorDiedError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)  # it may be about to
        code = self._process.poll()
        self._process.kill()
        self._process.wait()
        said = '' if code is None else f' with code {code}'
        return SimulatorDiedError(f'the process of habitat-sim {what}{said}: {self._last_words()}')

    def _last_words(self) -> str:
        if self._log.closed:
            return 'it was closed'
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 4000))
        lines = self._log.read().decode(errors='replace').strip().splitlines()
        return ' | '.join(_telling(lines)) or 'its log is empty'

    def close(self) -> None:
        """End the process; it gets a moment to free what it holds."""
        self._channel.close()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def __enter__(self) -> HabitatProcess:
        """Return the process itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()


def _environment() -> dict[str, str]:
    own = dict(os.environ)
    for name in ('MAGNUM_LOG', 'HABITAT_SIM_LOG'):
        own.setdefault(name, 'quiet')
    # Meant for this Python; those of another version find nothing they can use there.
    if own.get(PYTHON_VARIABLE):
        for name in ('PYTHONHOME', 'PYTHONPATH'):
            own.pop(name, None)
    return own


def _telling(lines: Iterable[str]) -> list[str]:
    """Return the last few lines that are not the engine's harmless ones."""
    return [line for line in lines if 'duplicate static plugin' not in line][-4:]


@cache
def habitat_problem(python: str | None = None) -> str:
    """Return why habitat-sim cannot be used here, or an empty string where it can."""
    try:
        HabitatProcess(python).close()
    except HabitatError as error:
        return str(error)
    return ''
