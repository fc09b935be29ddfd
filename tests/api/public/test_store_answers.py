"""The store's answers are those of memory: the same match through the loader into a real ClickHouse, and live."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from typing import Any

import msgspec
import pytest

from adapters.clickhouse.client import connect, query_rows
from adapters.clickhouse.store import ClickHouseStore
from adapters.metrics import metrics
from api.public.desk import Sizes
from api.public.moments import iso
from api.public.store import ClickHouseHistory
from game.facts import MapStats, RoundStats
from game.messages import Message, Processed, Retraction
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.stats import BUY_CLASSES
from models.fold import fold_events
from streaming.loader import Loader
from tests.api.public.doubles import Desk, match_id, messages, records
from tests.ports import free_port
from tests.stores import embedded_store
from tests.streaming.doubles import Ledger, Log

pytestmark = pytest.mark.slow

LEVELS = (0, 3)
FOR_EVER = {"match_states": 3_650, "cs2_predictions": 3_650}
"""The match is of a fixed day, which the usual retention will have passed."""
PLENTY = Sizes(events=10_000, updates=10_000, predictions=10_000, swings=10_000, statistics=1_000)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store with the beginnings of two matches, from a clean feed and from the worst, and one match whole."""
    with embedded_store(tmp_path_factory.mktemp("store")) as running:
        for level in LEVELS:
            load(running.url, level)
        load_messages(running.url, a_match())
        yield running.url


@cache
def a_match() -> tuple[Message, ...]:
    """Most of a match from a bad feed, without predictions."""
    setting = Setting(seed=13, position_hz=0, has_shots=False, best_of=1)
    return tuple(fold_events(mess(simulate(setting), seed=5, options=2), None))


def told_stats(seq: int, kills: float) -> Processed:
    """The statistics of round 1 as `seq` tells them."""
    lines = {"p1": {"kills.enemy": kills}}
    facts = (RoundStats(round_no=1, lines=lines), MapStats(map_number=1, rounds=1, players=lines))
    first = next(m for m in messages() if isinstance(m, Processed))
    place: dict[str, Any] = {"match_id": "corrected", "map_id": "m1", "round_no": 1}
    return msgspec.structs.replace(first, **place, seq=seq, prev_seq=seq - 1, facts=facts)


def load(url: str, level: int) -> None:
    load_messages(url, messages(level, 11 + level))


def load_messages(url: str, told: Sequence[Message]) -> None:
    log = Log(records(told))
    log.per_poll = 100_000
    store = ClickHouseStore(url, ttl_days=FOR_EVER)
    store.prepare()
    loader = Loader(log, store, catalog=Ledger(), metrics=metrics(), stopping=threading.Event())
    loader.step()
    loader.flush()
    store.close()


def answers(desk: Desk, level: int, part: str) -> list[dict[str, Any]]:
    base = f"/api/v1/matches/{match_id(11 + level)}{part}"
    if part == "/rounds":
        found: list[dict[str, Any]] = desk.json(base)
        return found
    items: list[dict[str, Any]] = []
    at: int | None = 0
    while at is not None:
        page = desk.json(base, from_seq=at, limit=200)
        items += page["items"]
        at = page["next_from_seq"]
    return items


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("part", ["/events", "/predictions", "/swings"])
def test_pages_are_the_same(url: str, level: int, part: str) -> None:
    live = Desk(sizes=PLENTY).take(messages(level, 11 + level))
    stored = Desk(ClickHouseHistory(url))
    expected = answers(live, level, part)
    assert len(expected) > 20
    assert answers(stored, level, part) == expected


@pytest.mark.parametrize("level", LEVELS)
def test_rounds_have_the_outcome_of_the_state_and_more(url: str, level: int) -> None:
    live = answers(Desk(sizes=PLENTY).take(messages(level, 11 + level)), level, "/rounds")
    stored = answers(Desk(ClickHouseHistory(url)), level, "/rounds")
    outcome = ("round_no", "winner_team", "winner_side", "score_a", "score_b", "reason")
    assert stored
    assert [[r[name] for name in outcome] for r in stored] == [[r[name] for name in outcome] for r in live]
    assert all(r["kills_a"] is not None and r["ended_at"].endswith("Z") for r in stored)


@pytest.mark.parametrize("scope", ["map", "half:1", "half:2", "side:ct", "side:t", "round:1", "round:14"])
def test_statistics_are_the_same(url: str, scope: str) -> None:
    path = f"/api/v1/matches/{a_match()[0].match_id}/players"
    live = Desk(sizes=PLENTY).take(a_match()).json(path, scope=scope)
    stored = Desk(ClickHouseHistory(url)).json(path, scope=scope)
    assert live
    assert all(player["maps"] for player in live)
    assert {p["player_id"]: p["maps"] for p in stored} == {p["player_id"]: p["maps"] for p in live}


