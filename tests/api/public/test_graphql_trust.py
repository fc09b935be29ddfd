"""The graph tells of scorecards, calibration, leaders, final scores and explanations what REST tells."""

import json
from typing import Any

import pytest

from tests.api.public.conftest import whole_match
from tests.api.public.doubles import Desk, match_id, messages

SNAKE = str.maketrans({each: f"_{each.lower()}" for each in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})


def answer(desk: Desk, query: str, **variables: str) -> Any:
    content = json.dumps({"query": query, "variables": variables}).encode()
    return desk.ask("/graphql", "POST", content=content, headers={"content-type": "application/json"}).json()


def data(desk: Desk, query: str) -> Any:
    """What the graph told, under REST's names."""
    told = answer(desk, query)
    assert "errors" not in told, told
    return snake(told["data"])


def snake(told: Any) -> Any:
    if isinstance(told, dict):
        return {name.translate(SNAKE): snake(each) for name, each in told.items()}
    return [snake(each) for each in told] if isinstance(told, list) else told


def same(found: Any, told: Any) -> None:
    """All that the graph was asked for is what REST says; REST may say more."""
    if isinstance(found, dict):
        assert found
        for name, each in found.items():
            same(each, told[name])
    elif isinstance(found, list):
        assert len(found) == len(told)
        for each, other in zip(found, told, strict=True):
            same(each, other)
    else:
        assert found == told


@pytest.fixture(scope="module")
def running() -> Desk:
    return Desk().take(messages())


def test_final_scores_are_those_of_rest(running: Desk) -> None:
    query = f"""{{ match(id: "{match_id()}") {{ scores {{ seq modelVersion mapPA seriesPA
        mapScores {{ scoreA scoreB p }} seriesScores {{ scoreA scoreB p }}
        totals {{ line p }} handicaps {{ line p }} }} }} }}"""
    found, told = data(running, query)["match"]["scores"], running.of_match("/predictions/scores")
    assert len(told["map_scores"]) > 5
    same(found, told)


def test_a_match_without_a_map_has_no_final_scores() -> None:
    first = [message for message in messages() if message.seq == 1]
    desk = Desk().take(first)
    assert desk.ask(f"/api/v1/matches/{match_id()}/predictions/scores").status_code == 409
    told = answer(desk, f'{{ match(id: "{match_id()}") {{ id scores {{ seq }} }} }}')
    assert told["data"] == {"match": {"id": match_id(), "scores": None}}
    [error] = told["errors"]
    assert error["extensions"]["field"] == "matchId"


def test_explanations_and_highlights_are_those_of_rest(running: Desk) -> None:
    told = running.of_match("/highlights?limit=3")
    query = f"""{{ match(id: "{match_id()}") {{ highlights(first: 3) {{ place seq cause size
        credits {{ playerId credit }} }} }} }}"""
    found = data(running, query)["match"]["highlights"]
    assert [each["seq"] for each in found] == [each["seq"] for each in told] != []
    assert [{c["player_id"]: c["credit"] for c in each["credits"]} for each in found] == [
        each["credits"] for each in told
    ]
    seq = told[0]["seq"]
    query = f"""{{ match(id: "{match_id()}") {{ explanation(seq: {seq}) {{ seq previousSeq pABefore pAAfter
        parts {{ what pA }} before after }} }} }}"""
    found, told = data(running, query)["match"]["explanation"], running.of_match(f"/explanations/{seq}")
    assert {part["what"]: part["p_a"] for part in found.pop("parts")} == told["parts"]
    same(found, told)


def test_models_are_those_of_rest(running: Desk) -> None:
    found = data(running, "{ models { name modelVersion modelHash roles since who why problem } }")["models"]
    assert "champion" in found[0]["roles"]
    same(found, running.json("/api/v1/models"))


@pytest.mark.slow
def test_leaders_are_those_of_rest(finished: Desk) -> None:
    query = '{ leaderboard(definition: "adr", leastRounds: 1) { place playerId name maps rounds value } }'
    told = finished.json("/api/v1/leaderboard?definition=adr&least_rounds=1")["players"]
    assert len(told) == 10
    same(data(finished, query)["leaderboard"], told)
    query = """{ swingLeaderboard(by: TOTAL, leastRounds: 1, first: 5) { place playerId name rounds total perRound
        best { matchId mapId seq cause credit } } }"""
    told = finished.json("/api/v1/leaderboard/swings?by=total&least_rounds=1&limit=5")["players"]
    assert len(told) == 5
    same(data(finished, query)["swing_leaderboard"], told)


@pytest.mark.slow
def test_calibration_is_that_of_rest(finished: Desk) -> None:
    query = """{ calibration(horizon: ROUND, by: PISTOL, bins: 5) { modelVersion modelHash slice states logLoss ece
        bins { fromP toP states units meanP shareWon lo hi } } }"""
    told = finished.json("/api/v1/calibration?horizon=round&by=pistol&bins=5")
    assert len(told) == 2
    same(data(finished, query)["calibration"], told)


@pytest.mark.slow
def test_a_match_that_is_not_derived_has_no_scorecards(finished: Desk) -> None:
    query = (
        f'{{ match(id: "{whole_match()[0].match_id}") {{ quality {{ mapId finality rules {{ rule }} }} }} }}'
    )
    assert data(finished, query) == {"match": {"quality": []}}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("{ calibration(bins: 1) { ece } }", "bins"),
        (f'{{ calibration(modelVersion: "{"x" * 129}") {{ ece }} }}', "modelVersion"),
        ("{ leaderboard(leastRounds: 0) { place } }", "leastRounds"),
        ('{ leaderboard(definition: "no-such") { place } }', "definition"),
        (
            f'{{ match(id: "{match_id()}") {{ players {{ maps {{ stats(ids: ["no-such"]) {{ id }} }} }} }} }}',
            "ids",
        ),
        ("{ swingLeaderboard(first: 101) { place } }", "first"),
        ('{ roundMetrics(matchId: "nope") { number } }', "matchId"),
        ('{ searchMatches(after: "nope") { nodes { id } } }', "after"),
        ('{ searchMatches(where: {since: "yesterday"}) { nodes { id } } }', "where.since"),
        ("{ searchMatches(where: {since: 7}) { nodes { id } } }", "where.since"),
        ('{ searchMatches(where: {until: "2026-13-01"}) { nodes { id } } }', "where.until"),
    ],
)
def test_what_is_wrong_is_named_as_the_argument_is(running: Desk, query: str, field: str) -> None:
    [error] = answer(running, query)["errors"]
    assert (error["extensions"]["field"], bool(error["extensions"]["reason"])) == (field, True)
    assert error["message"] == f"{field}: {error['extensions']['reason']}"


def test_a_moment_that_is_none_says_what_one_is(running: Desk) -> None:
    query = "query($since: DateTime) { searchMatches(where: {since: $since}) { nodes { id } } }"
    for told in ("yesterday", "20260118", "2026-01-18T25:00:00Z"):
        [error] = answer(running, query, since=told)["errors"]
        assert error["extensions"]["field"] == "where.since"
        assert "is no moment in ISO 8601, such as 2026-01-18T12:00:00Z" in error["message"]
    assert "data" in answer(running, query, since="2026-01-18")
