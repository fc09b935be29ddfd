"""The ticker process: reads `match-state` and appends ticks to `raw-game-events`.

Belongs here: reading, appending and error counts. Does not belong here: which tick is due (`streaming.ticker`).
"""

import logging
import threading
import uuid
from contextlib import closing
from datetime import datetime

import msgspec

from adapters.kafka.appending import raw_record
from adapters.kafka.connection import BrokerError, Connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import STATE, Record
from adapters.kafka.tail import Tail
from adapters.kafka.unreadable import pass_over
from adapters.metrics import Exporter, Metrics, metrics
from game.codec import UNREADABLE
from game.events import ClockTick
from game.messages import StateMessage
from models.clock import Now, wall_clock
from streaming.alongside import follow
from streaming.kafka import stop_on_sigterm
from streaming.ticker import Limits, Ticker

LOGGER = logging.getLogger("midround.ticker")
LOOK_S = 0.05
_STATE: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)


def run(
    connection: Connection,
    *,
    silence_s: float,
    live_within_s: float,
    metrics_port: int,
    now: Now = wall_clock,
) -> int:
    """Tick until SIGTERM or SIGINT. Returns 0."""
    stopping = threading.Event()
    stop_on_sigterm(stopping)
    measured, ready = metrics(), threading.Event()
    limits = Limits(silence_s=silence_s, live_within_s=live_within_s)

    def work(tail: Tail, producer: AcknowledgedProducer) -> None:
        # Messages between two tails are not read, and the second tail may be on another log: start with a new ticker.
        ticker = Ticker(str(uuid.uuid4()), limits)
        while not stopping.is_set():
            _look(tail, producer, ticker=ticker, measured=measured, now=now)

    with closing(Exporter(measured.registry, port=metrics_port, is_ready=ready.is_set)):
        follow(
            connection,
            STATE,
            gathers_s=LOOK_S,
            stopping=stopping,
            ready=ready,
            measured=measured,
            work=work,
        )
    return 0


def _look(tail: Tail, producer: AcknowledgedProducer, *, ticker: Ticker, measured: Metrics, now: Now) -> None:
    for record in tail.poll(LOOK_S):
        hear(ticker, record, measured=measured, moment=now())
    for tick in ticker.due(now()):
        _append(producer, tick, measured=measured, moment=now())


def hear(ticker: Ticker, record: Record, *, measured: Metrics, moment: datetime) -> None:
    """Pass one record to the ticker. An unreadable record is counted and logged, never raised."""
    try:
        ticker.hear(_STATE.decode(record.value), moment)
    except UNREADABLE as error:
        pass_over(record, error, measured=measured, logger=LOGGER)


def _append(producer: AcknowledgedProducer, tick: ClockTick, *, measured: Metrics, moment: datetime) -> None:
    """Send a tick. A tick that the producer cannot take is dropped, not sent later: its second has passed."""
    try:
        producer.send(raw_record(tick, moment))
    except BrokerError as error:
        measured.error("tick").inc()
        LOGGER.warning("no tick: %s", error, extra={"match_id": tick.match_id, "event_id": tick.event_id})
    else:
        measured.ingestion_events.labels("tick").inc()
