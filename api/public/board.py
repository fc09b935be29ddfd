"""All matches that this process follows: what is asked of them, and the board, which takes records of the topics to the
desk of their match.

Belongs here: the port, decoding a record, bounds over all matches, latencies. Does not belong here: one match (`desk`),
reading the topics (`follower`), the store (`history`), leaving out what a client may not see (`access.grants`).
"""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import msgspec

from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE, Record
from adapters.kafka.unreadable import pass_over
from adapters.metrics import Metrics
from api.public.desk import Desk, Sizes
from api.public.events import resources as events
from api.public.predictions import resources as predictions
from api.public.recent import Recent
from game.codec import UNREADABLE
from game.messages import Retraction, StateMessage
from game.view import MatchView

LOGGER = logging.getLogger("midround.public")
MATCHES_MAX = 100
STAGES = ("stream", "publish", "api", "end_to_end")
"""Intake to the stream's result, result to broker, broker to here, and the whole way."""
PREDICTED, PREDICTION_HERE = "prediction", "prediction_end_to_end"
"""Intake to the model's answer, and to the prediction here."""
_STATE: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)


class Matches(ABC):
    """What those who ask may know of the matches that are followed."""

    @property
    @abstractmethod
    def is_fed(self) -> bool:
        """Whether the topics can be read at present."""

    @abstractmethod
    def find(self, match_id: str) -> Desk | None:
        """The desk of a match that is followed."""

    @abstractmethod
    def views(self) -> list[MatchView]:
        """Of all matches here, those that moved last first."""

    @abstractmethod
    def put(self, view: MatchView) -> Desk:
        """A match for a client that follows it: with a view from the store, unless a newer one is here."""


class Board(Matches):
    """The desks of the matches that moved last, and of those that clients alone keep here. For one event loop."""

    is_fed = False

    def __init__(
        self,
        metrics: Metrics,
        *,
        matches_max: int = MATCHES_MAX,
        sizes: Sizes | None = None,
        recent: Recent | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._recent = recent or Recent(now_s)
        self._stages = {stage: metrics.ingestion_latency_ms.labels(stage) for stage in STAGES}
        self._matches_max = matches_max
        self._sizes = sizes or Sizes()
        self._now_s = now_s
        self._desks: dict[str, Desk] = {}
        """By match, the one that moved last at the end."""
        self._kept: dict[str, Desk] = {}
        """Of matches that have not moved since a client asked to follow them."""
        self._of_old_log: set[str] = set()
        """Matches that stand where a log had brought them that is gone, and have not moved since."""

    def find(self, match_id: str) -> Desk | None:
        return self._desks.get(match_id) or self._kept.get(match_id)

    def views(self) -> list[MatchView]:
        return [desk.view for desk in reversed(self._desks.values())]

    def doubtful(self) -> list[MatchView]:
        """Views that await a snapshot, which the store may have."""
        stored = [desk for desk in self._desks.values() if not desk.is_begun_anew]
        return [desk.view for desk in stored if not desk.view.is_current]

    def put(self, view: MatchView) -> Desk:
        desk = self.find(view.match_id)
        if desk is None:
            self._kept = {match_id: each for match_id, each in self._kept.items() if not each.is_idle}
            desk = self._kept[view.match_id] = Desk(view.match_id, self._sizes)
        desk.begin(view)
        return desk

    def begin(self, views: Sequence[MatchView]) -> None:
        """Matches as the store has them, those that moved last first: behind those that move here. One that cannot be
        taken is logged, never raised."""
        for view in views:
            try:
                self._begin(view)
            except Exception:
                LOGGER.exception("the stored state of %s cannot be taken", view.match_id)

    def take(self, record: Record) -> None:
        """One record of the three topics; one that cannot be read, or taken, is counted and logged, never raised: it
        would stand in the way of all others, each time that the topics are read."""
        try:
            self._take(record)
        except UNREADABLE as error:
            pass_over(record, error, measured=self._metrics, logger=LOGGER)
        except Exception as error:
            pass_over(record, error, measured=self._metrics, logger=LOGGER)
            LOGGER.exception("this is a fault of ours")

    def turn_to_another_log(self) -> None:
        """What comes from here on is of another log: a match goes on in it with the seq that follow, or begins anew."""
        self._of_old_log = {*self._desks, *self._kept}

    def close(self) -> None:
        """Tell all live clients that nothing more comes."""
        for desk in (*self._desks.values(), *self._kept.values()):
            desk.close()

    def _begin(self, view: MatchView) -> None:
        if len(self._desks) < self._matches_max and view.match_id not in self._desks:
            self._desks = {view.match_id: self._new(view.match_id), **self._desks}
        desk = self.find(view.match_id)
        if desk is not None:
            desk.begin(view)

    def _take(self, record: Record) -> None:
        self._recent.count(record.topic)
        if record.topic == STATE:
            message = _STATE.decode(record.value)
            self._desk(message.match_id, message.seq).take_state(message, record.value)
            self._observe(message, record.timestamp_ms / 1000)
        elif record.topic == PREDICTIONS:
            forecast = predictions.DECODER.decode(record.value)
            self._desk(forecast.match_id, forecast.seq).take_prediction(forecast, record.value)
            self._observe_prediction(forecast, record.timestamp_ms / 1000)
        elif record.topic == PROCESSED:
            told = events.DECODER.decode(record.value)
            self._desk(told.match_id, told.seq).take_event(told)

    def _desk(self, match_id: str, seq: int) -> Desk:
        """The desk of a match that moves to `seq`. Where another log begins it anew, what was known of it is forgotten,
        and its clients come again."""
        desk = self._desks.pop(match_id, None)
        if desk is None:
            self._make_room()
            desk = self._new(match_id)
        if match_id in self._of_old_log:
            self._of_old_log.discard(match_id)
            if seq <= desk.view.seq:
                desk.close()
                desk = Desk(match_id, self._sizes, is_begun_anew=True)
        self._desks[match_id] = desk
        return desk

    def _new(self, match_id: str) -> Desk:
        return self._kept.pop(match_id, None) or Desk(match_id, self._sizes)

    def _make_room(self) -> None:
        """For one more match: those without clients go, the one that moved longest ago first."""
        over = len(self._desks) + 1 - self._matches_max
        idle = [match_id for match_id, desk in self._desks.items() if desk.is_idle]
        for match_id in idle[: max(0, over)]:
            del self._desks[match_id]

    def _observe(self, message: StateMessage, published_s: float) -> None:
        """Latency by stage; messages without times, such as a batch's, have none."""
        if isinstance(message, Retraction) or message.received_at is None or message.processed_at is None:
            return
        received_s, processed_s = message.received_at.timestamp(), message.processed_at.timestamp()
        now_s = self._now_s()
        passed_s = (
            processed_s - received_s,
            published_s - processed_s,
            now_s - published_s,
            now_s - received_s,
        )
        for stage, passed in zip(self._stages.values(), passed_s, strict=True):
            stage.observe(max(0.0, passed * 1000))
        if published_s >= self._recent.since_s:
            for name, passed in zip(STAGES, passed_s, strict=True):
                self._recent.observe(name, passed * 1000)

    def _observe_prediction(self, message: predictions.Published | Retraction, published_s: float) -> None:
        if isinstance(message, Retraction) or message.received_at is None or message.predicted_at is None:
            return
        if published_s >= self._recent.since_s:
            received_s = message.received_at.timestamp()
            self._recent.observe(PREDICTED, (message.predicted_at.timestamp() - received_s) * 1000)
            self._recent.observe(PREDICTION_HERE, (self._now_s() - received_s) * 1000)
