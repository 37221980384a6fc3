"""Transitions that others ask for: one after the other, and refused where rclpy would raise."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from rclpy.lifecycle import LifecycleNode

__all__ = ['guard_transitions']


def guard_transitions(node: LifecycleNode, one_at_a_time: AbstractContextManager[Any]) -> None:
    """Answer an impossible transition with a refusal: rclpy raises, which ends spinning."""
    service = node._service_change_state  # rclpy hands it out nowhere
    respond = service.callback

    def answer(request: Any, response: Any) -> Any:
        try:
            with one_at_a_time:  # whoever comes first has both steps of a start
                return respond(request, response)
        except Exception as error:  # noqa: BLE001  RCLError, of a private module
            node.get_logger().warning(f'transition refused: {error}')
            response.success = False
            return response

    service.callback = answer
