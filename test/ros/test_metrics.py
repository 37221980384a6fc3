"""What Prometheus reads of a node over HTTP, and that nothing of it outlives the node."""

from __future__ import annotations

from contextlib import closing
import socket
import urllib.error
import urllib.request

from diagnostic_msgs.msg import DiagnosticArray
from memory_msgs.msg import Statistics
from process_usage import usage_of
from prometheus_client.parser import text_string_to_metric_families
import pytest

from memory_node.ros.metrics import COUNTERS, GAUGES

DOMAIN = 83
LIFE = ('configure', 'activate', 'deactivate', 'cleanup')
LIVES = 8


def _free_port():
    with closing(socket.create_server(('127.0.0.1', 0))) as server:
        return server.getsockname()[1]


def _scraped(port, address='127.0.0.1'):
    """Return every sample by (name, labels)."""
    with urllib.request.urlopen(f'http://{address}:{port}/metrics', timeout=10.0) as answer:
        assert answer.headers['Content-Type'].startswith('text/plain')
        text = answer.read().decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope='module')
def port():
    return _free_port()


@pytest.fixture(scope='module')
def eager(eager, port):
    return {**eager, 'metrics.port': port}


def test_a_scrape_has_what_statistics_have(client, robot, port):
    client.retrieve('chair')
    robot.look('chair')
    robot.publish('odom', robot.odometry((float('nan'), 0.0, 0.0)), robot.now())
    told = client.counted(lambda s: s.observations and s.queries and s.rejected_reasons, 'figures')
    found = _scraped(port)
    for field in COUNTERS:
        assert found[f'memory_{field}_total', ()] >= getattr(told, field), field
    for name, _, labels in GAUGES.values():
        assert (f'memory_{name}', tuple(labels.values())) in found
    for name in ('observations', 'maps', 'objects'):  # the others may be less a moment later
        assert found[f'memory_{name}', ()] >= getattr(told, name)
    assert found['memory_query_latency_seconds', ('0.5',)] > 0.0
    assert found['memory_query_latency_seconds', ('0.95',)] > 0.0
    for reason, count in zip(told.rejected_reasons, told.rejected_counts, strict=True):
        assert found['memory_rejected_total', (reason,)] >= count
    assert found['process_resident_memory_bytes', ()] > 1e7


def test_every_figure_of_statistics_is_there():
    fields = set(Statistics.get_fields_and_field_types())
    told = {'header', 'rejected_reasons', 'rejected_counts'}
    assert {*COUNTERS, *GAUGES, *told} == fields


def test_a_port_that_is_taken_is_told_and_the_node_goes_on(start, connect, folder, port):
    taken = {'metrics.port': port, 'memory_path': str(folder / 'second.sqlite')}
    second = connect(start({**taken, 'autostart': True, 'report_interval_s': 0.1}))
    heard = []
    second.subscribe(DiagnosticArray, '/diagnostics', heard)
    second.until(
        lambda: any('metrics.port' in s.message for m in heard for s in m.status), 'a warning'
    )
    assert second.retrieve('chair').status.message
    assert f'metrics.port is {port}' in second.process.output()
    assert second.process.end() == 0
    assert _scraped(port)


@pytest.mark.parametrize('address', ['127.0.0.1', '::1'])
def test_lives_leave_no_listener_and_no_thread_behind(start, connect, folder, address):
    port = _free_port()
    given = {'metrics.port': port, 'metrics.address': address}
    process = start({**given, 'memory_path': str(folder / f'lives{len(address)}.sqlite')})
    client, used, silent = connect(process), [], []
    shown = f'[{address}]' if ':' in address else address
    for _ in range(LIVES):
        assert client.transition('configure')
        silent.append(socket.create_connection((address, port)))  # says nothing, and stays
        assert _scraped(port, shown)['memory_observations', ()] == 0.0
        assert all(client.transition(step) for step in LIFE[1:])
        with pytest.raises(urllib.error.URLError):
            _scraped(port, shown)
        used.append(usage_of(process.process.pid))
    for one in silent:
        one.settimeout(20.0)
        assert one.recv(1) == b''  # it was hung up on
        one.close()
    first, last = used[2], used[-1]
    assert usage_of(process.process.pid).files <= first.files
    assert last.threads <= first.threads + 6  # those that still wait for the silent
    assert process.end() == 0
    assert 'internal error' not in process.output()
    assert 'Traceback' not in process.output()
