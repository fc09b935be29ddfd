"""Matches, players and teams by what is known of them: the catalog that the loader wrote."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from msgspec.structs import replace

from adapters.catalog.changes import Change, TeamTold, Upsert, team, team_id
from adapters.catalog.reading import CatalogReader
from adapters.catalog.store import open_catalog
from api.public.access.grants import GrantedDirectory
from api.public.directory import Directory
from api.public.identifiers import segment
from tests.api.public.doubles import Desk

pytestmark = pytest.mark.slow

START = datetime(2026, 5, 17, 12, tzinfo=UTC)


def match(number: int, a: str, b: str, *, map_name: str, winner: str | None = None) -> Iterator[Change]:
    """A match of one map, which A won 13:7 or which still runs at 5:4."""
    match_id, moment = f"m{number}", START + timedelta(days=number)
    score = {"score_a": 13, "score_b": 7} if winner else {"score_a": 5, "score_b": 4}
    status = "over" if winner else "live"
    yield Upsert(
        table="matches",
        values={
            "match_id": match_id,
            "name_a": a,
            "name_b": b,
            "team_a_id": team_id(a),
            "team_b_id": team_id(b),
            "status": status,
            "winner_team": winner,
            "starts_at": "2026-05-19T14:00:00+02:00",
            "external_ids": {"league.a": f"n:{number}", "other": "7"},
            "announced_maps": [map_name],
            "last_event_at": moment,
            "seq": 1,
        },
        once={"first_event_at": moment, "plays_at": moment},
    )
    place = {"match_id": match_id, "map_id": f"{match_id}-map", "number": 1, "name": map_name, "seq": 1}
    yield Upsert(table="maps", values={**place, **score, "status": status, "winner_team": winner})
    for name in (a, b):
        yield team(name, match_id=match_id, seen_at=moment)
    seen = {"last_match_id": match_id, "last_seen_at": moment}
    yield Upsert(table="players", values={"player_id": f"p-{a}", "name": f"Captain {a}", **seen})
    yield Upsert(
        table="match_players", values={"player_id": f"p-{a}", "match_id": match_id, "team": "A", "seq": 1}
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """It is asked and not changed."""
    url = f"sqlite:///{tmp_path_factory.mktemp('search') / 'catalog.sqlite'}"
    catalog = open_catalog(url)
    catalog.apply(match(0, "Oak", "Elm", map_name="de_nuke", winner="A"))
    catalog.apply(match(1, "Elm", "Fir", map_name="de_dust2", winner="A"))
    catalog.apply(match(2, "Fir", "Oak", map_name="de_nuke"))
    catalog.close()
    return Desk(directory=Directory(url))


def ids(found: dict[str, Any]) -> list[str]:
    return [item["match_id"] for item in found["items"]]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["m2", "m1", "m0"]),
        ({"match_id": "m1"}, ["m1"]),
        ({"match_id": "m1", "team": "oak"}, []),
        ({"match_id": "M1"}, []),
        ({"status": "live"}, ["m2"]),
        ({"status": "announced"}, []),
        ({"status": "broken_off"}, []),
        ({"team": "' OR '1'='1' --"}, []),
        ({"player": "%' OR 1=1 --"}, []),
        ({"map": "' UNION SELECT 1 --"}, []),
        ({"external_id": "league.a')) OR 1=1 --:n:1"}, []),
        ({"external_id": 'q"u:1'}, []),
        ({"external_id": "league.a:n:1"}, ["m1"]),
        ({"external_id": "other:7"}, ["m2", "m1", "m0"]),
        ({"external_id": "nobody:7"}, []),
        ({"team": "oAk"}, ["m2", "m0"]),
        ({"team": team_id("elm")}, ["m1", "m0"]),
        ({"player": "p-Oak"}, ["m0"]),
        ({"player": "captain e"}, ["m1"]),
        ({"map": "de_nuke"}, ["m2", "m0"]),
        ({"map": "de_nuke", "status": "over"}, ["m0"]),
        ({"since": "2026-05-18T12:00:00Z"}, ["m2", "m1"]),
        ({"until": "2026-05-18T12:00:00"}, ["m0"]),
        ({"since": "2026-05-18T14:00:00+02:00", "until": "2026-05-19"}, ["m1"]),
        ({"team": "%"}, []),
        ({"team": "' OR 1=1 --"}, []),
    ],
)
def test_matches_have_all_that_is_wanted(desk: Desk, wanted: dict[str, str], expected: list[str]) -> None:
    assert ids(desk.json("/api/v1/search/matches", **wanted)) == expected


@pytest.mark.parametrize("told", ["foo", ":a:b", "league:", ""])
def test_what_is_no_id_elsewhere_is_told_how_one_looks(desk: Desk, told: str) -> None:
    answer = desk.send("GET", "/api/v1/search/matches", params={"external_id": told})
    assert (answer.status_code, answer.json()["field"]) == (400, "query.external_id")
    assert answer.json()["reason"] == "must be system:id"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *(("search/matches", name) for name in ("match_id", "team", "player", "map", "external_id")),
        ("teams", "name"),
        ("players", "name"),
    ],
)
@pytest.mark.parametrize("character", ["\0", "\n", "\x85"])
def test_control_characters_are_looked_for_nowhere(desk: Desk, path: str, name: str, character: str) -> None:
    """Postgres takes no NUL in a text."""
    answer = desk.send("GET", f"/api/v1/{path}", params={name: f"a:{character}b"})
    assert (answer.status_code, answer.json()["field"]) == (400, f"query.{name}")
    assert answer.json()["reason"] == "holds control characters"


def test_pages_join_without_hole_or_repetition(desk: Desk) -> None:
    seen, cursor = [], None
    while True:
        page = desk.json("/api/v1/search/matches", limit=1, **({"cursor": cursor} if cursor else {}))
        seen += ids(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["m2", "m1", "m0"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "kg==", "\u00fc"])
def test_a_cursor_of_somebody_else_is_refused(desk: Desk, cursor: str) -> None:
    answer = desk.ask("/api/v1/search/matches", cursor=cursor)
    assert (answer.status_code, answer.json()["field"]) == (400, "query.cursor")


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("0001-01-01T00:00:00+14:00", "years"),
        ("9999-12-31T23:59:59-14:00", "years"),
        ("2026", "ISO 8601"),
        ("-1", "ISO 8601"),
        ("20260118", "ISO 8601"),
        ("1768737600.5", "ISO 8601"),
        ("2026-02-30", "day"),
    ],
)
def test_a_moment_is_iso_8601_of_our_era(desk: Desk, name: str, told: str, says: str) -> None:
    answer = desk.send("GET", "/api/v1/search/matches", params={name: told})
    assert (answer.status_code, answer.json()["field"]) == (400, f"query.{name}")
    assert says in answer.json()["reason"]


@pytest.mark.parametrize(
    "since",
    [
        "2026-05-18T14:00:00+02:00",
        "2026-05-18T14:00:00.000+0200",
        "2026-05-18+14:00+02:00",
        "2026-05-18+12:00",
    ],
)
def test_a_moment_may_stand_in_a_url_as_it_is(desk: Desk, since: str) -> None:
    """A plus sign there is a blank."""
    path = f"/api/v1/search/matches?since={since}&until=2026-05-18T12:00:01Z"
    assert ids(desk.ask(path).json()) == ["m1"]
    told = in_graph(desk, FOUND, where={"since": since.replace("+", " "), "until": "2026-05-19"})
    assert [each["id"] for each in told["data"]["searchMatches"]["nodes"]] == ["m1"]


@pytest.mark.parametrize("place", [("0001-01-01T00:00:00+14:00", "m1"), ("2026-05-17T12:00:00Z", "m\0")])
def test_a_cursor_of_no_place_is_refused(desk: Desk, place: tuple[str, str]) -> None:
    cursor = base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode()
    answer = desk.ask("/api/v1/search/matches", cursor=cursor)
    assert (answer.status_code, answer.json()["field"]) == (400, "query.cursor")


def test_a_match_has_its_maps(desk: Desk) -> None:
    (found,) = desk.json("/api/v1/search/matches", status="live")["items"]
    assert (found["name_a"], found["first_event_at"]) == ("Fir", "2026-05-19T12:00:00.000Z")
    assert found["starts_at"] == "2026-05-19T12:00:00.000Z"
    assert found["announced_maps"] == ["de_nuke"]
    assert [(m["name"], m["score_a"], m["score_b"], m["status"]) for m in found["maps"]] == [
        ("de_nuke", 5, 4, "live")
    ]


def test_a_match_that_was_never_announced_has_no_ids_elsewhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    catalog = open_catalog(url)
    values = {"match_id": "m", "seq": 1, "last_event_at": START}
    catalog.apply([Upsert(table="matches", values=values, once={"first_event_at": START, "plays_at": START})])
    catalog.close()
    (found,) = Desk(directory=Directory(url)).json("/api/v1/search/matches")["items"]
    assert (found["external_ids"], found["announced_maps"], found["starts_at"]) == ({}, [], None)


def test_a_team_has_its_record(desk: Desk) -> None:
    (elm,) = desk.json("/api/v1/teams", name="el")
    found = desk.json(f"/api/v1/teams/{elm['team_id']}")
    assert found["record"] == {"maps_won": 1, "maps_lost": 1, "rounds_won": 20, "rounds_lost": 20}
    assert found["by_map"]["de_nuke"]["maps_lost"] == 1
    assert [m["match_id"] for m in found["matches"]] == ["m1", "m0"]


@pytest.mark.parametrize("said", ["elm", "league:elm/1 é"])
def test_a_team_is_found_by_the_id_that_it_was_announced_with(tmp_path: Path, said: str) -> None:
    """An id that is a part of another team's name is not that team."""
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    catalog = open_catalog(url)
    catalog.apply(match(0, "Oak", "Elmwood", map_name="de_nuke", winner="A"))
    oak = TeamTold(match_id="m0", seq=1, seen_at=START, side="a", name="Oak", team_id=said)
    catalog.apply([replace(oak, external_ids={"league": "9"})])
    catalog.apply(match(1, "Elmwood", "Fir", map_name="de_nuke", winner="A"))
    catalog.close()
    desk = Desk(directory=Directory(url))
    found = desk.json(f"/api/v1/teams/{segment(said)}")
    assert (found["team"]["name"], found["team"]["external_ids"]) == ("Oak", {"league": "9"})
    assert ([each["match_id"] for each in found["matches"]], found["record"]["maps_won"]) == (["m0"], 1)
    assert ids(desk.json("/api/v1/search/matches", team=said, until="2026-05-18T00:00:00Z")) == ["m0"]


