"""The Bytewax state of one match: a fold while the match is active, its snapshot bytes while it is idle.

Belongs here: feeding batches of records to the fold, timestamps, snapshots, putting idle matches to sleep. Does not
belong here: what an event does to a match (`models.fold`), records and topics (`streaming.steps`).

A match without events for `IDLE_S` is put to sleep: only its compressed snapshot of a few kilobytes is kept. So a
finished match leaves a tombstone, and a late event still finds that the match is over.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from bytewax.operators import StatefulBatchLogic

from adapters.kafka.records import Outgoing, Record
from adapters.metrics import Metrics
from game.codec import DecodeError
from game.events import AnyEvent
from models.clock import Now
from models.fold import MatchFold, Times
from models.predictor import Predictor
from models.shelf import Models
from streaming.roster import Roster, Standing
from streaming.steps import Translated, outgoing, received_at, refused

LOGGER = logging.getLogger("midround.stream")
IDLE_S = 600.0

Starting = Callable[[datetime], Predictor | None]
"""The model that a match starts with, given the time at which its first record was appended to the log."""
Clock = Callable[[], float]


class MatchLogic(StatefulBatchLogic[Translated, Sequence[Outgoing], bytes]):
    """The state of one match. `snapshot` None starts a new match. `now` gives `processed_at`; `clock` gives seconds for
    latency measurements.

    The match starts with the model that `starting` returns; events in the log may switch it to another of `models`.
    While the match is active, `roster` holds its current standing.

    `is_carried`: the log to which the snapshot's match was published no longer exists, so its next state is published
    as a whole.

    If the snapshot has another version, every event of the match becomes a dead letter: the match must be replayed.
    """

    def __init__(
        self,
        snapshot: bytes | None,
        *,
        models: Models,
        starting: Starting,
        roster: Roster,
        measured: Metrics,
        now: Now,
        clock: Clock,
        is_carried: bool = False,
    ) -> None:
        self._asleep = snapshot
        self._is_carried = is_carried and snapshot is not None
        self._fold: MatchFold | None = None
        self._models = models
        self._starting = starting
        self._roster = roster
        self._measured = measured
        self._since_intake_ms = measured.ingestion_latency_ms.labels("processed")
        self._now = now
        self._clock = clock
        self._due: datetime | None = None

    def on_batch(self, values: list[Translated]) -> tuple[Iterable[Sequence[Outgoing]], bool]:
        """Fold the records in order. A record that the fold cannot process becomes a dead letter, and the match
        continues.

        All output is returned as one item, since the cost in Bytewax is per item.
        """
        self._due = self._now() + timedelta(seconds=IDLE_S)
        found: list[Outgoing] = []
        for told in values:
            if not isinstance(told.result, DecodeError):
                found += self._step(told.record, told.result)
        if values and self._fold is not None:
            self._stand(self._fold, values[-1].record)
        return ([found] if found else []), StatefulBatchLogic.RETAIN

    def on_notify(self) -> tuple[Iterable[Sequence[Outgoing]], bool]:
        """Put the match to sleep after a long time without events."""
        if self._fold is not None:
            self._roster.pop(self._fold.state.match_id, None)
        self._asleep, self._fold, self._due = self.snapshot(), None, None
        return (), StatefulBatchLogic.RETAIN

    def on_eof(self) -> tuple[Iterable[Sequence[Outgoing]], bool]:
        """The end of the input is a restart, not the end of a match."""
        return (), StatefulBatchLogic.RETAIN

    def notify_at(self) -> datetime | None:
        return self._due

    def snapshot(self) -> bytes:
        if self._fold is None:
            assert self._asleep is not None, "a match begins with an event"
            return self._asleep
        return self._fold.snapshot()

    def _step(self, record: Record, event: AnyEvent) -> list[Outgoing]:
        begun_s = self._clock()
        received = received_at(record)
        try:
            messages = self._awake(record, event.match_id).step(
                event, Times(received_at=received, processed_at=self._now())
            )
        except Exception as error:
            self._measured.error("fold").inc()
            extra = {"match_id": event.match_id, "event_id": event.event_id}
            LOGGER.exception("an event could not be folded", extra=extra)
            return [refused(record, DecodeError(field="$", reason=f"{type(error).__name__}: {error}"))]
        self._measure(begun_s, received)
        return [record for message in messages for record in outgoing(message)]

    def _awake(self, record: Record, match_id: str) -> MatchFold:
        if self._fold is None:
            predictor = self._starting(record.appended_at)
            self._fold = (
                MatchFold(match_id, predictor, models=self._models)
                if self._asleep is None
                else MatchFold.restored(self._asleep, predictor, models=self._models)
            )
            if self._is_carried:
                self._fold.tell_whole()
            self._asleep, self._is_carried = None, False
        return self._fold

    def _stand(self, fold: MatchFold, record: Record) -> None:
        self._roster[fold.state.match_id] = Standing(
            model_hash=fold.model_hash,
            last_ts=fold.state.last_ts,
            is_over=fold.state.is_series_over,
            appended_at=record.appended_at,
        )

    def _measure(self, begun_s: float, received: datetime | None) -> None:
        self._measured.predictor_latency_ms.observe((self._clock() - begun_s) * 1000)
        if received is not None:
            self._since_intake_ms.observe((self._now() - received).total_seconds() * 1000)
