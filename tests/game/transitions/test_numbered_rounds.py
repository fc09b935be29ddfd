"""Which round an event counts in: the one that it names, in feeds that repeat, lag, lose and go back."""

from typing import Any

import pytest
from msgspec import Struct

from game import events as e
from game import payloads as p
from game.facts import Killed, Quality
from tests.game.by_hand import Script

LATE: list[tuple[Any, Struct]] = [
    (e.RoundEnded, p.RoundEndedData(winner_team="B")),
    (e.FreezeEnded, p.FreezeEndedData()),
    (e.PhaseChanged, p.PhaseChangedData(phase="live")),
    (e.Kill, p.KillData(killer_player_id="a0", victim_player_id="b0")),
    (e.Damage, p.DamageData(attacker_player_id="a0", victim_player_id="b0", health_damage=20)),
    (e.Assist, p.AssistData(player_id="a1", victim_player_id="b0")),
    (e.Blind, p.BlindData(victim_player_id="b0", duration_s=2.0)),
    (e.BombPickedUp, p.BombData(player_id="b0")),
    (e.BombPlanted, p.BombData(player_id="b0")),
    (e.Economy, p.EconomyData(players=(p.Loadout(player_id="a0", money=9_000),))),
    (e.ItemBought, p.ItemData(player_id="a0", item="defuser", cost=400)),
    (e.BotTakeover, p.BotTakeoverData(player_id="a0", bot_player_id="b0")),
    (e.PlayerSpawned, p.PlayerSpawnedData(player_id="a4")),
]


def numbers(script: Script) -> list[int]:
    """Of the rounds that the score is made of."""
    assert script.state.map is not None
    return [r.number for r in script.state.map.rounds]


def in_freeze_time(script: Script, number: int) -> Script:
    script.round_no = number
    script.say(e.RoundStarted, p.RoundStartedData())
    return script


@pytest.mark.parametrize(("kind", "data"), LATE, ids=[kind.__name__ for kind, _ in LATE])
@pytest.mark.parametrize("stage", ["freeze time", "live", "restored", "paused as a warm-up"])
def test_what_names_a_round_that_is_over_counts_in_no_other(kind: Any, data: Struct, stage: str) -> None:
    script = Script().start().play("AA")
    match stage:
        case "freeze time":
            in_freeze_time(script, 3)
        case "live":
            script.begin().kill("b1", "a4")
        case "restored":
            script.begin().say(e.BackupRestored, p.BackupRestoredData(to_round=3))
        case _:
            script.say(e.PhaseChanged, p.PhaseChangedData(phase="warmup"))
            script.say(e.PhaseChanged, p.PhaseChangedData(phase="live"))
    before, script.round_no = script.state, 2
    (fact,) = script.say(kind, data)
    assert fact == Quality(rule="round_already_over", detail=f"round 2: {kind.__name__}")
    after = script.state
    assert (after.round, after.map, after.players) == (before.round, before.map, before.players)


def test_the_running_round_ends_by_its_own_end() -> None:
    script = Script().start().play("AAAA").begin()
    script.begin(6)
    script.round_no = 5
    script.end("B")
    script.round_no = 6
    script.end("A")
    assert (script.score, numbers(script)) == ((5, 0), [1, 2, 3, 4, 6])
    assert script.rules_broken() == ["rounds_missing", "round_already_over"]


def test_a_decided_round_that_is_told_again_after_a_restore_is_not_played_twice() -> None:
    script = Script().start().play("AAAAAA")
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=6))
    script.round_no = 5
    script.end("A")
    assert (script.score, numbers(script)) == ((5, 0), [1, 2, 3, 4, 5])


@pytest.mark.parametrize("first", ["kill", "end", "freeze end"])
def test_a_later_round_begins_with_whatever_of_it_comes_first(first: str) -> None:
    """Where the end of the running round and the start of the next are lost."""
    script = Script().start().play("AA").begin()
    script.kill("a0", "b0")
    script.round_no = 4
    if first == "kill":
        assert isinstance(script.kill("b1", "a0")[-1], Killed)
    elif first == "freeze end":
        script.say(e.FreezeEnded, p.FreezeEndedData())
    script.end("B")
    assert (script.score, numbers(script)) == ((2, 1), [1, 2, 4])
    assert script.rules_broken() == ["rounds_missing"]
    assert script.state.round is not None
    assert script.state.round.is_partial
    assert script.state.players["b0"].is_alive


def test_the_first_round_is_missed_as_well() -> None:
    script = Script().start().begin().begin(2)
    assert [f.detail for f in script.facts if isinstance(f, Quality)] == ["1 to 1"]


def test_what_somebody_owns_is_told_before_its_round() -> None:
    script = Script().start().play("A").begin()
    script.round_no = 3
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="a0", money=9_000),)))
    assert script.state.players["a0"].money == 9_000
    assert script.state.round is not None
    assert script.state.round.number == 2
    assert script.rules_broken() == []


@pytest.mark.parametrize("seconds", [1, 20])
def test_only_the_aftermath_may_be_told_as_the_next_round(seconds: int) -> None:
    script = Script().start().play("A")
    script.round_no = 2
    script.count += seconds
    script.kill("a0", "b0")
    assert script.state.round is not None
    assert script.state.round.number == (1 if seconds == 1 else 2)
    script.round_no = 4
    script.kill("a0", "b1")
    assert script.state.round.number == 4


def test_a_clock_that_goes_back_makes_no_aftermath() -> None:
    script = Script().start().play("A")
    script.round_no = 2
    script.count -= 3_600
    script.kill("a0", "b0")
    assert script.state.round is not None
    assert script.state.round.number == 2


@pytest.mark.parametrize("number", [2, 3])
def test_a_start_that_is_told_late_is_no_going_back(number: int) -> None:
    """Whoever goes back begins again later than what he takes back."""
    script = Script().start().play("AA").begin()
    script.kill("a0", "b0")
    before, script.round_no = script.state, number
    script.count -= 10
    (fact,) = script.say(e.RoundStarted, p.RoundStartedData())
    assert fact == Quality(rule="round_begun_twice", detail=f"round {number}")
    assert (script.state.round, script.state.map) == (before.round, before.map)


def test_who_goes_back_before_a_round_that_is_not_decided_takes_it_back() -> None:
    script = Script().start().play("A")
    script.round_no = 4
    script.count += 30
    script.kill("a0", "b0")
    script.begin(2)
    assert script.rules_broken() == ["rounds_missing", "restore_inferred"]


def test_a_map_that_is_over_begins_no_round_but_its_last_again() -> None:
    script = Script().start().play("A" * 13)
    over = script.state
    for number in (1, 2, 12, 14):
        in_freeze_time(script, number)
    script.count += 60
    script.kill("a0", "b0")
    assert (script.state.map, script.state.finished_maps) == (over.map, over.finished_maps)
    assert set(script.rules_broken()) == {"map_already_over"}
    in_freeze_time(script, 13)
    assert (script.score, script.state.finished_maps) == ((12, 0), ())


def test_a_round_that_a_loss_left_open_takes_nothing_bought_in_the_next_half_away() -> None:
    script = Script().start().play("AB" * 6).begin()
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="a0", money=5_000),)))
    script.begin(14)
    assert script.state.players["a0"].money == 5_000
