"""Lists that grow are told page by page: every item once, in one order, whatever the length of a page."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.catalog.changes import Upsert
from adapters.catalog.store import open_catalog
from api.public.cursors import PLACE_MAX, encoded_place
from api.public.directory import Directory
from api.public.history import NoHistory, Row
from game.view import MatchView
from tests.api.public.doubles import NOON, Desk
from tests.api.public.test_graphql import data

PATHS = (
    "/api/v1/players",
    "/api/v1/teams",
    "/api/v1/matches",
    "/api/v1/leaderboard",
    "/api/v1/leaderboard/swings",
)


class Many(NoHistory):
    """A store with so many matches, and players in an order."""

    def __init__(self, count: int = 7) -> None:
        self.ids = [f"m{number}" for number in range(count)]

    async def views(self, limit: int) -> list[MatchView]:
        return [MatchView(match_id=each, seq=1, state={"seq": 1}) for each in self.ids[:limit]]

    async def view(self, match_id: str) -> MatchView | None:
        return MatchView(match_id=match_id, seq=1, state={"seq": 1}) if match_id in self.ids else None

    async def rows(self, question: str, **values: Any) -> list[Row]:
        moment = ("m", None, None, 1, "kill", 0.5, 0.6, NOON)
        line = {"maps": 1, "rounds_played": 9, "total": 1.0, "mean": 0.1, "best": 0.1, "moment": moment}
        ordered = [{"player_id": each} | line for each in self.ids]
        return ordered[values["skip"] :][: values["limit"]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Seven players and teams, two of each seen at one moment. It is asked and not changed."""
    url = f"sqlite:///{tmp_path_factory.mktemp('lists') / 'catalog.sqlite'}"
    catalog = open_catalog(url)
    shared: dict[str, Any] = {"last_match_id": None, "last_seen_at": NOON}
    players = [{"player_id": f"p{n}", "name": f"Name {n}", "is_bot": False} | shared for n in range(7)]
    teams = [{"team_id": f"t{n}", "name": f"Name {n}", "external_ids": None} | shared for n in range(7)]
    for number, (player, team) in enumerate(zip(players, teams, strict=True)):
        seen = {"last_seen_at": NOON.replace(minute=number // 2)}
        catalog.apply(
            [Upsert(table="players", values=player | seen), Upsert(table="teams", values=team | seen)]
        )
    catalog.close()
    return Desk(Many(), directory=Directory(url))


def ids(told: Any) -> list[str]:
    items = told["players"] if isinstance(told, dict) else told
    return [each.get("match_id") or each.get("player_id") or each["team_id"] for each in items]


def pages(desk: Desk, path: str, **parameters: Any) -> list[list[str]]:
    """By the header, or by the member where there is one."""
    asked: str | None = path
    found: list[list[str]] = []
    while asked is not None:
        answer = desk.ask(asked, **({} if "?" in asked else parameters))
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found.append(ids(told))
        if isinstance(told, dict):
            cursor = told["next_cursor"]
            asked = cursor and f"{path}?cursor={cursor}&limit={parameters['limit']}"
        else:
            link = answer.headers.get("link")
            assert link is None or link.endswith('>; rel="next"')
            asked = link and link[1 : link.index(">")]
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_every_item_is_told_once_and_in_order(desk: Desk, path: str, limit: int) -> None:
    (whole,) = pages(desk, path, limit=50)
    assert len(set(whole)) == len(whole) == 7
    told = pages(desk, path, limit=limit)
    assert [each for page in told for each in page] == whole
    assert all(len(page) == limit for page in told[:-1])
    assert told[-1] != []


def test_a_filter_goes_on_with_its_pages(desk: Desk) -> None:
    assert pages(desk, "/api/v1/players", name="name", limit=4) == [
        ["p6", "p4", "p5", "p2"],
        ["p3", "p0", "p1"],
    ]
    assert pages(desk, "/api/v1/teams", name="e 3", limit=4) == [["t3"]]


def test_places_go_on_with_the_page(desk: Desk) -> None:
    first = desk.json("/api/v1/leaderboard", limit=3)
    second = desk.json("/api/v1/leaderboard", limit=3, cursor=first["next_cursor"])
    assert [each["place"] for each in (*first["players"], *second["players"])] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cursor", ["AAAA", "x", encoded_place(PLACE_MAX + 1), encoded_place(1, "a\n")])
def test_what_is_no_cursor_is_refused(desk: Desk, path: str, cursor: str) -> None:
    answer = desk.ask(path, cursor=cursor)
    assert (answer.status_code, answer.json()["field"]) == (400, "query.cursor")


@given(
    st.lists(st.lists(st.sampled_from([f"m{n}" for n in range(9)]), max_size=6), max_size=4),
    st.integers(1, 4),
)
def test_matches_that_move_while_pages_are_turned_hide_none(moving: list[list[str]], limit: int) -> None:
    """What moves comes to the front; what does not move is told, in order, and again only where the last one moved."""
    history = Many(9)
    desk, moves = Desk(history), iter(moving)
    told: list[str] = []
    asked: str | None = f"/api/v1/matches?limit={limit}"
    while asked is not None:
        answer = desk.ask(asked)
        told += ids(answer.json())
        for moved in next(moves, ()):
            history.ids.remove(moved)
            history.ids.insert(0, moved)
        link = answer.headers.get("link")
        asked = link and link[1 : link.index(">")]
    still = [each for each in history.ids if each not in {m for step in moving for m in step}]
    assert list(dict.fromkeys(each for each in told if each in still)) == still


def test_a_list_of_matches_ends_at_the_thousandth() -> None:
    told = pages(Desk(Many(1_005)), "/api/v1/matches", limit=400)
    assert [len(page) for page in told] == [400, 400, 200]


PUSHED = ["m4", "m5", "m6", "m7", "m8", "m0", "m1", "m2", "m3"]


def test_what_others_push_back_is_told_once() -> None:
    """Five of nine matches move to the front behind the first page of two."""
    history = Many(9)
    desk = Desk(history)
    first = desk.ask("/api/v1/matches", limit=2)
    history.ids = PUSHED
    (rest,) = pages(desk, first.headers["link"].partition(">")[0][1:])
    assert (ids(first.json()), rest) == (["m0", "m1"], ["m2", "m3"])


@pytest.mark.slow
def test_the_graph_tells_what_others_push_back_once_too() -> None:
    history = Many(9)
    desk = Desk(history)
    query = """query($after: String) {
        matches(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }"""
    first = data(desk, query)["matches"]
    history.ids = PUSHED
    rest = data(desk, query, after=first["pageInfo"]["endCursor"])["matches"]
    assert [each["id"] for each in (*first["nodes"], *rest["nodes"])] == ["m0", "m1", "m2", "m3"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
