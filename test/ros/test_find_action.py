"""The action ``~/find`` over DDS: feedback, results, cancels; and conditions in services."""

from __future__ import annotations

import json
import threading
import time

from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Time
from memory_msgs.action import Find
from memory_msgs.msg import Status
from memory_msgs.srv import Ask
from openai_server import OpenAIServer
import pytest
from rclpy.action import ActionClient

DOMAIN = 39
ROOMS = {
    0.0: ('stove', 'sink', 'refrigerator', 'chair'),
    12.0: ('sofa', 'television', 'chair'),
    24.0: ('bed', 'wardrobe', 'lamp'),
}
VISITS = 4


class Model:
    """A language model that picks the first area once it may, and can do nothing else."""

    def __init__(self):
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.picks = '{"areas": ["a1"]}'

    def __call__(self, request):
        schema = request['response_format']['json_schema']['schema']
        if 'enum' not in json.dumps(schema['properties'].get('areas', {})):
            return '{}'
        self.may_answer.wait(30.0)
        return self.picks


@pytest.fixture(scope='module')
def model():
    return Model()


@pytest.fixture(scope='module')
def eager(eager, model):
    with OpenAIServer(model) as server:
        yield {
            **eager,
            'language_model.model': 'picker',
            'language_model.base_url': server.base_url,
            'language_model.retries': 0,
        }
        model.may_answer.set()


@pytest.fixture(scope='module')
def remembering(client, robot):
    """Three rooms far apart were driven through; the robot ends in the last one."""
    seen, looked = 0, [0.0]

    def again(labels, position, depth_m):
        # A reader that is matched on one side only may miss the first odometry; what was stored
        # already is not stored twice.
        if time.monotonic() - looked[0] > 3.0:
            looked[0] = time.monotonic()
            robot.look(*labels, position=position, depth_m=depth_m)
        return any(s.observations for s in client.statistics)

    for x, labels in ROOMS.items():
        for visit in range(VISITS):
            # Things stay where they are while the robot comes closer.
            view = (labels, (x + 0.5 * visit, 0.0, 0.0), 4.0 - 0.5 * visit)
            if seen:
                robot.look(*labels, position=view[1], depth_m=view[2])
            else:
                client.until(lambda view=view: again(*view), 'the first observation')
            seen += 1
            client.counted(lambda s, n=seen: s.observations >= n, f'{seen} observations')
    client.counted(lambda s: s.forest_nodes >= 3, 'areas')
    return client


@pytest.fixture(scope='module')
def finder(remembering):
    client = ActionClient(remembering.node, Find, 'memory/find')
    remembering.until(client.server_is_ready, 'action find')
    yield client
    client.destroy()


def send(client, finder, **fields):
    """Send a goal; return its handle once it is accepted, and the feedback as it comes."""
    told = []
    sent = finder.send_goal_async(
        Find.Goal(**fields), feedback_callback=lambda message: told.append(message.feedback)
    )
    client.until(sent.done, 'answer to a goal')
    return sent.result(), told


def ended(client, handle):
    """Return the status of the action and its result."""
    future = handle.get_result_async()
    client.until(future.done, 'result')
    return future.result().status, future.result().result


def search(client, finder, **fields):
    """Search to the end; return status, result and the feedback of every level."""
    handle, told = send(client, finder, **fields)
    assert handle.accepted
    status, result = ended(client, handle)
    if status == GoalStatus.STATUS_SUCCEEDED:
        # Feedback has a topic of its own, so the last of it may come after the result.
        client.until(lambda: told and told[-1].level == 1, 'feedback of the lowest level')
    return status, result, told


def test_a_search_tells_every_level_and_ends_with_a_goal(remembering, finder):
    status, result, told = search(remembering, finder, text='the bed', k=3)
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert result.status.code == Status.OK, result.status.message
    assert result.found
    assert result.places[0].label == 'bed'
    assert result.goal.header.frame_id == 'odom'
    assert result.goal.pose.position.x >= 23.0
    assert result.nodes_examined > 0
    assert (result.language_model_calls, result.language_model_fallbacks) == (0, 0)
    levels = [feedback.level for feedback in told]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 1
    assert all(f.chosen_by == 'embeddings' for f in told)
    assert all(len(f.names) == len(f.scores) == len(f.node_ids) > 0 for f in told)
    assert told[-1].best.header.frame_id == 'odom'


