"""The order of one match's events: duplicates, gaps, late arrivals, restarts of a source's counter.

Belongs here: which event comes next, decided only by the order of the log. Does not belong here: what an event means
(`game.advance`), publishing a correction (`models.fold`), any clock.

`Sequencer` is a mutable accumulator: `accept` takes events as they arrive and returns arrivals in the order in which
they count. Equal logs give equal arrivals, on any machine and after any restart.

An event waits while lower numbers of its session are missing, until `Bounds.events` further events of the match have
arrived or `Bounds.seconds` of event time have passed. Then the gap is flagged and the sequence continues. An event
whose number fills a flagged gap is late. A number that was counted before, with a new `event_id`, opens a new session
of its source. Event ids are remembered for the round in which they are released and the next one. An event older than
both rounds is stale: it changes nothing and is left to the batch path.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from game.codec import DecodeError, decode, encode
from game.events import AnyEvent, MapStarted, Retraction, RoundStarted

Kind = Literal["next", "late", "taken_back"]
REMEMBERED_HOLES = 256
REMEMBERED_SESSIONS = 8
REMEMBERED_SOURCES = 32
REMEMBERED_MAPS = 16
REMEMBERED_STARTS = 64
REMEMBERED_LATE = 1024
"""A late round start turns no page while the running page holds fewer ids than this: both rounds share it."""
LARGEST_HELD = 64 * 1024
"""Maximum size in bytes of an event that may wait for others; real ones have a few hundred bytes."""


class Bounds(Struct, frozen=True, kw_only=True):
    """How long to wait for missing numbers. In live play the clock alone adds an event per second, so the time bound
    matters for the stretches between, where events are rare."""

    events: int = 32
    seconds: float = 300.0


class Arrival(Struct, frozen=True, kw_only=True):
    """An event whose turn it is. `notes` say what was wrong with the feed before it. An event `taken_back` while it
    waited is not published."""

    event: AnyEvent
    kind: Kind = "next"
    notes: tuple[str, ...] = ()


class Held(Struct, frozen=True, kw_only=True):
    """An event that waits for lower numbers; `arrived` is the match's count of arrivals when it came."""

    raw: bytes
    ts_event: datetime
    arrived: int
    is_taken_back: bool = False


class Cursor(Struct, kw_only=True):
    """How far one session of a source has come."""

    first: int
    next: int
    holes: list[int] = []
    held: dict[int, Held] = {}


class Page(Struct, kw_only=True):
    """Ids of one round, and where it began. `is_rest`: the page before holds ids of the same round, because it was full
    or because this page's start was late. `is_past`: the page belongs to an earlier map."""

    ids: set[int] = set()
    began: datetime | None = None
    opened_by: str | None = None
    is_rest: bool = False
    is_past: bool = False


class Counts(Struct, kw_only=True):
    """Feed statistics for operators; not part of any fact."""

    duplicates: int = 0
    late: int = 0
    stale: int = 0
    holes: int = 0
    sessions: int = 0


class SequenceState(Struct, kw_only=True):
    """Everything that a sequencer remembers, ready to be encoded."""

    arrived: int = 0
    map_id: str | None = None
    past_maps: list[str] = []
    round_no: int | None = None
    """Round number of the newest start that was released; 0 for the start of a map."""
    starts: list[int] = []
    """Ids of the newest round and map starts, kept longer than other ids."""
    cursors: dict[str, Cursor] = {}
    sessions: dict[str, int] = {}
    running: Page = field(default_factory=Page)
    last: Page = field(default_factory=Page)
    counts: Counts = field(default_factory=Counts)


