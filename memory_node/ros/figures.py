"""The figures of the node: one message, made for ``~/statistics`` and for whoever scrapes."""

from __future__ import annotations

from memory_msgs.msg import Statistics
from std_msgs.msg import Header

from memory_node.core.memory.statistics import MemoryStatistics
from memory_node.core.perception.counters import Snapshot
from memory_node.ros.storage import lost_to_disk

__all__ = ['COUNTS', 'figures']

#: What is counted from activation on, by the names of the message.
COUNTS = (
    'images_received',
    'odometry_received',
    'keyframes',
    'frames_gated',
    'frames_dropped',
    'frames_unpaired',
    'captioner_failures',
    'queries',
    'queries_failed',
)


def figures(
    header: Header, snapshot: Snapshot, stored: MemoryStatistics, queue_length: int
) -> Statistics:
    """Return the message that holds all figures of one moment."""
    reasons = {**snapshot.rejected, **lost_to_disk(stored)}
    msg = Statistics(
        header=header,
        observations=stored.observations,
        maps=stored.maps,
        objects=stored.objects,
        names=stored.names,
        forest_nodes=stored.forest_nodes,
        store_bytes=stored.store_bytes,
        queue_length=queue_length,
        ingest_latency=snapshot.ingest_latency_s,
        query_latency_p50=snapshot.query_p50_s,
        query_latency_p95=snapshot.query_p95_s,
        language_model_calls=stored.language_model_calls,
        language_model_fallbacks=stored.language_model_fallbacks,
        rejected_reasons=list(reasons),
        rejected_counts=list(reasons.values()),
    )
    for name in COUNTS:
        setattr(msg, name, snapshot.counts.get(name, 0))
    return msg
