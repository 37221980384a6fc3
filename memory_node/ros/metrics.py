"""The figures of ``~/statistics`` for Prometheus, over HTTP where a port is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http.server import ThreadingHTTPServer
import socket
import threading
from typing import Any

from memory_msgs.msg import Statistics

from memory_node.ros.settings import MetricsConfig

__all__ = ['COUNTERS', 'GAUGES', 'Metrics']

#: What only grows from activation on, by fields of the message; a name ends in ``_total``.
COUNTERS: Mapping[str, str] = {
    'images_received': 'Colour images received.',
    'odometry_received': 'Odometry messages received.',
    'keyframes': 'Frames that passed the keyframe gate.',
    'frames_gated': 'Frames that the gate found redundant.',
    'frames_dropped': 'Keyframes lost because the queue was full.',
    'frames_unpaired': 'Frames without odometry, depth or detections in time.',
    'captioner_failures': 'Keyframes that no caption came for.',
    'queries': 'Requests answered, whatever their status.',
    'queries_failed': 'Requests whose status was not OK.',
    'language_model_calls': 'Times a language model was asked to read or to pick.',
    'language_model_fallbacks': 'Of these, answers that were wrong or late.',
}
#: What goes up and down: field to (name, description, labels).
GAUGES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    'observations': ('observations', 'Observations stored, all maps.', {}),
    'maps': ('maps', 'Distinct maps.', {}),
    'objects': ('objects', 'Physical objects in the object map.', {}),
    'names': ('names', 'Distinct names of things.', {}),
    'forest_nodes': ('forest_nodes', 'Areas above the observations.', {}),
    'store_bytes': ('store_bytes', 'Size of the store on the disk.', {}),
    'queue_length': ('queue_length', 'Keyframes that wait.', {}),
    'ingest_latency': (
        'ingest_latency_seconds',
        'Mean time from image stamp to stored, over the last minute.',
        {},
    ),
    'query_latency_p50': (
        'query_latency_seconds',
        'Time of the last 1000 requests, by quantile.',
        {'quantile': '0.5'},
    ),
    'query_latency_p95': (
        'query_latency_seconds',
        'Time of the last 1000 requests, by quantile.',
        {'quantile': '0.95'},
    ),
}
#: Longest that a scraper may be silent before its connection is closed [s].
_SILENCE_S = 5.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of scrapers that hang up."""


class _Collector:
    """What one scrape reads; ``close`` waits for one in progress, and none reads after."""

    def __init__(self, read: Callable[[], Statistics]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True

    def collect(self) -> Iterator[Any]:
        """Return every metric of this moment; named by the client library."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        with self._lock:
            if self._closed:
                return
            msg = self._read()
        for field, text in COUNTERS.items():
            yield CounterMetricFamily(f'memory_{field}', text, value=getattr(msg, field))
        families: dict[str, Any] = {}
        for field, (name, text, labels) in GAUGES.items():
            family = families.setdefault(
                name, GaugeMetricFamily(f'memory_{name}', text, labels=list(labels))
            )
            family.add_metric(list(labels.values()), getattr(msg, field))
        yield from families.values()
        refused = CounterMetricFamily('memory_rejected', 'Input refused.', labels=['reason'])
        for reason, count in zip(msg.rejected_reasons, msg.rejected_counts, strict=True):
            refused.add_metric([reason], count)
        yield refused


class Metrics:
    """Serves ``/metrics`` until it is closed; ``problem`` says why it does not, or is empty."""

    def __init__(self, config: MetricsConfig, read: Callable[[], Statistics]) -> None:
        """Listen where ``config`` has a port; ``read`` returns the figures of a moment."""
        self.problem = ''
        self._server: _Server | None = None
        if not config.port:
            return
        try:
            self._listen(config, read)
        except ImportError:
            self.problem = (
                f'metrics.port is {config.port}, and nothing is served: pip install'
                " 'memory_node[metrics]'"
            )
        except OSError as error:
            self.problem = (
                f'metrics.port is {config.port}, and nothing is served at'
                f' {config.address!r:.80}: {error}'
            )

    def _listen(self, config: MetricsConfig, read: Callable[[], Statistics]) -> None:
        from prometheus_client import CollectorRegistry, MetricsHandler, ProcessCollector

        registry = CollectorRegistry()
        self._collector = _Collector(read)
        registry.register(self._collector)
        ProcessCollector(registry=registry)
        handler = type('Handler', (MetricsHandler.factory(registry),), {'timeout': _SILENCE_S})
        six = ':' in config.address
        kind = type('Server', (_Server,), {'address_family': socket.AF_INET6}) if six else _Server
        self._server = kind((config.address, config.port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name='memory-metrics', daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and read no figures any more."""
        if self._server is None:
            return
        self._collector.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
