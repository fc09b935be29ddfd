"""One match as Bytewax keeps it: a fold while it plays, its bytes while it sleeps.

Belongs here: batches of records into the fold, times, snapshots, sleep. Does not belong here: what an event does to a
match (`models.fold`), records and topics (`streaming.steps`).

A match that says nothing for `IDLE_S` is put to sleep: what stays is its compressed snapshot, some kilobytes. So a
match that is over leaves a tombstone, and an event that comes late still finds that it is over.
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
"""The model that a match begins with, by when the log has its first record."""
Clock = Callable[[], float]


class MatchLogic(StatefulBatchLogic[Translated, Sequence[Outgoing], bytes]):
    """The state of one match. `snapshot` None begins it; `now` gives `processed_at`, `clock` seconds for latencies.

    It begins with the model that `starting` names; the log may switch it to another of `models`. While it plays,
    `roster` holds how it stands.

    `is_carried`: what the snapshot's match was told in is gone, so that its next state is told whole.

    Where the snapshot is of another version, every event of the match becomes a dead letter: it is to be replayed.
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
        """Every record in turn; one that the fold cannot take becomes a dead letter, and the match goes on. What
        follows from all of them is one item, since every item costs Bytewax the same."""
        self._due = self._now() + timedelta(seconds=IDLE_S)
        found: list[Outgoing] = []
        for told in values:
            if not isinstance(told.result, DecodeError):
                found += self._step(told.record, told.result)
        if values and self._fold is not None:
            self._stand(self._fold, values[-1].record)
        return ([found] if found else []), StatefulBatchLogic.RETAIN

    def on_notify(self) -> tuple[Iterable[Sequence[Outgoing]], bool]:
        """Nothing was said for long: sleep."""
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
