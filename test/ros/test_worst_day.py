"""What an operator gets wrong, and what somebody else tries, is said in a line and stops there."""

from __future__ import annotations

import logging
import signal

from memory_msgs.msg import Status
from memory_msgs.srv import Ask, Correct, Objects, Save
from nav_msgs.msg import Odometry
import pytest
from rcl_interfaces.msg import Log
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data, QoSProfile

from memory_node.core.store.check import check_store
from memory_node.ros.logs import Throttle

DOMAIN = 98
NAMESPACE = '/worst_day'


@pytest.fixture(scope='module')
def node(start, connect, folder):
    """A client of a node that was given what nobody knows."""
    pack = folder / 'pack.jsonl'
    pack.write_text('{"names": ["kettle"], "uses": ["boil water"]}\n{"broken": \n')
    given = {
        'autostart': True,
        'retreival.trace': True,
        'top_k': 3,
        'qos_overrides./worst_day/odom.subscription.reliability': 'reliable',
        'qos_overrides./worst_day/odmo.subscription.depth': 7,
        'language.affordance_packs': str(pack),
    }
    client = connect(start(given, NAMESPACE))
    client.until(lambda: client.statistics, 'first statistics')
    return client


def test_a_parameter_that_is_not_known_is_named_once_with_what_may_be_meant(node):
    assert node.transition('deactivate')
    assert node.transition('activate')
    for line in (
        'parameter retreival.trace is not known and does nothing: retrieval.trace?',
        'parameter top_k is not known and does nothing: retrieval.top_k?',
        'parameter qos_overrides./worst_day/odmo.subscription.depth is not known and does nothing',
    ):
        assert node.process.output().count(line) == 1
    assert node.process.output().count('is not known and does nothing') == 3
    (result,) = node.set_parameters(Parameter('retreival.trace', value=True))
    assert not result.successful


def test_a_publisher_that_can_not_be_heard_is_told(node):
    node.node.create_publisher(Odometry, 'odom', qos_profile_sensor_data)
    node.until(lambda: 'incompatible QoS' in node.process.output(), 'a line in the log')
    assert '/worst_day/odom' in node.process.output()


def test_copies_stay_in_the_folder_and_overwrite_nothing_else(node, folder, tmp_path):
    (folder / 'away').symlink_to(tmp_path)
    (folder / 'thesis.txt').write_text('my thesis')
    (tmp_path / 'thesis.txt').write_text('my thesis')
    for path in (
        str(tmp_path / 'thesis.txt'),
        '../copy.sqlite',
        'away/thesis.txt',
        '~/thesis.txt',
        'thesis.txt',
        'memory.sqlite-wal',
        'x' * 1_000_000,
    ):
        answer = node.save(path=path, overwrite=True)
        assert answer.status.code == Status.STORE_ACCESS, path
    assert 'save_folder' in node.save(path='../copy.sqlite').status.message
    assert 'is no memory' in node.save(path='thesis.txt', overwrite=True).status.message
    assert (folder / 'thesis.txt').read_text() == 'my thesis'
    assert [p.name for p in tmp_path.iterdir()] == ['thesis.txt']
    for _ in range(2):
        answer = node.save(path='copy.sqlite', overwrite=True)
        assert answer.status.code == Status.OK, answer.status.message
        assert answer.path == str(folder / 'copy.sqlite')


def test_every_response_tells_its_stages_where_that_is_asked_for(node):
    for traced in (True, False):
        node.set_parameters(Parameter('retrieval.trace', value=traced))
        for kind, name in ((Save, 'save'), (Objects, 'objects'), (Correct, 'correct')):
            request = (
                kind.Request(kind=Correct.Request.LIST) if kind is Correct else kind.Request()
            )
            status = node.call(kind, f'memory/{name}', request).status
            assert status.code == Status.OK, status.message
            told = [word in status.message for word in ('gate ', 'answer ', ' ms')]
            assert told == [traced] * 3, status.message


def test_what_the_memory_logs_is_on_rosout_with_its_part(node):
    told: list[Log] = []
    latched = QoSProfile(depth=100, durability=1, reliability=1)
    node.subscribe(Log, '/rosout', told, latched)

    def found():
        return [m for m in told if m.name.endswith('memory.core.language.affordances')]

    (line,) = node.until(found, 'the line of a broken pack')
    assert line.level == Log.WARN
    assert 'pack.jsonl' in line.msg
    assert 'internal error' not in node.process.output()


def test_a_place_that_goes_on_and_on_says_a_few_lines_and_how_many_more_there_were():
    throttle, said = Throttle(), []
    for second in range(600):
        record = logging.LogRecord(
            'memory_node.x', logging.WARNING, 'x', 1, 'no %d', (second,), None
        )
        record.created = 1e9 + second
        said.append(throttle.admit(record))
    lines = [line for line in said if line]
    assert len(lines) == 50
    assert lines[5] == 'no 60 (55 more like it were left out)'
    other = logging.LogRecord('memory_node.x', logging.WARNING, 'x', 2, 'other', (), None)
    assert throttle.admit(other) == 'other'


@pytest.mark.parametrize('name', ['language_model.base_url', 'perception.openai_base_url'])
def test_an_address_with_a_password_is_refused_and_not_told(start, name):
    process = start({name: 'http://me:hidden@127.0.0.1/v1'})
    assert process.wait() == 2
    assert f'{name} must be an address and hold no user, password' in process.output()
    assert 'hidden' not in process.output()


def test_a_node_that_is_to_be_protected_does_not_start_unprotected(start, folder, monkeypatch):
    monkeypatch.setenv('ROS_SECURITY_ENABLE', 'true')
    monkeypatch.setenv('ROS_SECURITY_STRATEGY', 'Enforce')
    monkeypatch.setenv('ROS_SECURITY_KEYSTORE', str(folder / 'no_keystore'))
    process = start()
    assert process.wait() == 2
    assert 'ROS does not start' in process.output()
    assert 'Traceback' not in process.output()


def test_hundreds_of_requests_do_not_hold_up_the_end(node, folder):
    asking = node.node.create_client(Ask, 'memory/ask')
    node.until(asking.service_is_ready, 'service ~/ask')
    asked = [asking.call_async(Ask.Request(question=f'where is lamp {i}?')) for i in range(300)]
    node.until(lambda: any(future.done() for future in asked), 'an answer')
    assert node.process.end(signal.SIGTERM) == 0
    assert 'Traceback' not in node.process.output()
    assert not check_store(folder / 'memory.sqlite').problems
