"""Runs that are killed, starved and misled."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from misbehaving import misbehave
import pytest

from memory_bench.cli import main
from memory_bench.config import load_config, parse_config
from memory_bench.errors import BenchError
from memory_bench.run.pool import Event, Job, run_jobs
from memory_bench.run.records import read_episode

ROOT = Path(__file__).resolve().parents[2]
RUN = {'worlds': {'apartment': [1, 2]}, 'methods': ['oracle']}


def test_a_worker_that_dies_hangs_or_raises_costs_its_own_job_alone():
    events: list[Event] = []
    jobs = [
        Job(name=name, payload=name, timeout_s=2.0 if name == 'hang' else 60.0)
        for name in ('die', 'hang', 'raise', 'well')
    ]
    run_jobs(misbehave, jobs, 2, events.append)
    ends = {e.job.name: e for e in events if e.what != 'stage'}
    assert {n: e.what for n, e in ends.items()} == {
        'die': 'failed', 'hang': 'failed', 'raise': 'failed', 'well': 'done',
    }  # fmt: skip
    assert 'died' in ends['die'].text
    assert 'disk full' in ends['raise'].text
    assert sum(e.job.name == 'die' and 'once more' in e.text for e in events) == 1


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'methods': ['magic']}, 'magic'),
        ({'worlds': {'apartment': [-1]}}, 'apartment'),
        ({'worlds': {'../up': [1]}}, r'\.\./up'),
        ({'questions': 'many'}, 'questions'),
        ({'templates': 'test'}, 'templates'),
        ({'color': 'red'}, 'color'),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused_by_name(change, named):
    with pytest.raises(BenchError, match=named):
        parse_config({**RUN, **change})


def test_configurations_that_come_along_are_read():
    for path in sorted((ROOT / 'config' / 'bench').glob('*.yaml')):
        assert load_config(path).worlds


def test_the_command_refuses_what_is_no_run(tmp_path):
    bad = tmp_path / 'bad.yaml'
    bad.write_text('worlds: [')
    assert main(['run', str(bad), '--out', str(tmp_path / 'out')]) == 2
    assert main(['report', str(tmp_path)]) == 2
    assert main(['compare', str(tmp_path), str(tmp_path)]) == 2


def _command(config: Path, out: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, 'PYTHONPATH': f'{ROOT}:{ROOT / "sim"}', 'HF_HUB_OFFLINE': '1'}
    arguments = ['run', str(config), '--out', str(out), '--jobs', '1']
    return subprocess.Popen(
        [sys.executable, '-m', 'memory_bench.cli', *arguments],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_killed_run_goes_on_and_an_unknown_world_is_marked(tmp_path):
    config, out = tmp_path / 'run.yaml', tmp_path / 'out'
    config.write_text(
        'worlds: {apartment: [1, 2], castle: 3}\nmethods: [oracle]\nquestions: 6\nbudget_m: 10\n'
    )
    first = _command(config, out)
    deadline = time.monotonic() + 200.0
    done: list[Path] = []
    while not done and first.poll() is None and time.monotonic() < deadline:
        done = list(out.glob('episodes/apartment-*.jsonl'))
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert done
    before = {p: p.stat().st_mtime_ns for p in done}
    second = _command(config, out)
    assert second.wait(timeout=250) == 1  # one world does not exist
    assert {p: p.stat().st_mtime_ns for p in done} == before
    records = {p.name: read_episode(p) for p in out.glob('episodes/*.jsonl')}
    assert records['apartment-1.oracle.jsonl'].status == 'ok'
    assert records['apartment-2.oracle.jsonl'].status == 'ok'
    assert 'castle' in records['castle-3.oracle.jsonl'].status
    assert (out / 'report.html').is_file()
    assert not list(out.rglob('*.partial'))
