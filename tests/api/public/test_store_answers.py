"""The store's answers are those of memory: the same match through the loader into a real ClickHouse, and live."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.clickhouse.store import ClickHouseStore
from adapters.metrics import metrics
from api.public.desk import Sizes
from api.public.store import ClickHouseHistory
from streaming.loader import Loader
from tests.api.public.doubles import Desk, match_id, messages, records
from tests.stores import embedded_store, free_port
from tests.streaming.doubles import Ledger, Log

pytestmark = pytest.mark.slow

LEVELS = (0, 3)
FOR_EVER = {"match_states": 3_650, "cs2_predictions": 3_650}
"""The match is of a fixed day, which the usual retention will have passed."""
PLENTY = Sizes(events=10_000, updates=10_000, predictions=10_000, swings=10_000)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store with two matches, one from a clean feed, one from the worst."""
    with embedded_store(tmp_path_factory.mktemp("store")) as running:
        for level in LEVELS:
            load(running.url, level)
        yield running.url


def load(url: str, level: int) -> None:
    log = Log(records(messages(level, 11 + level)))
    log.per_poll = 10_000
    store = ClickHouseStore(url, ttl_days=FOR_EVER)
    store.prepare()
    loader = Loader(log, store, catalog=Ledger(), metrics=metrics(), stopping=threading.Event())
    loader.step()
    loader.flush()
    store.close()


def answers(desk: Desk, level: int, part: str) -> list[dict[str, Any]]:
    base = f"/api/v1/matches/{match_id(level, 11 + level)}{part}"
    if part in {"/rounds", "/players"}:
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
    assert [[r[name] for name in outcome] for r in stored] == [[r[name] for name in outcome] for r in live]
    assert all(r["kills_a"] is not None and r["ended_at"].endswith("Z") for r in stored)


@pytest.mark.parametrize("level", LEVELS)
def test_statistics_are_the_same(url: str, level: int) -> None:
    live = answers(Desk(sizes=PLENTY).take(messages(level, 11 + level)), level, "/players")
    stored = answers(Desk(ClickHouseHistory(url)), level, "/players")
    assert {p["player_id"]: p["maps"] for p in stored} == {p["player_id"]: p["maps"] for p in live}


def test_matches_states_and_the_newest_prediction(url: str) -> None:
    desk = Desk(ClickHouseHistory(url))
    assert {m["match_id"] for m in desk.json("/api/v1/matches")} == {match_id(0, 11), match_id(3, 14)}
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