def test_a_running_map_is_neither_won_nor_lost(desk: Desk) -> None:
    record = desk.json(f"/api/v1/teams/{team_id('Fir')}")["record"]
    assert record == {"maps_won": 0, "maps_lost": 1, "rounds_won": 12, "rounds_lost": 17}


@pytest.mark.parametrize("path", ["/teams/no-such", "/players/no-such"])
def test_who_is_not_known_is_not_found(desk: Desk, path: str) -> None:
    assert desk.ask(f"/api/v1{path}").status_code == 404


def test_players_are_found_by_a_part_of_their_name(desk: Desk) -> None:
    assert [p["player_id"] for p in desk.json("/api/v1/players", name="fir")] == ["p-Fir"]


def test_without_a_catalog_nothing_is_known() -> None:
    assert Desk().json("/api/v1/search/matches") == {"items": [], "next_cursor": None}


def test_a_catalog_that_is_away_is_said_so_and_comes_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'later.sqlite'}"
    desk = Desk(directory=Directory(url))
    answer = desk.ask("/api/v1/teams")
    told = answer.json()
    assert (answer.status_code, told["field"], told["reason"]) == (
        503,
        "catalog",
        "the catalog does not answer",
    )
    (error,) = desk.send("POST", "/graphql", json={"query": "{ searchMatches { nodes { id } } }"}).json()[
        "errors"
    ]
    assert (error["message"], error["extensions"]["field"]) == (
        "catalog: the catalog does not answer",
        "catalog",
    )
    assert error["extensions"]["code"] == "STORE_AWAY"
    open_catalog(url).close()
    assert desk.json("/api/v1/teams") == []


