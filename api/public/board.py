"""All matches that this process follows: the interface for reading them, and the board that passes each topic record to
the desk of its match.

Belongs here: the interface, decoding records, limits over all matches, latencies. Does not belong here: one match
(`desk`), reading the topics (`follower`), the store (`history`), hiding what a client may not see (`access.grants`).
"""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import msgspec

from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE, Record, partition_of
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
"""Intake to the stream's result, result to broker, broker to this process, and end to end."""
PREDICTED, PREDICTION_HERE = "prediction", "prediction_end_to_end"
"""Intake to the model's answer, and intake to the prediction in this process."""
_STATE: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)


class Matches(ABC):
    """Read access to the matches that are followed."""

    @property
    @abstractmethod
    def is_fed(self) -> bool:
        """Whether the topics can be read at present."""

    @abstractmethod
    def is_late(self, match_id: str) -> bool:
        """Whether the stream lags behind the log for this match."""

    @abstractmethod
    def find(self, match_id: str) -> Desk | None:
        """Return the desk of a followed match, or None."""

    @abstractmethod
    def views(self) -> list[MatchView]:
        """Return the views of all matches in memory, most recently updated first."""

    @abstractmethod
    def put(self, view: MatchView) -> Desk:
        """Keep a match for a client that follows it, with a view from the store unless memory has a newer one."""


class Board(Matches):
    """The desks of the most recently updated matches, and of those kept only for clients. Use it on one event loop
    only."""

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
        """By match ID, the most recently updated match last."""
        self._kept: dict[str, Desk] = {}
        """Matches that have not been updated since a client asked to follow them."""
        self._of_old_log: set[str] = set()
        """Matches whose state comes from a log that no longer exists and that have not been updated since."""
        self._late: frozenset[int] = frozenset()
        self._partitions = 1

    def tell_late(self, late: frozenset[int], *, partitions: int) -> None:
        """Set the log partitions on which the stream lags; it keeps up on all others."""
        self._late, self._partitions = late, partitions

    def is_late(self, match_id: str) -> bool:
        return bool(self._late) and partition_of(match_id.encode(), self._partitions) in self._late

    def find(self, match_id: str) -> Desk | None:
        return self._desks.get(match_id) or self._kept.get(match_id)

    def views(self) -> list[MatchView]:
        return [desk.view for desk in reversed(self._desks.values())]

    def doubtful(self) -> list[MatchView]:
        """Return the views that await a snapshot, which the store may have."""
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
        """Add matches from the store, most recently updated first, behind those already updated here. A view that
        cannot be used is logged; no exception is raised."""
        for view in views:
            try:
                self._begin(view)
            except Exception:
                LOGGER.exception("the stored state of %s cannot be taken", view.match_id)

    def take(self, record: Record) -> None:
        """Process one record of the three topics. A record that cannot be read or processed is counted and logged; no
        exception is raised, since it would block all others each time the topics are read."""
        try:
            self._take(record)
        except UNREADABLE as error:
            pass_over(record, error, measured=self._metrics, logger=LOGGER)
        except Exception as error:
            pass_over(record, error, measured=self._metrics, logger=LOGGER)
            LOGGER.exception("this is a fault of ours")

    def turn_to_another_log(self) -> None:
        """Records from here on are from another log: a match either continues in it with higher seqs or begins anew."""
        self._of_old_log = {*self._desks, *self._kept}

    def close(self) -> None:
        """Tell all live clients that no more messages will come."""
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
        """Return the desk of a match that is updated to `seq`. If another log begins the match anew, its old desk is
        closed, so that clients reconnect, and its data is dropped."""
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
        """Make room for one more match: remove those without clients, the least recently updated first."""
        over = len(self._desks) + 1 - self._matches_max
        idle = [match_id for match_id, desk in self._desks.items() if desk.is_idle]
        for match_id in idle[: max(0, over)]:
            del self._desks[match_id]

    def _observe(self, message: StateMessage, published_s: float) -> None:
        """Record latency by stage. Messages without timestamps, such as those of a batch, are skipped."""
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
