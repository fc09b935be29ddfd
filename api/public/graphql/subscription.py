"""Subscriptions: the newest state of a match, at a rate that the client limits.

Belongs here: what is sent when. Does not belong here: the socket (`transport`), how a desk changes (`api.public.desk`).

A subscription queues nothing for its client: at each turn it reads the desk, sends the newest value if it has not been
sent yet, and waits. A slow client therefore skips states and costs no memory.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

import strawberry

from api.problems import ProblemError, problem
from api.public.answers import not_found
from api.public.desk import Desk
from api.public.events.resources import view
from api.public.graphql import chances, play
from api.public.graphql.asking import Info
from api.public.graphql.chances import Horizon, Prediction
from api.public.graphql.fields import subscription
from api.public.graphql.people import TeamLetter, letter
from api.public.graphql.play import Event
from api.public.graphql.query import MatchId
from api.public.live.queries import followed
from api.public.matches.resources import summary
from api.public.watcher import Channel, Watcher

T = TypeVar("T")
RATE, RATE_MIN, RATE_MAX = 4.0, 0.1, 50.0
EVENTS_MAX = 100
"""Most events per message. Of more, only the newest are sent, with the range that was skipped."""

MaxPerSecond = Annotated[
    float,
    strawberry.argument(description="Messages a second at most, from 0.1 to 50; what is between is skipped."),
]


@strawberry.type(description="Some seq, both ends included.")
class SeqRange:
    from_seq: int
    to_seq: int


@strawberry.type(description="The score of a series and of its running map.")
class Score:
    match_id: strawberry.ID
    maps_a: int
    maps_b: int
    map_id: strawberry.ID | None
    map_number: int | None
    score_a: int | None
    score_b: int | None
    is_series_over: bool
    seq: int = strawberry.field(description="The event that it follows.")
    ts_event: str | None


@strawberry.type(description="Where a series stands: phase, map, round, and whether each is over.")
class Lifecycle:
    match_id: strawberry.ID
    phase: str | None
    match_tag: str | None
    map_id: strawberry.ID | None
    map_number: int | None
    map_name: str | None
    is_map_over: bool | None
    round_no: int | None
    is_series_over: bool
    series_winner: TeamLetter | None
    seq: int = strawberry.field(description="The event that it follows.")
    ts_event: str | None


@strawberry.type(description="What happened since the message before. Apply `retracted` first.")
class MatchEvents:
    match_id: strawberry.ID
    retracted: SeqRange | None = strawberry.field(
        description="Events in this range that were told are void; those that stand follow again."
    )
    skipped: SeqRange | None = strawberry.field(
        description="In this range not all was told: events(after) of the match, or REST, has it."
    )
    events: list[Event]


@strawberry.type
class Subscription:
    @subscription("The newest win probability, now and whenever it is another one.")
    async def prediction_updated(
        self,
        info: Info,
        *,
        match_id: MatchId,
        horizon: Horizon = Horizon.SERIES,
        max_per_second: MaxPerSecond = RATE,
    ) -> AsyncGenerator[Prediction, None]:
        def newest(desk: Desk) -> Prediction | None:
            found = desk.predictions.newest()
            return None if found is None else chances.prediction(found.view, horizon)

        async for told in _newest(
            info, match_id, "predictions", look=newest, key=lambda each: each.receipt_id, rate=max_per_second
        ):
            yield told

    @subscription("The score, now and whenever it is another one.")
    async def score_updated(
        self, info: Info, *, match_id: MatchId, max_per_second: MaxPerSecond = RATE
    ) -> AsyncGenerator[Score, None]:
        async for told in _newest(info, match_id, "state", look=_score, key=_but_moment, rate=max_per_second):
            yield told

    @subscription("Phase, map and round, now and whenever one of them is another one.")
    async def match_lifecycle(
        self, info: Info, *, match_id: MatchId, max_per_second: MaxPerSecond = RATE
    ) -> AsyncGenerator[Lifecycle, None]:
        async for told in _newest(
            info, match_id, "state", look=_lifecycle, key=_but_moment, rate=max_per_second
        ):
            yield told

    @subscription("Events from now on, at most the newest 100 in one message.")
    async def match_events(
        self,
        info: Info,
        *,
        match_id: MatchId,
        types: list[str] | None = None,
        max_per_second: MaxPerSecond = RATE,
    ) -> AsyncGenerator[MatchEvents, None]:
        desk, pause_s = await _desk(info, match_id), _pause_s(max_per_second)
        last = desk.events.last_seq
        with watched(desk, "events") as watcher:
            async for _ in turns(watcher, pause_s=pause_s, is_first_now=False):
                found, last = since(desk, watcher, last=last, types=types)
                if found is not None:
                    yield found


@contextmanager
def watched(desk: Desk, channel: Channel) -> Iterator[Watcher]:
    """Register a new watcher of the match for the duration of the context."""
    watcher = Watcher(channel)
    desk.watchers.add(watcher)
    try:
        yield watcher
    finally:
        desk.watchers.discard(watcher)


async def turns(
    watcher: Watcher,
    *,
    pause_s: float,
    is_first_now: bool = True,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[None, None]:
    """Yield when to look: at once, then after each change, at least `pause_s` apart, until nothing more will come."""
    if is_first_now:
        yield
        await sleep(pause_s)
    while not watcher.is_closed:
        await watcher.wait()
        yield
        await sleep(pause_s)


def since(
    desk: Desk, watcher: Watcher, *, last: int, types: list[str] | None
) -> tuple[MatchEvents | None, int]:
    """Return the message for a client that has all events up to `last` (None if there is nothing to send), and the seq
    up to which it then has them."""
    void = watcher.take_void()
    if void is not None:
        last = min(last, void.start - 1)
    held = desk.events.since(last + 1)
    first = held[0].seq if held else desk.events.last_seq + 1
    is_whole = desk.events.covers(last + 1)
    wanted = [each for each in held if types is None or each.type in types]
    cut = wanted[: max(0, len(wanted) - EVENTS_MAX)]
    through = cut[-1].seq if cut else (last if is_whole else first - 1)
    told = MatchEvents(
        match_id=strawberry.ID(desk.view.match_id),
        retracted=None if void is None else SeqRange(from_seq=void.start, to_seq=void.stop - 1),
        skipped=SeqRange(from_seq=last + 1, to_seq=through) if through > last else None,
        events=[play.event(view(each)) for each in wanted[len(cut) :]],
    )
    is_something = bool(told.events or told.retracted or told.skipped)
    return (told if is_something else None), max(last, desk.events.last_seq)


async def _newest(
    info: Info,
    match_id: str,
    channel: Channel,
    *,
    look: Callable[[Desk], T | None],
    key: Callable[[T], object],
    rate: float,
) -> AsyncIterator[T]:
    """Yield what `look` returns, at once and whenever its `key` changes."""
    desk, pause_s, told = await _desk(info, match_id), _pause_s(rate), None
    with watched(desk, channel) as watcher:
        async for _ in turns(watcher, pause_s=pause_s):
            found = look(desk)
            if found is not None and (named := key(found)) != told:
                told = named
                yield found


async def _desk(info: Info, match_id: str) -> Desk:
    """Return the desk of a match. Raises a 404 problem."""
    behind = info.context.behind
    found = await followed(behind.board, behind.history, match_id)
    if found is None:
        raise not_found("matchId", f"no match {match_id!r} is known")
    return found


def _pause_s(rate: float) -> float:
    """Return the pause between messages in seconds. Raises a 400 problem for a rate out of bounds."""
    if not RATE_MIN <= rate <= RATE_MAX:
        reason = f"must be from {RATE_MIN:g} to {RATE_MAX:g}"
        raise ProblemError(problem(400, "invalid", field="maxPerSecond", reason=reason))
    return 1 / rate


def _score(desk: Desk) -> Score:
    told = summary(desk.view)
    running = told.map
    return Score(
        match_id=strawberry.ID(told.match_id),
        maps_a=told.maps_a,
        maps_b=told.maps_b,
        map_id=None if running is None else strawberry.ID(running.map_id),
        map_number=None if running is None else running.number,
        score_a=None if running is None else running.score_a,
        score_b=None if running is None else running.score_b,
        is_series_over=told.is_series_over,
        seq=told.seq,
        ts_event=told.last_ts,
    )


def _lifecycle(desk: Desk) -> Lifecycle:
    told = summary(desk.view)
    running = told.map
    return Lifecycle(
        match_id=strawberry.ID(told.match_id),
        phase=told.phase,
        match_tag=told.match_tag,
        map_id=None if running is None else strawberry.ID(running.map_id),
        map_number=None if running is None else running.number,
        map_name=None if running is None else running.name,
        is_map_over=None if running is None else running.is_over,
        round_no=None if running is None else running.round_no,
        is_series_over=told.is_series_over,
        series_winner=letter(told.series_winner),
        seq=told.seq,
        ts_event=told.last_ts,
    )


def _but_moment(told: Score | Lifecycle) -> object:
    """Return all fields except `seq` and `ts_event`."""
    return [value for name, value in vars(told).items() if name not in {"seq", "ts_event"}]
