"""Careers and the order of players, from the statistics that the loader wrote of a whole match."""

import json

import pytest

from api.public.careers.queries import together
from api.public.careers.resources import CareerMap
from game.facts import MapStats, RoundDecided, SwingCredited
from game.messages import Processed
from tests.api.public.conftest import whole_match
from tests.api.public.doubles import Desk


def line(rounds: int, **stats: float) -> CareerMap:
    named = {key.replace("_", "."): value for key, value in stats.items()}
    return CareerMap(match_id="m", map_id="a", map_name=None, rounds=rounds, last_event_at="", stats=named)


def test_counts_are_summed_and_rates_are_over_all_rounds() -> None:
    both = together([line(20, deaths=10, adr=60.0), line(30, deaths=20, adr=80.0)])
    assert (both.maps, both.rounds) == (2, 50)
    assert both.stats == {"deaths": 30, "adr": pytest.approx(72.0)}


def test_no_map_is_no_career() -> None:
    assert together([]).stats == {}


def told_last() -> dict[str, dict[str, float]]:
    """Each player's statistics at the end."""
    facts = [f for m in whole_match() if isinstance(m, Processed) for f in m.facts if isinstance(f, MapStats)]
    return {player_id: dict(stats) for player_id, stats in facts[-1].players.items()}


@pytest.mark.slow
def test_a_career_of_one_map_is_that_map(finished: Desk) -> None:
    for player_id, stats in told_last().items():
        found = finished.json(f"/api/v1/players/{player_id}")
        assert found["player"]["name"]
        assert found["total"]["maps"] == 1
        assert found["total"]["stats"] == pytest.approx(stats, abs=1e-3)
        assert list(found["by_map"]) == [found["form"][0]["map_name"]] != ["unknown"]


@pytest.mark.slow
def test_the_sides_of_a_career_are_its_rounds(finished: Desk) -> None:
    scopes = [
        f for m in whole_match() if isinstance(m, Processed) for f in m.facts if isinstance(f, MapStats)
    ][-1].scopes
    for player_id in told_last():
        found = finished.json(f"/api/v1/players/{player_id}")
        assert list(found["by_side"]) == ["ct", "t"]
        for side, split in found["by_side"].items():
            told = scopes[f"side:{side}"][player_id]
            assert (split["maps"], split["rounds"]) == (1, told["rounds"])
            assert split["stats"] == pytest.approx(dict(told), abs=1e-3)
        for summed in ("rounds", "kills.enemy", "deaths"):
            both = sum(split["stats"][summed] for split in found["by_side"].values())
            assert both == found["total"]["stats"][summed]


@pytest.mark.slow
def test_the_sides_of_a_team_are_the_rounds_of_its_map(finished: Desk) -> None:
    (match,) = finished.json("/api/v1/search/matches")["items"]
    for letter in "ab":
        found = finished.json(f"/api/v1/teams/{match[f'team_{letter}_id']}")
        sides, record = found["by_side"], found["record"]
        assert list(sides) == ["ct", "t"]
        for told in ("rounds_won", "rounds_lost"):
            assert sum(side[told] for side in sides.values()) == record[told]
    ended = [
        f for m in whole_match() if isinstance(m, Processed) for f in m.facts if isinstance(f, RoundDecided)
    ]
    held = sum(fact.winner_team == "B" and fact.winner_side == "ct" for fact in ended)
    assert sides["ct"]["rounds_won"] == held


@pytest.mark.slow
def test_the_graph_tells_the_same_career(finished: Desk) -> None:
    player_id = next(iter(told_last()))
    told = finished.json(f"/api/v1/players/{player_id}")
    query = """query ($id: ID!) { career(playerId: $id) {
        name lastMatchId total { maps rounds stats { id value } } byMap { mapName maps }
        bySide { side rounds stats { id value } } form { mapId rounds }
    } }"""
    content = json.dumps({"query": query, "variables": {"id": player_id}}).encode()
    headers = {"content-type": "application/json"}
    found = finished.ask("/graphql", "POST", content=content, headers=headers).json()["data"]["career"]
    assert (found["name"], found["lastMatchId"]) == (told["player"]["name"], told["player"]["last_match_id"])
    assert {each["id"]: each["value"] for each in found["total"]["stats"]} == told["total"]["stats"]
    assert {each["mapName"]: each["maps"] for each in found["byMap"]} == {
        name: part["maps"] for name, part in told["by_map"].items()
    }
    assert {each["side"].lower(): each["rounds"] for each in found["bySide"]} == {
        side: part["rounds"] for side, part in told["by_side"].items()
    }
    assert [(each["mapId"], each["rounds"]) for each in found["form"]] == [
        (each["map_id"], each["rounds"]) for each in told["form"]
    ]


@pytest.mark.slow
def test_one_statistic_alone(finished: Desk) -> None:
    player_id, stats = next(iter(told_last().items()))
    found = finished.json(f"/api/v1/players/{player_id}", definition="kills.enemy")
    assert found["total"]["stats"] == {"kills.enemy": stats["kills.enemy"]}
    refused = finished.ask(f"/api/v1/players/{player_id}", definition="kills.none")
    assert (refused.status_code, refused.json()["field"]) == (400, "query.definition")


@pytest.mark.slow
@pytest.mark.parametrize("definition", ["kills.enemy", "adr"])
def test_the_order_is_that_of_the_statistic(finished: Desk, definition: str) -> None:
    found = finished.json("/api/v1/leaderboard", definition=definition, least_rounds=1)
    by_value = sorted((stats[definition] for stats in told_last().values()), reverse=True)
    assert [leader["value"] for leader in found["players"]] == pytest.approx(by_value, abs=1e-3)
    assert [leader["place"] for leader in found["players"]] == list(range(1, 11))
    assert all(leader["name"] for leader in found["players"])


@pytest.mark.slow
def test_too_few_rounds_are_no_place(finished: Desk) -> None:
    assert finished.json("/api/v1/leaderboard", least_rounds=1000)["players"] == []
    assert finished.ask("/api/v1/leaderboard", definition="no-such").status_code == 400


def credited() -> dict[str, list[float]]:
    """What each player was credited with, swing by swing."""
    found: dict[str, list[float]] = {}
    for message in whole_match():
        for fact in message.facts if isinstance(message, Processed) else ():
            if isinstance(fact, SwingCredited):
                for player_id, credit in fact.credits.items():
                    found.setdefault(player_id, []).append(float(credit))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("by", ["best", "total"])
def test_swings_are_in_the_order_that_was_asked_for(finished: Desk, by: str) -> None:
    told = credited()
    found = finished.json("/api/v1/leaderboard/swings", by=by, least_rounds=1)["players"]
    assert {each["player_id"] for each in found} == set(told)
    for each in found:
        of_player = told[each["player_id"]]
        assert (each["total"], each["best"]["credit"]) == pytest.approx(
            (sum(of_player), max(of_player)), abs=1e-4
        )
    value = [each["best"]["credit"] if by == "best" else each["total"] for each in found]
    assert value == sorted(value, reverse=True)
    best = found[0]["best"]
    moved = abs(best["p_a_after"] - best["p_a_before"])
    assert (best["map_number"], best["credit"] <= moved + 1e-4, best["round_no"] >= 1) == (1, True, True)


@pytest.mark.slow
def test_players_are_found_in_their_match(finished: Desk) -> None:
    (match,) = finished.json("/api/v1/search/matches", player=next(iter(told_last())))["items"]
    assert match["status"] == "over"
    assert match["match_id"] == whole_match()[0].match_id
