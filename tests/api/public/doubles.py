"""A simulated match as records of the topics, a store of the tests' own, and requests without a socket. Not a test."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from adapters.cache.allowances import Allowances
from adapters.kafka.channels import topics_of
from adapters.kafka.records import Record
from adapters.metrics import metrics
from api.public.access.plans import ANONYMOUS, Plan
from api.public.access.usage import Usage
from api.public.announcer import Announcer
from api.public.app import create_app
from api.public.away import AwayError
from api.public.backends import Backends
from api.public.board import Board
from api.public.desk import Sizes
from api.public.directory import Directory
from api.public.events import resources as events
from api.public.history import History, NoHistory, Stored
from api.public.players.resources import MapLine
from api.public.predictions.queries import last_of_each
from api.public.predictions.resources import Kept, PointView, PredictionView, held_point, kept_of
from api.public.recent import Recent
from api.public.register import Register
from api.public.rounds.resources import RoundView
from api.public.sandbox.playing import Sandboxes
from api.public.subscriptions import Subscriptions
from api.public.timeline.queries import BEFORE
from api.public.timeline.resources import Moment
from game.codec import encode
from game.messages import Message, Prediction, Processed, Retraction, StateSnapshot
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.view import MatchView
from models.fold import MatchFold, Times
from models.predictor import load_champion

NOON = datetime(2026, 1, 18, 12, 0, tzinfo=UTC)
TIMES = Times(received_at=NOON, processed_at=NOON)
EVENTS = 700


@cache
def messages(level: int = 0, seed: int = 11) -> tuple[Message, ...]:
    """The first rounds of a match as the stream publishes them."""
    arriving = mess(islice(simulate(Setting(seed=seed)), EVENTS), seed=5, options=level)
    fold = MatchFold(arriving[0].match_id, load_champion())
    told: list[Message] = []
    for event in arriving:
        told += fold.step(event, TIMES)
    return (*told, *fold.finish(TIMES))


@cache
def match_id(seed: int = 11) -> str:
    """That of `messages` with this seed, without folding them."""
    return next(simulate(Setting(seed=seed))).match_id


def records(told: Sequence[Message]) -> list[Record]:
    """As they stand on the topics; a retraction is on all three."""
    return [
        Record(
            topic=topic,
            partition=0,
            offset=offset,
            key=message.match_id.encode(),
            value=encode(message),
            headers={},
            timestamp_ms=int(NOON.timestamp() * 1000) + 5,
        )
        for offset, message in enumerate(told)
        for topic in topics_of(message)
    ]


class KeptHistory(NoHistory):
    """Knows what it was given, as the loader would have written it; away while `is_away`."""

    def __init__(self, told: Sequence[Message] = ()) -> None:
        self.is_away = False
        void = [range(m.from_seq, m.to_seq + 1) for m in told if isinstance(m, Retraction)]
        self.told = [m for m in told if not any(m.seq in span for span in void)]
        self.asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.is_away:
            raise AwayError("store", "no store at 127.0.0.1")

    async def views(self, limit: int) -> list[MatchView]:
        self._ask()
        ids = dict.fromkeys(m.match_id for m in reversed(self.told))
        found = [await self.view(each) for each in list(ids)[:limit]]
        return [view for view in found if view is not None]

    async def view(self, match_id: str) -> MatchView | None:
        self._ask()
        board = Board(metrics())
        snapshots = [m for m in self.told if isinstance(m, StateSnapshot) and m.match_id == match_id]
        for record in records(snapshots[-1:]):
            board.take(record)
        desk = board.find(match_id)
        return None if desk is None else desk.view

    async def events(
        self, match_id: str, *, from_seq: int, type_: str | None, limit: int
    ) -> Stored[events.EventView]:
        self._ask()
        of_match = [m for m in self.told if isinstance(m, Processed) and m.match_id == match_id]
        found = [m for m in of_match if m.seq >= from_seq and type_ in {None, m.type}][:limit]
        return Stored(
            items=[_shown(message) for message in found], through_seq=of_match[-1].seq if of_match else 0
        )

    async def predictions(self, match_id: str, *, from_seq: int, limit: int) -> Stored[Kept]:
        self._ask()
        of_match = [m for m in self.told if isinstance(m, Prediction) and m.match_id == match_id]
        found = [_kept(m) for m in of_match if m.seq >= from_seq][:limit]
        return Stored(items=found, through_seq=of_match[-1].seq if of_match else 0)

    async def points(
        self, match_id: str, *, from_seq: int, horizon: str, resolution_ms: int, limit: int
    ) -> Stored[PointView]:
        stored = await self.predictions(match_id, from_seq=from_seq, limit=10**6)
        thin = last_of_each(stored.items, resolution_ms / 1000)
        found = [held_point(kept.view, horizon) for kept in thin]
        return Stored(items=found[:limit], through_seq=stored.through_seq)

    async def moments(
        self, match_id: str, *, types: Sequence[str], from_seq: int, limit: int
    ) -> Stored[Moment]:
        stored = await self.events(match_id, from_seq=from_seq, type_=None, limit=10**6)
        kept = (await self.predictions(match_id, from_seq=from_seq, limit=10**6)).items
        chances = {each.view.seq: each.view for each in kept}
        told = [each for each in stored.items if each.type in types and each.match_tag not in BEFORE]
        found = [_moment(each, chances.get(each.seq)) for each in told]
        return Stored(items=found[:limit], through_seq=stored.through_seq)

    async def latest_prediction(self, match_id: str) -> Kept | None:
        found = (await self.predictions(match_id, from_seq=0, limit=10**6)).items
        return found[-1] if found else None

    async def receipt(self, match_id: str, receipt_id: str) -> Kept | None:
        found = (await self.predictions(match_id, from_seq=0, limit=10**6)).items
        return next((kept for kept in found if kept.view.receipt_id == receipt_id), None)

    async def rounds(self, match_id: str) -> list[RoundView]:
        self._ask()
        return []

    async def players(self, match_id: str, *, scope: str) -> dict[str, list[MapLine]]:
        self._ask()
        return {}

    async def trouble(self) -> str | None:
        return "no store at 127.0.0.1" if self.is_away else None


def _shown(message: Processed) -> events.EventView:
    found = events.DECODER.decode(encode(message))
    assert isinstance(found, events.Published)
    return events.view(found)


def _moment(told: events.EventView, after: PredictionView | None) -> Moment:
    return Moment(
        seq=told.seq,
        ts_event=told.ts_event,
        type=told.type,
        map_id=told.map_id,
        round_no=told.round_no,
        round_time_s=None if after is None else after.round_time_s,
        payload=told.payload,
        round_p_a=None if after is None else after.round.p_a,
        map_p_a=None if after is None else after.map.p_a,
        series_p_a=None if after is None else after.series.p_a,
    )


def _kept(message: Prediction) -> Kept:
    found = kept_of(encode(message))
    assert found is not None
    return found


class Desk:
    """The reading side with a board and a store, asked from ordinary functions."""

    def __init__(
        self,
        history: History | None = None,
        *,
        sizes: Sizes | None = None,
        directory: Directory | None = None,
        announcer: Announcer | None = None,
        sandboxes: Sandboxes | None = None,
        subscriptions: Subscriptions | None = None,
        register: Register | None = None,
        needs_keys: bool = False,
        access_log: float = 0.0,
        radar_folder: Path | None = None,
        anonymous: Plan = ANONYMOUS,
        allowances: Allowances | None = None,
        now: Callable[[], datetime] = lambda: NOON,
    ) -> None:
        self.metrics = metrics()
        recent = Recent(lambda: NOON.timestamp() + 0.02, since_s=NOON.timestamp())
        self.board = Board(self.metrics, sizes=sizes, recent=recent, now_s=lambda: NOON.timestamp() + 0.02)
        self.history = history or NoHistory()
        behind = Backends(
            board=self.board,
            history=self.history,
            metrics=self.metrics,
            directory=directory or Directory(),
            announcer=announcer or Announcer(),
            sandboxes=sandboxes or Sandboxes(),
            subscriptions=subscriptions or Subscriptions(),
            register=register or Register(),
            usage=Usage(now),
            radar_folder=radar_folder,
            recent=recent,
            heartbeat_s=0.05,
            now=now,
        )
        self.app: FastAPI = create_app(
            behind,
            needs_keys=needs_keys,
            allowances=allowances,
            access_log=access_log,
            anonymous=anonymous,
        )

    def take(self, told: Sequence[Message]) -> "Desk":
        for record in records(told):
            self.board.take(record)
        self.board.is_fed = True
        return self

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> httpx.Response:
        return self.send(method, path, params=parameters or None, content=content, headers=headers)

    def send(self, method: str, url: str, **told: Any) -> httpx.Response:
        """As httpx' `request`."""

        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
                return await client.request(method, url, **told)

        return asyncio.run(request())

    def json(self, path: str, **parameters: Any) -> Any:
        answer = self.ask(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def of_match(self, part: str = "", **parameters: Any) -> Any:
        return self.json(f"/api/v1/matches/{match_id()}{part}", **parameters)
