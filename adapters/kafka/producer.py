"""Writes to the broker: `Sender`, one idempotent producer with pacing, and `AcknowledgedProducer`, which waits until
the broker has acknowledged the message.

Belongs here: sending bytes and reporting the outcome. Does not belong here: the content of records, the pacing rules
(`pacing`).
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from adapters.kafka.connection import (
    IN_FLIGHT_MAX,
    LOGGER,
    BacklogError,
    Connection,
    DeliveryError,
    OversizedError,
    log_error,
    producer_options,
)
from adapters.kafka.pacing import Pacing
from adapters.kafka.records import Acknowledged, Outgoing, partition_of
from adapters.kafka.topics import metadata

Outcome = Acknowledged | DeliveryError
Settle = Callable[[Outcome], None]
OnLost = Callable[[DeliveryError], None]

_NAP_S = 0.005
_ANSWER_S = 10.0
_MESSAGE_BYTES_MAX = 1_000_000


class Sender:
    """One idempotent producer. The caller must call `poll`, which passes each outcome to its `settle`.

    With `only_failures`, `settle` is called for failures only, because librdkafka then reports nothing else. Raises
    BrokerAwayError if the broker cannot be asked for its topics.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        delivery_timeout_s: float | None,
        only_failures: bool = False,
        in_flight_max: int = IN_FLIGHT_MAX,
        stopping: threading.Event | None = None,
    ) -> None:
        options = producer_options(
            connection, delivery_timeout_s=delivery_timeout_s, in_flight_max=in_flight_max
        )
        if only_failures:
            options["delivery.report.only.error"] = True
        self._limit_bytes = int(options.get("message.max.bytes", _MESSAGE_BYTES_MAX))
        self._producer = Producer(options, error_cb=log_error, logger=LOGGER)
        self._pacing = Pacing(connection, in_flight=self._producer.__len__)
        self._stopping = stopping
        self._partitions = self._known_partitions()

    @property
    def in_flight(self) -> int:
        """The number of messages whose outcome is not known yet."""
        return len(self._producer)

    def place(self, record: Outgoing) -> int:
        """The partition of `record`. Raises DeliveryError for a topic the broker does not have."""
        if record.topic not in self._partitions:
            self._partitions = self._known_partitions()
        if record.topic not in self._partitions:
            raise DeliveryError(record.topic, partition=-1, reason="the broker has no such topic")
        return partition_of(record.key, self._partitions[record.topic])

    def send(self, record: Outgoing, settle: Settle) -> None:
        """Hand `record` to the producer; `settle` is called once, in `poll`, with its outcome.

        Raises OversizedError above message.max.bytes; BacklogError if the durable readers are not known to be close
        enough or librdkafka's queue is full; DeliveryError if librdkafka refuses the record at once.
        """
        topic, place, size = record.topic, self.place(record), record.size_bytes
        if size > self._limit_bytes:
            raise OversizedError(topic, partition=place, size_bytes=size, limit_bytes=self._limit_bytes)
        ledger = self._pacing.ledger(topic, place)
        if ledger is not None and not ledger.has_room(size):
            raise BacklogError(topic, partition=place, reason=self._pacing.reason(topic, ledger))
        try:
            self._producer.produce(
                topic,
                value=record.value,
                key=record.key,
                partition=place,
                headers=dict(record.headers) or None,
                on_delivery=partial(_settled, settle=settle, size_bytes=size),
            )
        except BufferError as error:
            raise BacklogError(topic, partition=place, reason="the producer's queue is full") from error
        except KafkaException as error:
            reason = _reason(error.args[0])
            raise DeliveryError(topic, partition=place, reason=reason, size_bytes=size) from error
        if ledger is not None:
            ledger.sent(size)

    def send_asking(self, record: Outgoing, settle: Settle) -> None:
        """Like `send`, but before reporting no room it asks the broker how far the readers are. Blocks."""
        try:
            self.send(record, settle)
        except BacklogError:
            self._pacing.refresh(record.topic, self.place(record))
            self.send(record, settle)

    def poll(self, timeout_s: float) -> int:
        """Deliver outcomes; waits up to `timeout_s` for the first one."""
        return self._producer.poll(timeout_s)

    def flush(self, timeout_s: float) -> int:
        """Send at once and deliver outcomes. Returns the number of messages still in flight after `timeout_s`."""
        return self._producer.flush(timeout_s)

    def give_up(self) -> None:
        """Deliver a failure for each message in flight; it may or may not be in the log."""
        self._producer.purge()
        self._producer.poll(0)

    def _known_partitions(self) -> Mapping[str, int]:
        topics = metadata(self._producer, _ANSWER_S, stopping=self._stopping).topics
        return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def _settled(error: KafkaError | None, message: Message, *, settle: Settle, size_bytes: int) -> None:
    """Convert librdkafka's delivery report to an `Outcome`."""
    topic, partition, offset = message.topic() or "", message.partition(), message.offset()
    place = -1 if partition is None else partition
    if error is None and offset is not None:
        settle(Acknowledged(topic=topic, partition=place, offset=offset))
        return
    reason = "no offset" if error is None else _reason(error)
    settle(DeliveryError(topic, partition=place, reason=reason, size_bytes=size_bytes))


def _reason(error: KafkaError) -> str:
    return f"{error.name()}: {error.str()}"


