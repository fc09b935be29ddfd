"""The embedded broker forgets what all who read it have read, and nothing that one of them still needs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka import retention
from adapters.kafka.connection import (
    API_GROUP,
    LOADER_GROUP,
    STREAM_GROUP,
    WEBHOOKS_GROUP,
    Connection,
    connection,
)
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.reading import Place, bounds, committed_offsets, consumer, placed
from adapters.kafka.records import PROCESSED, RAW, STATE, Outgoing
from adapters.kafka.retention import KEPT, Retention
from adapters.kafka.tail import Tail
from adapters.kafka.topics import admin

PATIENCE_S = 60.0
WRITTEN = KEPT + 300
AT: Place = (STATE, 0)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is forgotten does not depend on how busy this machine is."""
    monkeypatch.setattr(retention, "_ANSWER_S", PATIENCE_S)


def reached(broker: EmbeddedBroker) -> Connection:
    return connection(broker.bootstrap_servers, {}, embedded=True)


def write(to: Connection, count: int, *, topic: str = STATE) -> None:
    unpaced = connection(to.bootstrap_servers, {}, embedded=True, readers={})
    with closing(AcknowledgedProducer(unpaced, delivery_timeout_s=PATIENCE_S)) as producer:
        for _ in range(count):
            producer.send(Outgoing(topic=topic, key=b"k", value=b"v"))
        producer.flush_blocking(timeout_s=PATIENCE_S)


def commit(to: Connection, group: str, offset: int, *, topic: str = STATE) -> None:
    with closing(consumer(to, group)) as client:
        client.commit(offsets=placed([((topic, 0), offset)]), asynchronous=False)


def first_kept(to: Connection, *, topic: str = STATE) -> int:
    return bounds(admin(to), [(topic, 0)])[topic, 0][0]


def first_kept_after_a_step(broker: EmbeddedBroker, topic: str = STATE) -> int:
    with closing(Retention(reached(broker), broker.forget, partitions=1)) as kept:
        kept.step()
    return first_kept(reached(broker), topic=topic)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_what_all_have_read_goes_but_for_the_last_of_it(broker: EmbeddedBroker) -> None:
    to = reached(broker)
    write(to, WRITTEN)
    commit(to, LOADER_GROUP, WRITTEN)
    assert first_kept_after_a_step(broker) == WRITTEN - KEPT


def test_what_a_durable_reader_has_not_read_stays(broker: EmbeddedBroker) -> None:
    to = reached(broker)
    write(to, WRITTEN, topic=RAW)
    commit(to, STREAM_GROUP, WRITTEN, topic=RAW)
    assert first_kept_after_a_step(broker, RAW) == 0
    commit(to, LOADER_GROUP, KEPT + 100, topic=RAW)
    assert first_kept_after_a_step(broker, RAW) == 100


@pytest.mark.slow
@pytest.mark.parametrize("group", [API_GROUP, WEBHOOKS_GROUP])
def test_a_follower_is_waited_for_from_its_first_commit_on_also_while_it_is_away(
    broker: EmbeddedBroker, group: str
) -> None:
    to = reached(broker)
    write(to, WRITTEN)
    commit(to, LOADER_GROUP, WRITTEN)
    with closing(Tail(to, (STATE,), start="beginning", group=group)) as tail:
        tail.done({AT: KEPT + 7})
        until(lambda: committed_offsets(to, group, topics=[STATE]) == {AT: KEPT + 7})
    assert first_kept_after_a_step(broker) == 7
    with closing(Tail(to, (STATE,), start="beginning", group=group)) as tail:
        tail.done({AT: WRITTEN})
        until(lambda: first_kept_after_a_step(broker) == WRITTEN - KEPT)


def test_who_only_watches_is_waited_for_by_nobody(broker: EmbeddedBroker) -> None:
    to = reached(broker)
    write(to, WRITTEN)
    commit(to, LOADER_GROUP, WRITTEN)
    with closing(Tail(to, (STATE,), start="beginning")) as tail:
        tail.done({AT: 1})
        assert first_kept_after_a_step(broker) == WRITTEN - KEPT


@pytest.mark.slow
def test_nothing_is_forgotten_while_the_broker_is_away(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_ANSWER_S", 0.5)
    forgotten: list[Place] = []
    to = reached(broker)
    write(to, WRITTEN)
    commit(to, LOADER_GROUP, WRITTEN)

    def forget(topic: str, partition: int, *, before: int) -> None:
        forgotten.append((topic, partition))

    with closing(Retention(to, forget, partitions=1)) as kept:

        def has_forgotten() -> bool:
            kept.step()
            return forgotten == [AT]

        broker.go_away()
        kept.step()
        assert forgotten == []
        broker.come_back()
        until(has_forgotten)


@pytest.mark.slow
def test_the_process_forgets_by_itself() -> None:
    command = [sys.executable, "-m", "adapters.embedded_broker", "0", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            to = connection(told["bootstrap_servers"], {}, embedded=True)
            write(to, WRITTEN, topic=PROCESSED)
            assert first_kept(to, topic=PROCESSED) == 0
            commit(to, LOADER_GROUP, WRITTEN, topic=PROCESSED)
            until(lambda: first_kept(to, topic=PROCESSED) == WRITTEN - KEPT)
        finally:
            os.kill(process.pid, signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
