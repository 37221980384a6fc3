"""Parameters that were given to a node and that it does not know: rclpy drops them silently."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from memory_node.ros.groups import told_unknown

__all__ = ['UnknownParameters']

_BY_TOPIC = 'qos_overrides.'
#: Lines that are said at most: a file for many nodes may stand under ``/**``.
_MOST = 20


class UnknownParameters:
    """Says once of each name that was given at start and was never declared."""

    def __init__(self, node: Node, **kwargs: Any) -> None:
        """
        Read what was given to ``node``, which was made with ``kwargs``.

        rclpy hands it out in one way only: a node of the same name that declares all of it. This
        one ends at once, so what is unknown stays unknown to the real node and can't be set.
        """
        self._node = node
        others = {k: v for k, v in kwargs.items() if k not in ('namespace', 'enable_rosout')}
        other = Node(
            node.get_name(),
            namespace=node.get_namespace(),
            enable_rosout=False,
            start_parameter_services=False,
            automatically_declare_parameters_from_overrides=True,
            **others,
        )
        try:
            self._given = set(other.get_parameters_by_prefix(''))
        finally:
            other.destroy_node()

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