def test_rounds_have_the_buys_of_both_teams(url: str) -> None:
    rounds = Desk(ClickHouseHistory(url)).json(f"/api/v1/matches/{a_match()[0].match_id}/rounds")
    assert {(r["economy_a"], r["economy_b"]) for r in rounds if r["is_pistol"]} == {("pistol", "pistol")}
    assert {r["economy_a"] for r in rounds} <= set(BUY_CLASSES) - {"unknown"}


def test_statistics_told_again_and_taken_back_leave_those_told_before(url: str) -> None:
    """A kill after the round changed its line; without the kill the line is again what it was."""
    match_id, told = "corrected", [told_stats(seq, kills) for seq, kills in ((10, 1.0), (14, 2.0))]
    void = Retraction(match_id=match_id, seq=16, from_seq=14, to_seq=15, reason="taken back", map_id="m1")
    load_messages(url, [*told, void, *told[1:], void])
    history = ClickHouseHistory(url)
    for scope in ("round:1", "map"):
        found = asyncio.run(history.players(match_id, scope=scope))
        assert [(line.seq, line.stats["kills.enemy"]) for line in found["p1"]] == [(10, 1.0)]


def test_matches_states_and_the_newest_prediction(url: str) -> None:
    desk = Desk(ClickHouseHistory(url))
    found = {m["match_id"] for m in desk.json("/api/v1/matches")}
    assert found == {match_id(), match_id(14), a_match()[0].match_id}
    live = Desk(sizes=PLENTY).take(messages())
    assert desk.of_match("/predictions/latest") == live.of_match("/predictions/latest")
    receipt = live.of_match("/predictions/latest")["receipt_id"]
    assert desk.of_match(f"/receipts/{receipt}") == live.of_match(f"/receipts/{receipt}")
    assert desk.of_match("/state")["state"]["name_a"] == "Team Aspen"


def test_by_type(url: str) -> None:
    live = Desk(sizes=PLENTY).take(messages()).of_match("/events", type="kill", limit=1000)
    assert Desk(ClickHouseHistory(url)).of_match("/events", type="kill", limit=1000) == live


@pytest.mark.parametrize("name", ["'; DROP TABLE game_events --", "{match_id:String}", "%s", "\\'", "\x00"])
def test_names_are_values_and_never_sql(url: str, name: str) -> None:
    history = ClickHouseHistory(url)
    assert asyncio.run(history.view(name)) is None
    assert asyncio.run(history.events(name, from_seq=0, type_=name, limit=5)).items == []
    assert asyncio.run(history.trouble()) is None


def test_a_store_that_is_away_is_said_so() -> None:
    desk = Desk(ClickHouseHistory(f"http://127.0.0.1:{free_port()}/midround"))
    answer = desk.ask("/api/v1/matches/m")
    assert (answer.status_code, answer.json()["field"]) == (503, "store")


def test_many_matches_are_answered_as_each_is(url: str) -> None:
    history = ClickHouseHistory(url)
    ids = [match_id(), a_match()[0].match_id, "nobody"]

    async def scene() -> None:
        views = {each: view for each in ids if (view := await history.view(each)) is not None}
        assert await history.views_of(ids) == views
        latest = {each: kept for each in ids if (kept := await history.latest_prediction(each)) is not None}
        assert await history.latest_of(ids) == latest
        assert (len(views), len(latest)) == (2, 1)
        assert await history.rounds_of(ids) == {each: await history.rounds(each) for each in ids}
        for scope in ("map", "round:1"):
            expected = {each: await history.players(each, scope=scope) for each in ids}
            assert await history.players_of(ids, scope=scope) == expected
        assert await history.scorecards(ids) == {}

    asyncio.run(scene())


def test_coverage_counts_what_holds_however_often_it_was_delivered(url: str) -> None:
    """Of the worst feed too, with retractions, and with every row of it written twice."""
    load(url, LEVELS[-1])
    told = Desk(ClickHouseHistory(url)).json("/api/v1/coverage")
    with closing(connect(url)) as client:
        (held,) = query_rows(
            client,
            "SELECT uniqExact(match_id) AS matches, count() AS events, max(ts_event) AS last FROM game_events FINAL "
            "WHERE is_retracted = 0 AND source NOT IN ('clock', 'champion', 'batch')",
        )
        (withdrawn,) = query_rows(client, "SELECT countIf(is_retracted = 1) AS n FROM game_events")
        (rounds,) = query_rows(
            client, "SELECT count() AS n FROM cs2_round_metrics FINAL WHERE is_retracted = 0"
        )
    assert withdrawn["n"] > 0
    assert sum(each["events"] for each in told["sources"]) == held["events"]
    assert max(each["last_at"] for each in told["sources"]) == iso(held["last"])
    assert told["rounds"] == sum(each["rounds"] for each in told["maps"]) == rounds["n"]
    assert all(0 <= share <= 1 for each in told["maps"] for share in each["shares"].values())
