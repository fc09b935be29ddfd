"""Finds the events that a match's log order left out, and builds the amendment that includes them.

Belongs here: the events a fold set aside, the better telling, and whether its facts differ from the published ones.
Does not belong here: packing and unpacking an amendment (`models.amendment`), reading the log, sending.

Invariants: if nothing arrived too late, the better telling has the same facts as the log. A log that contains the
amendment of a telling has that telling's facts, and needs no further amendment.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from game.codec import DecodeError
from game.events import Amendment, AnyEvent, Retraction
from game.messages import Message, Processed
from game.messages import Retraction as Withdrawal
from models.amendment import amendment
from models.digest import facts_digest, valid
from models.fold import MatchFold
from models.page import session_of
from models.predictor import Predictor
from models.shelf import Models

LATE, UNTOLD, OTHERWISE = "late events", "events not told", "told otherwise"


class Heard(Struct, frozen=True, kw_only=True):
    """A match as its log tells it. `messages` are all messages, including void ones. `set_aside` are events that
    arrived too late to be folded; `waiting` is the number of messages of events that still waited for others at the
    log's end."""

    messages: tuple[Message, ...]
    set_aside: tuple[AnyEvent, ...]
    waiting: int
    after: AnyEvent
    is_over: bool
    model_hash: str | None
    seen: frozenset[str]
    """Ids of the amendment parts that the log contains."""

    @property
    def last_told(self) -> str | None:
        """The id of the last event published by a stream that has read the whole log."""
        told = self.messages[: len(self.messages) - self.waiting]
        return next((m.event_id for m in reversed(told) if isinstance(m, Processed)), None)


class Proposal(Struct, frozen=True, kw_only=True):
    """The parts that amend a match, those of them missing from the log, and the resulting facts digest by map."""

    reason: str
    changed: tuple[str, ...]
    digests: Mapping[str, str]
    parts: tuple[Amendment, ...]
    missing: tuple[Amendment, ...]


def heard(
    match_id: str,
    events: Iterable[AnyEvent | DecodeError],
    predictor: Predictor | None,
    *,
    models: Models | None = None,
) -> Heard | None:
    """The match, folded from its log as a stream does it; null if the log has no event of it."""
    fold = MatchFold(match_id, predictor, models=models, with_states=False)
    messages, set_aside, seen = list[Message](), list[AnyEvent](), set[str]()
    after: AnyEvent | None = None
    for event in events:
        if isinstance(event, DecodeError) or event.match_id != match_id:
            continue
        if isinstance(event, Amendment):
            seen.add(event.event_id)
        else:
            after = event
        before = fold.counts["stale"]
        messages += fold.step(event)
        if fold.counts["stale"] > before:
            set_aside.append(event)
    told = len(messages)
    messages += fold.finish()
    if after is None:
        return None
    return Heard(
        messages=tuple(messages),
        set_aside=tuple(set_aside),
        waiting=len(messages) - told,
        after=after,
        is_over=fold.state.is_series_over,
        model_hash=None if predictor is None else predictor.model_hash,
        seen=frozenset(seen),
    )


def better(found: Heard) -> list[AnyEvent]:
    """All events that count, in order: late ones at their proper place, without those that the source retracted. Rounds
    that the game itself took back are kept, together with the event that took them back."""
    told = _in_order(found.messages)
    gone = {
        event_id for m in told if isinstance(m.event, Retraction) for event_id in m.event.payload.event_ids
    }
    events = [m.event for m in told if m.event_id not in gone]
    known = {m.event_id for m in found.messages if isinstance(m, Processed)} | gone
    for event in found.set_aside:
        if event.event_id not in known:
            known.add(event.event_id)
            events.insert(_place(events, event), event)
    return events


def _in_order(messages: Sequence[Message]) -> list[Processed]:
    """The processed messages in their final order: messages published again after a late event or a retraction replace
    the ones they retracted."""
    again = {m.corrects for m in messages if isinstance(m, Processed) and m.corrects is not None}
    spans = dict[int, Withdrawal]()
    for m in messages:
        if isinstance(m, Withdrawal) and m.seq in again:
            spans.setdefault(m.seq, m)
    told = [m for m in messages if isinstance(m, Processed)]
    kept = {m.seq for m in valid([*told, *spans.values()])}
    return [m for m in told if m.seq in kept and not isinstance(m.event, Amendment)]


def _place(events: Sequence[AnyEvent], late: AnyEvent) -> int:
    """The index for a late event: after the last event of its session that has a smaller number and no later time.
    Without a number, or as the first of its session, it goes before the first event with a later time."""
    session = session_of(late)
    for index in range(len(events) - 1, -1, -1):
        event = events[index]
        if event.ts_event > late.ts_event:
            continue
        if late.seq_no is None or _is_before(event, late, session):
            return index + 1
    return next((i for i, event in enumerate(events) if event.ts_event > late.ts_event), len(events))


def _is_before(event: AnyEvent, late: AnyEvent, session: str) -> bool:
    number, of = event.seq_no, late.seq_no
    return number is not None and of is not None and number < of and session_of(event) == session


def proposed(
    found: Heard, published: Mapping[str, str], predictor: Predictor | None, *, models: Models | None = None
) -> Proposal | None:
    """The amendment of a match whose maps were published with the digests `published`; null if its better telling has
    the same digests. `found` must start with `predictor`.

    `missing` is empty if the log has the amendment already: sending it again would change nothing.
    """
    events = better(found)
    fold = MatchFold(found.after.match_id, predictor, models=models, with_states=False)
    parts = _parts(found, events, reason=OTHERWISE)
    messages = [m for each in (found.after, *parts) for m in fold.step(each)]
    digests = by_map(messages)
    maps = sorted(digests.keys() | published.keys())
    changed = tuple(map_id for map_id in maps if digests.get(map_id) != published.get(map_id))
    if not changed:
        return None
    reason = LATE if found.set_aside else UNTOLD if found.waiting else OTHERWISE
    parts = _parts(found, events, reason=reason, facts=facts_digest(messages), changed=changed)
    return Proposal(
        reason=reason,
        changed=changed,
        digests=digests,
        parts=tuple(parts),
        missing=tuple(part for part in parts if part.event_id not in found.seen),
    )


def _parts(
    found: Heard, events: Sequence[AnyEvent], *, reason: str, facts: str = "", changed: Sequence[str] = ()
) -> list[Amendment]:
    return amendment(
        events,
        after=found.after,
        reason=reason,
        facts_digest=facts,
        changed=changed[:64],
        model_hash=found.model_hash,
    )


def by_map(messages: Sequence[Message]) -> dict[str, str]:
    """The digest of each map's valid facts."""
    told: dict[str, list[Message]] = {}
    for m in valid(messages):
        if isinstance(m, Processed) and m.map_id is not None:
            told.setdefault(m.map_id, []).append(m)
    return {map_id: facts_digest(of) for map_id, of in told.items()}
