"""Parameters that were given to a node and that it does not know: rclpy drops them silently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rclpy.node import Node
from rclpy.parameter import Parameter

from memory_node.ros.groups import told_unknown

__all__ = ['UnknownParameters', 'given_parameters']

_BY_TOPIC = 'qos_overrides.'
#: Lines that are said at most: a file for many nodes may stand under ``/**``.
_MOST = 20


class _Given(Node):
    """A node that knows what it is given, also what has no type: an empty list."""

    given: frozenset[str] = frozenset()

    def declare_parameters(
        self, namespace: str, parameters: Sequence[Any], ignore_override: bool = False
    ) -> list[Parameter]:
        """Declare parameters, but those without a type, and keep the names of all."""
        self.given |= {one[0] for one in parameters}
        typed = [one for one in parameters if len(one) < 2 or one[1] is not None]
        return super().declare_parameters(namespace, typed, ignore_override)


def given_parameters(name: str, **kwargs: Any) -> set[str]:
    """
    Return the names of the parameters that a node of this name, made with ``kwargs``, is given.

    rclpy hands them out in one way only: a node of the name that declares all of them. It has to
    end before the real one is made: what a node had goes from the graph by its name.
    """
    node = _Given(
        name,
        **{**kwargs, 'enable_rosout': False, 'start_parameter_services': False},
        automatically_declare_parameters_from_overrides=True,
    )
    try:
        return set(node.given)
    finally:
        node.destroy_node()


class UnknownParameters:
    """Says once of each name that was given at start and was never declared."""

    def __init__(self, node: Node, given: set[str]) -> None:
        """Look at what was ``given`` to ``node``; what is unknown to it can't be set."""
        self._node, self._given = node, given

    def say(self, *, subscribed: bool) -> None:
        """Warn of each that is not declared by now; those of topics, once they are subscribed."""
        due = {name for name in self._given if subscribed or not name.startswith(_BY_TOPIC)}
        self._given -= due
        unknown = sorted(name for name in due if not self._node.has_parameter(name))
        known = list(self._node.get_parameters_by_prefix(''))
        for name in unknown[:_MOST]:
            self._node.get_logger().warning(told_unknown(name, known))
        if more := unknown[_MOST:]:
            self._node.get_logger().warning(f'{len(more)} more parameters are not known')
