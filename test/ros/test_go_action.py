"""The action ``~/go`` with a navigator in another process: every ending, and who is told of it."""

from __future__ import annotations

from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import PoseStamped
from memory_msgs.action import Go
from memory_msgs.msg import Drive, Status
import pytest
import rclpy
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.lifecycle import LifecycleNode
from ros.conftest import PATIENCE_S

from memory_node.core.errors import NavigatorError
from memory_node.ros import navigator as navigator_module
from memory_node.ros.settings import NavigationConfig

pytest.importorskip('nav2_msgs', reason='nav2_msgs is not installed')

DOMAIN = 80
#: Two beds far from each other, a lamp seen from two sides.
VIEWS = (
    ('bed', (0.0, 0.0, 0.0), 2.0),
    ('lamp', (10.0, 0.0, 0.0), 3.0),
    ('lamp', (11.0, 0.0, 0.0), 2.0),
    ('bed', (20.0, 0.0, 0.0), 2.0),
)
PARAMETERS = {'navigation.server_timeout_s': 2.0}


class Navigator:
    """The server's process and what it wrote."""

    def __init__(self, client, folder: Path) -> None:
        self.client, self.log = client, folder / f'navigator-{id(self)}.log'
        environment = dict(os.environ, ROS_DOMAIN_ID=str(client.process.domain))
        script = Path(__file__).parents[1] / 'navigator_process.py'
        command = [sys.executable, str(script), '--ros-args']
        command += ['-r', f'__ns:={client.process.namespace}']
        with self.log.open('wb') as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=environment
            )
        self.await_line('ready')

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def await_line(self, line: str, *, after: int = 0) -> None:
        self.client.until(lambda: line in self.lines()[after:], f'{line} of {self.lines()}')

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope='module')
def toured(client, robot):
    for i, (label, position, depth_m) in enumerate(VIEWS):
        robot.look(label, position=position, depth_m=depth_m)
        client.counted(lambda s, n=i + 1: s.observations == n, f'{i + 1} observations')
    return client


@pytest.fixture(scope='module')
def action(toured):
    client = ActionClient(toured.node, Go, 'memory/go')
    toured.until(client.server_is_ready, 'action go')
    yield client
    client.destroy()


@pytest.fixture(scope='module')
def navigator(toured, folder):
    made = Navigator(toured, folder)
    # Discovery is over once a goal gets through.
    toured.until(lambda: sent_by_service(toured), 'navigator')
    yield made
    made.close()


def sent_by_service(client) -> bool:
    answer = client.navigate('the lamp', publish=True)
    return 'accepted' in answer.status.message


def start(client, action, **fields):
    """Send a goal; return its handle and the feedback as it comes."""
    told = []
    sent = action.send_goal_async(
        Go.Goal(**fields), feedback_callback=lambda message: told.append(message.feedback)
    )
    client.until(sent.done, 'answer to a goal')
    return sent.result(), told


def end(client, handle):
    future = handle.get_result_async()
    client.until(future.done, 'result')
    return future.result().status, future.result().result


def go(client, action, text, script, **fields):
    """Go to the end; return status and result."""
    handle, _ = start(client, action, text=text, behavior_tree=script, **fields)
    assert handle.accepted
    return end(client, handle)


def test_without_a_navigator_it_says_so_and_sends_nothing(toured, action):
    status, result = go(toured, action, 'the lamp', 'succeed')
    assert status == GoalStatus.STATUS_ABORTED
    assert (result.found, result.outcome) == (True, Go.Result.NOT_SENT)
    assert result.status.code == Status.NAVIGATOR_FAILURE
    assert 'navigate_to_pose' in result.status.message
    assert [d.outcome for d in result.drives] == [Drive.NOT_SENT]
    goals: list[PoseStamped] = []
    answer = toured.navigate('the lamp', publish=True)
    assert 'nobody hears' in answer.status.message
    heard = toured.subscribe(PoseStamped, 'goal_pose', goals)
    toured.until(heard.get_publisher_count, 'publisher of goal_pose')
    toured.until(
        lambda: 'heard by 1' in toured.navigate('the lamp', publish=True).status.message,
        'a listener to be counted',
    )
    toured.node.destroy_subscription(heard)


