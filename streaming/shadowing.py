"""The shadow process: reads `predictions` and publishes the challenger's answers for the same states to
`shadow-predictions`.

Belongs here: reading, writing, checking for a new challenger. Does not belong here: what a challenger predicts
(`models.shadow`), how well it did (`models.shadow_report`).

The process is off the critical path. It reads what is already published and commits no offsets, so no producer ever
waits for it. If it lags beyond retention, it continues with the oldest record left. After a restart it continues at the
end of the log: the states in between have no shadow prediction, and the comparison stays paired. No message or model
ends the process: an unreadable message is counted, and a challenger that cannot be loaded is logged once.
"""

import logging
import threading
import time
from contextlib import closing
from pathlib import Path

import msgspec

from adapters.kafka.connection import BrokerError, Connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import PREDICTIONS, SHADOW, Outgoing, Record
from adapters.kafka.tail import Tail
from adapters.kafka.unreadable import pass_over
from adapters.metrics import Exporter, Metrics, metrics
from game.codec import UNREADABLE, encode
from game.messages import Prediction, PredictionMessage, Retraction, ShadowPrediction
from models.bundle import BundleError
from models.predictor import Predictor, load_predictor
from models.promotion import read_challenger
from models.shadow import shadowed
from streaming.alongside import follow
from streaming.kafka import stop_on_sigterm

LOGGER = logging.getLogger("midround.shadow")
GATHERS_S, LOOK_EVERY_S = 0.2, 1.0
_PREDICTION: msgspec.json.Decoder[PredictionMessage] = msgspec.json.Decoder(PredictionMessage)


class Shadow:
    """The challenger in a folder of models, and its answers. For one thread."""

    def __init__(self, folder: Path, measured: Metrics) -> None:
        self._folder = folder
        self._measured = measured
        self._challenger: Predictor | None = None
        self._told = ""

    @property
    def challenger(self) -> Predictor | None:
        """The current challenger, or None."""
        return self._challenger

    def look(self) -> None:
        """Read which model is the challenger, and load it if it is new. If loading fails, there is no challenger."""
        try:
            named = read_challenger(self._folder)
            if named is None:
                self._challenger = None
            elif self._challenger is None or self._challenger.model_hash != named.hash:
                self._challenger = load_predictor(self._folder / named.bundle)
                LOGGER.info("%s challenges", self._challenger.model_version)
            self._told = ""
        except BundleError as error:
            self._challenger = None
            if str(error) != self._told:
                self._measured.error("challenger").inc()
                LOGGER.error("nobody challenges: %s", error)
            self._told = str(error)

    def answers(self, record: Record) -> Outgoing | None:
        """The answer to one record of `predictions`, or None. A retraction is passed on always, since it also applies
        to answers of an earlier challenger."""
        try:
            message = _PREDICTION.decode(record.value)
        except UNREADABLE as error:
            pass_over(record, error, measured=self._measured, logger=LOGGER)
            return None
        try:
            told = message if isinstance(message, Retraction) else self._shadowed(message)
        except Exception:
            self._measured.error("shadow").inc()
            place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            LOGGER.exception("a prediction has no shadow", extra=place)
            return None
        return None if told is None else Outgoing(topic=SHADOW, key=record.key, value=encode(told))

    def _shadowed(self, message: Prediction) -> ShadowPrediction | None:
        return None if self._challenger is None else shadowed(message, self._challenger)


def run(connection: Connection, *, folder: Path, metrics_port: int) -> int:
    """Shadow until SIGTERM or SIGINT. Returns 0."""
    stopping = threading.Event()
    stop_on_sigterm(stopping)
    measured, ready = metrics(), threading.Event()
    shadow = Shadow(folder, measured)

    def work(tail: Tail, producer: AcknowledgedProducer) -> None:
        _follow(tail, producer, shadow=shadow, measured=measured, stopping=stopping)

    with closing(Exporter(measured.registry, port=metrics_port, is_ready=ready.is_set)):
        follow(
            connection,
            PREDICTIONS,
            gathers_s=GATHERS_S,
            stopping=stopping,
            ready=ready,
            measured=measured,
            work=work,
        )
    return 0


def _follow(
    tail: Tail,
    producer: AcknowledgedProducer,
    *,
    shadow: Shadow,
    measured: Metrics,
    stopping: threading.Event,
) -> None:
    due_s = 0.0
    while not stopping.is_set():
        if time.monotonic() >= due_s:
            shadow.look()
            due_s = time.monotonic() + LOOK_EVERY_S
        for record in tail.poll(GATHERS_S):
            _append(producer, shadow.answers(record), measured=measured)
        for (topic, partition), lag in tail.lag().items():
            measured.consumer_lag.labels(topic, str(partition)).set(lag)


def _append(producer: AcknowledgedProducer, answer: Outgoing | None, *, measured: Metrics) -> None:
    """Send the answer, if any. If the producer has no room it is dropped, and the state has no shadow prediction."""
    if answer is None:
        return
    try:
        producer.send(answer)
    except BrokerError as error:
        measured.error("shadow").inc()
        LOGGER.warning("no shadow: %s", error)
    else:
        measured.ingestion_events.labels("shadow").inc()
