"""The broker that a benchmark uses: a new embedded one, a new Apache Kafka, or a configured one.

Belongs here: starting and stopping it, a run's topics, counting messages. Does not belong here: loads.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka.cimpl import NewTopic

from adapters import embedded_broker
from adapters.kafka.connection import STREAM_GROUP, Connection, connection
from adapters.kafka.reading import bounds
from adapters.kafka.records import RAW, TOPICS
from adapters.kafka.server import KafkaServer
from adapters.kafka.topics import admin, check_topics, ensure_topics
from adapters.settings import Settings
from midround import places, ports

READERS = {RAW: (STREAM_GROUP,)}
"""The embedded broker waits only for the stream: nothing here reads what the stream publishes."""
PATIENCE_S = 30.0


@contextmanager
def broker(settings: Settings) -> Iterator[Connection]:
    """Yield a broker with our topics; one that is not configured is new, and its data are lost at the end."""
    if not places.is_embedded(settings):
        with configured(settings) as found:
            at = places.broker(found)
            ensure_topics(at, settings.kafka.partitions)
            yield at
        return
    (port,) = ports.free_ports(1)
    with embedded(port, settings.kafka.partitions, topics=TOPICS, readers=READERS):
        yield connection(f"127.0.0.1:{port}", settings.kafka.options, embedded=True, readers=READERS)


@contextmanager
def embedded(
    port: int, partitions: int, *, topics: Sequence[str], readers: Mapping[str, Sequence[str]]
) -> Iterator[None]:
    """Run an embedded broker in its own process for the length of the `with`.

    Raises RuntimeError if it does not answer.
    """
    told = {"topics": tuple(topics), "readers": dict(readers)}
    child = multiprocessing.get_context("spawn").Process(
        target=embedded_broker.run, args=(port, partitions, _unheard), kwargs=told
    )
    child.start()
    try:
        _until_there(port)
        yield
    finally:
        child.terminate()
        child.join(10)


def _unheard(_address: str) -> None:
    """Ignore the address: callers poll the port instead."""


@contextmanager
def configured(settings: Settings) -> Iterator[Settings]:
    """Yield the settings. If they ask for a `local` Kafka, start a new one for the length of the `with` and set its
    address.

    Raises KafkaServerError.
    """
    if settings.kafka.server != "local":
        yield settings
        return
    with tempfile.TemporaryDirectory() as folder, KafkaServer(Path(folder)) as node:
        elsewhere = {"server": "embedded", "bootstrap_servers": node.bootstrap_servers}
        yield settings.model_copy(update={"kafka": settings.kafka.model_copy(update=elsewhere)})


def name_of(settings: Settings) -> str:
    """Return the broker's name for the report."""
    if settings.kafka.server == "local":
        return "Apache Kafka on this machine"
    return (
        "embedded broker" if places.is_embedded(settings) else f"broker at {settings.kafka.bootstrap_servers}"
    )


def written(at: Connection, topic: str) -> int:
    """Return the number of messages ever written to `topic`."""
    places = [(topic, partition) for partition in range(check_topics(at, [topic])[topic])]
    return sum(end for _, end in bounds(admin(at), places).values())


def make_topics(at: Connection, names: Sequence[str], partitions: int) -> None:
    """Create more topics on a real broker."""
    client = admin(at)  # must outlive the futures: it ends with its last reference
    made = client.create_topics([NewTopic(name, num_partitions=partitions) for name in names])
    for done in made.values():
        done.result()
    check_topics(at, names)


def _until_there(port: int) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not ports.answers("127.0.0.1", port):
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"no broker at port {port} within {PATIENCE_S:g} s")
        time.sleep(0.02)
