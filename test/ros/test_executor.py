"""What the node's executor does with entities that go while it waits."""

from __future__ import annotations

from memory_msgs.action import Find
import pytest
import rclpy
from rclpy.action import ActionServer
from rclpy.callback_groups import ReentrantCallbackGroup

from memory_node.ros.executor import SplitExecutor

DOMAIN = 87


@pytest.fixture
def node():
    rclpy.init(domain_id=DOMAIN)
    made = rclpy.create_node('waits')
    yield made
    made.destroy_node()
    rclpy.shutdown()


def test_an_action_server_that_is_destroyed_meanwhile_is_no_error(node):
    server = ActionServer(node, Find, 'find', lambda goal: Find.Result())
    executor = SplitExecutor(ReentrantCallbackGroup(), 1, pytest.fail)
    executor.add_node(node)
    server._handle.destroy_when_not_in_use()  # first of all that destroy() does
    executor.spin_once(timeout_sec=0.1)
    server.destroy()
    executor.spin_once(timeout_sec=0.1)
    executor.shutdown(2.0)
