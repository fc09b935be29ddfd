"""The embedded broker as a process: its port, its readiness, its end."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import connection
from adapters.kafka.records import TOPICS
from adapters.kafka.topics import check_topics
from adapters.ports import PortTakenError
from tests.ports import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_topics_are_declared_with_their_partitions() -> None:
    with EmbeddedBroker(partitions=3) as broker:
        link = connection(broker.bootstrap_servers, {}, embedded=True)
        assert check_topics(link) == dict.fromkeys(TOPICS, 3)


def test_a_fixed_port_is_kept_over_a_restart() -> None:
    port = free_port()
    with EmbeddedBroker(port=port) as first:
        assert first.port == port
    with EmbeddedBroker(port=port) as second:
        assert second.port == port
        assert check_topics(connection(second.bootstrap_servers, {}, embedded=True))


def test_a_taken_port_is_named() -> None:
    with EmbeddedBroker() as broker, pytest.raises(PortTakenError, match=f"port {broker.port} .* is taken"):
        EmbeddedBroker(port=broker.port)


def test_brokers_leave_no_descriptor_behind() -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    EmbeddedBroker().close()
    before = descriptors()
    for _ in range(5):
        EmbeddedBroker().close()
    deadline = time.monotonic() + 60  # clients of other tests in this process come and go
    while descriptors() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert descriptors() <= before


def test_the_process_tells_when_it_is_ready_and_ends_on_sigterm() -> None:
    command = [sys.executable, "-m", "adapters.embedded_broker", "0", "2"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            link = connection(json.loads(process.stdout.readline())["bootstrap_servers"], {}, embedded=True)
            assert check_topics(link) == dict.fromkeys(TOPICS, 2)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
