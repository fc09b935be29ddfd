"""The names that dashboards rely on, and the exporter's three pages."""

import re
import socket
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.metrics import KINDS, Exporter, Metrics, kind_of, metrics
from adapters.ports import PortTakenError

ROOT = Path(__file__).resolve().parents[2]
PROBLEM = re.compile(r'problem\(\s*\d{3}, "([a-z-]+)"')
LINE = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


class Switch:
    def __init__(self) -> None:
        self.is_on = False

    def __call__(self) -> bool:
        return self.is_on


@pytest.fixture
def readiness() -> Switch:
    return Switch()


@pytest.fixture
def measured() -> Metrics:
    return metrics()


@pytest.fixture
def exporter(measured: Metrics, readiness: Switch) -> Iterator[Exporter]:
    exporter = Exporter(measured.registry, port=0, is_ready=readiness)
    yield exporter
    exporter.close()


def test_a_port_that_somebody_has_is_told_apart(measured: Metrics, exporter: Exporter) -> None:
    with pytest.raises(PortTakenError, match=f"port {exporter.port} of 127.0.0.1 is taken"):
        Exporter(measured.registry, port=exporter.port, is_ready=lambda: True)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_the_names_of_the_metrics(measured: Metrics, exporter: Exporter) -> None:
    measured.ingestion_events.labels("accepted").inc()
    measured.consumer_lag.labels("raw-game-events", "3").set(12)
    measured.errors.labels("decode").inc()
    measured.api_requests.labels("/", "GET", "200").inc()
    measured.queue_depth.labels("producer").set(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{exporter.port}/metrics", timeout=60) as response:
        page = response.read().decode()
    for line in (
        'ingestion_events_total{outcome="accepted"} 1.0',
        'consumer_lag{partition="3",topic="raw-game-events"} 12.0',
        'error_total{kind="decode"} 1.0',
        "predictor_latency_ms_bucket",
        "# TYPE ingestion_latency_ms histogram",
        "api_requests_total",
        "queue_depth",
    ):
        assert line in page


def test_ready_only_once_it_is(exporter: Exporter, readiness: Switch) -> None:
    base = f"http://127.0.0.1:{exporter.port}"
    assert (status(f"{base}/health"), status(f"{base}/ready"), status(f"{base}/other")) == (200, 503, 404)
    readiness.is_on = True
    assert status(f"{base}/ready") == 200


def test_a_reader_that_goes_is_a_line_of_the_log(
    exporter: Exporter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "midround.metrics"):
        with socket.create_connection(("127.0.0.1", exporter.port)) as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reader.sendall(b"GET /metrics HTTP/1.1\r\n")
        with socket.create_connection(("127.0.0.1", exporter.port)) as reader:
            reader.sendall(b"no request at all\r\n\r\n")
            assert b"400" in reader.recv(4096)
        deadline = time.monotonic() + 60
        while len(caplog.records) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    told = sorted(record.getMessage() for record in caplog.records)
    assert told[0] == "a reader got no answer: ConnectionResetError"
    assert told[1].startswith("code 400")


def test_two_parts_in_one_process_share_no_metric() -> None:
    one, other = metrics(), metrics()
    one.errors.labels("x").inc()
    assert other.registry.get_sample_value("error_total", {"kind": "x"}) is None


def test_every_metric_and_kind_is_on_its_page_with_its_labels(measured: Metrics) -> None:
    page = (ROOT / "docs/metrics.md").read_text()
    told, kinds = page.split("## Kinds of errors")
    for metric in measured[1:]:
        family = next(iter(metric.describe()))
        ending = "_total" if family.type == "counter" else ""
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        assert f"| `{family.name}{ending}` | {labels}".rstrip() in told
    assert len(LINE.findall(told)) == len(measured) - 1
    assert LINE.findall(kinds) == sorted(KINDS)


def test_every_problem_of_the_intake_is_counted_by_its_name() -> None:
    names = {
        name for path in (ROOT / "api/intake").glob("*.py") for name in PROBLEM.findall(path.read_text())
    }
    assert "too-large" in names
    assert {kind_of(name) for name in names} == {name.replace("-", "_") for name in names}
