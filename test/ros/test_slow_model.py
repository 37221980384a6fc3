"""A language model that never answers holds up nobody but who asked it, and no shutdown."""

from __future__ import annotations

import signal

from memory_msgs.action import Find
from memory_msgs.msg import Caption, Status
from memory_msgs.srv import Ask
from openai_server import OpenAIServer
import pytest
from rclpy.action.client import ActionClient

from memory_node import Memory
from memory_node.core.data import Observation, Pose
from memory_node.core.errors import BusyError

DOMAIN = 45
DESCRIBED_BY = 'caption'
ROOMS = ('A kitchen with a stove.', 'A red sofa and a television.', 'A bed and a wardrobe.')
SEEN = 4 * len(ROOMS)
RUNNING, WAITING, ASKED = 2, 4, 12


@pytest.fixture(scope='module')
def server():
    """An endpoint that takes every request and says nothing for as long as this module runs."""
    with OpenAIServer('{}', ['slow'], silence_s=3600.0) as silent:
        yield silent


@pytest.fixture(scope='module')
def eager(eager, server, folder):
    with Memory.open(folder / 'memory.sqlite') as memory:
        memory.add_many(
            Observation(
                id=f'before-{i}',
                stamp_ns=i * 10**9,
                pose=Pose.from_yaw((12.0 * (i // 4) + 0.5 * (i % 4), 0.0, 0.0), 0.0),
                caption=ROOMS[i // 4],
            )
            for i in range(SEEN)
        )
    return {
        **eager,
        'perception.captioner': 'caption',
        'language_model.model': 'silent',
        'language_model.base_url': server.base_url,
        'language_model.timeout_s': 600.0,
        'requests.concurrency': RUNNING,
        'requests.queue_size': WAITING,
        'requests.model_time_s': 3600.0,
    }


@pytest.fixture(scope='module')
def remembering(client, robot):
    client.counted(lambda s: s.observations == SEEN and s.forest_nodes >= 4, 'areas')
    return client


def look(robot, text, x):
    stamp = robot.look(position=(x, 0.0, 0.0))
    robot.publish('caption', Caption(text=text), stamp)


@pytest.fixture(scope='module')
def asked(remembering, server):
    """Twelve questions, as many of which wait for the model as may."""
    asker = remembering.node.create_client(Ask, 'memory/ask')
    remembering.until(asker.service_is_ready, 'service ask')
    futures = []
    for i in range(ASKED):  # DDS keeps ten requests of a service: a burst of twelve may lose some
        futures.append(asker.call_async(Ask.Request(question='Where is the sofa?')))
        if i < RUNNING:
            remembering.until(lambda n=i: len(server.requests) > n, 'the model to be asked')
        refused = max(0, i + 1 - RUNNING - WAITING)
        remembering.until(lambda n=refused: sum(f.done() for f in futures) >= n, 'a refusal')
    return futures


def test_more_questions_than_may_wait_are_refused_at_once(asked, remembering):
    answers = [f.result() for f in asked if f.done()]
    assert [a.status.code for a in answers] == [BusyError.code] * (ASKED - RUNNING - WAITING)
    assert 'ask again later' in answers[0].status.message
    assert sum(n for r, n in remembering.rejected().items() if '~/ask' in r) == len(answers)


def test_sensors_and_statistics_go_on(asked, remembering, robot):
    before = remembering.fresh()
    for i in range(1, 4):
        look(robot, f'A lamp, number {i}.', 3.0 * i)
        remembering.counted(lambda s, n=i: s.observations == SEEN + n, f'{i} more observations')
    after = remembering.statistics[-1]
    assert after.odometry_received >= before.odometry_received + 3


def test_other_requests_and_the_lifecycle_are_answered(asked, remembering):
    assert remembering.retrieve('lamp').status.code == Status.OK
    assert remembering.navigate('sofa').found
    assert remembering.save().status.code == Status.OK
    assert remembering.state() == 'active'
    assert sum(f.done() for f in asked) == ASKED - RUNNING - WAITING


def test_a_search_is_cancelled_while_the_model_thinks(asked, remembering, server):
    before = len(server.requests)
    actions = ActionClient(remembering.node, Find, 'memory/find')
    remembering.until(actions.server_is_ready, 'action find')
    goal = actions.send_goal_async(Find.Goal(text='sofa', branches=1, use_language_model=True))
    remembering.until(goal.done, 'the goal')
    remembering.until(lambda: len(server.requests) > before, 'the model to be asked')
    cancelled = goal.result().cancel_goal_async()
    result = goal.result().get_result_async()
    remembering.until(lambda: cancelled.done() and result.done(), 'the end of the search')
    assert not result.result().result.found
    actions.destroy()


def test_deactivation_ends_every_question(asked, remembering):
    assert remembering.transition('deactivate')
    remembering.until(lambda: all(f.done() for f in asked), 'the last answers')
    codes = [f.result().status.code for f in asked]
    assert codes.count(Status.NOT_ACTIVE) == WAITING
    assert codes.count(Status.OK) == RUNNING  # worded without the model
    assert remembering.retrieve('lamp').status.code == Status.NOT_ACTIVE
    assert remembering.transition('activate')
    assert remembering.retrieve('lamp').status.code == Status.OK


def test_a_signal_does_not_wait_for_the_model(asked, remembering, robot, server):
    asker = remembering.node.create_client(Ask, 'memory/ask')
    remembering.until(asker.service_is_ready, 'service ask')
    before = len(server.requests)
    for _ in range(ASKED):
        asker.call_async(Ask.Request(question='Where is the sofa?'))
    look(robot, 'A green chair.', 30.0)
    remembering.until(lambda: len(server.requests) >= before + RUNNING, 'the model to be asked')
    assert remembering.process.end(signal.SIGTERM) == 0
    assert 'internal error' not in remembering.process.output()


def test_a_signal_does_not_wait_for_a_captioner(start, connect, robot, server, folder):
    process = start(
        {
            'memory_path': str(folder / 'captioned.sqlite'),
            'autostart': True,
            'report_interval_s': 0.1,
            'perception.captioner': 'openai',
            'perception.openai_model': 'silent',
            'perception.openai_base_url': server.base_url,
            'perception.openai_timeout_s': 600.0,
        }
    )
    client = connect(process)
    client.until(lambda: client.statistics, 'the node to be active')
    robot, before = type(robot)(client), len(server.requests)
    robot.await_listener()
    robot.await_odometry()
    robot.look()
    client.until(lambda: len(server.requests) > before, 'the picture to be described')
    assert process.end(signal.SIGTERM) == 0
    assert 'internal error' not in process.output()
