"""
A ``navigate_to_pose`` server that does as it is told, for a process of its own.

The behaviour tree of a goal is its script, a word for each goal that comes with it: ``reject``,
``abort``, ``succeed``, ``drive`` (until cancelled), ``mute`` (answers a goal after four seconds).
What happens is written to the standard output, a line each.
"""

from __future__ import annotations

from collections import Counter
import math
import os
import signal
import sys
import threading
import time

from nav2_msgs.action import NavigateToPose
import rclpy
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.signals import SignalHandlerOptions


def say(*words: object) -> None:
    sys.stdout.write(f'{" ".join(map(str, words))}\n')
    sys.stdout.flush()


class Server:
    def __init__(self, node):
        self.seen = Counter()
        self.lock = threading.Lock()
        self.node = node
        self.newest = b''
        self.stopped = threading.Event()
        self.server = ActionServer(
            node,
            NavigateToPose,
            'navigate_to_pose',
            execute_callback=self.execute,
            goal_callback=self.on_goal,
            cancel_callback=self.on_cancel,
            callback_group=ReentrantCallbackGroup(),
        )

    def on_goal(self, goal):
        script = goal.behavior_tree.split() or ['drive']
        with self.lock:
            count = self.seen[goal.behavior_tree]
            self.seen[goal.behavior_tree] += 1
        word = script[min(count, len(script) - 1)]
        position = goal.pose.pose.position
        say('goal', word, f'{position.x:.2f}', f'{position.y:.2f}')
        if word == 'mute':
            time.sleep(4.0)
        goal.behavior_tree = word
        return GoalResponse.REJECT if word == 'reject' else GoalResponse.ACCEPT

    def on_cancel(self, handle):
        say('cancel')
        return CancelResponse.ACCEPT

    def execute(self, handle):
        word = handle.request.behavior_tree
        own = self.newest = bytes(handle.goal_id.uuid)
        result = NavigateToPose.Result()
        feedback = NavigateToPose.Feedback(current_pose=handle.request.pose)
        feedback.distance_remaining = 1.5
        # Feedback that comes before the answer to its goal is dropped, so there is more of it.
        ticks = {'drive': math.inf, 'mute': math.inf, 'succeed': 30}.get(word, 1)
        while ticks > 0 and not handle.is_cancel_requested and self.newest == own:
            if self.stopped.is_set():
                return result
            handle.publish_feedback(feedback)
            time.sleep(0.02)
            ticks -= 1
        if handle.is_cancel_requested:
            handle.canceled()
            say('cancelled')
        elif word == 'succeed':
            handle.succeed()
            say('succeeded')
        else:  # told to, or another goal has come: Nav2 aborts the one before
            result.error_code = 208
            result.error_msg = 'no valid path'
            handle.abort()
            say('aborted')
        return result


def main() -> None:
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('navigator')
    server = Server(node)
    executor = MultiThreadedExecutor(8)
    executor.add_node(node)
    signal.signal(signal.SIGTERM, lambda *_: server.stopped.set())
    say('ready')
    while not server.stopped.is_set():
        executor.spin_once(timeout_sec=0.1)
    server.server.destroy()
    node.destroy_node()
    rclpy.shutdown()  # says goodbye
    os._exit(0)  # whatever the executor's threads still wait for


if __name__ == '__main__':
    main()
