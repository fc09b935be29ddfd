"""A simulated match played for one client: events in real time, folded as in the stream, published on a board.

Belongs here: pace, faults, and the matches of each client. Does not belong here: HTTP (`endpoints`), simulating a match
or disturbing its events (`game.simulate`), the live feed that a client sees (`live`).
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from msgspec.structs import replace

from adapters.kafka.channels import topics_of
from adapters.kafka.records import Record
from adapters.metrics import metrics
from api.problems import ProblemError, problem
from api.public.board import Board, Matches
from api.public.desk import Desk
from api.public.matches.resources import links
from api.public.moments import iso
from api.public.sandbox.resources import Sandbox, Wish
from game.codec import encode
from game.events import AnyEvent
from game.messages import Message
from game.simulate.mess import Options, mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.view import MatchView
from models.fold import MatchFold, Times
from models.predictor import Predictor

LOGGER = logging.getLogger("midround.sandbox")
PREFIX = "sandbox-"
ALL_MAX = 10
"""Most matches played at a time, over all clients of a process."""
STEP_S = 0.05
AT_ONCE = 20
"""Events folded before other tasks get the event loop."""
QUIET_S = 15.0
"""Longer than the silence of a source after which its match is suspended."""
KEPT_S = 600.0
"""How long a finished match stays available."""
DROPS, SILENCES = 5, 2
Sleep = Callable[[float], Awaitable[None]]
Source = Callable[[Wish, str, datetime], Sequence[AnyEvent]]
"""Returns the events of a match in order of arrival, given wish, match ID and start."""
Making = Future[Sequence[AnyEvent]]
"""A source running in its thread."""


class Playing:
    """One match. `play` runs it to its end; `told` returns its progress."""

    def __init__(
        self, wish: Wish, *, match_id: str, board: Board, started_at: datetime, making: Making
    ) -> None:
        self.match_id, self._wish, self._board, self._started_at = match_id, wish, board, started_at
        self.making = making
        self._events: Sequence[AnyEvent] = ()
        self._count = 0
        self.over_s: float | None = None
        self.task: asyncio.Task[None] | None = None

    def told(self) -> Sandbox:
        return Sandbox(
            match_id=self.match_id,
            wish=self._wish,
            started_at=iso(self._started_at),
            events=len(self._events),
            told=self._count,
            is_over=self.over_s is not None,
            links=links(self.match_id),
        )

    async def play(self, predictor: Predictor, *, sleep: Sleep) -> None:
        """Publish the whole match in real time times `speed`. An internal error is logged and ends the match."""
        try:
            self._events = await asyncio.wrap_future(self.making)
            await self._tell(predictor, sleep)
        except Exception:
            LOGGER.exception("a sandbox ended early", extra={"match_id": self.match_id})
        finally:
            self.over_s = time.monotonic()

    async def _tell(self, predictor: Predictor, sleep: Sleep) -> None:
        fold, passed_s, end = MatchFold(self.match_id, predictor), 0.0, len(self._events)
        drops = marks(end, DROPS) if "drop" in self._wish.faults else []
        silences = marks(end, SILENCES) if "silence" in self._wish.faults else []
        while self._count < end:
            for event in self._due(passed_s):
                self._take(fold.step(event, self._times()))
                self._count += 1
                if self._count in drops:
                    self._cut()
            if silences and self._count > silences[0] and self._is_live():
                silences.pop(0)
                await sleep(QUIET_S)
            await sleep(STEP_S)
            passed_s += STEP_S * self._wish.speed
        self._take(fold.finish(self._times()))

    def _due(self, passed_s: float) -> Iterator[AnyEvent]:
        """Yield the events due, at most `AT_ONCE`; the rest follow in the next step."""
        for event in self._events[self._count : self._count + AT_ONCE]:
            if (event.ts_event - self._started_at).total_seconds() > passed_s:
                return
            yield event

    def _take(self, told: Sequence[Message]) -> None:
        for message in told:
            value = encode(message)
            for topic in topics_of(message):
                self._board.take(_record(topic, self.match_id, value))

    def _cut(self) -> None:
        desk = self._board.find(self.match_id)
        for subscriber in set() if desk is None else set(desk.subscribers):
            subscriber.close()

    def _is_live(self) -> bool:
        desk = self._board.find(self.match_id)
        return desk is not None and desk.view.state.get("phase") == "live"

    def _times(self) -> Times:
        now = datetime.now(UTC)
        return Times(received_at=now, processed_at=now)


def _record(topic: str, match_id: str, value: bytes) -> Record:
    """Build the record as it would be read from a broker."""
    return Record(
        topic=topic,
        partition=0,
        offset=0,
        key=match_id.encode(),
        value=value,
        headers={},
        timestamp_ms=time.time_ns() // 1_000_000,
    )


class Sandboxes:
    """The matches of all clients, one each. Use it on one event loop only. Matches are simulated one after the other in
    a dedicated thread, so many requests delay only each other."""

    def __init__(self, *, sleep: Sleep = asyncio.sleep, source: Source | None = None) -> None:
        self._sleep, self._source = sleep, source or events_of
        self._boards: dict[str, Board] = {}
        self._playing: dict[str, Playing] = {}
        self._maker = ThreadPoolExecutor(1, "sandbox")
        self._left: dict[str, Making] = {}
        """By client, the simulation still running for a match that was ended: a thread cannot be stopped."""

    def board(self, client_id: str) -> Board | None:
        """Return the board with the client's match; None if it has none."""
        self._forget()
        return self._boards.get(client_id)

    def find(self, client_id: str) -> Playing | None:
        self._forget()
        return self._playing.get(client_id)

    def start(self, client_id: str, wish: Wish, *, predictor: Predictor, now: datetime) -> Playing:
        """Start a match. Raises a 409 problem if the client's last match is still being played or simulated, 503 if too
        many matches are open."""
        held = self.find(client_id)
        if held is not None and held.over_s is None:
            raise _taken(f"{held.match_id} is still played: DELETE it, or wait for its end")
        if client_id in self._left:
            raise _taken("the match that was ended is still being made: ask again in a second")
        self.stop(client_id)
        if len(self._playing) >= ALL_MAX:
            reason = f"{ALL_MAX} sandboxes are open here"
            raise ProblemError(problem(503, "sandboxes-full", field="$", reason=reason, retry_after_s=60))
        board = Board(metrics())  # separate board: sandbox messages must not count in the latency figures
        match_id = f"{PREFIX}{uuid.uuid4().hex[:12]}"
        making = self._maker.submit(self._source, wish, match_id, now)
        playing = Playing(wish, match_id=match_id, board=board, started_at=now, making=making)
        playing.task = asyncio.create_task(playing.play(predictor, sleep=self._sleep))
        self._boards[client_id], self._playing[client_id] = board, playing
        return playing

    def stop(self, client_id: str) -> bool:
        """End and forget the client's match; return False if there is none."""
        playing, board = self._playing.pop(client_id, None), self._boards.pop(client_id, None)
        if playing is not None and playing.task is not None:
            playing.task.cancel()
            if not playing.making.cancel() and not playing.making.done():
                self._left[client_id] = playing.making
        if board is not None:
            board.close()
        return playing is not None

    def close(self) -> None:
        for client_id in list(self._playing):
            self.stop(client_id)
        self._maker.shutdown(wait=False, cancel_futures=True)

    def _forget(self) -> None:
        self._left = {client_id: making for client_id, making in self._left.items() if not making.done()}
        for client_id, playing in list(self._playing.items()):
            if playing.over_s is not None and time.monotonic() - playing.over_s > KEPT_S:
                self.stop(client_id)


