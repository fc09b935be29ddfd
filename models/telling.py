"""What the log's own order left out of a match, and the amendment that tells it.

Belongs here: what a fold set aside, the better telling, and whether its facts are others than those that were
published. Does not belong here: the amendment's way through the log (`models.amendment`), reading the log or sending.

The law: where nothing came too late, the better telling has the facts of the log's own; and a log that holds the
amendment of a telling has the facts of that telling, and wants no other.
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
    """A match as the log says it. `messages` are all, also the void ones; `set_aside` what came too late to be told,
    `waiting` how many of the messages are about events that still waited for others at the log's end."""

    messages: tuple[Message, ...]
    set_aside: tuple[AnyEvent, ...]
    waiting: int
    after: AnyEvent
    is_over: bool
    model_hash: str | None
    seen: frozenset[str]
    """Ids of the amendments' parts that the log has."""

    @property
    def last_told(self) -> str | None:
        """The id of the event that a stream which read all of the log told last."""
        told = self.messages[: len(self.messages) - self.waiting]
        return next((m.event_id for m in reversed(told) if isinstance(m, Processed)), None)


class Proposal(Struct, frozen=True, kw_only=True):
    """The parts that amend a match, which of them the log lacks, and the facts by map that it comes to."""

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
    """The match, folded from its log as a stream does it; null where no event of it is there."""
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
    """Every event that counts in the order in which it counts: what came too late where it belongs, and nothing that
    was taken back. What the game itself took back is told again, with what took it back."""
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
    """What was told, the last time that its order was put right: what was told again after a late event, or one taken
    back, stands for what it retracted."""
    again = {m.corrects for m in messages if isinstance(m, Processed) and m.corrects is not None}
    spans = dict[int, Withdrawal]()
    for m in messages:
        if isinstance(m, Withdrawal) and m.seq in again:
            spans.setdefault(m.seq, m)
    told = [m for m in messages if isinstance(m, Processed)]
    kept = {m.seq for m in valid([*told, *spans.values()])}
    return [m for m in told if m.seq in kept and not isinstance(m.event, Amendment)]


def _place(events: Sequence[AnyEvent], late: AnyEvent) -> int:
    """Behind the last event of its session that has a smaller number and is no younger; one without a number, or the
    first of its session, before the first that is younger."""
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
    """The amendment of a match whose maps were published with these digests; null where its better telling has the
    same. `found` begins with `predictor`.

    `missing` is empty where the log has the amendment already: whoever reads it comes to the same or never will.
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
