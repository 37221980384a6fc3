"""What goes wrong under a run: full disks, worlds that cannot be lived in, simulators that die."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import json
import os
from pathlib import Path
import resource
import signal
import subprocess
import sys

from demo.small_world import small_world
from fakes import BagOfWordsEncoder
import psutil
import pytest
from small_disks import small_disk
from small_worlds import BOX, room_with, two_rooms

from memory_bench.cli import main
from memory_bench.config import BenchConfig, parse_config, WorldSpec
from memory_bench.errors import BenchError
from memory_bench.methods.cost import CachingEncoder
from memory_bench.run.episode_dds import run_rendered
from memory_bench.run.records import read_episode, read_run
from memory_sim.world.model import WorldObject
from memory_sim.world.yaml_file import save_world

ROOT = Path(__file__).resolve().parents[2]
SHORT = 'methods: [oracle]\nquestions: 6\nbudget_m: 10\n'


def _config(folder: Path, worlds: str) -> Path:
    path = folder / 'run.yaml'
    path.write_text(f'{worlds}\n{SHORT}')
    return path


@pytest.fixture
def half_a_megabyte(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of half a megabyte."""
    with small_disk(tmp_path / 'disk', '512k') as path:
        yield path


def _leave_free(folder: Path, size: int) -> Path:
    """Fill the disk of a folder up to ``size`` bytes."""
    filler = folder / 'filler'
    state = os.statvfs(folder)
    filler.write_bytes(bytes(max(state.f_bavail * state.f_frsize - size, 0)))
    return filler


@pytest.mark.parametrize('free', [8192, 0])
def test_a_full_disk_ends_or_marks_and_the_run_goes_on_when_there_is_room(
    half_a_megabyte, tmp_path, capsys, free
):
    out = half_a_megabyte / 'out'
    config = _config(tmp_path, 'worlds: {apartment: [1]}')
    assert main(['run', str(config), '--out', str(out), '--jobs', '1']) == 0
    first = out / 'episodes' / 'apartment-1.oracle.jsonl'
    before = first.read_bytes()
    filler = _leave_free(half_a_megabyte, free)
    config = _config(tmp_path, 'worlds: {apartment: [1, 2]}')
    capsys.readouterr()
    assert main(['run', str(config), '--out', str(out), '--jobs', '1']) in (1, 2)
    assert 'No space left on device' in capsys.readouterr().out.replace('\n', ' ')
    assert first.read_bytes() == before
    assert all(record.world for record in read_run(out))  # every record there is can be read
    filler.unlink()
    assert main(['run', str(config), '--out', str(out), '--jobs', '1']) == 0
    assert {r.world: r.status for r in read_run(out)} == {'apartment-1': 'ok', 'apartment-2': 'ok'}
    assert first.read_bytes() == before
    assert not list(out.rglob('*.partial'))


