"""The loader as a process between broker and store: kills and an absent store leave the tables as they would be."""

import contextlib
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.catalog.store import open_catalog
from adapters.clickhouse.client import connect, query_rows
from adapters.clickhouse.tables import TABLES, Table
from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import LOADER_GROUP, BrokerError, Connection, connection
from adapters.kafka.origin import ForeignRecoveryError
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.reading import bounds, committed_offsets
from adapters.kafka.records import PREDICTIONS, PROCESSED, RAW, STATE, TOPICS, Outgoing, Record
from adapters.kafka.tail import Tail
from adapters.kafka.topics import admin, ensure_topics
from adapters.metrics import metrics
from streaming.loader import Loader
from streaming.loading import GroupReader
from tests.contracts.brokers import real_broker
from tests.ports import free_port
from tests.stores import EmbeddedStore, embedded_store
from tests.streaming import messages as m
from tests.streaming.doubles import Ledger, Log, Shelf
from tests.streaming.test_loader import Patience

LIMIT_S = 120

SCRIPT = """
import sys
from adapters.kafka.connection import connection
from streaming import loading
broker, kind, store, catalog, port = sys.argv[1:]
kafka = connection(broker, {}, embedded=kind == "embedded")
sys.exit(loading.run(kafka, clickhouse_url=store, catalog_url=catalog, metrics_port=int(port)))
"""


