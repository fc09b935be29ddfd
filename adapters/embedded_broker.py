"""The embedded broker: librdkafka's mock cluster, shipped in the confluent-kafka wheel, run as one small process.

Belongs here: the broker, for demos, notebooks and fast tests. Does not belong here: pacing (`adapters.kafka.pacing`),
which messages are dropped early (`adapters.kafka.retention`).

It speaks Kafka's protocol on a loopback port, with these limits:

- It keeps 5 MiB or 100,000 batches per partition and drops the rest, read or not, so producers pace themselves.
  Everything is lost when it ends. As a process it also drops early what all readers have read.
- It does not support transactions, compaction, lookup by time, or the creation or description of topics, so the
  topics are declared here.

librdkafka lets the kernel choose the port. To use a fixed port, our own listening socket replaces the broker's, and its
address is advertised.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import stat
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import confluent_kafka

from adapters.kafka.connection import connection
from adapters.kafka.origin import EMBEDDED_MARK
from adapters.kafka.records import TOPICS
from adapters.kafka.retention import PERIOD_S, Retention
from adapters.kafka.topics import DEFAULT_PARTITIONS
from adapters.ports import bind

_HOST = "127.0.0.1"
_BROKER = 1
_BACKLOG = 128
_PRODUCER = 0
_TOO_LATE_TO_ASK = 512


class EmbeddedBroker:
    """A running broker; a context manager. `port` 0 takes a free one.

    `topics` are declared with `partitions` each. Raises PortError, and RuntimeError if librdkafka fails.
    """

    def __init__(
        self, *, port: int = 0, partitions: int = DEFAULT_PARTITIONS, topics: Sequence[str] = TOPICS
    ) -> None:
        self._library = _library()
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._client = self._new_client()
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        if not self._cluster:
            raise RuntimeError("librdkafka did not start its mock cluster")
        self._own_port = self._bootstrap_port()
        self._adopt()
        # The mark is created first: a client that sees the topics can then always see which broker they belong to.
        self.create_topic(f"{EMBEDDED_MARK}{uuid.uuid4().hex}", 1)
        for topic in topics:
            self.create_topic(topic, partitions)

    @property
    def bootstrap_servers(self) -> str:
        return f"{_HOST}:{self.port}"

    def create_topic(self, topic: str, partitions: int) -> None:
        """Declare one more topic."""
        self._demand(self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1))

    def forget(self, topic: str, partition: int, *, before: int) -> None:
        """Drop the messages below offset `before`, as retention would."""
        delete = self._library.rd_kafka_mock_partition_delete_records
        self._demand(delete(self._cluster, topic.encode(), partition, before))

    def refuse(self, error: int, times: int, *, request: int) -> None:
        """Answer the next `times` requests with Kafka API key `request` with Kafka's error code `error`."""
        errors = (ctypes.c_int * times)(*([error] * times))
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, request, times, errors)

    def go_away(self) -> None:
        """Close all connections and the port; what was written stays."""
        self._demand(self._library.rd_kafka_mock_broker_set_down(self._cluster, _BROKER))
        self._listener.close()

    def come_back(self) -> None:
        """Listen again on the same port."""
        self._demand(self._library.rd_kafka_mock_broker_set_up(self._cluster, _BROKER))
        self._listener = _listen(self.port)
        self._adopt()

    def close(self) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _new_client(self) -> int:
        reason = ctypes.create_string_buffer(_TOO_LATE_TO_ASK)
        options = self._library.rd_kafka_conf_new()
        self._library.rd_kafka_conf_set(options, b"log_level", b"4", reason, len(reason))
        client = self._library.rd_kafka_new(_PRODUCER, options, reason, len(reason))
        if not client:
            raise RuntimeError(f"librdkafka: {reason.value.decode()}")
        return int(client)

    def _bootstrap_port(self) -> int:
        address: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return int(address.rsplit(b":", 1)[1])

    def _adopt(self) -> None:
        """Replace the broker's listening socket by ours; the command after it wakes the broker's poll loop."""
        os.dup2(self._listener.fileno(), _listening_descriptor(self._own_port))
        advertise = self._library.rd_kafka_mock_broker_set_host_port
        self._demand(advertise(self._cluster, _BROKER, _HOST.encode(), self.port))

    def _demand(self, code: int) -> None:
        if code:
            raise RuntimeError(f"librdkafka's mock broker: {confluent_kafka.KafkaError(code).str()}")