FOUND = """query($where: MatchFilter, $after: String) { searchMatches(where: $where, first: 2, after: $after) {
    nodes { id nameA announcedMaps status winnerTeam maps { name scoreA } match { id } }
    pageInfo { endCursor hasNextPage } } }"""


def in_graph(desk: Desk, query: str, **variables: Any) -> Any:
    content = json.dumps({"query": query, "variables": variables}).encode()
    return desk.ask("/graphql", "POST", content=content, headers={"content-type": "application/json"}).json()


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"team": "oak"},
        {"player": "captain elm"},
        {"map": "de_nuke"},
        {"since": "2026-05-18T00:00:00Z", "until": "2026-05-19T00:00:00Z"},
        {"externalId": "league.a:n:2"},
        {"matchId": "m1"},
    ],
    ids=lambda where: "-".join(where) or "all",
)
def test_the_graph_finds_what_rest_finds(desk: Desk, where: dict[str, str]) -> None:
    names = {"externalId": "external_id", "matchId": "match_id"}
    asked = {names.get(name, name): told for name, told in where.items()}
    path = "/api/v1/search/matches?" + urlencode(asked | {"limit": 2})
    rest = desk.ask(path).json()
    told = in_graph(desk, FOUND, where=where)["data"]["searchMatches"]
    assert [each["id"] for each in told["nodes"]] == [each["match_id"] for each in rest["items"]]
    assert [each["status"].lower() for each in told["nodes"]] == [each["status"] for each in rest["items"]]
    assert [each["announcedMaps"] for each in told["nodes"]] == [
        each["announced_maps"] for each in rest["items"]
    ]
    assert told["nodes"][0]["maps"][0]["name"] == rest["items"][0]["maps"][0]["name"]
    assert told["pageInfo"]["hasNextPage"] == (rest["next_cursor"] is not None)
    if told["pageInfo"]["hasNextPage"]:
        assert told["pageInfo"]["endCursor"] == rest["next_cursor"]
        rest = desk.ask(f"{path}&cursor={rest['next_cursor']}").json()
        more = in_graph(desk, FOUND, where=where, after=told["pageInfo"]["endCursor"])["data"][
            "searchMatches"
        ]
        assert [each["id"] for each in more["nodes"]] == [each["match_id"] for each in rest["items"]]


