"""Derives webhook events from records of the log.

Belongs here: which record means which event, and the state of each match that this requires. Does not belong here:
recipients (`noting`), sending.

Outcomes come from the states of `match-state`, as in the live feed: each is the difference to what was sent last, which
the catalog stores. So a restarted process needs no earlier state: the next whole snapshot (at each round's start, at
each end of a map, at least every 256 seqs) yields, once, everything that happened meanwhile. Large swings, corrections
and model switches are each contained in one record of `processed-game-events`.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeVar, assert_never
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from adapters.kafka.records import PROCESSED, STATE, Record
from api.outbox import events as told
from api.public.events import resources as processed
from api.public.moments import iso
from api.public.swings.resources import Swing, swing
from api.seqs import SEQ_MAX
from game.facts import AnyFact, SwingCredited
from game.finality import Decided, Key, Outcome, Settled, changes, decided
from game.messages import Retraction, StateDelta, StateMessage
from game.payloads import ModelSwitchedData
from game.view import MatchView, apply, new_view, state_of

LOGGER = logging.getLogger("midround.outbox")
NAMESPACE = UUID("6d3c1c0e-8a57-5f5e-9a2b-2f6f4f0c7d15")
LARGE = 0.15
MATCHES_MAX = 1_000
"""Match views in memory; an evicted match waits for its next snapshot."""
SWITCHED = "model_switched"
_OUTCOMES = frozenset(
    {"map", "round", "finished_maps", "is_series_over", "series_winner", "maps_a", "maps_b"}
)
"""Fields of the state that determine outcomes: a delta without them changes none."""
_TELLING = (b'"retraction"', b'"swing_credited"', b'"model_switched"')
_STATE: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)
_FACTS = msgspec.json.Decoder(tuple[AnyFact, ...])
M = TypeVar("M", bound=StateMessage | processed.Published | Retraction)
_SWITCHED = msgspec.json.Decoder(ModelSwitchedData)


class Notice(Struct, frozen=True, kw_only=True):
    """One event of a match, published at `at`. `subject` distinguishes events with the same seq and type."""

    match_id: str
    seq: int
    type: str
    subject: str
    body: str
    at: datetime

    def delivery_id(self, webhook_id: str) -> str:
        """Return a deterministic id: the same for the same event and webhook, however often the log is read."""
        name = msgspec.json.encode((webhook_id, self.match_id, self.seq, self.type, self.subject))
        return str(uuid5(NAMESPACE, name.decode()))


class Known(Struct, frozen=True, kw_only=True):
    """What was sent of a match up to `seq`."""

    seq: int
    is_begun: bool
    results: tuple[tuple[Key, Outcome], ...]


class Teller:
    """Follows matches. For one thread; `known` maps match ids to the state stored in the catalog."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = _readable(known)
        self._views: dict[str, MatchView] = {}
        self._changed: set[str] = set()

    def take(self, record: Record) -> list[Notice]:
        """Return the notices of one record. Raises the decoder's errors for an unreadable record, and ValueError for a
        match id or seq that the catalog cannot store."""
        at = record.appended_at
        if record.topic == STATE:
            return self._state(_checked(_STATE.decode(record.value)), at)
        if record.topic == PROCESSED and any(mark in record.value for mark in _TELLING):
            return _of_event(_checked(processed.DECODER.decode(record.value)), at)
        return []

    def take_changed(self) -> dict[str, str]:
        """Return the state by match id of those that changed since the last call."""
        changed, self._changed = self._changed, set()
        return {match_id: msgspec.json.encode(self._known[match_id]).decode() for match_id in changed}

    def _state(self, message: StateMessage, at: datetime) -> list[Notice]:
        match_id = message.match_id
        before = self._views.pop(match_id, None) or new_view(match_id)
        after = self._views[match_id] = apply(before, message)
        if len(self._views) > MATCHES_MAX:
            del self._views[next(iter(self._views))]
        known = self._known.get(match_id)
        is_old = known is not None and after.seq <= known.seq
        is_same = isinstance(message, StateDelta) and before.is_current and not _OUTCOMES & message.set.keys()
        if not after.is_current or is_old or is_same:
            return []
        now = decided(state_of(after))
        return self._compared(known or _joined(now), after, now, at=at)

    def _compared(self, known: Known, after: MatchView, now: Decided, *, at: datetime) -> list[Notice]:
        is_begun = now.map_id is not None
        found = [_started(after, at)] if is_begun and not known.is_begun else []
        found += [_outcome(settled, after, at) for settled in changes(dict(known.results), now)]
        results = tuple(now.outcomes.items())
        if found or after.match_id not in self._known or results != known.results:
            self._known[after.match_id] = Known(
                seq=after.seq, is_begun=is_begun or known.is_begun, results=results
            )
            self._changed.add(after.match_id)
        return found


