"""How to reach a broker: a plain connection value, the options of each kind of client, and the errors.

Belongs here: options and error types. Does not belong here: creating clients.

Options that the caller must not change (idempotence, manual commits, the partitioner) are set last; any other
librdkafka option passes through.
"""

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
from confluent_kafka import KafkaError

from adapters.kafka.records import DEAD_LETTERS, PREDICTIONS, PROCESSED, RAW, STATE

LOGGER = logging.getLogger("midround.kafka")

STREAM_GROUP = "midround-stream"
LOADER_GROUP = "midround-loader"
API_GROUP, WEBHOOKS_GROUP = "midround-api", "midround-webhooks"
FOLLOWERS = (API_GROUP, WEBHOOKS_GROUP)
"""Consumer groups that producers never wait for; the embedded broker keeps messages for them as long as it can."""

LAST_WORDS_S = 110.0
"""Seconds that a process that was told to stop may take to finish its work on an embedded broker, whose log ends with
it. The supervisor waits a little longer."""
IN_FLIGHT_MAX = 200_000
"""The most messages that a producer holds without acknowledgement, unless another number is given."""

_GATHERED_BYTES = 256 * 1024
Options = dict[str, str | int | float | bool]

#: Topic -> groups that producers wait for on the embedded broker, which forgets what does not fit.
DURABLE_READERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        RAW: (STREAM_GROUP, LOADER_GROUP),
        PROCESSED: (LOADER_GROUP,),
        DEAD_LETTERS: (LOADER_GROUP,),
        STATE: (LOADER_GROUP,),
        PREDICTIONS: (LOADER_GROUP,),
    }
)


class BrokerError(Exception):
    """An error of the broker or of the connection to it."""


class DeliveryError(BrokerError):
    """A message was not acknowledged. Carries `topic`, `partition` (-1 if unknown) and `reason`, which is the same text
    for messages that failed in the same way."""

    def __init__(self, topic: str, *, partition: int, reason: str, size_bytes: int | None = None) -> None:
        size = "" if size_bytes is None else f" (record of {size_bytes} bytes)"
        super().__init__(f"{topic} [{partition}]: not delivered: {reason}{size}")
        self.topic = topic
        self.partition = partition
        self.reason = reason


class OversizedError(DeliveryError):
    """A message larger than `limit_bytes`, refused before it was sent."""

    def __init__(self, topic: str, *, partition: int, size_bytes: int, limit_bytes: int) -> None:
        reason = f"the record has {size_bytes} bytes, message.max.bytes allows {limit_bytes}"
        super().__init__(topic, partition=partition, reason=reason)
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class BacklogError(BrokerError):
    """No room: too much in flight, or a durable reader of the embedded broker is too far behind."""

    def __init__(self, topic: str, *, partition: int, reason: str) -> None:
        super().__init__(f"{topic} [{partition}]: no room: {reason}")
        self.topic = topic
        self.partition = partition
        self.reason = reason


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that every client needs. Made by `connection`."""

    bootstrap_servers: str
    options: Mapping[str, str]
    embedded: bool
    readers: Mapping[str, tuple[str, ...]]


def connection(
    bootstrap_servers: str,
    options: Mapping[str, str],
    *,
    embedded: bool,
    readers: Mapping[str, Sequence[str]] | None = None,
) -> Connection:
    """A connection to `bootstrap_servers`; `options` are librdkafka's and override the defaults here.

    `readers` names the groups that producers wait for, by topic. It applies to the embedded broker only, where the
    default is `DURABLE_READERS` and `{}` waits for no group. A real Kafka retains messages by its own configuration.
    """
    waited_for = (DURABLE_READERS if readers is None else readers) if embedded else {}
    return Connection(
        bootstrap_servers=bootstrap_servers,
        options=dict(options),
        embedded=embedded,
        readers={topic: tuple(groups) for topic, groups in waited_for.items()},
    )


def client_options(connection: Connection) -> Options:
    """Options of an admin client."""
    defaults: Options = {
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1000,
        "socket.nagle.disable": True,
        "allow.auto.create.topics": False,
        "log_level": 5,
    }
    return defaults | dict(connection.options) | {"bootstrap.servers": connection.bootstrap_servers}


def producer_options(
    connection: Connection, *, delivery_timeout_s: float | None, in_flight_max: int = IN_FLIGHT_MAX
) -> Options:
    """Options of a producer: idempotent and ordered. `delivery_timeout_s` None retries forever."""
    defaults: Options = {
        "linger.ms": 1,
        "message.timeout.ms": 0 if delivery_timeout_s is None else int(delivery_timeout_s * 1000),
        "queue.buffering.max.messages": in_flight_max,
    }
    fixed: Options = {"enable.idempotence": True, "acks": "all", "partitioner": "murmur2_random"}
    return defaults | client_options(connection) | fixed


def consumer_options(connection: Connection, group: str, *, gathers_s: float = 0.0) -> Options:
    """Options of a consumer: no automatic commits, and a lost offset is an error instead of a silent reset.

    With `gathers_s` the broker collects messages for up to that time before it answers, unless there are many: many
    small fetches cost both sides more than the messages themselves. Without it, a broker answers at once, except the
    embedded one, which sleeps for the whole `fetch.wait.max.ms` on an empty fetch.
    """
    gathering: Options = {"fetch.wait.max.ms": int(gathers_s * 1000), "fetch.min.bytes": _GATHERED_BYTES}
    defaults: Options = {
        "fetch.wait.max.ms": 3 if connection.embedded else 500,
        "fetch.queue.backoff.ms": 5,
        "fetch.error.backoff.ms": 50,
        "queued.min.messages": 20_000,
        "queued.max.messages.kbytes": 16_384,
    }
    fixed: Options = {
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": False,
    }
    return defaults | (gathering if gathers_s else {}) | client_options(connection) | fixed


def log_error(error: KafkaError) -> None:
    """The `error_cb` of every client. A broker that is away is logged as a warning, since librdkafka keeps trying."""
    level = logging.WARNING if is_away(error) else logging.ERROR
    LOGGER.log(level, "%s: %s", error.name(), error.str())


def is_away(error: KafkaError) -> bool:
    """Whether `error` only says that no broker can be reached at present."""
    return error.code() in {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}