def _taken(reason: str) -> ProblemError:
    return ProblemError(problem(409, "sandbox-taken", field="$", reason=reason))


class BoardWithSandbox(Matches):
    """A board that also shows a client's own match while there is one. It is looked up each time, since a connection
    may be older than the match."""

    def __init__(self, board: Matches, own: Callable[[], Matches | None]) -> None:
        self._board, self._own = board, own

    @property
    def is_fed(self) -> bool:
        return self._board.is_fed

    def is_late(self, match_id: str) -> bool:
        """A client's own match is never late: no stream produces it."""
        own = self._own()
        return (own is None or own.find(match_id) is None) and self._board.is_late(match_id)

    def find(self, match_id: str) -> Desk | None:
        own = self._own()
        return (None if own is None else own.find(match_id)) or self._board.find(match_id)

    def views(self) -> list[MatchView]:
        own = self._own()
        return [*(() if own is None else own.views()), *self._board.views()]

    def put(self, view: MatchView) -> Desk:
        return self._board.put(view)


def events_of(wish: Wish, match_id: str, starts_at: datetime) -> list[AnyEvent]:
    """Return the match as its source reports it, with those faults that affect a source's events."""
    setting = Setting(seed=wish.seed, best_of=wish.best_of, starts_at=starts_at)
    options = Options(
        late_events=6 if "delay" in wish.faults else 0,
        gaps=4 if "gap" in wish.faults else 0,
        restores=1 if "restore" in wish.faults else 0,
    )
    told = mess(simulate(setting), seed=wish.seed, options=options)
    return [replace(event, match_id=match_id) for event in told]


def marks(events: int, times: int) -> list[int]:
    """Return `times` evenly spaced positions in a match."""
    return [events * (number + 1) // (times + 1) for number in range(times)]
