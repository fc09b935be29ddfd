"""Statistics by scope: laws over a whole map, corrections, the parameter, and what the keys mean."""

from functools import cache
from itertools import takewhile
from typing import Any

import pytest

from api.public.desk import Sizes
from api.public.tellings import Tellings
from game import events as e
from game.facts import MapStats, RoundStats
from game.messages import Message, Processed
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.stats import COLUMNS, SUMMED, TOTALS
from models.fold import fold_events
from tests.api.public.doubles import Desk, KeptHistory

pytestmark = pytest.mark.slow

PLENTY = Sizes(statistics=1_000)
STATS = {"kills.enemy": 1.0}


@cache
def a_map() -> tuple[Message, ...]:
    """The first map of a match, without predictions."""
    setting = Setting(seed=28, best_of=1, position_hz=0, has_shots=False)
    played = takewhile(lambda event: not isinstance(event, e.MapEnded), simulate(setting))
    return tuple(fold_events(played, None))


@cache
def played() -> Desk:
    """That map in memory."""
    return Desk(sizes=PLENTY).take(a_map())


@cache
def lines(scope: str) -> dict[str, dict[str, Any]]:
    """The line of each player on the map."""
    players = played().json(f"/api/v1/matches/{a_map()[0].match_id}/players", scope=scope)
    assert {player["scope"] for player in players} == {scope}
    return {player["player_id"]: line for player in players for line in player["maps"]}


@cache
def rounds_played() -> int:
    return max(int(line["rounds"]) for line in lines("map").values())


HALVES = tuple(f"half:{number}" for number in range(1, 10))


@pytest.mark.parametrize("parts", [HALVES, ("side:ct", "side:t")])
def test_parts_add_up_to_the_map(parts: tuple[str, ...]) -> None:
    assert rounds_played() > 24, "an overtime is among the halves"
    for player_id, whole in lines("map").items():
        of_parts = [lines(part)[player_id] for part in parts if player_id in lines(part)]
        assert sum(part["rounds"] for part in of_parts) == whole["rounds"]
        for stat_id in SUMMED:
            assert sum(part["stats"][stat_id] for part in of_parts) == whole["stats"][stat_id], stat_id


def test_rounds_add_up_to_the_map() -> None:
    numbers = range(1, rounds_played() + 1)
    for player_id, whole in lines("map").items():
        for stat_id in SUMMED:
            told = sum(lines(f"round:{number}")[player_id]["stats"][stat_id] for number in numbers)
            assert told == whole["stats"][stat_id], stat_id


def test_the_default_scope_is_the_map() -> None:
    path = f"/api/v1/matches/{a_map()[0].match_id}/players"
    assert played().json(path) == played().json(path, scope="map")


@pytest.mark.parametrize(
    "scope",
    ["", "half", "half:0", "half:x", "side:a", "side:CT", "round:", "round:0", "round:1 ", "round:9999"],
)
def test_another_scope_is_a_problem_that_names_the_parameter(scope: str) -> None:
    answer = Desk().ask("/api/v1/matches/m/players?scope=" + scope)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["field"] == "query.scope"


def test_a_scope_that_has_not_been_played_has_no_lines() -> None:
    assert lines("half:9") == {}


def test_what_was_voided_gives_way_to_what_was_told_before() -> None:
    tellings = Tellings(size=4)
    for seq in (10, 20, 30):
        fact = MapStats(map_number=1, rounds=seq // 10, players={"p1": STATS})
        tellings.take((fact,), map_id="m1", seq=seq)
    tellings.void(range(15, 31))
    assert [(telling.seq, part.rounds("p1")) for telling, part in tellings.of("map")] == [(10, 1)]


def test_memory_holds_the_newest_only() -> None:
    tellings = Tellings(size=2)
    for number in range(1, 6):
        tellings.take((RoundStats(round_no=number, lines={"p1": STATS}),), map_id="m1", seq=number)
    assert [list(tellings.of(f"round:{number}")) == [] for number in range(1, 6)] == [True] * 3 + [False] * 2
    assert tellings


def test_every_key_has_a_definition() -> None:
    told = Desk().json("/api/v1/definitions")
    ids = {scope: {each["stat_id"] for each in told if each["scope"] == scope} for scope in ("round", "map")}
    assert ids == {"round": set(COLUMNS), "map": set(TOTALS)}
    for scope, kind in (("round:1", "round"), ("half:1", "map"), ("side:t", "map"), ("map", "map")):
        assert {key for line in lines(scope).values() for key in line["stats"]} <= ids[kind]
    assert all(each["meaning"] and each["source"] and each["unit"] for each in told)


def test_without_memory_and_store_there_is_nothing_to_say_once_a_round_is_decided() -> None:
    """As in a process that begins amid a match: it has the state, and has not heard the statistics."""
    history = KeptHistory()
    history.is_away = True
    states = [m for m in a_map() if not isinstance(m, Processed)]
    path = f"/api/v1/matches/{a_map()[0].match_id}/players"
    begun, decided = Desk(history).take(states[:40]).ask(path), Desk(history).take(states).ask(path)
    assert [player["maps"] for player in begun.json()] == [[]] * 10
    assert (decided.status_code, decided.json()["field"]) == (503, "store")


def test_statistics_that_a_hole_in_the_events_may_have_voided_are_asked_of_the_store() -> None:
    told = [message for message in a_map() if isinstance(message, Processed)]
    desk = Desk(sizes=PLENTY).take(told[:-2])
    found = desk.board.find(told[0].match_id)
    assert found is not None
    assert any(telling.seq < told[-2].seq for telling, _ in found.statistics.of("map"))
    desk.take(told[-1:])
    assert {telling.seq for telling, _ in found.statistics.of("map")} == {told[-1].seq}
