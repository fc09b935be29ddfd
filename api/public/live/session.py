"""One connection of the live feed: any number of matches and channels; each match is conflated separately.

Belongs here: subscriptions, the order of frames, heartbeats, suspensions. Does not belong here: sockets and encodings
(`endpoints`), valid operations (`operations`), one match (`desk`).
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import datetime
from math import inf

import msgspec

from api.public.away import AwayError
from api.public.board import Matches
from api.public.desk import Desk
from api.public.history import History
from api.public.live import frames
from api.public.live.carrier import END
from api.public.live.operations import Operation, Subscribe
from api.public.live.queries import followed
from api.public.live.subscriber import Bell, Subscriber
from api.public.moments import iso
from game.view import MatchView

MATCHES_MAX = 100
CHARACTERS_OF_A_MATCH = 256 * 1024
SILENT_S = {
    "live": 10.0,
    "planted": 10.0,
    "freeze_time": 30.0,
    "round_end": 30.0,
    "half_time": 60.0,
    "overtime": 60.0,
    "timeout": 60.0,
    "technical_pause": 60.0,
}
"""By phase, how long in seconds a source may be silent in normal play; after that it counts as silent."""
APART_SILENT_S = 900.0
"""The same outside rounds of a match that has begun: warm-up, knife round, between two maps."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Where a client starts: `from_seq` as requested, and the first event to send."""

    from_seq: int | None
    events_from: int


class Followed(Subscriber):
    """One match of a connection, with its pending frames."""

    __slots__ = ("desk", "reason", "start")

    def __init__(self, desk: Desk, asked: Subscribe, *, start: Start, changed: Bell) -> None:
        super().__init__(channels=asked.channels, characters_max=CHARACTERS_OF_A_MATCH, changed=changed)
        self.desk = desk
        self.start: Start | None = start
        """Where the client starts; None once it has started."""
        self.reason: frames.Doubt | None = None
        """Why the match is suspended; None if it is not."""


class Session:
    """A live connection. Use it on one event loop only. `close` releases its subscriptions. `changed` is set when
    something is due."""

    __slots__ = (
        "_board",
        "_event",
        "_followed",
        "_heartbeat_s",
        "_history",
        "_matches",
        "_matches_max",
        "_now",
        "_said",
        "away",
        "changed",
        "is_over",
    )

    def __init__(
        self,
        board: Matches,
        history: History,
        *,
        heartbeat_s: float,
        now: Callable[[], datetime],
        matches_max: int = MATCHES_MAX,
    ) -> None:
        self._matches_max = matches_max
        self._board, self._history = board, history
        self._heartbeat_s, self._now = heartbeat_s, now
        self._matches: dict[str, Followed] = {}
        self._followed: tuple[Followed, ...] = ()
        self._said: deque[str] = deque()
        self._event = asyncio.Event()
        self.changed: Bell = self._event
        self.away: AwayError | None = None
        """Why it is unknown whether a requested match exists."""
        self.is_over = False
        """Whether nothing more will come: the session is closed, or the server stops."""

    @property
    def is_following(self) -> bool:
        """Whether any match is followed."""
        return bool(self._matches)

    async def take(self, asked: Operation | frames.RefusedFrame) -> None:
        """Execute an operation, or refuse it with a reason."""
        if isinstance(asked, frames.RefusedFrame):
            self._say(asked)
        elif isinstance(asked, Subscribe):
            await self._subscribe(asked)
        else:
            self._leave(asked.match_id)
            self._say(frames.UnsubscribedFrame(match_id=asked.match_id))

    def needs_store(self, asked: Operation) -> bool:
        """Whether only the store can tell if the match exists."""
        return isinstance(asked, Subscribe) and self._board.find(asked.match_id) is None

    def close(self) -> None:
        """Unsubscribe from all matches; `told` ends."""
        for match_id in list(self._matches):
            self._leave(match_id)
        self.is_over = True
        self.changed.set()

    async def told(self) -> AsyncGenerator[str, None]:
        """Yield everything to send, in order, until the server stops or the session is closed."""
        beat_s = time.monotonic()
        while not self.is_over:
            if time.monotonic() >= beat_s:
                beat_s = time.monotonic() + self._heartbeat_s
                self.beat()
            for text in self.due():
                if text != END:
                    yield text
            await self._wait(beat_s - time.monotonic())

    def beat(self) -> None:
        """Queue a heartbeat with the newest seq of every match. Call it every `heartbeat_s`, also so that suspensions
        that depend on time alone are noticed."""
        seqs = {match_id: found.desk.view.seq for match_id, found in self._matches.items()}
        is_alive = is_fed(self._board, *seqs)
        self._say(frames.BeatFrame(ts=iso(self._now()), is_feed_alive=is_alive, matches=seqs))

    def due(self) -> Iterator[str]:
        """Yield what is pending now. The frames of a match are taken only once those before it are sent. `END` is the
        last."""
        while self._said:
            yield self._said.popleft()
        for found in self._followed:
            self.is_over = self.is_over or found.is_closed
            is_going_on = found.start is None and not found.is_behind
            yield from found.take() if is_going_on else _begun(found)
            silent_s = time.monotonic() - found.desk.heard_s
            reason = doubt(found.desk, self._board, silent_s=silent_s)
            if reason != found.reason:
                found.reason = reason
                yield frames.encoded(self._suspension(found))
        if self.is_over:
            yield END

    async def _wait(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, timeout_s)):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()

    async def _subscribe(self, asked: Subscribe) -> None:
        try:
            desk = await followed(self._board, self._history, asked.match_id)
        except AwayError as error:
            self.away = error
            reason = f"{error}: ask again later"
            self._say(frames.RefusedFrame(field=error.part, reason=reason, match_id=asked.match_id))
            return
        if desk is None:
            reason = "no such match is known yet: ask again later"
            self._say(frames.RefusedFrame(field="$.match_id", reason=reason, match_id=asked.match_id))
            return
        if asked.match_id not in self._matches and len(self._matches) >= self._matches_max:
            reason = f"this connection follows {self._matches_max} matches already: unsubscribe one, or open another"
            self._say(frames.RefusedFrame(field="$.match_id", reason=reason, match_id=asked.match_id))
            return
        self._leave(asked.match_id)
        self._follow(desk, asked)

    def _follow(self, desk: Desk, asked: Subscribe) -> None:
        events_from = desk.events.last_seq + 1 if asked.from_seq is None else asked.from_seq
        start = Start(from_seq=asked.from_seq, events_from=events_from)
        found = Followed(desk, asked, start=start, changed=self.changed)
        self._matches[asked.match_id] = found
        self._followed = (*self._matches.values(),)
        desk.subscribers.add(found)
        told = tuple(sorted(asked.channels))
        self._say(frames.SubscribedFrame(match_id=asked.match_id, channels=told, seq=desk.view.seq))

    def _leave(self, match_id: str) -> None:
        found = self._matches.pop(match_id, None)
        if found is not None:
            found.desk.subscribers.discard(found)
            self._followed = (*self._matches.values(),)

    def _say(self, frame: msgspec.Struct) -> None:
        self._said.append(frames.encoded(frame))
        self.changed.set()

    def _suspension(self, found: Followed) -> frames.SuspendFrame | frames.ResumeFrame:
        view, ts = found.desk.view, iso(self._now())
        if found.reason is None:
            return frames.ResumeFrame(match_id=view.match_id, seq=view.seq, ts=ts)
        newest = found.desk.predictions.newest()
        swing = None if newest is None else newest.view.swing
        return frames.SuspendFrame(
            match_id=view.match_id, seq=view.seq, ts=ts, reason=found.reason, swing=swing
        )


