"""Folds a match's events into its published messages: ordering, corrections, seq and receipts around `models.play`.

Belongs here: what stream, backfill, training and checks run over a match's events. Does not belong here: the meaning of
events (`game`), probabilities (`models.predictor`), topics and tables.

`MatchFold` is an accumulator: `step` takes an event as it arrives and returns the resulting messages. It keeps the play
at the start of the current round and the round's events. A late event, or one that its source retracts, is thus applied
at its place: the messages after it are retracted by seq range and published again under new seqs.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import takewhile

import msgspec
from msgspec import Struct

from game import events as e
from game.delta import changes, has_ended
from game.events import type_of
from game.facts import Withdrawn
from game.messages import Message, Prediction, Processed, Retraction, StateDelta, StateSnapshot
from game.sequence import Arrival, Bounds, Sequencer
from game.state import MatchState
from game.transitions.corrections import first_seq_of
from models.amendment import OUTDATED, UNREADABLE, AmendmentError, Draft, drafted, told, told_in
from models.fold_state import FoldState, asleep, awake
from models.page import Page, Told, page_of, session_of
from models.play import Outcome, Play, initial_play, played, with_model
from models.predictor import Predictor
from models.receipt import issue
from models.shelf import Models, Shelf

SNAPSHOT_EVERY = 256
TOO_LATE = "retraction_too_late"
CORRECTIONS_PER_ROUND = 32
"""Late events and retractions beyond this are left to the batch path: each refolds the round, and a
feed that sends more is broken."""


class Times(Struct, frozen=True, kw_only=True):
    """When an event was received and processed. Part of messages, but not of facts or receipts."""

    received_at: datetime | None = None
    processed_at: datetime | None = None


NO_TIMES = Times()
Watch = Callable[[e.AnyEvent, MatchState, Outcome], None]
"""Called with each folded event, the state after it and its outcome."""


class MatchFold:
    """Folds one match. Equal sequences of `step` give equal messages, apart from their times.

    `predictor` is the model that the match starts with; `models` are those that the log may switch it to. `with_states`
    False omits the messages of the state channel; the others are unchanged.
    """

    def __init__(
        self,
        match_id: str,
        predictor: Predictor | None,
        bounds: Bounds | None = None,
        *,
        models: Models | None = None,
        with_states: bool = True,
        watch: Watch | None = None,
    ) -> None:
        start = initial_play(match_id, None if predictor is None else predictor.model_hash)
        self._models = models or Shelf((predictor,))
        self._with_states, self._watch = with_states, watch
        self._bounds = bounds or Bounds()
        self._at = FoldState(play=start, checkpoint=start)
        self._sequencer = Sequencer(self._bounds, self._at.sequence)

    @classmethod
    def restored(
        cls,
        snapshot: bytes,
        predictor: Predictor | None,
        bounds: Bounds | None = None,
        *,
        models: Models | None = None,
    ) -> "MatchFold":
        """The fold restored from `snapshot`. Raises `SnapshotError`.

        It continues with its own model, or with `predictor` if that model is null or not in `models`.
        """
        at = awake(snapshot)
        fold = cls(at.play.state.match_id, predictor, bounds, models=models)
        at.play = with_model(at.play, predictor, fold._models)
        at.checkpoint = with_model(at.checkpoint, predictor, fold._models)
        fold._at, fold._sequencer = at, Sequencer(fold._bounds, at.sequence)
        return fold

    @property
    def state(self) -> MatchState:
        """The live state."""
        return self._at.play.state

    @property
    def model_hash(self) -> str | None:
        """The hash of the model in use."""
        return self._at.play.model_hash

    @property
    def counts(self) -> dict[str, int]:
        """What the sequencer counted in the feed so far: duplicates, late, stale, holes, sessions."""
        return msgspec.structs.asdict(self._sequencer.state.counts)

    def snapshot(self) -> bytes:
        """A recovery snapshot: everything that the next step depends on."""
        return asleep(self._at)

    def tell_whole(self) -> None:
        """Make the next state message a full snapshot, for readers that start here."""
        self._at.snapshot_seq = -SNAPSHOT_EVERY

    def step(self, event: e.AnyEvent, times: Times = NO_TIMES) -> list[Message]:
        """The messages that result from one more event of this match."""
        if isinstance(event, e.Amendment) and event.payload.telling is not None:
            return self._amend(event, times)
        self._at.last_event_id = event.event_id
        return [m for arrival in self._sequencer.accept(event) for m in self._take(arrival, times)]

    def finish(self, times: Times = NO_TIMES) -> list[Message]:
        """The messages of all events that still wait for missing sequence numbers."""
        return [m for arrival in self._sequencer.finish() for m in self._take(arrival, times)]

    def _take(self, arrival: Arrival, times: Times) -> list[Message]:
        event = arrival.event
        if arrival.kind == "taken_back":
            return []
        if isinstance(event, e.Retraction):
            return self._take_back(arrival, event, times)
        if arrival.kind == "late":
            return self._insert(arrival, times)
        return self._tell(event, times, notes=arrival.notes)

    def _amend(self, event: e.Amendment, times: Times) -> list[Message]:
        """Collect one part of an amendment. The last part refolds the match, unless other events arrived meanwhile."""
        at, said = self._at, event.payload
        if said.telling == at.amended:
            return []
        at.draft = drafted(at.draft, said)
        if at.draft.telling != said.telling or len(at.draft.parts) < said.parts:
            return []
        draft, at.draft = at.draft, Draft()
        if said.after != at.last_event_id:
            return self._tell(told(event), times, notes=(OUTDATED,))
        try:
            events = told_in(draft, event.match_id)
        except AmendmentError:
            return self._tell(told(event), times, notes=(UNREADABLE,))
        at.amended = draft.telling
        return self._told_anew(told(event), events, times)

    def _told_anew(self, cause: e.Amendment, events: Sequence[e.AnyEvent], times: Times) -> list[Message]:
        """Retract all messages of the match and publish those of `events`, in the given order. The sequencer keeps what
        it knows of the log; its waiting events are dropped, since `events` include them."""
        at, last = self._at, self._at.seq
        self._sequencer.finish()
        asked = cause.payload.model_hash
        is_known = asked is not None and self._models.find(asked) is not None
        at.play = at.checkpoint = initial_play(cause.match_id, asked if is_known else at.play.model_hash)
        at.page, at.corrections = Page(), 0
        gone = [self._retraction(cause, 1, last, reason=cause.payload.reason, times=times)] if last else []
        messages: list[Message] = [*gone, *self._tell(cause, times, is_whole=True, is_anew=True)]
        for event in events:
            messages += self._tell(event, times, corrects=last + 1, is_anew=True)
        return messages

    def _tell(
        self,
        event: e.AnyEvent,
        times: Times,
        *,
        notes: tuple[str, ...] = (),
        corrects: int | None = None,
        is_whole: bool = False,
        is_anew: bool = False,
    ) -> list[Message]:
        """Fold one event and return its messages. `is_anew`: the whole match is refolded, bypassing the sequencer."""
        at = self._at
        before = at.play
        if isinstance(event, e.RoundStarted | e.MapStarted) or at.page.is_full:
            self._turn_page(before, event, is_anew=is_anew)
        at.play, outcome = played(before.at_seq(at.seq), event, self._models)
        at.seq = at.play.state.seq
        at.page.keep(at.seq, event)
        messages: list[Message] = self._withdrawn(before.state, event, outcome, times=times)
        is_whole = is_whole or bool(messages) or (corrects is not None and not is_anew)
        messages.append(
            self._processed(before.state, event, outcome, times=times, notes=notes, corrects=corrects)
        )
        if self._with_states:
            messages.append(self._state(before.state, event, times, is_whole=is_whole))
        if outcome.forecast is not None:
            messages.append(self._prediction(event, outcome, times, corrects=corrects))
        if self._watch is not None:
            self._watch(event, at.play.state, outcome)
        return messages

    def _turn_page(self, before: Play, event: e.AnyEvent, *, is_anew: bool) -> None:
        if is_anew or not self._is_opening():
            self._at.checkpoint, self._at.page, self._at.corrections = before, Page(), 0
        if not is_anew:
            self._sequencer.turn_page(event)

    def _is_opening(self) -> bool:
        """Whether sequence numbers before the match's first may still arrive. The first page then also holds the first
        round, so that everything can be refolded from the start."""
        at = self._at
        is_first = at.checkpoint.state.seq == 0 and not at.page.is_full
        return is_first and at.page.events <= self._bounds.events

    def _withdrawn(
        self, before: MatchState, event: e.AnyEvent, outcome: Outcome, *, times: Times
    ) -> list[Message]:
        """A retraction if the server restored an earlier round: of everything since that round's start."""
        withdrawals = [fact for fact in outcome.facts if isinstance(fact, Withdrawn)]
        if not withdrawals or before.map is None:
            return []
        first = min(first_seq_of(before, fact.from_round) for fact in withdrawals)
        if first >= self._at.seq:
            return []
        return [self._retraction(event, first, self._at.seq - 1, reason=withdrawals[0].reason, times=times)]

    def _insert(self, arrival: Arrival, times: Times) -> list[Message]:
        """Insert a late event at its place and publish what followed it again."""
        event, session = arrival.event, session_of(arrival.event)
        after = [t for t in self._at.page.told() if t.session == session and t.number is not None]
        later = [t.seq for t in takewhile(lambda t: t.is_later(event), reversed(after))]
        is_held_whole = len(later) < len(after) or self._at.checkpoint.state.seq == 0
        if not later:
            return self._tell(event, times, notes=arrival.notes)
        if not is_held_whole or self._at.corrections >= CORRECTIONS_PER_ROUND:
            self._sequencer.state.counts.stale += 1
            return []
        self._at.corrections += 1
        first = min(later)
        return self._again(arrival, first, [event], times=times, reason="late event")

    def _take_back(self, arrival: Arrival, event: e.Retraction, times: Times) -> list[Message]:
        """Refold the round without the retracted events. Retracted ones that still wait are never folded."""
        named, page = set(event.payload.event_ids), self._at.page.told()
        left = named - self._sequencer.take_back(event)
        is_able = self._at.corrections < CORRECTIONS_PER_ROUND
        gone = {t.seq: t.event.event_id for t in page if is_able and t.event.event_id in left}
        left -= set(gone.values())
        late = [TOO_LATE] if left == named else [f"{TOO_LATE} {event_id}" for event_id in sorted(left)]
        arrival = msgspec.structs.replace(arrival, notes=(*arrival.notes, *late))
        if not gone:
            return self._tell(event, times, notes=arrival.notes)
        self._at.corrections += 1
        self._at.page = page_of([t for t in page if t.seq not in gone])
        return self._again(arrival, min(gone), (), times=times, reason=event.payload.reason or "retraction")

    def _again(
        self, arrival: Arrival, first: int, inserted: Sequence[e.AnyEvent], *, times: Times, reason: str
    ) -> list[Message]:
        """Retract everything from seq `first` on and publish it again, after the inserted events."""
        at, cause = self._at, arrival.event
        page = at.page.told()
        kept = [t for t in page if t.seq < first]
        again = [*inserted, *(t.event for t in page if t.seq >= first)]
        last = at.seq
        at.play, at.page = self._replayed(kept), page_of(kept)
        messages: list[Message] = [self._retraction(cause, first, last, reason=reason, times=times)]
        again += () if inserted else (cause,)
        for event in again:
            notes = arrival.notes if event is cause else ()
            messages += self._tell(event, times, notes=notes, corrects=last + 1)
        return messages

    def _replayed(self, kept: Sequence[Told]) -> Play:
        """The play after these events of the page, without messages."""
        play = self._at.checkpoint
        for each in kept:
            play, _ = played(play.at_seq(each.seq - 1), each.event, self._models)
        return play

    def _retraction(
        self, cause: e.AnyEvent, first: int, last: int, *, reason: str, times: Times
    ) -> Retraction:
        return Retraction(
            match_id=self.state.match_id,
            seq=last + 1,
            from_seq=first,
            to_seq=last,
            reason=reason,
            map_id=cause.map_id,
            event_id=cause.event_id,
            processed_at=times.processed_at,
        )

    def _processed(
        self,
        before: MatchState,
        event: e.AnyEvent,
        outcome: Outcome,
        *,
        times: Times,
        notes: tuple[str, ...],
        corrects: int | None,
    ) -> Processed:
        state = self.state
        running, last = state.round, before.round
        is_same = running is not None and last is not None and running.number == last.number
        return Processed(
            match_id=state.match_id,
            seq=state.seq,
            prev_seq=state.seq - 1,
            event_id=event.event_id,
            map_id=event.map_id or (state.map.map_id if state.map is not None else None),
            round_no=running.number if running is not None else event.round_no,
            ts_event=event.ts_event,
            type=type_of(event),
            source=event.source,
            match_tag=state.match_tag,
            is_post_round=is_same and last is not None and last.ended_at is not None,
            event=event,
            facts=outcome.facts,
            notes=notes,
            corrects=corrects,
            received_at=times.received_at,
            processed_at=times.processed_at,
        )

    def _state(
        self, before: MatchState, event: e.AnyEvent, times: Times, *, is_whole: bool
    ) -> StateDelta | StateSnapshot:
        at, state, previous = self._at, self._at.play.state, self._at.state_seq
        at.state_seq = state.seq
        is_due = (
            isinstance(event, e.RoundStarted)
            or previous == 0
            or has_ended(before, state)
            or state.seq - at.snapshot_seq >= SNAPSHOT_EVERY
        )
        if is_whole or is_due:
            at.snapshot_seq = state.seq
            return StateSnapshot(
                match_id=state.match_id,
                seq=state.seq,
                prev_seq=previous,
                ts_event=event.ts_event,
                state=state,
                received_at=times.received_at,
                processed_at=times.processed_at,
            )
        return StateDelta(
            match_id=state.match_id,
            seq=state.seq,
            prev_seq=previous,
            ts_event=event.ts_event,
            set=changes(before, state),
            positions=event.payload.players if isinstance(event, e.PositionSample) else (),
            received_at=times.received_at,
            processed_at=times.processed_at,
        )

    def _prediction(
        self, event: e.AnyEvent, outcome: Outcome, times: Times, *, corrects: int | None
    ) -> Prediction:
        at = self._at
        predictor = None if at.play.model_hash is None else self._models.find(at.play.model_hash)
        assert predictor is not None
        assert outcome.forecast is not None
        prediction = issue(
            predictor=predictor,
            state=self.state,
            forecast=outcome.forecast,
            features=outcome.features,
            event_id=event.event_id,
            input_event_ids=outcome.input_event_ids,
            previous=at.receipt,
            prev_seq=at.prediction_seq,
            corrects=corrects,
            received_at=times.received_at,
            predicted_at=times.processed_at,
        )
        at.receipt, at.prediction_seq = prediction.receipt.digest, prediction.seq
        return prediction


def fold_events(
    events: Iterable[e.AnyEvent], predictor: Predictor | None, *, models: Models | None = None
) -> list[Message]:
    """All messages of one match, in batch. Raises `ValueError` if there are no events."""
    fold: MatchFold | None = None
    messages: list[Message] = []
    for event in events:
        fold = fold or MatchFold(event.match_id, predictor, models=models)
        messages += fold.step(event)
    if fold is None:
        raise ValueError("no events")
    return messages + fold.finish()