class Sequencer:
    """Puts the events of one match in order. Cheap per event; memory is bounded by rounds and `Bounds`."""

    def __init__(self, bounds: Bounds | None = None, state: SequenceState | None = None) -> None:
        self.bounds = bounds or Bounds()
        self.state = state or SequenceState()
        self._released: list[Arrival] = []
        """Arrivals released by the newest event: the caller handles them one by one before it passes the next event."""

    def accept(self, event: AnyEvent) -> list[Arrival]:
        """The arrivals that this event releases: none, the event itself, or the event and those that waited for it."""
        state = self.state
        identity = _short(event.event_id)
        if identity in state.running.ids or identity in state.last.ids:
            state.counts.duplicates += 1
            return []
        state.arrived += 1
        placed = self._placed(event)
        if placed is None:
            state.arrived -= 1  # a stale event must not shorten the wait of others
            state.counts.stale += 1
            return []
        state.running.ids.add(identity)
        self._released = placed + self._overdue(event.ts_event)
        return self._released

    def turn_page(self, opener: AnyEvent) -> None:
        """Open a new page, because a round or a map begins or the page is full; forget the ids of the page before the
        last.

        A repeated start changes nothing. If a start is late, part of its round is on the running page, and that page
        goes on.
        """
        state, identity = self.state, _short(opener.event_id)
        is_start = isinstance(opener, MapStarted | RoundStarted)
        if is_start:
            self._turn_map(opener.map_id)
            state.round_no = 0 if isinstance(opener, MapStarted) else opener.round_no
        if identity in state.starts or opener.event_id in (state.running.opened_by, state.last.opened_by):
            return
        if is_start:
            state.starts = [*state.starts, identity][-REMEMBERED_STARTS:]
        is_late = not any(a.event.event_id == opener.event_id and a.kind == "next" for a in self._released)
        if is_late and len(state.running.ids) < REMEMBERED_LATE:
            return
        self._turn(opener, identity, is_rest=is_late or not is_start)

    def _turn(self, opener: AnyEvent, identity: int, *, is_rest: bool) -> None:
        state = self.state
        state.last = state.running if is_rest else self._whole()
        if state.last.began is not None and state.last.began > opener.ts_event:
            # A single opener far in the future must not make all later events look stale.
            state.last.began = opener.ts_event
        # Ids on the page before are forgotten at the next turn, and a map's start is soon followed by a round's start.
        ids = {identity, *self._untold(opener)}
        state.running = Page(ids=ids, began=opener.ts_event, opened_by=opener.event_id, is_rest=is_rest)

    def _untold(self, opener: AnyEvent) -> Iterator[int]:
        """Ids of the events that have arrived but follow `opener`: those that wait, and those released behind it."""
        for cursor in self.state.cursors.values():
            yield from (_short(_read(held).event_id) for held in cursor.held.values())
        behind = takewhile(
            lambda arrival: arrival.event.event_id != opener.event_id, reversed(self._released)
        )
        yield from (_short(arrival.event.event_id) for arrival in behind)

    def _whole(self) -> Page:
        """The page of the round that ends, joined with the page before if that was full; the rest alone may be a few
        events."""
        running, last = self.state.running, self.state.last
        if not running.is_rest:
            return running
        return replace(last, ids=last.ids | running.ids, is_past=running.is_past)

    def _turn_map(self, map_id: str | None) -> None:
        """Make `map_id` the running map. A source that names no map means the running one."""
        state = self.state
        if map_id is None or map_id == state.map_id:
            return
        if state.map_id is not None:
            state.past_maps = [*state.past_maps, state.map_id][-REMEMBERED_MAPS:]
            state.running.is_past = True
        state.past_maps = [past for past in state.past_maps if past != map_id]
        state.map_id = map_id

    def take_back(self, retraction: Retraction) -> set[str]:
        """Mark the waiting events that are named as taken back, so that they are never published, and return their ids.
        Events that wait in the retraction's own session follow it in that session's order, so they stay."""
        own = None if retraction.seq_no is None else self._session_of(retraction)
        found = set[str]()
        for cursor in (cursor for key, cursor in self.state.cursors.items() if key != own):
            for number, held in cursor.held.items():
                event_id = _read(held).event_id
                if event_id in retraction.payload.event_ids:
                    cursor.held[number] = replace(held, is_taken_back=True)
                    found.add(event_id)
        return found

    def finish(self) -> list[Arrival]:
        """No more events will come: release all that wait, in order."""
        self._released = [a for cursor in self.state.cursors.values() for a in self._give_up(cursor)]
        return self._released

    def _placed(self, event: AnyEvent) -> list[Arrival] | None:
        """The arrivals that an unseen event releases; None if it is stale."""
        number = event.seq_no
        if number is None:
            return None if self._is_stale(event) else [Arrival(event=event)]
        key = self._session_of(event)
        cursor = self.state.cursors.get(key)
        if cursor is None:
            return self._opened(event, key, number)
        if number < cursor.next:
            return self._behind(event, cursor, number)
        if event.session is None and event.source in self.state.sessions and self._is_stale(event):
            return None  # its number was counted before the source's counter restarted
        if number > cursor.next:
            return self._ahead(event, cursor, number)
        cursor.next += 1
        return [Arrival(event=event), *self._following(cursor)]

    def _session_of(self, event: AnyEvent) -> str:
        if event.session is not None:
            return f"{in_key(event.source)}/{event.session}"
        return f"{in_key(event.source)}#{self.state.sessions.get(event.source, 0)}"

    def _opened(self, event: AnyEvent, key: str, number: int) -> list[Arrival]:
        state = self.state
        source = in_key(event.source)
        others = [k for k in state.cursors if k.startswith((f"{source}/", f"{source}#"))]
        waiting = [a for other in others for a in self._give_up(state.cursors[other])]
        while len(state.cursors) >= REMEMBERED_SESSIONS:
            waiting += self._give_up(state.cursors.pop(next(iter(state.cursors))))
        state.cursors[key] = Cursor(first=number, next=number + 1)
        state.counts.sessions += 1
        return [*waiting, Arrival(event=event, notes=("session_opened",) if others else ())]

    def _ahead(self, event: AnyEvent, cursor: Cursor, number: int) -> list[Arrival]:
        """Hold the event, unless the gap before it is wider than any wait could fill."""
        raw = encode(event, "msgpack")
        if number - cursor.next <= self.bounds.events and len(raw) <= LARGEST_HELD:
            cursor.held[number] = Held(raw=raw, ts_event=event.ts_event, arrived=self.state.arrived)
            return []
        before = self._give_up(cursor)
        note = self._hole(cursor, number)
        cursor.next = number + 1
        return [*before, Arrival(event=event, notes=(note,) if note else ())]

    def _behind(self, event: AnyEvent, cursor: Cursor, number: int) -> list[Arrival] | None:
        """Place a number below the next one: late if it was missing, otherwise the source's counter has restarted."""
        is_young = self._is_young(cursor)
        is_missing = self._was_missing(cursor, number)
        if self._is_stale(event) and not (is_young and is_missing):
            return None
        if not is_missing and event.ts_event == self.state.last.began:
            return None  # it came with the start of that round, on an earlier page: its id may be forgotten
        if is_missing:
            self.state.counts.late += 1
            return [Arrival(event=event, kind="late", notes=("late",))]
        if event.session is None:
            sessions = self.state.sessions
            sessions[event.source] = sessions.pop(event.source, 0) + 1
            if len(sessions) > REMEMBERED_SOURCES:
                sessions.pop(next(iter(sessions)))
        return self._opened(event, self._session_of(event), number)

    def _was_missing(self, cursor: Cursor, number: int) -> bool:
        """Whether `number` fills a flagged gap, or precedes the first number of a session that has just begun."""
        if number in cursor.holes:
            cursor.holes.remove(number)
            return True
        if not self._is_young(cursor) or not 0 < cursor.first - number <= self.bounds.events:
            return False
        cursor.holes += range(number + 1, cursor.first)
        cursor.first = number
        return True

    def _is_young(self, cursor: Cursor) -> bool:
        """Whether the session has just begun, so that events sent before its first one may still arrive."""
        return cursor.next - cursor.first <= self.bounds.events

    def _is_stale(self, event: AnyEvent) -> bool:
        """Whether the event is older than all events whose ids are remembered."""
        state = self.state
        if event.map_id is not None and event.map_id in state.past_maps:
            return True
        if state.last.began is None or event.ts_event >= state.last.began:
            return False
        # With a new map the source's clock may start again.
        is_newer = state.last.is_past and event.map_id is not None and event.map_id == state.map_id
        return not is_newer and not self._goes_on(event)

    def _goes_on(self, event: AnyEvent) -> bool:
        """Whether a start that was never released is the next one: not stale, but stamped by a clock that was set
        back."""
        state = self.state
        match event:
            case MapStarted():
                is_next = event.map_id is None or event.map_id != state.map_id
            case RoundStarted(round_no=None):
                is_next = True
            case RoundStarted():
                is_next = state.round_no is not None and event.round_no == state.round_no + 1
            case _:
                return False
        return is_next and _short(event.event_id) not in state.starts

    def _following(self, cursor: Cursor) -> list[Arrival]:
        found = []
        while cursor.next in cursor.held:
            found.append(_released(cursor.held.pop(cursor.next)))
            cursor.next += 1
        return found

    def _overdue(self, now: datetime) -> list[Arrival]:
        """Release the events that have waited long enough."""
        given_up: list[Arrival] = []
        for cursor in self.state.cursors.values():
            while cursor.held and self._has_waited(cursor, now):
                given_up += self._skip(cursor)
        return given_up

    def _has_waited(self, cursor: Cursor, now: datetime) -> bool:
        oldest = min(cursor.held.values(), key=lambda held: held.arrived)
        if self.state.arrived - oldest.arrived >= self.bounds.events:
            return True
        return (now - oldest.ts_event).total_seconds() > self.bounds.seconds

    def _skip(self, cursor: Cursor) -> list[Arrival]:
        """Flag the first gap and release what follows it."""
        number = min(cursor.held)
        note = self._hole(cursor, number)
        first = _released(cursor.held.pop(number), note)
        cursor.next = number + 1
        return [first, *self._following(cursor)]

    def _give_up(self, cursor: Cursor) -> list[Arrival]:
        given_up: list[Arrival] = []
        while cursor.held:
            given_up += self._skip(cursor)
        return given_up

    def _hole(self, cursor: Cursor, until: int) -> str:
        """Record the numbers missing before `until` (only the last `REMEMBERED_HOLES`), and return the note."""
        if until <= cursor.next:
            return ""
        missing = range(max(cursor.next, until - REMEMBERED_HOLES), until)
        cursor.holes = [*cursor.holes, *missing][-REMEMBERED_HOLES:]
        self.state.counts.holes += until - cursor.next
        return f"gap {cursor.next}-{until - 1}"


@lru_cache
def in_key(source: str) -> str:
    """The source as the first part of a key, with the separators escaped."""
    return source.replace("%", "%25").replace("/", "%2F").replace("#", "%23")


def _released(held: Held, note: str = "") -> Arrival:
    kind: Kind = "taken_back" if held.is_taken_back else "next"
    return Arrival(event=_read(held), kind=kind, notes=(note,) if note else ())


def _read(held: Held) -> AnyEvent:
    event = decode(held.raw, "msgpack")
    assert not isinstance(event, DecodeError), "what was encoded here decodes"
    return event


def _short(event_id: str) -> int:
    """64 bits of an id, the same in every process. Two ids of one round collide once in 10^14 rounds."""
    return int.from_bytes(hashlib.blake2b(event_id.encode(), digest_size=8).digest(), "big")
