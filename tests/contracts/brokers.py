"""The two brokers behind one port, for contracts. Faults included; no assertion."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewTopic

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import Connection, connection
from adapters.kafka.server import FAST_START, KafkaServer
from adapters.kafka.topics import admin, check_topics
from tests.ports import free_port, free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARIES = ROOT / "build" / "kafka" / "lib"
TEMPLATE = ROOT / "infra" / "kafka" / "server.properties"
REFUSED_BYTES = 20_000

_PRODUCE = 0
_MSG_SIZE_TOO_LARGE = 10


class Broker(ABC):
    """A running broker and what can happen to it."""

    @abstractmethod
    def connection(self, readers: Mapping[str, Sequence[str]] | None = None) -> Connection:
        """How clients reach it; nobody is waited for unless `readers` says so."""

    @abstractmethod
    def create_topic(self, topic: str, partitions: int) -> None:
        """Declare a topic, usable on return."""

    @abstractmethod
    def remove_before(self, topic: str, partition: int, *, offset: int) -> None:
        """Remove messages as retention does."""

    @abstractmethod
    def refuse_large(self, topic: str) -> None:
        """From now on the broker refuses a record of REFUSED_BYTES in `topic`."""

    @abstractmethod
    def go_away(self) -> None:
        """Close every connection and the port."""

    @abstractmethod
    def come_back(self) -> None:
        """Undo `go_away`, with everything that was written."""

    @abstractmethod
    def restart_empty(self) -> None:
        """Stop, lose everything, start on the same port."""


class Embedded(Broker):
    """librdkafka's mock cluster.

    It cannot: keep more than 5 MiB a partition for a slow reader (producers pace themselves instead); keep anything
    over a restart; create topics or tell their ids on request.
    """

    def __init__(self) -> None:
        self._broker = EmbeddedBroker(port=free_port())

    def connection(self, readers: Mapping[str, Sequence[str]] | None = None) -> Connection:
        return connection(self._broker.bootstrap_servers, {}, embedded=True, readers=readers or {})

    def create_topic(self, topic: str, partitions: int) -> None:
        self._broker.create_topic(topic, partitions)

    def remove_before(self, topic: str, partition: int, *, offset: int) -> None:
        self._broker.forget(topic, partition, before=offset)

    def refuse_large(self, topic: str) -> None:
        self._broker.refuse(_MSG_SIZE_TOO_LARGE, 1, request=_PRODUCE)

    def go_away(self) -> None:
        self._broker.go_away()

    def come_back(self) -> None:
        self._broker.come_back()

    def restart_empty(self) -> None:
        port = self._broker.port
        self._broker.close()
        self._broker = EmbeddedBroker(port=port)

    def close(self) -> None:
        self._broker.close()


class Real(Broker):
    """Apache Kafka."""

    def __init__(self, server: KafkaServer) -> None:
        self._server = server

    def connection(self, readers: Mapping[str, Sequence[str]] | None = None) -> Connection:
        return connection(self._server.bootstrap_servers, {}, embedded=False, readers=readers)

    def create_topic(self, topic: str, partitions: int) -> None:
        config = {"max.message.bytes": str(REFUSED_BYTES)} if topic.startswith("small") else {}
        client = admin(self.connection())
        client.create_topics([NewTopic(topic, num_partitions=partitions, config=config)])[topic].result()
        check_topics(self.connection(), [topic], timeout_s=60.0)

    def remove_before(self, topic: str, partition: int, *, offset: int) -> None:
        place = TopicPartition(topic, partition, offset)
        client = admin(self.connection())
        client.delete_records([place])[place].result()

    def refuse_large(self, topic: str) -> None:
        assert topic.startswith("small"), "the limit is set when the topic is made"

    def go_away(self) -> None:
        self._server.kill()

    def come_back(self) -> None:
        self._server.start()

    def restart_empty(self) -> None:
        self._server.kill()
        self._server.empty()
        self._server.start()


@contextlib.contextmanager
def embedded_broker() -> Iterator[Embedded]:
    """A fresh embedded broker, closed at the end."""
    broker = Embedded()
    try:
        yield broker
    finally:
        broker.close()


@contextlib.contextmanager
def real_broker(folder: Path) -> Iterator[Real]:
    """A Kafka of its own on free ports, stopped at the end whatever happens."""
    port, controller_port = free_ports(2)
    with KafkaServer(
        folder,
        libraries=LIBRARIES,
        template=TEMPLATE,
        port=port,
        controller_port=controller_port,
        flags=(FAST_START,),
    ) as server:
        yield Real(server)