def test_conditions_count_in_a_search(remembering, finder):
    _, result, _ = search(remembering, finder, text='the chair next to the sofa')
    assert result.places[0].label == 'chair'
    assert result.places[0].pose.position.x >= 11.0
    assert list(result.conditions) == ['next to the sofa']
    assert 'beside' in result.places[0].signal_names


def test_a_language_model_picks_and_its_nonsense_is_counted(remembering, finder, model):
    fields = {'text': 'the bed', 'branches': 2, 'use_language_model': True}
    _, result, told = search(remembering, finder, **fields)
    assert result.found
    assert result.language_model_calls >= 1
    assert result.language_model_fallbacks == 0
    assert 'picker' in [f.chosen_by for f in told]
    model.picks = '{"areas": ["drive to the stairs"]}'
    _, result, told = search(remembering, finder, **fields)
    model.picks = '{"areas": ["a1"]}'
    assert result.found
    assert result.language_model_fallbacks == result.language_model_calls >= 1
    assert all(f.chosen_by == 'embeddings' for f in told)
    remembering.counted(lambda s: s.language_model_fallbacks >= 1, 'fallbacks')


def test_a_search_is_cancelled_and_one_at_a_time(remembering, finder, model):
    model.may_answer.clear()
    handle, told = send(remembering, finder, text='the bed', branches=1, use_language_model=True)
    remembering.until(lambda: told, 'feedback')
    other, _ = send(remembering, finder, text='the sofa')
    assert not other.accepted
    assert remembering.retrieve('the sofa').found  # questions are answered meanwhile
    cancelling = handle.cancel_goal_async()
    remembering.until(cancelling.done, 'answer to a cancel')
    assert len(cancelling.result().goals_canceling) == 1
    model.may_answer.set()
    status, result = ended(remembering, handle)
    assert status == GoalStatus.STATUS_CANCELED
    assert result.status.code == Status.OK
    assert 'cancelled' in result.status.message
    assert not result.found
    assert result.places  # the best so far
    status, result, _ = search(remembering, finder, text='the sofa')
    assert (status, result.found) == (GoalStatus.STATUS_SUCCEEDED, True)


@pytest.mark.parametrize(
    ('fields', 'code'),
    [
        ({'text': ''}, Status.INVALID_QUERY),
        ({'text': 'bed', 'k': 10**6}, Status.INVALID_QUERY),
        ({'text': 'bed', 'branches': 1000}, Status.INVALID_QUERY),
        ({'text': 'bed', 'map_id': 'moon'}, Status.UNKNOWN_MAP),
    ],
)
def test_a_bad_goal_is_aborted_with_its_status(remembering, finder, fields, code):
    status, result, _ = search(remembering, finder, **fields)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.status.code == code
    assert not result.found


def test_near_me_is_where_the_robot_is_unless_told(remembering):
    near = remembering.retrieve('a chair near me', k=2)
    assert list(near.conditions) == ['near me']
    assert near.places[0].pose.position.x >= 11.0  # the robot stands in the last room
    from_stove = {'use_here': True}
    request = remembering.retrieve('a chair near me', k=2, **from_stove)
    assert request.places[0].pose.position.x < 5.0  # here is the origin


def test_time_is_that_of_the_node_unless_told(remembering):
    assert remembering.retrieve('a bed in the last hour').found
    then = Time(sec=10**6)
    old = remembering.retrieve('a bed in the last hour', use_now=True, now=then)
    assert old.found  # everything is after the hour before then, which has no end
    past = remembering.retrieve('a bed yesterday')
    assert not past.found
    assert list(past.places[0].unmet) == ['yesterday']


def test_what_is_counted_is_what_is_meant(remembering):
    def ask(question):
        return remembering.call(Ask, 'memory/ask', Ask.Request(question=question)).answer

    assert ask('How many chairs are there?').startswith('I have seen 2 chairs')
    assert ask('How many chairs are there next to the sofa?').startswith('I have seen 1 chair')
