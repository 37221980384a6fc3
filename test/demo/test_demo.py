"""The whole demo as its user runs it: processes over real DDS, in a small world."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
import uuid

from demo.small_world import write_small_world
from PIL import Image
import pytest

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

MARK = 'MEMORY_DEMO_TEST'


def marked(mark):
    """Return the ids of living processes that inherited the mark."""
    pids = []
    for entry in Path('/proc').iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / 'environ').read_bytes()
            state = (entry / 'stat').read_text().rsplit(')', 1)[1].split()[0]
        except OSError:
            continue
        if mark.encode() in environment and state != 'Z':
            pids.append(int(entry.name))
    return pids


class Demo:
    """A running ``memory_demo``, and everything it started."""

    def __init__(self, folder, *arguments):
        self.mark = uuid.uuid4().hex
        self.out = folder / 'out'
        world = write_small_world(folder)
        command = [sys.executable, '-m', 'memory_sim.demo.main', '--world', str(world)]
        self.process = subprocess.Popen(
            [*command, '--out', str(self.out), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, MARK: self.mark, 'COLUMNS': '160'},
        )

    def finish(self, timeout_s=400.0):
        output, _ = self.process.communicate(timeout=timeout_s)
        return self.process.returncode, output

    def child(self, name, timeout_s=120.0):
        """Return the id of the child whose command line names a module."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for pid in marked(self.mark):
                try:
                    line = Path(f'/proc/{pid}/cmdline').read_bytes().decode()
                except OSError:
                    continue
                if name in line.split('\0'):
                    return pid
            time.sleep(0.05)
        raise AssertionError(f'{name} did not start: {self.process.poll()}')


@pytest.fixture
def demo(tmp_path):
    started = []

    def start(*arguments):
        started.append(Demo(tmp_path, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


@pytest.fixture(scope='module')
def ended(tmp_path_factory):
    """Run one short demo to its end."""
    run = Demo(tmp_path_factory.mktemp('demo'), '--questions', '6', '--budget', '14')
    code, output = run.finish()
    assert code == 0, output
    return run, output, json.loads((run.out / 'summary.json').read_text())


def test_no_process_is_left_over(ended):
    run, _, _ = ended
    assert marked(run.mark) == []


def test_the_robot_remembers_what_it_explored(ended):
    _, _, summary = ended
    (world,) = summary['worlds']
    assert world['memory']['observations'] >= 15
    assert world['memory']['frames_dropped'] == 0
    assert world['exploration']['activity'] == 'done'
    assert world['exploration']['area_m2'] > 12.0
    assert 1.0 < world['exploration']['distance_m'] < 15.0


def test_most_questions_end_at_the_true_thing(ended):
    _, _, summary = ended
    rows = summary['rows']
    assert len(rows) == 6
    assert {row['kind'] for row in rows} == {'explicit', 'implicit'}
    assert summary['success_rate'] >= 0.5
    good = [row for row in rows if row['success'] and row['in_view']]
    assert good
    for row in good:
        assert row['found']
        assert row['navigation'] == 'arrived'
        assert math.dist(row['final'][:2], row['target'][:2]) < 4.5
        assert math.dist(row['final'][:2], row['goal'][:2]) < 0.3
        assert row['latency_ms'] > 0.0


def test_the_summary_says_everything_a_program_needs(ended):
    _, _, summary = ended
    assert set(summary) == {
        'format', 'success_rate', 'in_view_rate', 'chance_rate', 'questions', 'seeds',
        'success_by_kind', 'latency_ms_median', 'criteria', 'worlds', 'rows', 'seconds_total',
        'versions',
    }  # fmt: skip
    assert summary['format'] == 1
    assert summary['seeds'] == [1]
    rates = [float(row['success']) for row in summary['rows']]
    assert summary['success_rate'] == pytest.approx(sum(rates) / len(rates))
    assert 0.0 <= summary['chance_rate'] <= 1.0
    (world,) = summary['worlds']
    assert set(world['cpu_seconds']) == {'simulator', 'memory', 'explorer', 'demo'}
    assert set(world['seconds']) == {'start', 'ready', 'explore', 'ask', 'report'}


def test_the_pictures_are_there(ended):
    run, _, _ = ended
    with Image.open(run.out / 'map.png') as picture:
        assert min(picture.size) > 500
        assert len(picture.convert('RGB').getcolors(maxcolors=10**7)) > 1000
    views = sorted((run.out / 'views').glob('*.png'))
    assert len(views) == 6
    with Image.open(views[0]) as view:
        assert view.size == (640, 480)


def test_the_table_and_the_result_are_printed(ended):
    _, output, summary = ended
    for row in summary['rows']:
        assert row['text'].split()[0] in output
    assert f'{summary["success_rate"]:.0%}' in output
    assert re.search(r'exploring|asking', output)


def test_ctrl_c_ends_every_process(demo):
    run = demo()
    run.child('memory_node.ros.main')
    run.process.send_signal(signal.SIGINT)
    code, output = run.finish(60.0)
    assert code == 130, output
    assert marked(run.mark) == []


def test_a_node_that_dies_is_named_with_its_log(demo):
    run = demo()
    os.kill(run.child('memory_sim.ros.simulator_node'), signal.SIGKILL)
    code, output = run.finish(120.0)
    assert code == 1, output
    assert 'simulator ended unexpectedly (signal SIGKILL)' in output
    assert marked(run.mark) == []


def test_bad_arguments_are_refused_before_anything_starts(demo):
    run = demo('--questions', '0')
    code, output = run.finish(60.0)
    assert code == 2
    assert '--questions must be > 0' in output
    assert not run.out.exists()
