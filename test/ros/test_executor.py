"""What the node's executor does with entities that go while it waits."""

from __future__ import annotations

from memory_msgs.action import Find
import pytest
import rclpy
from rclpy.action import ActionServer
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.event_handler import SubscriptionEventCallbacks
from std_msgs.msg import Header

from memory_node.ros.executor import SplitExecutor

DOMAIN = 87


@pytest.fixture
def node():
    rclpy.init(domain_id=DOMAIN)
    made = rclpy.create_node('waits')
    yield made
    made.destroy_node()
    rclpy.shutdown()


@pytest.fixture
def executor(node):
    made = SplitExecutor(ReentrantCallbackGroup(), 1, pytest.fail)
    made.add_node(node)
    yield made
    made.shutdown(2.0)


def test_an_action_server_that_is_destroyed_meanwhile_is_no_error(node, executor):
    server = ActionServer(node, Find, 'find', lambda goal: Find.Result())
    server._handle.destroy_when_not_in_use()  # first of all that destroy() does
    executor.spin_once(timeout_sec=0.1)
    server.destroy()
    executor.spin_once(timeout_sec=0.1)


def test_an_event_of_a_topic_that_is_destroyed_meanwhile_is_no_error(node, executor):
    events = SubscriptionEventCallbacks(message_lost=print)
    heard = node.create_subscription(Header, 'heard', print, 1, event_callbacks=events)
    for handler in heard.event_handlers:
        handler.destroy()
    executor.spin_once(timeout_sec=0.1)
    node.destroy_subscription(heard)
    executor.spin_once(timeout_sec=0.1)
