"""The graph over HTTP: it says what REST says, asks the store once, and its errors say what to do and nothing more."""

import hashlib
import json
from typing import Any

import httpx
import pytest
from graphql import is_non_null_type
from hypothesis import given
from hypothesis import strategies as st

from api.public.away import AwayError
from api.public.cursors import FIRST, Place
from api.public.graphql.limits import BODY_MAX
from api.public.graphql.schema import schema
from api.public.matches.queries import behind
from api.public.matches.resources import summary
from api.public.rounds.resources import RoundView
from game.view import MatchView, new_view
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages

pytestmark = pytest.mark.slow

JSON = {"content-type": "application/json"}


def post(desk: Desk, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return desk.ask("/graphql", "POST", content=content, headers=JSON)


def data(desk: Desk, query: str, **variables: Any) -> Any:
    answer = post(desk, {"query": query, "variables": {"id": match_id(), **variables}})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert "errors" not in told, told
    return told["data"]


def errors(desk: Desk, query: str, **variables: Any) -> list[dict[str, Any]]:
    answer = post(desk, {"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["errors"]
    return found


@pytest.mark.parametrize("place", ["memory", "store"])
def test_the_graph_says_what_rest_says(place: str) -> None:
    desk = Desk().take(messages()) if place == "memory" else Desk(KeptHistory(messages()))
    told = data(
        desk,
        """query($id: ID!) { match(id: $id) { id seq bestOf teams { letter name players { id name team health } }
        maps { id name scoreA scoreB rounds { number winnerTeam scoreA } } prediction(horizon: ROUND) { seq } } }""",
    )["match"]
    summary = desk.of_match()["match"]
    assert (told["id"], told["seq"], told["bestOf"]) == (match_id(), summary["seq"], summary["best_of"])
    assert [team["name"] for team in told["teams"]] == [summary["name_a"], summary["name_b"]]
    people = [player for team in told["teams"] for player in team["players"]]
    assert people == [
        {"id": each["player_id"], "name": each["name"], "team": each["team"], "health": each["health"]}
        for each in desk.of_match("/players")
    ]
    rounds = [(r["number"], r["winnerTeam"], r["scoreA"]) for r in told["maps"][0]["rounds"]]
    assert rounds == [(r["round_no"], r["winner_team"], r["score_a"]) for r in desk.of_match("/rounds")]
    assert told["prediction"]["seq"] == desk.of_match("/predictions/latest")["seq"]


@pytest.mark.parametrize("horizon", ["ROUND", "MAP", "SERIES"])
def test_a_prediction_is_that_of_its_horizon(horizon: str) -> None:
    desk = Desk().take(messages())
    fields = "tsCalc pTeamAWin pTeamBWin confidence lo hi seq receiptId modelVersion horizon"
    query = f"query($id: ID!, $h: Horizon) {{ prediction(matchId: $id, horizon: $h) {{ {fields} }} }}"
    latest = desk.of_match("/predictions/latest")
    chance = latest[horizon.lower()]
    assert data(desk, query, h=horizon)["prediction"] == {
        "tsCalc": latest["predicted_at"],
        "pTeamAWin": chance["p_a"],
        "pTeamBWin": chance["p_b"],
        "confidence": chance["confidence"],
        "lo": chance["lo"],
        "hi": chance["hi"],
        "seq": latest["seq"],
        "receiptId": latest["receipt_id"],
        "modelVersion": latest["model_version"],
        "horizon": horizon,
    }


def test_pages_have_all_once_and_in_order() -> None:
    desk = Desk(KeptHistory(messages()))
    query = """query($id: ID!, $after: String) { predictionHistory(matchId: $id, first: 60, after: $after) {
        nodes { seq } pageInfo { endCursor hasNextPage isComplete } } }"""
    found: list[int] = []
    after = None
    while True:
        page = data(desk, query, after=after)["predictionHistory"]
        found += [node["seq"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    rest = desk.of_match("/predictions", limit=1000)["items"]
    assert found == [each["seq"] for each in rest]
    assert len(found) > 60


def test_matches_are_paged_even_where_one_moves_between() -> None:
    desk = Desk(KeptHistory(messages(seed=12))).take(messages())
    page = "{ nodes { id } pageInfo { endCursor hasNextPage } }"
    query = "query($after: String) { matches(first: 1, after: $after) " + page + " }"
    first = data(desk, query)["matches"]
    second = data(desk, query, after=first["pageInfo"]["endCursor"])["matches"]
    assert [first["nodes"], second["nodes"]] == [[{"id": match_id()}], [{"id": match_id(seed=12)}]]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


@given(st.lists(st.integers(0, 7), max_size=9), st.integers(1, 3))
def test_turning_pages_ends_and_tells_every_match_that_stands_still(moves: list[int], first: int) -> None:
    found = [summary(new_view(f"match-{n}")) for n in range(8)]
    still, seen = {each.match_id for each in found}, set()
    cursor = FIRST
    for turn in range(9):
        begin = behind(found, at=cursor.at, match_id=cursor.id)
        page = found[begin : begin + first]
        if not page:
            break
        seen |= {each.match_id for each in page}
        cursor = Place(begin + len(page), page[-1].match_id)
        moved = found.pop(moves[turn] if turn < len(moves) else begin + len(page) - 1)
        found.insert(0, moved)
        still.discard(moved.match_id)
    assert begin == len(found)
    assert still <= seen


def test_swings_and_events_hang_on_the_match() -> None:
    desk = Desk().take(messages())
    query = """query($id: ID!) { match(id: $id) { swings { nodes { seq cause credits { credit } } }
        events(type: "kill", first: 1) { nodes { seq payload facts } } } }"""
    told = data(desk, query)["match"]
    assert told["swings"]["nodes"]
    for swing in told["swings"]["nodes"]:
        assert len(swing["credits"]) > 1
        assert abs(sum(c["credit"] for c in swing["credits"])) < 1e-9
    kill = desk.of_match("/events", type="kill", limit=1)["items"][0]
    assert told["events"]["nodes"] == [{key: kill[key] for key in ("seq", "payload", "facts")}]


def test_statistics_by_id_and_scope() -> None:
    desk = Desk().take(messages())
    query = """query($id: ID!, $player: ID!) { player(matchId: $id, id: $player, scope: "round:1") {
        scope maps { rounds stats(ids: ["kills.enemy", "adr"]) { id value } } } }"""
    who = desk.of_match("/players", scope="round:1")[0]
    told = data(desk, query, player=who["player_id"])["player"]
    assert told["scope"] == "round:1"
    line = who["maps"][0]
    expected = (
        [{"id": "kills.enemy", "value": line["stats"]["kills.enemy"]}]
        if "kills.enemy" in line["stats"]
        else []
    )
    assert told["maps"] == [{"rounds": line["rounds"], "stats": expected}]


def test_what_is_not_known_is_null() -> None:
    query = """{ match(id: "x") { id } team(matchId: "x", letter: A) { name }
        player(matchId: "x", id: "y") { id } prediction(matchId: "x") { seq } career(playerId: "y") { id } }"""
    assert data(Desk(), query) == dict.fromkeys(("match", "team", "player", "prediction", "career"))
    known = data(
        Desk().take(messages()), "query($id: ID!) { match(id: $id) { explanation(seq: 999999) { seq } } }"
    )
    assert known == {"match": {"explanation": None}}


class Counted(KeptHistory):
    """Counts the questions for rounds and views."""

    def __init__(self) -> None:
        super().__init__(messages())
        self.rounds_asked = self.views_asked = 0

    async def rounds(self, match_id: str) -> list[RoundView]:
        self.rounds_asked += 1
        return []

    async def view(self, match_id: str) -> MatchView | None:
        self.views_asked += 1
        return await super().view(match_id)


def test_the_store_is_asked_once_however_often_it_is_selected() -> None:
    history = Counted()
    query = """query($id: ID!) { a: match(id: $id) { rounds { number } maps { rounds { number } } }
        b: match(id: $id) { rounds { number } } team(matchId: $id, letter: A) { name } }"""
    data(Desk(history), query)
    assert (history.rounds_asked, history.views_asked) == (1, 1)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ matches(first: 0) { nodes { id } } }", "INVALID"),
        ("{ matches(first: 51) { nodes { id } } }", "INVALID"),
        ("subscription { scoreUpdated(matchId: 1) { seq } }", "SOCKET_NEEDED"),
        ('{ matches(after: "é") { nodes { id } } }', "INVALID"),
        ('{ matches(after: "WzFd!") { nodes { id } } }', "INVALID"),
        ('{ roundMetrics(matchId: "x") { number } }', "NOT_FOUND"),
        ('{ player(matchId: "x", id: "y", scope: "; DROP TABLE") { id } }', "INVALID"),
        ("{ matches { nothing } }", "INVALID"),
        ("{ matches(first: 50) { nodes { players { maps { stats { id } } } } } }", "TOO_MUCH"),
        ("{" + "a{" * 700, "INVALID"),
        ("{ " + "x " * 5000 + "}", "INVALID"),
    ],
)
def test_errors_have_a_code_and_say_what_to_do(query: str, code: str) -> None:
    found = errors(Desk().take(messages()), query)
    assert {error["extensions"]["code"] for error in found} == {code}
    assert all(error["extensions"]["advice"] for error in found)


def test_a_store_that_is_away_is_told_as_such() -> None:
    history = KeptHistory(messages())
    history.is_away = True
    found = errors(Desk(history), '{ match(id: "x") { id } }')
    assert (found[0]["extensions"]["code"], found[0]["extensions"]["retryAfterS"]) == ("STORE_AWAY", 1)


class Broken(KeptHistory):
    async def rounds(self, match_id: str) -> list[RoundView]:
        raise ValueError("the password is hunter2")


def test_nothing_from_inside_gets_out() -> None:
    answer = post(
        Desk(Broken(messages())), {"query": f'{{ match(id: "{match_id()}") {{ rounds {{ number }} }} }}'}
    )
    assert "hunter2" not in answer.text
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"


def test_the_words_of_an_error_of_ours_stay_inside_the_log(caplog: pytest.LogCaptureFixture) -> None:
    post(Desk(Broken(messages())), {"query": f'{{ match(id: "{match_id()}") {{ rounds {{ number }} }} }}'})
    assert "hunter2" in caplog.text
    caplog.clear()
    post(Desk(), {"query": "{ nothing }"})
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'{"query": 5}', JSON, 400),
        (b'{"query": "{ a }", "variables": []}', JSON, 400),
        (b"{}", JSON, 400),
        (b"[" * 60_000, JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b" " * (BODY_MAX + 1), JSON, 413),
        (b'{"query": "{ a }"}', {"content-type": "text/plain"}, 415),
        (b'{"query": "{ a }", "operationName": "B"}', JSON, 400),
    ],
)
def test_requests_that_are_none_are_problems(content: bytes, headers: dict[str, str], status: int) -> None:
    answer = Desk().ask("/graphql", "POST", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["reason"]


def test_queries_by_get_and_nothing_else() -> None:
    desk = Desk().take(messages())
    found = desk.ask(
        "/graphql", query="query($n: Int) { matches(first: $n) { nodes { id } } }", variables='{"n": 1}'
    )
    assert found.json() == {"data": {"matches": {"nodes": [{"id": match_id()}]}}}
    assert found.headers["cache-control"] == "no-store"
    assert desk.ask("/graphql", query="{ a }", qurey="x").json()["field"] == "query.qurey"
    assert desk.ask("/graphql", query="{ a }", variables="{").json()["field"] == "query.variables"
    other = desk.ask("/graphql", "POST", content=b"{}", headers={"content-type": "text/plain"}).json()
    assert (other["type"], other["field"]) == ("urn:midround:problem:media-type", "content-type")
    assert desk.ask("/graphql?query={a}&query={b}").json()["field"] == "query.query"
    assert desk.ask("/graphql").status_code == 400
    refused = desk.ask("/graphql", "DELETE")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


def test_persisted_queries_as_clients_do_it() -> None:
    desk = Desk().take(messages())
    query = "{ matches { nodes { id } } }"
    named = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    unknown = post(desk, {"extensions": named}).json()["errors"][0]
    assert (unknown["message"], unknown["extensions"]["code"]) == (
        "PersistedQueryNotFound",
        "PERSISTED_QUERY_NOT_FOUND",
    )
    first = post(desk, {"query": query, "extensions": named}).json()
    assert first["data"]["matches"]["nodes"] == [{"id": match_id()}]
    assert post(desk, {"extensions": named}).json() == first
    assert desk.ask("/graphql", extensions=json.dumps(named)).json() == first


def test_requests_are_counted_by_route() -> None:
    desk = Desk()
    post(desk, {"query": "{ __typename }"})
    labels = {"route": "/graphql", "method": "POST", "status": "200"}
    assert desk.metrics.registry.get_sample_value("api_requests_total", labels) == 1


def test_a_browser_gets_the_page_and_a_program_does_not() -> None:
    answer = Desk().ask("/graphql", headers={"accept": "text/html,*/*"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "html" not in Desk().ask("/graphql", headers={"accept": "text/html"}, query="{ __typename }").text


def test_store_errors_are_the_problem_of_one_field() -> None:
    class Away(KeptHistory):
        async def rounds(self, match_id: str) -> list[RoundView]:
            raise AwayError("store", "no store")

    query = f'{{ match(id: "{match_id()}") {{ id }} roundMetrics(matchId: "{match_id()}") {{ number }} }}'
    told = post(Desk(Away(messages())), {"query": query}).json()
    assert [error["path"] for error in told["errors"]] == [["roundMetrics"]]
    assert told["data"] == {"match": {"id": match_id()}, "roundMetrics": None}


def test_no_entry_takes_the_others_with_it_where_it_fails() -> None:
    query = schema()._schema.query_type
    assert query is not None
    assert [name for name, entry in query.fields.items() if is_non_null_type(entry.type)] == []
