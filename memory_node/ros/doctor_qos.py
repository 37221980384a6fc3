"""Publishers that a node can't hear: another quality of service, or another type."""

from __future__ import annotations

from collections.abc import Iterator

from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility
from rclpy.topic_endpoint_info import TopicEndpointInfo

from memory_node.interchange.findings import BAD, Finding

__all__ = ['qos_findings']


def qos_findings(node: Node, name: str, topic: str, kind: str) -> Iterator[Finding]:
    """Tell of publishers that the node ``name``, which wants ``kind`` on a topic, can't hear."""
    own = [i for i in node.get_subscriptions_info_by_topic(topic) if _full_name(i) == name]
    for sender in node.get_publishers_info_by_topic(topic):
        who = _full_name(sender)
        if sender.topic_type != kind:
            yield Finding(
                level=BAD,
                about=topic,
                found=f'{who} publishes {sender.topic_type} and {kind} is wanted',
                mend='remap the node to the topic that carries this type',
            )
            continue
        judged = [qos_check_compatible(sender.qos_profile, s.qos_profile) for s in own]
        reasons = [why for verdict, why in judged if verdict == QoSCompatibility.ERROR]
        if own and len(reasons) == len(own):
            yield Finding(
                level=BAD,
                about=topic,
                found=f'{who} is not heard: {_reason(reasons[0])}',
                mend=f'set qos_overrides.{topic}.subscription.reliability or .durability of'
                f' {name}, or offer reliable and transient_local at the publisher',
            )


def _reason(said: str) -> str:
    """Return what the middleware says of two profiles that do not fit, without its frame."""
    return said.strip().removeprefix('ERROR:').strip().rstrip(';')


def _full_name(info: TopicEndpointInfo) -> str:
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'