class Batch:
    """Messages that are awaited together: outcomes by position; `done` is called with the last of them."""

    def __init__(self, size: int, done: Callable[[], object]) -> None:
        self.outcomes: list[Outcome | None] = [None] * size
        self._missing = size
        self._done = done

    def settle(self, position: int, outcome: Outcome) -> None:
        self.outcomes[position] = outcome
        self._missing -= 1
        if self._missing == 0:
            self._done()

    def acknowledged(self) -> list[Acknowledged]:
        """All outcomes in order. Raises the first DeliveryError among them."""
        for outcome in self.outcomes:
            if isinstance(outcome, DeliveryError):
                raise outcome
        return [outcome for outcome in self.outcomes if isinstance(outcome, Acknowledged)]


class AcknowledgedProducer:
    """A producer for processes that must confirm what they accepted (the intake). Safe from asyncio and from threads.

    At most `in_flight_max` messages are in flight; each is given up after `delivery_timeout_s`. `on_lost` is called, on
    another thread, for each message of `send` that was not acknowledged, for senders that do not flush.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        in_flight_max: int = 20_000,
        delivery_timeout_s: float = 10.0,
        on_lost: OnLost | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._sender = Sender(
            connection,
            delivery_timeout_s=delivery_timeout_s,
            in_flight_max=in_flight_max,
            stopping=stopping,
        )
        self._loose = 0
        self._first_lost: DeliveryError | None = None
        self._on_lost = on_lost
        self._loose_changed = threading.Condition()
        self._closing = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="kafka-acknowledgements", daemon=True)
        self._poller.start()

    @property
    def in_flight(self) -> int:
        """The number of messages that are not acknowledged yet."""
        return self._sender.in_flight

    async def acknowledged(
        self, records: Sequence[Outgoing], *, timeout_s: float = 10.0
    ) -> list[Acknowledged]:
        """Send `records` in order and wait until the broker has all of them. Returns their positions in the same order.

        Raises BacklogError if there was no room within `timeout_s`, DeliveryError for the first that failed,
        OversizedError. After an error some of the records may be in the log; sending all of them again with the same
        ids is harmless.
        """
        if not records:
            return []
        loop = asyncio.get_running_loop()
        finished = loop.create_future()
        batch = Batch(len(records), partial(_call_in, loop, partial(_finish, finished)))
        deadline = loop.time() + timeout_s
        for position, record in enumerate(records):
            settle = partial(batch.settle, position)
            try:
                self._sender.send(record, settle)
            except BacklogError:
                await self._insist(record, settle, deadline=deadline)
        return await _finished(batch, finished, records=records, timeout_s=deadline - loop.time())

    def send(self, record: Outgoing) -> None:
        """Send without waiting; `flush` reports the outcome. Raises BacklogError if there is no room, DeliveryError if
        the record is refused at once.

        May ask the broker for the readers' offsets, which takes some tenths of a millisecond.
        """
        with self._loose_changed:
            self._loose += 1
        try:
            self._sender.send_asking(record, self._settle_loose)
        except (BacklogError, DeliveryError):
            with self._loose_changed:
                self._loose -= 1
            raise

    async def flush(self, *, timeout_s: float = 10.0) -> None:
        """Wait until all messages of `send` are acknowledged. Raises DeliveryError for the first that failed since the
        last flush."""
        await asyncio.to_thread(self.flush_blocking, timeout_s=timeout_s)

    def flush_blocking(self, *, timeout_s: float = 10.0) -> None:
        """`flush` for threads."""
        with self._loose_changed:
            self._loose_changed.wait_for(lambda: self._loose == 0, timeout_s)
            failure, self._first_lost = self._first_lost, None
            left = self._loose
        if failure is not None:
            raise failure
        if left:
            raise DeliveryError(
                "any", partition=-1, reason=f"{left} messages not acknowledged in {timeout_s} s"
            )

    def close(self, *, timeout_s: float = 5.0) -> None:
        """Wait for the messages in flight, give up the rest, stop. Raises nothing for undelivered messages."""
        deadline = time.monotonic() + timeout_s
        while self._sender.in_flight and time.monotonic() < deadline:
            time.sleep(_NAP_S)
        self._closing.set()
        self._poller.join(timeout_s)
        self._sender.give_up()

    async def _insist(self, record: Outgoing, settle: Settle, *, deadline: float) -> None:
        """Send as soon as there is room. Asks the broker on a thread, so that the event loop is not blocked."""
        while True:
            try:
                return await asyncio.to_thread(self._sender.send_asking, record, settle)
            except BacklogError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(_NAP_S)

    def _settle_loose(self, outcome: Outcome) -> None:
        with self._loose_changed:
            self._loose -= 1
            if isinstance(outcome, DeliveryError):
                self._first_lost = self._first_lost or outcome
            self._loose_changed.notify_all()
        if isinstance(outcome, DeliveryError) and self._on_lost is not None:
            self._on_lost(outcome)

    def _poll(self) -> None:
        while not self._closing.is_set():
            self._sender.poll(0.1)


async def _finished(
    batch: Batch, finished: "asyncio.Future[None]", *, records: Sequence[Outgoing], timeout_s: float
) -> list[Acknowledged]:
    try:
        await asyncio.wait_for(finished, max(timeout_s, 0.001))
    except TimeoutError as error:
        late = next(
            record for record, outcome in zip(records, batch.outcomes, strict=True) if outcome is None
        )
        raise DeliveryError(late.topic, partition=-1, reason="not acknowledged in time") from error
    return batch.acknowledged()


def _finish(finished: "asyncio.Future[None]") -> None:
    if not finished.done():
        finished.set_result(None)


def _call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """Run `callback` in `loop`; if the loop has ended, nobody waits for the result."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)