def _begun(found: Followed) -> list[str]:
    """Return the initial frames of a client that starts or has fallen behind, instead of the queued ones. They are
    built when their turn comes, so that none are queued for a client that does not read."""
    start, view = found.start, found.desk.view
    found.start = None
    found.catch_up()
    if start is not None and not _has_lost(found, start):
        return opened(found.desk, found.channels, start)
    conflated = frames.encoded(frames.ConflatedFrame(match_id=view.match_id, seq=view.seq))
    anew = Start(from_seq=None, events_from=found.desk.events.last_seq + 1)
    return [conflated, *opened(found.desk, found.channels, anew)]


def _has_lost(found: Followed, start: Start) -> bool:
    """Whether events published since the client subscribed are no longer held. A client that resumes detects that
    itself by `prev_seq`."""
    if "events" not in found.channels or start.from_seq is not None:
        return False
    held = found.desk.events
    return held.is_full if start.events_from == 0 else not held.covers(start.events_from)


def opened(desk: Desk, channels: frozenset[frames.Channel], start: Start) -> list[str]:
    """Return the initial frames of these channels."""
    from_seq = start.from_seq
    told: list[str] = []
    if "state" in channels:
        told += desk.opening_state() if from_seq is None else desk.resumed_state(from_seq)
    if "positions" in channels:
        told += desk.opening_positions()
    if "predictions" in channels:
        told += desk.opening_predictions() if from_seq is None else desk.resumed_predictions(from_seq)
    if "events" in channels:
        told += desk.resumed_events(start.events_from)
    if "results" in channels:
        told += desk.opening_results()
    return told


def is_fed(board: Matches, *match_ids: str) -> bool:
    """Whether new log records of these matches arrive here: the topics are read, and the stream keeps up."""
    return board.is_fed and not any(map(board.is_late, match_ids))


def doubt(desk: Desk, board: Matches, *, silent_s: float) -> frames.Doubt | None:
    """Return why the data of the match may be out of date; None if it is not."""
    if not board.is_fed:
        return "feed_away"
    view = desk.view
    if board.is_late(view.match_id):
        return "stream_late"
    if not view.is_current:
        return "state_doubtful"
    return "source_silent" if silent_s > _silent_after_s(view) else None


def _silent_after_s(view: MatchView) -> float:
    """Return the seconds after which its source counts as silent: never before a match has begun or after its end."""
    phase = view.state.get("phase")
    if phase is None or phase == "abandoned" or view.state.get("is_series_over"):
        return inf
    return SILENT_S.get(phase, APART_SILENT_S)