def test_without_nav2_msgs_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(navigator_module, 'find_spec', lambda name: None)
    with lifecycle_node() as node:
        made = navigator_module.Navigator(node, use_nav2=True, config=NavigationConfig)
        with pytest.raises(NavigatorError, match='nav2_msgs is not installed'):
            made.drive(PoseStamped(), wanted=lambda: True, tell=lambda news: None)
        assert 'goal published' in made.hand_over(PoseStamped())
        made.close()


@contextmanager
def lifecycle_node():
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    node = LifecycleNode('alone', context=context)
    try:
        yield node
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


def test_it_arrives_and_tells_all_along(toured, action, navigator):
    handle, told = start(toured, action, text='the lamp', behavior_tree='succeed')
    status, result = end(toured, handle)
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert (result.found, result.outcome) == (True, Go.Result.SUCCEEDED), result.status.message
    assert result.status.code == Status.OK
    assert result.place.label == 'lamp'
    assert result.goal.header.frame_id == 'odom'
    assert result.goal == result.drives[0].goal
    assert 'succeeded' in result.status.message
    toured.until(lambda: any(f.distance_remaining > 0 for f in told), 'words of the navigator')
    stages = [f.stage for f in told]  # what comes before the answer to the goal is dropped
    assert stages == sorted(stages)
    assert stages[-1] == Go.Feedback.DRIVING
    assert {f.label for f in told if f.attempt} == {'lamp'}


@pytest.mark.parametrize(
    ('script', 'outcomes'),
    [
        ('reject succeed', [Drive.REJECTED, Drive.SUCCEEDED]),
        ('abort succeed', [Drive.ABORTED, Drive.SUCCEEDED]),
    ],
)
def test_the_next_place_is_tried(toured, action, navigator, script, outcomes):
    status, result = go(toured, action, 'a bed', script)
    assert status == GoalStatus.STATUS_SUCCEEDED, result.status.message
    assert [d.outcome for d in result.drives] == outcomes
    first, second = (d.place.target_position.x for d in result.drives)
    assert abs(first - second) > 10.0
    assert result.place.label == 'bed'
    assert result.goal == result.drives[-1].goal
    assert result.drives[0].error_code == (208 if outcomes[0] == Drive.ABORTED else 0)


def test_another_view_of_the_same_thing_is_tried(toured, action, navigator):
    status, result = go(toured, action, 'the lamp', 'abort succeed ')
    assert status == GoalStatus.STATUS_SUCCEEDED, result.status.message
    assert [d.place.label for d in result.drives] == ['lamp', 'lamp']
    assert sorted(d.goal.pose.position.x for d in result.drives) == pytest.approx([10.0, 11.0])
    assert result.drives[0].error_code == 208
    assert 'no valid path' in result.drives[0].message


def test_what_refuses_every_goal_is_told(toured, action, navigator):
    status, result = go(toured, action, 'a bed', 'reject', alternatives=1)
    assert status == GoalStatus.STATUS_ABORTED
    assert (result.found, result.outcome) == (True, Go.Result.REJECTED)
    assert result.status.code == Status.NAVIGATOR_FAILURE
    assert result.status.message.count('refused') == 2
    assert [d.outcome for d in result.drives] == [Drive.REJECTED] * 2
    answer = toured.navigate('a bed', publish=True)
    assert 'accepted' in answer.status.message  # the script of the service is empty: it drives


def test_a_cancel_reaches_the_navigator(toured, action, navigator):
    known = len(navigator.lines())
    handle, told = start(toured, action, text='a bed', behavior_tree='drive')
    toured.until(lambda: any(f.stage == Go.Feedback.DRIVING for f in told), 'driving')
    other, _ = start(toured, action, text='the lamp')
    assert not other.accepted  # one at a time
    assert toured.retrieve('the lamp').found  # questions are answered meanwhile
    cancelling = handle.cancel_goal_async()
    toured.until(cancelling.done, 'answer to a cancel')
    status, result = end(toured, handle)
    assert status == GoalStatus.STATUS_CANCELED
    assert result.outcome == Go.Result.CANCELLED
    assert [d.outcome for d in result.drives] == [Drive.CANCELLED]
    navigator.await_line('cancelled', after=known)


