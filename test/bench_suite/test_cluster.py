"""Episodes on a Ray cluster of two nodes, which are processes of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
import os
from pathlib import Path
import socket
import subprocess
import sys
import threading

import pytest

from memory_bench.cli import main
from memory_bench.errors import BenchError
from memory_bench.run.ray import run_on_cluster
from memory_bench.run.records import EpisodeRecord, read_run

pytestmark = [
    pytest.mark.skipif(find_spec('ray') is None, reason='ray is not installed'),
    pytest.mark.timeout(400),
]

ROOT = Path(__file__).resolve().parents[2]
#: Every wait of this file ends.
PATIENCE_S = 180.0
RUN = 'worlds: {apartment: [1, 2]}\nmethods: [oracle, bm25]\nquestions: 6\nbudget_m: 10\n'
#: What depends on how busy the machine is.
TIMES = ('search_s', 'encode_s', 'search_cpu_s')


class Cluster:
    """Two nodes of one core each; never outlives the test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / 'test' / 'two_nodes.py')],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._guard = threading.Timer(2.0 * PATIENCE_S, self._process.kill)
        self._guard.start()
        self.address = self.read_line()
        assert self.address, 'the cluster did not start'

    def read_line(self) -> str:
        return self._process.stdout.readline().strip()

    def kill_a_node_in_mid_run(self) -> None:
        self._process.stdin.write('kill\n')
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(60.0)
        finally:
            self._guard.cancel()
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()


@pytest.fixture(scope='module')
def cluster() -> Iterator[Cluster]:
    """Give one cluster to both tests; the second kills a node of it."""
    started = Cluster()
    yield started
    started.close()


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('cluster') / 'run.yaml'
    path.write_text(RUN)
    return path


def _run(config: Path, out: Path, *arguments: str) -> tuple[int, str]:
    """Run the command as its user does; return its exit status and what it said."""
    done = subprocess.run(
        [sys.executable, '-m', 'memory_bench.cli', 'run', config, '--out', out, *arguments],
        env={**os.environ, 'PYTHONPATH': f'{ROOT}:{ROOT / "sim"}', 'COLUMNS': '160'},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
    )
    return done.returncode, done.stdout


def _told(out: Path) -> list[tuple[object, ...]]:
    """Return what a run says, without the time that it took."""

    def plain(record: EpisodeRecord) -> tuple[object, ...]:
        asked = [
            [getattr(q, name) for name in q.__dataclass_fields__ if name not in TIMES]
            for q in record.questions
        ]
        return record.world, record.method, record.digest, record.status, asked

    return [plain(record) for record in read_run(out)]


@pytest.fixture(scope='module')
def local(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp('local')
    code, said = _run(config, out, '--jobs', '1')
    assert code == 0, said
    return out


def test_a_cluster_gives_what_this_machine_gives(cluster, config, local, tmp_path):
    code, said = _run(config, tmp_path, '--ray', cluster.address)
    assert code == 0, said
    assert '(raylet)' not in said
    assert _told(tmp_path) == _told(local)
    for folder in ('episodes', 'inputs'):
        files = {p.relative_to(tmp_path) for p in (tmp_path / folder).rglob('*')}
        assert files == {p.relative_to(local) for p in (local / folder).rglob('*')}


def test_an_episode_whose_machine_is_lost_is_run_again(cluster, config, local, tmp_path):
    cluster.kill_a_node_in_mid_run()
    code, said = _run(config, tmp_path, '--ray', cluster.address)
    assert cluster.read_line() == 'killed'
    assert code == 0, said
    assert _told(tmp_path) == _told(local)


@pytest.mark.parametrize(
    ('address', 'reason'),
    [
        ('nonsense', 'expected auto or HOST:PORT'),
        ('127.0.0.1:66666', 'expected auto or HOST:PORT'),
        ('127.0.0.1:1', 'no cluster at'),
    ],
)
def test_an_address_without_a_cluster_is_refused(address, reason, config, tmp_path):
    with pytest.raises(BenchError, match=reason):
        run_on_cluster([], address, lambda event: None)
    assert main(['run', str(config), '--out', str(tmp_path), '--ray', address]) == 2


def test_what_answers_but_is_no_cluster_is_refused():
    with socket.create_server(('127.0.0.1', 0)) as server:

        def answer() -> None:
            link, _ = server.accept()
            with link:
                link.recv(4)
                link.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n')

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(BenchError, match='not Ray'):
            run_on_cluster([], f'127.0.0.1:{server.getsockname()[1]}', lambda event: None)
        thread.join()