def test_a_page_of_the_graph_ends_at_its_last_match_whether_or_not_there_are_more(desk: Desk) -> None:
    first = in_graph(desk, FOUND)["data"]["searchMatches"]
    last = in_graph(desk, FOUND, after=first["pageInfo"]["endCursor"])["data"]["searchMatches"]
    assert [each["id"] for each in last["nodes"]] == ["m0"]
    assert not last["pageInfo"]["hasNextPage"]
    empty = in_graph(desk, FOUND, after=last["pageInfo"]["endCursor"])["data"]["searchMatches"]
    assert empty == {"nodes": [], "pageInfo": {"endCursor": None, "hasNextPage": False}}
    assert last["pageInfo"]["endCursor"] is not None


def test_the_graph_refuses_what_cannot_be_looked_for(desk: Desk) -> None:
    edges = ({"since": "0001-01-01T00:00:00+14:00"}, {"until": "9999-12-31T23:59:59-14:00"})
    spoilt: list[dict[str, str]] = [{"team": "\0"}, {"externalId": "a:\0"}, {"matchId": "\n"}]
    wrong = ({"externalId": "league"}, {"externalId": ""}, {"team": ""}, {"map": "x" * 300}, *edges, *spoilt)
    for where in wrong:
        [error] = in_graph(desk, FOUND, where=where)["errors"]
        assert (error["extensions"]["code"], error["extensions"]["field"]) == (
            "INVALID",
            f"where.{next(iter(where))}",
        )


def test_the_graph_refuses_a_player_that_cannot_be_looked_for(desk: Desk) -> None:
    [error] = in_graph(desk, "query($id: ID!) { career(playerId: $id) { name } }", id="p\0")["errors"]
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("INVALID", "playerId")


def test_a_page_of_the_graph_asks_the_catalog_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for the matches and once for all their maps, however many there are."""
    asked: list[str] = []
    for name in ("matches", "maps"):
        kept = getattr(CatalogReader, name)

        def counted(
            self: CatalogReader, *told: Any, _kept: Any = kept, _name: str = name, **more: Any
        ) -> Any:
            asked.append(_name)
            return _kept(self, *told, **more)

        monkeypatch.setattr(CatalogReader, name, counted)
    assert len(in_graph(desk, FOUND)["data"]["searchMatches"]["nodes"]) == 2
    assert asked == ["matches", "maps"]


def test_the_graph_shows_a_client_only_what_it_is_granted(desk: Desk) -> None:
    whole: Directory = desk.app.state.backends.directory
    granted = Desk(directory=GrantedDirectory(whole, lambda match_id: match_id == "m0"))
    shown = in_graph(granted, FOUND)
    assert [each["id"] for each in shown["data"]["searchMatches"]["nodes"]] == ["m0"]
    [error] = in_graph(granted, '{ career(playerId: "p-Oak") { name } }')["errors"]
    assert error["extensions"]["code"] == "NOT_GRANTED"
