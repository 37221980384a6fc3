from __future__ import annotations

import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import time

import pytest

from memory_sim.ros.processes import free_domain_id, ProcessDiedError, Processes

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
time.sleep(600)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Make importable modules for child processes."""
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))

    def write(name, source):
        (tmp_path / f'{name}.py').write_text(source)
        return name

    return write


def wait_for(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, 'waited too long'
        time.sleep(0.02)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_leaving_the_block_ends_even_a_process_that_ignores_signals(module, tmp_path):
    name = module('stubborn', STUBBORN)
    with Processes(tmp_path / 'logs') as processes:
        processes.start('stubborn', name)
        (pid,) = processes.pids
        wait_for(lambda: 'up' in (tmp_path / 'logs' / 'stubborn.log').read_text())
        processes.stop(patience_s=0.2)
    assert not alive(pid)
    assert processes.pids == ()


def test_an_error_inside_the_block_ends_the_processes_too(module, tmp_path):
    name = module('sleeper', 'import time; time.sleep(600)')
    pids = []

    def interrupted():
        with Processes(tmp_path) as processes:
            processes.start('sleeper', name)
            pids.extend(processes.pids)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(pids) == 1
    assert not alive(pids[0])


def test_a_death_is_told_with_name_code_and_the_end_of_the_log(module, tmp_path):
    name = module('broken', 'print("the reason"); raise SystemExit(3)')
    with Processes(tmp_path) as processes:
        processes.start('camera', name)

        def died():
            try:
                processes.check()
            except ProcessDiedError as error:
                return error
            return None

        wait_for(lambda: died() is not None)
        error = died()
    assert error.name == 'camera'
    assert error.code == 3
    assert 'the reason' in str(error)


def test_a_killed_parent_takes_its_children_along(module, tmp_path):
    module('sleeper', 'import time; time.sleep(600)')
    parent = module(
        'parent',
        'import time\n'
        'from pathlib import Path\n'
        'from memory_sim.ros.processes import Processes\n'
        f'processes = Processes(Path({str(tmp_path)!r}))\n'
        'processes.start("sleeper", "sleeper")\n'
        'print(processes.pids[0], flush=True)\n'
        'time.sleep(600)\n',
    )
    import memory_sim

    path = os.pathsep.join([str(tmp_path), os.path.dirname(os.path.dirname(memory_sim.__file__))])
    process = subprocess.Popen(
        [sys.executable, '-m', parent],
        stdout=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': path},
    )
    child = int(process.stdout.readline())
    assert alive(child)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    def gone():
        # Nobody reaps an orphan at once in a container without init: a zombie is dead as well.
        try:
            state = Path(f'/proc/{child}/stat').read_text().rsplit(')', 1)[1].split()[0]
        except FileNotFoundError:
            return True
        return state == 'Z'

    wait_for(gone)


def test_a_domain_in_use_is_not_chosen():
    taken = free_domain_id(40, 59)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(('', 7410 + 250 * taken))
        with pytest.raises(RuntimeError, match='in use'):
            free_domain_id(taken, taken)