def test_whoever_sends_another_goal_has_the_robot(toured, action, navigator):
    handle, told = start(toured, action, text='a bed', behavior_tree='drive ')
    toured.until(lambda: any(f.stage == Go.Feedback.DRIVING for f in told), 'driving')
    assert sent_by_service(toured)
    status, result = end(toured, handle)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.outcome == Go.Result.CANCELLED
    assert 'another goal' in result.status.message
    assert len(result.drives) == 1


def test_a_goal_that_is_answered_too_late_is_taken_back(toured, action, navigator):
    known = len(navigator.lines())
    status, result = go(toured, action, 'a bed', 'mute')
    assert status == GoalStatus.STATUS_ABORTED
    assert result.outcome == Go.Result.NOT_SENT
    assert 'did not answer' in result.status.message
    navigator.await_line('cancelled', after=known)


@pytest.mark.parametrize(
    ('fields', 'code'),
    [
        ({'text': ''}, Status.INVALID_QUERY),
        ({'text': 'bed', 'alternatives': 101}, Status.INVALID_QUERY),
        ({'text': 'bed', 'behavior_tree': 'x' * 2000}, Status.INVALID_QUERY),
        ({'text': 'bed', 'map_id': 'moon'}, Status.UNKNOWN_MAP),
        ({'text': 'the swimming pool'}, Status.OK),  # carried out: there is none
    ],
)
def test_nothing_is_sent_for_what_is_not_there(toured, action, navigator, fields, code):
    known = len(navigator.lines())
    status, result = go(
        toured, action, fields.pop('text'), fields.pop('behavior_tree', ''), **fields
    )
    assert status == GoalStatus.STATUS_ABORTED
    assert (result.found, result.outcome, result.status.code) == (False, Go.Result.NOT_SENT, code)
    assert navigator.lines()[known:] == []


def test_deactivating_cancels_at_the_navigator(toured, action, navigator):
    known = len(navigator.lines())
    handle, told = start(toured, action, text='a bed', behavior_tree='drive  ')
    toured.until(lambda: any(f.stage == Go.Feedback.DRIVING for f in told), 'driving')
    assert toured.transition('deactivate')
    _, result = end(toured, handle)
    assert result.outcome == Go.Result.CANCELLED
    navigator.await_line('cancelled', after=known)
    assert toured.transition('activate')


def test_a_navigator_that_dies_is_told(toured, action, navigator):
    handle, told = start(toured, action, text='a bed', behavior_tree='drive   ')
    toured.until(lambda: any(f.stage == Go.Feedback.DRIVING for f in told), 'driving')
    navigator.process.terminate()  # DDS says goodbye; one that is killed is missed after its lease
    navigator.process.wait(timeout=30.0)
    status, result = end(toured, handle)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.outcome in (Go.Result.ABORTED, Go.Result.CANCELLED)
    assert result.status.message


def test_ending_the_process_cancels_at_the_navigator(toured, action, folder):
    navigator = Navigator(toured, folder)
    try:
        toured.until(lambda: sent_by_service(toured), 'navigator')
        known = len(navigator.lines())
        _, told = start(toured, action, text='a bed', behavior_tree='drive')
        toured.until(lambda: any(f.stage == Go.Feedback.DRIVING for f in told), 'driving')
        toured.process.process.send_signal(signal.SIGTERM)
        # The client spins no more: its node has gone.
        assert toured.process.wait() == 0, toured.process.output()
        # It says so once it has told the node, which may have ended by then.
        deadline = time.monotonic() + PATIENCE_S
        while 'cancelled' not in navigator.lines()[known:]:
            assert time.monotonic() < deadline, navigator.lines()
            time.sleep(0.02)
    finally:
        navigator.close()
