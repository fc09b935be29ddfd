"""The metrics of every part, under the names that dashboards rely on, and an exporter for parts without a web server.

Belongs here: declaration, `/metrics`, `/health` and `/ready`. Does not belong here: when something is counted.
"""

import logging
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple, cast, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from adapters.ports import bind

LOGGER = logging.getLogger("midround.metrics")
MILLISECONDS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
MICROSECONDS_IN_MS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 50)
Kind = Literal[
    "all_rejected",
    "backlog",
    "broker_away",
    "busy",
    "cache_away",
    "catalog_away",
    "challenger",
    "champion",
    "commit",
    "content_encoding",
    "corrupt_encoding",
    "external_ids",
    "fold",
    "gap",
    "internal",
    "lost_message",
    "media_type",
    "method",
    "no_such_path",
    "not_ready",
    "page_elsewhere",
    "refused_change",
    "shadow",
    "store_away",
    "tick",
    "timeout",
    "too_large",
    "unreadable",
    "unreadable_message",
    "webhook",
]
"""The kinds that `error_total` counts; docs/metrics.md explains each."""
KINDS: frozenset[Kind] = frozenset(get_args(Kind))


def kind_of(problem: str) -> Kind:
    """The kind under which an HTTP problem such as `too-large` is counted."""
    found = problem.replace("-", "_")
    return cast("Kind", found) if found in KINDS else "internal"


class Metrics(NamedTuple):
    """One registry and what is registered in it."""

    registry: CollectorRegistry
    ingestion_events: Counter
    ingestion_latency_ms: Histogram
    predictor_latency_ms: Histogram
    api_requests: Counter
    queue_depth: Gauge
    errors: Counter
    consumer_lag: Gauge

    def error(self, kind: Kind) -> Counter:
        """The counter of errors of one kind."""
        return self.errors.labels(kind)


def metrics() -> Metrics:
    """New metrics in their own registry, so that two parts in one process share nothing."""
    registry = CollectorRegistry()
    latency = "From the source's time to the published result, by stage"
    return Metrics(
        registry=registry,
        ingestion_events=Counter("ingestion_events", "Events taken in", ["outcome"], registry=registry),
        ingestion_latency_ms=Histogram(
            "ingestion_latency_ms", latency, ["stage"], buckets=MILLISECONDS, registry=registry
        ),
        predictor_latency_ms=Histogram(
            "predictor_latency_ms",
            "One event through fold and model",
            buckets=MICROSECONDS_IN_MS,
            registry=registry,
        ),
        api_requests=Counter(
            "api_requests", "Requests answered", ["route", "method", "status"], registry=registry
        ),
        queue_depth=Gauge("queue_depth", "Messages waiting", ["queue"], registry=registry),
        errors=Counter("error", "Errors by kind", ["kind"], registry=registry),
        consumer_lag=Gauge(
            "consumer_lag", "Messages between position and end", ["topic", "partition"], registry=registry
        ),
    )


BACKLOG = 8
"""The number of scrapers that may wait to be accepted."""


class Exporter:
    """`/metrics`, `/health` (200 while the process lives) and `/ready` (503 until `is_ready()`). Own thread."""

    def __init__(self, registry: CollectorRegistry, *, port: int, is_ready: Callable[[], bool]) -> None:
        """Raises `adapters.ports.PortError` if `port` cannot be bound; port 0 takes any free port."""
        self._server = _Server(bind("127.0.0.1", port, backlog=BACKLOG), _handler(registry, is_ready))
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(listening.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that disconnects in the middle of an answer gets one log line and no traceback on stderr."""
        LOGGER.info(
            "a reader got no answer: %s", type(sys.exception()).__name__, extra={"peer": client_address[0]}
        )


def _handler(registry: CollectorRegistry, is_ready: Callable[[], bool]) -> type[BaseHTTPRequestHandler]:
    def answer(path: str) -> tuple[int, str, bytes]:
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
        if path == "/ready" and not is_ready():
            return 503, "application/json", b'{"status":"starting"}\n'
        known = path in {"/ready", "/health"}
        return (
            (200, "application/json", b'{"status":"ok"}\n')
            if known
            else (404, "text/plain", b"no such page\n")
        )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content_type, body = answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """A successful scrape is not logged."""

        def log_message(self, text: str, *values: object) -> None:
            """Log what the base class would print to stderr, such as an invalid request."""
            LOGGER.info(text, *values)

    return Handler
