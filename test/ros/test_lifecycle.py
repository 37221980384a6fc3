"""The node's states: what it refuses, why it cannot start, and that it ends with all saved."""

from __future__ import annotations

from contextlib import closing
import os
import signal
import sqlite3

from memory_msgs.msg import Status
from process_usage import usage_of
import pytest

from memory_node.ros.pose_source import has_tf_messages

DOMAIN = 22
LIFE = ('configure', 'activate', 'deactivate', 'cleanup')
LIVES = 8


@pytest.fixture(scope='module')
def node(start, connect):
    """A node that waits to be configured."""
    return connect(start({'report_interval_s': 0.1}))


def test_a_life(node, folder):
    assert node.state() == 'unconfigured'
    assert not node.transition('activate')
    assert node.transition('configure')
    assert node.state() == 'inactive'
    for answer in (node.retrieve('chair'), node.navigate('chair'), node.save()):
        assert answer.status.code == Status.NOT_ACTIVE
        assert answer.status.message
    assert node.transition('activate')
    assert node.state() == 'active'
    answer = node.retrieve('chair')
    assert answer.status.code == Status.EMPTY_MEMORY
    assert not answer.found
    assert node.save().status.code == Status.OK
    node.counted(lambda s: s.queries >= 2 and s.queries_failed >= 1, 'queries counted')
    assert node.transition('deactivate')
    assert node.retrieve('chair').status.code == Status.NOT_ACTIVE
    assert node.transition('cleanup')
    assert node.state() == 'unconfigured'
    assert node.transition('configure')
    assert node.transition('activate')
    assert node.retrieve('chair').status.code == Status.EMPTY_MEMORY
    assert node.transition('active_shutdown')
    assert node.state() == 'finalized'
    assert node.process.end() == 0
    assert 'internal error' not in node.process.output()
    assert (folder / 'memory.sqlite').is_file()


def test_lives_leave_nothing_behind(start, connect, folder):
    process = start(
        {
            'memory_path': str(folder / 'lives.sqlite'),
            'language_model.model': 'nobody',
            'language_model.base_url': 'http://127.0.0.1:9/v1',
        }
    )
    client = connect(process)
    used = []
    for _ in range(LIVES):
        assert all(client.transition(step) for step in LIFE)
        used.append(usage_of(process.process.pid))
    first, last = used[2], used[-1]
    assert last.files <= first.files
    assert last.threads <= first.threads + 3  # those of requests are made when first needed
    assert last.memory_mb < first.memory_mb + 100  # one configuration takes about 130
    assert process.end() == 0
    assert 'internal error' not in process.output()


@pytest.fixture
def broken_paths(folder):
    """Stores that cannot be opened, and the name of the error."""
    text = folder / 'notes.txt'
    text.write_text('this is no database\n' * 100)
    other = folder / 'other.sqlite'
    with closing(sqlite3.connect(other)) as db, db:
        db.execute('CREATE TABLE cats (name TEXT)')
    newer = folder / 'newer.sqlite'
    with (
        closing(sqlite3.connect(folder / 'memory.sqlite')) as source,
        closing(sqlite3.connect(newer)) as db,
    ):
        source.backup(db)
        db.execute('PRAGMA user_version = 9999')
    return {
        str(text): 'STORE_FORMAT',
        str(other): 'STORE_FORMAT',
        str(newer): 'STORE_VERSION',
        str(folder): 'STORE_',
        '/proc/none/memory.sqlite': 'STORE_ACCESS',
    }


def test_a_store_that_cannot_be_opened_is_named_and_kept(start, folder, broken_paths):
    contents = {path: _content(path) for path in broken_paths}
    started = {path: start({'autostart': True, 'memory_path': path}) for path in broken_paths}
    for path, name in broken_paths.items():
        assert started[path].wait() == 1
        output = started[path].output()
        assert f'configure failed: {name}' in output
        assert path in output
        assert _content(path) == contents[path]


def _content(path: str) -> bytes:
    if not os.path.isfile(path):
        return b''
    with open(path, 'rb') as file:
        return file.read()


def test_a_node_that_cannot_configure_says_so_and_stays(start, connect, folder):
    client = connect(start({'memory_path': str(folder / 'notes.txt')}))
    assert not client.transition('configure')
    assert client.state() == 'unconfigured'
    assert client.process.end() == 0


def test_autostart_and_whoever_configures_it_do_not_fight(start, connect, folder):
    path = str(folder / 'both.sqlite')
    client = connect(start({'memory_path': path, 'autostart': True, 'report_interval_s': 0.1}))

    def active():  # a manager that comes while the node starts itself
        for step in ('configure', 'activate'):
            client.transition(step)
        return client.state() == 'active'

    client.until(active, 'an active node')
    assert client.retrieve('chair').status.code == Status.EMPTY_MEMORY
    for step, state in (('deactivate', 'inactive'), ('cleanup', 'unconfigured')):
        assert client.transition(step)
        assert client.state() == state
    assert client.transition('configure')
    known = client.process.output().count('in use:')
    assert client.retrieve('chair').status.code == Status.NOT_ACTIVE
    assert client.state() == 'inactive'  # autostart does not come again
    assert client.process.output().count('in use:') == known == 1
    assert client.process.end() == 0
    assert 'Traceback' not in client.process.output()


@pytest.mark.parametrize(
    ('name', 'value', 'word'),
    [
        ('perception.captioner', 'yolox', 'perception.model_path'),
        ('encoder.model', 'nobody/no-such-model', 'ENCODER_FAILURE'),
        ('perception.image_encoder', 'no-such-model', 'ENCODER_FAILURE'),
        pytest.param(
            'pose_source',
            'tf',
            'tf2_msgs',
            marks=pytest.mark.skipif(has_tf_messages(), reason='tf2_msgs is installed'),
        ),
    ],
)
def test_what_is_missing_is_named(start, name, value, word):
    process = start({'autostart': True, name: value})
    assert process.wait() == 1
    assert word in process.output()
    assert 'internal error' not in process.output()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_everything_saved(start, connect, folder, number):
    path = str(folder / f'signal-{number}.sqlite')
    client = connect(start({'memory_path': path, 'autostart': True, 'report_interval_s': 0.1}))
    client.until(lambda: client.statistics, 'the node to be active')
    assert client.process.end(number) == 0
    assert os.path.isfile(path)
    assert not os.path.exists(path + '-wal')


def test_a_damaged_index_is_rebuilt(start, connect, folder):
    path = folder / 'memory.sqlite'
    for file in folder.glob('memory.sqlite.hnsw*'):
        file.write_bytes(b'damaged' * 1000)
    client = connect(start({'autostart': True, 'report_interval_s': 0.1}))
    client.until(lambda: client.statistics, 'the node to be active')
    assert client.retrieve('chair').status.code in (Status.OK, Status.EMPTY_MEMORY)
    assert client.process.end() == 0
    assert path.is_file()
