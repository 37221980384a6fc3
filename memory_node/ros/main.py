"""The process ``memory_node``: starts ROS and the node, ends on SIGINT or SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleState
from rclpy.signals import SignalHandlerOptions
import rclpy.utilities

from memory_node.models.llama_language_model import THREAD
from memory_node.ros import heap
from memory_node.ros.executor import SplitExecutor
from memory_node.ros.logs import told_by
from memory_node.ros.node import MemoryNode
from memory_node.ros.qos import LISTENER, prefer_shared_memory

__all__ = ['main']


def _await_end(spinner: threading.Thread) -> bool:
    """Wait for a signal (a second one ends the process hard); False if spinning ended first."""
    asked = threading.Event()

    def on_signal(number: int, frame: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    while not asked.wait(1.0):
        if not spinner.is_alive():
            return False
    return True


def _spin(executor: SplitExecutor, node: MemoryNode) -> None:
    """Spin on when a callback of rclpy's own raises; ours have their error boundaries."""
    while rclpy.utilities.ok():
        try:
            executor.spin()
            return
        except ExternalShutdownException:
            return
        except Exception as error:  # noqa: BLE001  one bad request must not end the node
            node.report_bug(error)


def main() -> int:
    """Run the node until SIGINT or SIGTERM; return the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while it starts, a signal just ends it
    heap.limit()
    prefer_shared_memory(profile=LISTENER)
    # Own handlers: those of rclpy shut ROS down before the node can say goodbye.
    try:
        rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
        node = MemoryNode()
    except (ParameterException, TypeError, ValueError) as error:
        return _refused(f'parameters refused: {error}')
    except RuntimeError as error:  # RCLError, of a private module: arguments, security, DDS
        return _refused(f'ROS does not start: {error}')
    executor = SplitExecutor(node.requests, node.threads, node.report_bug, cameras=node.cameras)
    executor.add_node(node)
    spinner = threading.Thread(target=_spin, args=(executor, node), name='executor', daemon=True)
    spinner.start()
    with told_by(node):
        good = (not node.wants_start or node.start()) and _await_end(spinner)
        node.on_shutdown(LifecycleState('', 0))
    executor.shutdown(timeout_sec=2.0)
    spinner.join(timeout=5.0)  # a thread inside rcl at exit aborts the process
    node.destroy_node()
    rclpy.utilities.try_shutdown()
    _leave_busy_model(0 if good else 1)
    return 0 if good else 1


def _refused(why: str) -> int:
    """Say in one line why there is no node; return the exit status."""
    rclpy.logging.get_logger('memory').fatal(' '.join(why.split()))
    rclpy.utilities.try_shutdown()
    return 2


def _leave_busy_model(status: int) -> None:
    """End the process where a model inside it is still busy: Python would wait for its thread."""
    busy = [t for t in threading.enumerate() if t.name.startswith(THREAD)]
    for thread in busy:
        thread.join(0.2)  # an idle one ends at once
    if any(thread.is_alive() for thread in busy):
        logging.shutdown()
        os._exit(status)


if __name__ == '__main__':
    sys.exit(main())
