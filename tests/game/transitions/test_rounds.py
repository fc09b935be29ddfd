"""Rounds: sides over halves and overtimes, warm-up and knife, pauses, rounds joined midway."""

from typing import Any

import pytest
from msgspec import Struct

from game import events as e
from game import payloads as p
from game.facts import Killed, PhaseEntered, RoundDecided
from game.features import extract
from game.state import is_live_play
from tests.game.by_hand import Script


def test_sides_over_halves_and_three_overtimes() -> None:
    script = Script().start()
    sides = []
    for number in range(1, 43):
        script.begin()
        assert script.state.map is not None
        sides.append(script.state.map.a_side)
        script.end("A" if number % 2 else "B")
    told = "".join(side[0] for side in sides)
    assert told == "c" * 12 + "t" * 12 + "tttccc" + "cccttt" + "tttccc"
    assert script.score == (21, 21)


def test_warmup_and_knife_kills_change_nothing_that_counts() -> None:
    script = Script()
    for phase in ("warmup", "knife"):
        script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
        script.round_no = 1
        script.kill("a0", "b0")
        script.kill("a0", "b0")
        assert script.state.match_tag == phase
    assert script.state.players["b0"].is_alive
    assert script.rules_broken() == []


@pytest.mark.parametrize("ending", ["sides", "freeze_time", "live", "map"])
def test_the_match_is_live_after_a_knife_round(ending: str) -> None:
    """Whatever the source says of the knife round's own start and end."""
    script = Script().start()
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="knife"))
    script.round_no = 1
    script.say(e.RoundStarted, p.RoundStartedData())
    script.say(e.FreezeEnded, p.FreezeEndedData())
    script.kill("a0", "b0")
    script.say(e.RoundEnded, p.RoundEndedData(winner_team="A"))
    assert script.state.match_tag == "knife"
    if ending == "sides":
        script.say(e.SidesSet, p.SidesSetData(a_side="t"))
    elif ending == "map":
        script.say(e.MapStarted, p.MapStartedData())
    else:
        script.say(e.PhaseChanged, p.PhaseChangedData(phase="live" if ending == "live" else "freeze_time"))
    script.begin(1).end("A")
    assert script.score == (1, 0)
    assert "joined_midway" not in script.rules_broken()


def test_rounds_of_a_warmup_do_not_end_it() -> None:
    script = Script()
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="warmup"))
    script.round_no = 1
    script.say(e.RoundStarted, p.RoundStartedData())
    script.kill("a0", "b0")
    assert script.state.match_tag == "warmup"
    assert script.state.map is None


def test_a_score_told_after_a_join_midway_survives_a_restore() -> None:
    script = Script()
    script.round_no = 15
    script.kill("a0", "b0")
    script.end("A")
    script.round_no = 16
    script.say(e.RoundStarted, p.RoundStartedData(score_a=9, score_b=6))
    assert script.score == (9, 6)
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=16))
    assert script.score == (9, 6)
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=15))
    assert script.score == (8, 6)
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=12, score_a=6, score_b=5))
    assert script.score == (6, 5)


def test_a_score_told_with_a_round_s_end_is_that_of_the_round() -> None:
    script = Script().start().play("AAA")
    script.begin()
    facts = script.say(e.RoundEnded, p.RoundEndedData(winner_team="A", score_a=3, score_b=1))
    assert [(f.score_a, f.score_b) for f in facts if isinstance(f, RoundDecided)] == [(3, 1)]
    script.begin().end("B")
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=5))
    assert script.score == (3, 1)
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=3))
    assert script.score == (2, 0)


def test_the_side_has_won_where_the_team_is_another() -> None:
    script = Script().start().begin()
    facts = script.say(e.RoundEnded, p.RoundEndedData(winner_team="A", winner_side="t"))
    assert [(f.winner_team, f.winner_side) for f in facts if isinstance(f, RoundDecided)] == [("B", "t")]
    assert (script.score, script.rules_broken()) == ((0, 1), ["winner_mismatch"])


def test_a_round_is_won_once() -> None:
    script = Script().start().play("A")
    script.end("A")
    assert script.score == (1, 0)


@pytest.mark.parametrize(
    ("winners", "losses"),
    [
        ("", (1, 1)),
        ("A", (0, 2)),
        ("AA", (0, 3)),
        ("AAB", (1, 2)),
        ("BBBBBB", (4, 0)),
        ("A" * 11, (0, 4)),
        ("AB" * 6, (1, 1)),
        ("A" * 12, (1, 1)),
    ],
)
def test_losses_are_counted_within_the_ladder_and_anew_in_each_half(
    winners: str, losses: tuple[int, int]
) -> None:
    script = Script().start().play(winners).begin()
    assert script.state.map is not None
    assert (script.state.map.losses_a, script.state.map.losses_b) == losses


def test_losses_go_back_with_a_restore() -> None:
    script = Script().start().play("BBBB")
    for to_round, losses in ((3, (3, 0)), (2, (2, 0)), (1, (1, 1))):
        script.say(e.BackupRestored, p.BackupRestoredData(to_round=to_round))
        assert script.state.map is not None
        assert (script.state.map.losses_a, script.state.map.losses_b) == losses