def run(
    port: int,
    partitions: int,
    ready: Callable[[str], None],
    *,
    topics: Sequence[str] = TOPICS,
    readers: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Process entry point: serve until SIGTERM or SIGINT. `ready` receives the address once it can be used. Messages
    that still fit are dropped only after `readers` have read them (`adapters.kafka.connection.connection`).

    Raises PortError. Main thread only.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    with EmbeddedBroker(port=port, partitions=partitions, topics=topics) as broker:
        ready(broker.bootstrap_servers)
        at = connection(broker.bootstrap_servers, {}, embedded=True, readers=readers)
        with contextlib.closing(Retention(at, broker.forget, partitions=partitions)) as retention:
            while not ended.wait(PERIOD_S):
                retention.step()


def _listen(port: int) -> socket.socket:
    listener = bind(_HOST, port, backlog=_BACKLOG)
    listener.settimeout(0)
    return listener


def _listening_descriptor(port: int) -> int:
    """The descriptor of this process that listens on `port`."""
    for descriptor in _sockets():
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as found:
            if _listens_on(found, port):
                return descriptor
    raise RuntimeError(f"no socket of the broker listens on port {port}")


def _listens_on(found: socket.socket, port: int) -> bool:
    if found.family != socket.AF_INET or not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return False
    address: tuple[str, int] = found.getsockname()
    return address[1] == port


def _sockets() -> Iterator[int]:
    for entry in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(entry.stat().st_mode):
                yield int(entry.name)


def _library() -> ctypes.CDLL:
    """The librdkafka of the wheel, with the signatures used here (src/rdkafka_mock.h)."""
    folder = Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs"
    found = sorted(folder.glob("librdkafka-*.so*"))
    if not found:
        raise RuntimeError(
            f"no librdkafka in {folder}: the embedded broker needs confluent-kafka's wheel for Linux"
        )
    library = ctypes.CDLL(str(found[0]))
    pointer, text, size, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int
    signatures: dict[str, tuple[object, list[object]]] = {
        "conf_new": (pointer, []),
        "conf_set": (number, [pointer, text, text, text, size]),
        "new": (pointer, [number, pointer, text, size]),
        "destroy": (None, [pointer]),
        "mock_cluster_new": (pointer, [pointer, number]),
        "mock_cluster_destroy": (None, [pointer]),
        "mock_cluster_bootstraps": (text, [pointer]),
        "mock_topic_create": (number, [pointer, text, number, number]),
        "mock_partition_delete_records": (number, [pointer, text, number, ctypes.c_int64]),
        "mock_push_request_errors_array": (None, [pointer, ctypes.c_int16, size, ctypes.POINTER(number)]),
        "mock_broker_set_host_port": (number, [pointer, ctypes.c_int32, text, number]),
        "mock_broker_set_down": (number, [pointer, ctypes.c_int32]),
        "mock_broker_set_up": (number, [pointer, ctypes.c_int32]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """`python -m adapters.embedded_broker [PORT [PARTITIONS]]`: prints one line of JSON when ready."""
    given = [int(word) for word in sys.argv[1:3]]
    port, partitions = [*given, *(0, DEFAULT_PARTITIONS)[len(given) :]]
    run(port, partitions, lambda address: _say(json.dumps({"bootstrap_servers": address})))


if __name__ == "__main__":
    main()