def _limited(config: Path, out: Path, largest: int) -> tuple[int, str]:
    """Run the command where no file may become larger than ``largest`` bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    done = subprocess.run(
        [sys.executable, '-m', 'memory_bench.cli', 'run', config, '--out', out, '--jobs', '1'],
        env={**os.environ, 'PYTHONPATH': f'{ROOT}:{ROOT / "sim"}', 'COLUMNS': '400'},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limit,
        timeout=200,
    )
    return done.returncode, done.stdout


def test_what_cannot_be_written_marks_its_episode(tmp_path):
    config, out = _config(tmp_path, 'worlds: {apartment: [1]}'), tmp_path / 'out'
    code, said = _limited(config, out, 4096)
    assert code == 2, said
    assert 'failed: apartment-1: OSError' in said
    assert 'File too large' in said
    record = read_episode(out / 'episodes' / 'apartment-1.oracle.jsonl')
    assert 'File too large' in record.status
    assert not list(out.rglob('*.partial'))
    assert main(['run', str(config), '--out', str(out), '--jobs', '1']) == 0
    assert [r.status for r in read_run(out)] == ['ok']


def test_worlds_that_cannot_be_lived_in_are_marked_and_the_run_goes_on(tmp_path):
    save_world(small_world(), tmp_path / 'good.yaml')
    crowd = room_with(*(_block(4 * x + y + 1, x, y) for x in range(6) for y in range(4)))
    save_world(crowd, tmp_path / 'crowded.yaml')
    save_world(two_rooms(None), tmp_path / 'bare.yaml')
    (tmp_path / 'broken.yaml').write_text('format: memory_sim world 1\nrooms: [{id: 1')
    (tmp_path / 'future.yaml').write_text('format: memory_sim world 99\n')
    names = ('good', 'crowded', 'bare', 'broken', 'future', 'missing')
    config = _config(tmp_path, f'scenes: [{", ".join(f"{n}.yaml" for n in names)}]')
    out = tmp_path / 'out'
    assert main(['run', str(config), '--out', str(out), '--jobs', '1']) == 1
    status = {r.world.split('-')[0]: r.status for r in read_run(out)}
    assert set(status) == set(names)
    assert status.pop('good') == 'ok'
    assert 'ok' not in status.values()
    assert 'nowhere' in status['crowded'] or 'free' in status['crowded'], status
    assert 'missing.yaml' in status['missing']
    assert all(reason in (out / 'report.html').read_text() for reason in ('crowded', 'broken'))


def _block(number: int, x: int, y: int) -> WorldObject:
    return replace(BOX, id=number, position=(x + 0.5, y + 0.5, 0.0), size=(1.0, 1.0, 1.0))


def test_what_cannot_be_reached_is_not_asked_for(tmp_path):
    home = small_world()
    walls = tuple(replace(wall, openings=()) for wall in home.walls)
    save_world(replace(home, walls=walls), tmp_path / 'divided.yaml')
    config, out = _config(tmp_path, 'scenes: [divided.yaml]'), tmp_path / 'out'
    assert main(['run', str(config), '--out', str(out), '--jobs', '1']) == 0
    (record,) = read_run(out)
    (asked,) = out.glob('inputs/*/questions.jsonl')
    goals = [g for line in asked.read_text().splitlines() for g in json.loads(line)['goals']]
    assert len({x < 4.0 for x, _, _ in goals}) == 1
    assert all(q.success for q in record.questions)


# ---- a simulator that dies ---------------------------------------------------------------------


def _rendered(folder: Path) -> tuple[BenchConfig, WorldSpec]:
    save_world(small_world(), folder / 'home.yaml')
    data = {
        'scenes': ['home.yaml'], 'methods': ['ours', 'bm25'], 'mode': 'rendered', 'questions': 2,
        'budget_m': 6.0, 'explore_s': 12.0,
    }  # fmt: skip
    config = parse_config(data, folder)
    return config, config.worlds[0]


class Killer:
    """Kills the simulator's process when an episode comes to a stage."""

    def __init__(self, stage: str, times: int) -> None:
        self._stage, self._left = stage, times
        self._killed: set[int] = set()

    def __call__(self, text: str) -> None:
        if not (self._left and text.startswith(self._stage)):
            return
        for child in psutil.Process().children():
            if child.pid in self._killed:  # dead, and perhaps not waited for yet
                continue
            if 'memory_sim.ros.simulator_node' in child.cmdline():
                child.send_signal(signal.SIGKILL)
                self._killed.add(child.pid)
                self._left -= 1


@pytest.mark.ros
def test_a_simulator_that_dies_is_started_anew_and_the_episode_says_so(tmp_path):
    config, spec = _rendered(tmp_path)
    encoder = CachingEncoder(BagOfWordsEncoder())
    run_rendered(config, spec, config.methods, tmp_path, encoder, Killer('exploring', 1))
    records = {r.method: r for r in read_run(tmp_path)}
    assert {m: r.status for m, r in records.items()} == {'ours': 'ok', 'bm25': 'ok'}
    for record in records.values():
        assert 'started anew: simulator ended unexpectedly (signal SIGKILL)' in record.note
        assert len(record.questions) == 2


@pytest.mark.ros
def test_a_simulator_that_dies_again_fails_its_episode(tmp_path):
    config, spec = _rendered(tmp_path)
    encoder = CachingEncoder(BagOfWordsEncoder())
    with pytest.raises(BenchError, match='SIGKILL.*SIGKILL'):
        run_rendered(config, spec, config.methods, tmp_path, encoder, Killer('exploring', 2))
    lines = [' '.join(child.cmdline()) for child in psutil.Process().children()]
    assert not [line for line in lines if '-m memory_' in line]