class LoaderProcess:
    """The loader between one broker and one store, started again after each kill."""

    def __init__(self, kafka: Connection, store: str, catalog: str) -> None:
        self.port = free_port()
        kind = "embedded" if kafka.embedded else "real"
        self._arguments = [kafka.bootstrap_servers, kind, store, catalog, str(self.port)]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", SCRIPT, *self._arguments])

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=60)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=60) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def shown(self) -> str:
        """Its page of metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as answer:
            return str(answer.read().decode())


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.server)])
def kafka(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    if request.param == "embedded":
        with EmbeddedBroker(partitions=2) as broker:
            yield connection(broker.bootstrap_servers, {}, embedded=True, readers={})
    else:
        with real_broker(tmp_path / "kafka") as server:
            ensure_topics(server.connection(), 2)
            yield server.connection()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with embedded_store(tmp_path / "store") as running:
        yield running


@pytest.fixture
def loader(kafka: Connection, store: EmbeddedStore, tmp_path: Path) -> Iterator[LoaderProcess]:
    process = LoaderProcess(kafka, store.url, f"sqlite:///{tmp_path / 'catalog.db'}")
    yield process
    if process.process is not None and process.process.poll() is None:
        process.kill()


def wait_for(met: Any, what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not met():
        assert time.monotonic() < deadline, f"waited too long for {what}"
        time.sleep(0.05)


def publish(kafka: Connection, records: list[Record]) -> None:
    with contextlib.closing(AcknowledgedProducer(kafka, delivery_timeout_s=60)) as producer:
        for record in records:
            producer.send(Outgoing(topic=record.topic, key=record.key, value=record.value))
        producer.flush_blocking(timeout_s=60)


def played(first_round: int, rounds: int) -> list[Record]:
    """Rounds of one match with raw records, a bad message and a correction in each."""
    records: list[Record] = []
    for round_no in range(first_round, first_round + rounds):
        seq = 20 * round_no
        retraction = m.retraction(seq + 8, from_seq=seq + 6, to_seq=seq + 7)
        again = [m.processed(seq + 8 + n, f, round_no=round_no) for n, f in enumerate(m.round_facts()[6:])]
        records += [
            m.record(RAW, b"raw %d" % seq),
            m.record(STATE, b"bad %d" % seq),
            *m.round_records(seq, round_no),
        ]
        records += [m.on_topic(topic, retraction) for topic in (PROCESSED, STATE, PREDICTIONS)]
        records += [m.on_topic(PROCESSED, message) for message in again]
    return records


def in_the_log(kafka: Connection) -> list[Record]:
    with contextlib.closing(Tail(kafka, TOPICS, start="beginning")) as tail:
        ends = {place: end for place, (_, end) in bounds(admin(kafka), list(tail.positions())).items()}
        records: list[Record] = []

        def is_read() -> bool:
            records.extend(tail.poll(0.2))
            return all(tail.positions()[place] >= end for place, end in ends.items())

        wait_for(is_read, "the log to be read")
    return records


def expected(records: list[Record]) -> Shelf:
    """What an undisturbed loader makes of the log."""
    shelf = Shelf()
    ports: dict[str, Any] = {"catalog": Ledger(), "metrics": metrics(), "stopping": Patience([])}
    loader = Loader(Log(records), shelf, **ports)
    for _ in range(len(records)):
        loader.step()
    loader.flush()
    return shelf


def compared(table: Table) -> list[str]:
    kept = set(table.column_names) & {
        "is_retracted",
        "version",
        "facts",
        "message",
        "kills_a",
        "raw",
        "reason",
    }
    return sorted({*table.order_by, *kept})


def assert_same(url: str, shelf: Shelf) -> None:
    client = connect(url)
    for table in TABLES:
        columns = compared(table)
        formats: dict[str, str | dict[str, str]] = {c.name: "bytes" for c in table.columns if c.is_binary}
        sql = f"SELECT {', '.join(f'`{name}`' for name in columns)} FROM {table.name} FINAL"
        found = sorted(client.query(sql, column_formats=formats).result_rows, key=repr)
        wanted = [tuple(row[name] for name in columns) for row in shelf.tables[table.name].values()]
        assert found == sorted(wanted, key=repr), table.name
    client.close()


def is_all_committed(kafka: Connection, records: list[Record]) -> bool:
    ends = {(r.topic, r.partition): 0 for r in records}
    for record in records:
        place = (record.topic, record.partition)
        ends[place] = max(ends[place], record.offset + 1)
    return {**ends, **committed_offsets(kafka, LOADER_GROUP, topics=TOPICS)} == ends and all(
        committed_offsets(kafka, LOADER_GROUP, topics=TOPICS).get(place) == end for place, end in ends.items()
    )


@pytest.mark.slow
def test_kills_and_an_absent_store_lose_nothing(
    kafka: Connection, store: EmbeddedStore, loader: LoaderProcess
) -> None:
    for life in range(4):
        loader.start()
        publish(kafka, played(1 + 5 * life, 5))
        wait_for(loader.is_ready, "the loader")
        time.sleep(0.15 * life)
        loader.kill()
    loader.start()
    wait_for(loader.is_ready, "the loader")
    store.kill()
    publish(kafka, played(21, 5))
    wait_for(lambda: not loader.is_ready(), "the loader to notice")
    store.start()
    records = in_the_log(kafka)
    wait_for(lambda: is_all_committed(kafka, records), "the offsets")
    assert_same(store.url, expected(records))
    assert loader.stop() == 0


@pytest.mark.slow
def test_sigterm_commits_what_was_read_and_the_catalog_follows(
    kafka: Connection, store: EmbeddedStore, loader: LoaderProcess, tmp_path: Path
) -> None:
    publish(kafka, played(1, 3))
    loader.start()
    records = in_the_log(kafka)
    wait_for(lambda: is_all_committed(kafka, records), "the offsets")
    assert 'error_total{kind="unreadable_message"} 3.0' in loader.shown()
    lag = 'consumer_lag{partition="0",topic="raw-game-events"} 0.0'
    wait_for(lambda: lag in loader.shown(), "the lag, which is told after the commit")
    assert loader.stop() == 0
    with contextlib.closing(open_catalog(f"sqlite:///{tmp_path / 'catalog.db'}")) as catalog:
        assert [row["round_no"] for row in catalog.rounds(m.MATCH)] == [1, 2, 3]
    client = connect(store.url)
    assert query_rows(client, "SELECT count() AS n FROM cs2_round_metrics FINAL WHERE NOT is_retracted") == [
        {"n": 3}
    ]
    client.close()


@pytest.mark.slow
def test_a_broker_that_comes_back_with_another_log_is_read_from_its_beginning() -> None:
    place, port = (RAW, 0), free_port()
    to = connection(f"127.0.0.1:{port}", {}, embedded=True, readers={})
    stopping = threading.Event()
    with contextlib.closing(GroupReader(to, metrics(), stopping=stopping)) as reader:
        with EmbeddedBroker(port=port, partitions=1):
            publish(to, [m.record(RAW, b"old") for _ in range(100)])
            polled(reader, until=lambda records: len(records) == 100)
            reader.commit({place: 90})
        with EmbeddedBroker(port=port, partitions=1):
            values = {b"%d" % number for number in range(150)}
            publish(to, [m.record(RAW, value) for value in sorted(values)])
            polled(reader, until=lambda records: {record.value for record in records} >= values)
            reader.commit({place: 151})  # more than was read: an offset of the log that is gone
            assert committed_offsets(to, LOADER_GROUP, topics=[RAW]) == {}
            reader.commit({place: 150})
            assert committed_offsets(to, LOADER_GROUP, topics=[RAW]) == {place: 150}


def polled(reader: GroupReader, *, until: Callable[[list[Record]], bool]) -> None:
    """Until what was read satisfies; what came from a log before it was known to be another one does not count."""
    records: list[Record] = []

    def is_done() -> bool:
        try:
            records.extend(reader.poll(0.1))
        except ForeignRecoveryError:
            records.clear()
        except BrokerError:
            pass
        return until(records)

    wait_for(is_done, "records")
