"""A real flow in a process of its own, killed and stopped: nothing lost, state exact, repeats only after a kill."""

import contextlib
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.kafka.tail import Tail
from tests.contracts.brokers import ROOT, Broker
from tests.contracts.reading import PATIENCE_S, collect, numbered, write

COUNT = 300
pytestmark = pytest.mark.slow
KEYS = 3


class Flow:
    """Starts the counting flow; every process is ended with the test."""

    def __init__(self, broker: Broker, folder: Path, *, origin: str, target: str) -> None:
        link = broker.connection()
        kind = "embedded" if link.embedded else "real"
        self._arguments = [link.bootstrap_servers, kind, origin, target, str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, epoch_s: float) -> None:
        command = [sys.executable, "-m", "tests.contracts.counting_flow", *self._arguments, str(epoch_s)]
        self._process = subprocess.Popen(command, cwd=ROOT)

    def end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        return process.wait(PATIENCE_S)


@pytest.fixture
def flow(broker: Broker, topic: str, narrow: str, tmp_path: Path) -> Iterator[Flow]:
    made = Flow(broker, tmp_path / "recovery", origin=topic, target=narrow)
    try:
        yield made
    finally:
        made.end(signal.SIGKILL)


@pytest.fixture
def results(broker: Broker, narrow: str) -> Iterator[Tail]:
    with contextlib.closing(Tail(broker.connection(), [narrow], start="beginning")) as tail:
        yield tail


def texts(tail: Tail, count: int) -> list[str]:
    return [record.value.decode() for record in collect(lambda: tail.poll(0.2), count)]


def expected(count: int, *, start: int = 0) -> list[str]:
    """What an undisturbed run writes for the numbers from `start`: the number, and how often its key came."""
    return [f"{number} {number // KEYS + 1}" for number in range(start, start + count)]


def test_a_kill_between_publish_and_snapshot_repeats_and_loses_nothing(
    broker: Broker, topic: str, flow: Flow, results: Tail
) -> None:
    flow.start(epoch_s=600)
    write(broker.connection(), numbered(topic, COUNT, keys=KEYS))
    assert Counter(texts(results, COUNT)) == Counter(expected(COUNT))
    flow.end(signal.SIGKILL)
    flow.start(epoch_s=600)
    assert Counter(texts(results, COUNT)) == Counter(expected(COUNT))
    write(broker.connection(), numbered(topic, KEYS, keys=KEYS, start=COUNT))
    assert Counter(texts(results, KEYS)) == Counter(expected(KEYS, start=COUNT))


def test_sigterm_resumes_exactly(broker: Broker, topic: str, flow: Flow, results: Tail) -> None:
    flow.start(epoch_s=600)
    write(broker.connection(), numbered(topic, COUNT, keys=KEYS))
    assert Counter(texts(results, COUNT)) == Counter(expected(COUNT))
    assert flow.end(signal.SIGTERM) == 0
    flow.start(epoch_s=600)
    write(broker.connection(), numbered(topic, KEYS, keys=KEYS, start=COUNT))
    assert Counter(texts(results, KEYS)) == Counter(expected(KEYS, start=COUNT))


def test_kills_at_any_time_lose_nothing(broker: Broker, topic: str, flow: Flow, results: Tail) -> None:
    seen: Counter[str] = Counter()
    for turn in range(4):
        flow.start(epoch_s=0.1)
        write(broker.connection(), numbered(topic, COUNT, keys=KEYS, start=turn * COUNT))
        seen.update(texts(results, 50 * turn + 1))
        flow.end(signal.SIGKILL)
    flow.start(epoch_s=0.1)
    last = expected(KEYS, start=4 * COUNT)
    write(broker.connection(), numbered(topic, KEYS, keys=KEYS, start=4 * COUNT))
    while not seen.keys() >= set(last):
        seen.update(texts(results, 1))
    assert set(seen) == set(expected(4 * COUNT + KEYS))