@pytest.mark.parametrize(("rounds", "left"), [(11, (5_000, True)), (12, (800, False)), (24, (12_500, False))])
def test_only_a_new_half_takes_away_what_was_bought(rounds: int, left: tuple[int, bool]) -> None:
    script = Script().start().play(("AB" * 12)[:rounds])
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="a0", money=5_000, has_kit=True),)))
    player = script.begin().state.players["a0"]
    assert (player.money, player.has_kit) == left


@pytest.mark.parametrize("phase", ["warmup", "knife"])
@pytest.mark.parametrize(
    ("rounds", "side"), [(0, "ct"), (11, "ct"), (12, "t"), (13, "t"), (24, "t"), (27, "ct")]
)
def test_the_sides_in_a_warmup_are_those_of_the_coming_round(
    rounds: int, side: p.Side, phase: p.Phase
) -> None:
    script = Script().start().play(("AB" * 14)[:rounds])
    script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    assert script.state.map is not None
    assert script.state.map.a_side == side
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="live"))
    assert script.begin(rounds + 1).state.map is not None
    assert script.state.map.a_side == side


def test_a_warmup_amid_the_second_half_leaves_its_sides_where_the_end_of_the_first_was_lost() -> None:
    script = Script().start().play("AB" * 5 + "A").begin().begin(13)
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="warmup"))
    assert script.state.map is not None
    assert script.state.map.a_side == "t"


def test_play_goes_on_after_a_pause() -> None:
    script = Script().start().begin()
    for phase in ("technical_pause", "live"):
        script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    assert script.state.phase == "live"


def paused(phase: p.Phase = "technical_pause") -> Script:
    """A round in live play, and a pause called ten seconds into it."""
    script = Script().start().begin()
    script.count += 9
    script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    return script


def goes_on(script: Script) -> float:
    """Play is told to be live after five minutes; seconds left in the round then."""
    script.count += 299
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="live"))
    assert script.state.phase in ("live", "planted")
    found = extract(script.state)
    assert found is not None
    return found.bomb_left_s if found.is_planted else found.round_left_s


def test_the_clock_stands_still_with_play() -> None:
    script = paused()
    assert goes_on(script) == 105
    killed = script.kill("a0", "b0")[0]
    assert isinstance(killed, Killed)
    assert killed.round_time_s == 11


def test_the_bomb_stands_still_with_play() -> None:
    script = Script().start().begin()
    script.say(e.BombPlanted, p.BombData(player_id="b0", site="a"))
    script.say(e.BombDefuseBegun, p.BombData(player_id="a0", has_kit=True))
    script.count += 1
    script.say(e.PhaseChanged, p.PhaseChangedData(phase="timeout"))
    assert goes_on(script) == 37
    found = extract(script.state)
    assert found is not None
    assert found.defuse_progress == 0.4


@pytest.mark.parametrize("play", ["kill", "damage", "bomb"])
def test_the_clock_runs_where_play_went_on(play: str) -> None:
    """A pause that was called, and called off again."""
    script = paused()
    if play == "kill":
        script.kill("a0", "b0")
    elif play == "damage":
        script.say(e.Damage, p.DamageData(victim_player_id="b0", attacker_player_id="a0", health_damage=5))
    else:
        script.say(e.BombPickedUp, p.BombData(player_id="b0"))
    assert goes_on(script) == 0


def next_phase(script: Script, number: int) -> p.Phase | None:
    """The phase that the next round begins with."""
    script.end("A")
    script.turn("m1", number).say(e.RoundStarted, p.RoundStartedData())
    return script.state.phase


@pytest.mark.parametrize("phase", ["timeout", "technical_pause"])
def test_a_pause_called_in_live_play_waits_for_freeze_time(phase: p.Phase) -> None:
    script = paused(phase)
    assert script.state.phase == "live"
    assert PhaseEntered(phase=phase) in script.facts
    assert next_phase(script, 2) == phase
    script.say(e.FreezeEnded, p.FreezeEndedData())
    assert script.state.phase == "live"
    assert next_phase(script, 3) == "freeze_time"


def test_a_pause_that_was_called_off_does_not_come() -> None:
    script = paused()
    goes_on(script)
    assert next_phase(script, 2) == "freeze_time"


def test_a_round_whose_start_was_lost_is_joined() -> None:
    script = Script().start().begin()
    script.kill("a0", "b0")
    script.end("A")
    script.count += 30
    script.round_no = 2
    assert isinstance(script.kill("b0", "a0")[-1], Killed)
    assert script.state.round is not None
    assert script.state.round.number == 2
    script.end("B")
    assert script.score == (1, 1)


def test_aftermath_that_is_numbered_as_the_next_round_stays_where_it_is() -> None:
    script = Script().start().begin()
    script.end("A")
    script.round_no = 2
    (fact,) = script.kill("a0", "b0")
    assert isinstance(fact, Killed)
    assert fact.is_post_round


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (e.RoundEnded, p.RoundEndedData(winner_team="A")),
        (e.MapEnded, p.MapEndedData(winner_team="A")),
        (e.SeriesEnded, p.SeriesEndedData()),
        (e.PhaseChanged, p.PhaseChangedData(phase="abandoned")),
    ],
)
def test_live_play_ends_with_its_round_its_map_and_its_series(kind: Any, data: Struct) -> None:
    script = Script().start(best_of=3).begin()
    assert is_live_play(script.state)
    script.say(kind, data)
    assert not is_live_play(script.state)
    assert extract(script.state) is None