def _readable(kept: Mapping[str, str]) -> dict[str, Known]:
    """Decode the stored states. An unreadable one, such as from another version, is skipped: its match then counts as
    new."""
    known: dict[str, Known] = {}
    for match_id, text in kept.items():
        try:
            known[match_id] = msgspec.json.decode(text, type=Known)
        except msgspec.MsgspecError as error:
            LOGGER.error("what was told of a match cannot be read: %s", error, extra={"match_id": match_id})
    return known


def _checked(message: M) -> M:
    if "\0" in message.match_id:
        raise ValueError("match_id holds NUL")
    if not 0 <= message.seq <= SEQ_MAX:
        raise ValueError(f"seq is not within 0 and {SEQ_MAX}")
    return message


def _joined(now: Decided) -> Known:
    """The state of a match first seen while it is played: earlier results are not news."""
    return Known(seq=0, is_begun=bool(now.outcomes), results=tuple(now.outcomes.items()))


def _started(view: MatchView, at: datetime) -> Notice:
    state = view.state
    data = told.StartedMatch(
        match_id=view.match_id,
        seq=view.seq,
        map_id=state["map"]["map_id"],
        map_name=state["map"].get("name"),
        name_a=state.get("name_a"),
        name_b=state.get("name_b"),
        best_of=state.get("best_of", 1),
    )
    event = told.MatchStartedWebhook(timestamp=_moment(view.ts_event, at), data=data)
    return _notice(event, at)


def _outcome(settled: Settled, view: MatchView, at: datetime) -> Notice:
    data = told.Outcome(
        match_id=view.match_id,
        seq=view.seq,
        map_id=settled.map_id,
        round_no=settled.round_no,
        winner_team=settled.outcome.winner_team,
        score_a=settled.outcome.score_a,
        score_b=settled.outcome.score_b,
        finality=settled.finality,
    )
    timestamp, subject = _moment(view.ts_event, at), f"{settled.map_id}/{settled.round_no}"
    match settled.horizon:
        case "round":
            return _notice(told.RoundEndedWebhook(timestamp=timestamp, data=data), at, subject=subject)
        case "map":
            return _notice(told.MapEndedWebhook(timestamp=timestamp, data=data), at, subject=subject)
        case "series":
            return _notice(told.SeriesEndedWebhook(timestamp=timestamp, data=data), at)
        case _:
            assert_never(settled.horizon)


def _of_event(message: processed.Published | Retraction, at: datetime) -> list[Notice]:
    if isinstance(message, Retraction):
        return [_corrected(message, at)]
    if message.type == SWITCHED:
        return [_switched(message, at)]
    return list(_swung(message, at))


def _corrected(message: Retraction, at: datetime) -> Notice:
    data = told.Correction(
        match_id=message.match_id,
        seq=message.seq,
        from_seq=message.from_seq,
        to_seq=message.to_seq,
        reason=message.reason,
        map_id=message.map_id,
    )
    event = told.MatchCorrectedWebhook(timestamp=_moment(message.processed_at, at), data=data)
    return _notice(event, at, subject=str(message.from_seq))


def _switched(message: processed.Published, at: datetime) -> Notice:
    model = _SWITCHED.decode(message.event.payload)
    data = told.SwitchedModel(
        match_id=message.match_id,
        seq=message.seq,
        model_version=model.model_version,
        model_hash=model.model_hash,
    )
    return _notice(told.ModelSwitchedWebhook(timestamp=iso(message.ts_event), data=data), at)


def _swung(message: processed.Published, at: datetime) -> Iterator[Notice]:
    facts = _FACTS.decode(message.facts)
    swings = tuple(swing(fact) for fact in facts if isinstance(fact, SwingCredited))
    if any(_is_large(each) for each in swings):
        data = told.LargeSwings(
            match_id=message.match_id,
            seq=message.seq,
            map_id=message.map_id,
            round_no=message.round_no,
            swings=swings,
        )
        yield _notice(told.RoundSwingWebhook(timestamp=iso(message.ts_event), data=data), at)


def _is_large(each: Swing) -> bool:
    return round(abs(each.p_a_after - each.p_a_before), 4) >= LARGE


def _moment(happened: datetime | None, published: datetime) -> str:
    return iso(happened or published)


def _notice(event: told.OfMatch, at: datetime, *, subject: str = "") -> Notice:
    data = event.data
    return Notice(
        match_id=data.match_id,
        seq=data.seq,
        type=told.type_of(event),
        subject=subject,
        body=told.body(event),
        at=at,
    )
