"""What the node counts: messages, frames, refusals by reason, latencies. Thread-safe."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
import re
import threading
import time

from memory_node.core.perception.loss import Arrivals, StampLoss

__all__ = ['MAX_REASONS', 'Counters', 'Snapshot']

#: Distinct reasons kept; what comes after is counted together, so no input can grow the table.
MAX_REASONS = 64
OTHER = 'other reasons, see the log'
_WINDOW_S = 60.0
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_NUMBER = re.compile(r'(?<![a-wyzA-Z_.\d])[-+]?\d+(\.\d+)?')  # not the 8 of rgb8


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All figures at one moment; counts since activation."""

    counts: dict[str, int]
    rejected: dict[str, int]
    #: Mean time from image stamp to stored over the last minute [s]; 0 without any.
    ingest_latency_s: float
    query_p50_s: float
    query_p95_s: float


@dataclass(slots=True)
class _Latencies:
    queries: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    ingested: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=2000))


def reason_of(topic: str, message: str) -> str:
    """
    Return a reason without the values that came, so that equal faults count together.

    Messages of typed errors read ``field must be this, got that``; ids come in quotes.
    """
    general = _NUMBER.sub('#', _QUOTED.sub('...', message.partition(', got')[0]))
    return f'{topic}: {general}'[:160]


class Counters:
    """Counts by name; the names are those of ``memory_msgs/Statistics`` where it has them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._latencies = _Latencies()
        self._pictures: dict[str, StampLoss] = {}

    def count(self, name: str, by: int = 1) -> None:
        """Add to one counter."""
        with self._lock:
            self._counts[name] += by

    def value(self, name: str) -> int:
        """Return one counter."""
        with self._lock:
            return self._counts[name]

    def reject(self, topic: str, message: str) -> int:
        """Count refused input; return how often this reason has come."""
        reason = reason_of(topic, message)
        with self._lock:
            if reason not in self._rejected and len(self._rejected) >= MAX_REASONS:
                reason = OTHER
            self._rejected[reason] += 1
            return self._rejected[reason]

    def picture(self, camera: str, stamp_ns: int) -> None:
        """Count a picture that came, and take note of its stamp."""
        with self._lock:
            self._counts['images_received'] += 1
            loss = self._pictures.setdefault(camera, StampLoss())
        loss.add(stamp_ns)

    def arrivals(self) -> dict[str, Arrivals]:
        """Return by camera what came lately of what was sent, where that can be told."""
        with self._lock:
            losses = dict(self._pictures)
        looks = {camera: loss.look() for camera, loss in losses.items()}
        return {camera: came for camera, came in looks.items() if came is not None}

    def answered(self, seconds: float, *, failed: bool) -> None:
        """Count one request and how long it took."""
        with self._lock:
            self._counts['queries'] += 1
            self._counts['queries_failed'] += int(failed)
            self._latencies.queries.append(seconds)

    def ingested(self, latency_s: float) -> None:
        """Count one stored keyframe and the time since its stamp."""
        with self._lock:
            self._counts['stored'] += 1
            self._latencies.ingested.append((time.monotonic(), latency_s))

    def snapshot(self) -> Snapshot:
        """Return all figures."""
        with self._lock:
            counts, rejected = dict(self._counts), dict(self._rejected)
            queries = sorted(self._latencies.queries)
            since = time.monotonic() - _WINDOW_S
            recent = [s for at, s in self._latencies.ingested if at >= since]
        return Snapshot(
            counts=counts,
            rejected=dict(sorted(rejected.items())),
            ingest_latency_s=sum(recent) / len(recent) if recent else 0.0,
            query_p50_s=_percentile(queries, 0.50),
            query_p95_s=_percentile(queries, 0.95),
        )

    def reset(self) -> None:
        """Start anew, at activation."""
        with self._lock:
            self._counts.clear()
            self._rejected.clear()
            self._latencies = _Latencies()
            self._pictures.clear()


def _percentile(ordered: list[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted values; 0 without any."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
