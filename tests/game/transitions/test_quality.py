"""Every rule of the game's states by a few lines that break it, and no other."""

from collections.abc import Callable

import pytest

from game import events as e
from game import payloads as p
from game.payloads import MAX_PLAYERS
from game.quality import RULES
from tests.game.by_hand import Script

OF_THE_FOLD = {"retraction_too_late", "model_unknown"}
"""Found where seqs and models are known."""


def crowd(script: Script, count: int) -> Script:
    """So many who are there; those beyond the two fives are in no team."""
    script.start()
    for number in range(count - len(script.state.players)):
        script.say(e.PlayerConnected, p.PresenceData(player_id=f"c{number}"))
    return script


def second_map(script: Script) -> Script:
    """The second map has begun, `m2`."""
    script.start(best_of=3).play("A" * 13).turn("m2").say(e.MapStarted, p.MapStartedData())
    return script


def back_by(script: Script, *, seconds: int) -> Script:
    """What is said from now on is told late."""
    script.count -= seconds
    return script


BREACHES: list[tuple[str, Callable[[Script], object]]] = [
    ("joined_midway", lambda s: s.start(best_of=3).play("A" * 13).turn("m2", 5).kill("a0", "b0")),
    ("restore_inferred", lambda s: s.start().play("AAB").begin(2)),
    ("rounds_missing", lambda s: s.start().play("A").begin(3)),
    ("rounds_missing", lambda s: s.start().play("A").begin().turn("m1", 3).kill("a0", "b0")),
    ("round_repeated", lambda s: s.start().begin().begin()),
    ("round_already_over", lambda s: s.start().play("A").begin().turn("m1", 1).kill("a0", "b0")),
    ("round_begun_twice", lambda s: back_by(s.start().begin(), seconds=2).begin()),
    (
        "going_back_late",
        lambda s: back_by(s.start().begin(), seconds=2).say(e.MapStarted, p.MapStartedData()),
    ),
    *(
        ("going_back_late", lambda s, said=said: back_by(s.start().begin(), seconds=2).say(*said))
        for said in (
            (e.MatchRestarted, p.MatchRestartedData()),
            (e.BackupRestored, p.BackupRestoredData(to_round=1)),
            (e.RoundVoided, p.RoundVoidedData(voided_round=1)),
        )
    ),
    (
        "score_mismatch",
        lambda s: (
            s.start().play("A").turn("m1", 2).say(e.RoundStarted, p.RoundStartedData(score_a=0, score_b=1))
        ),
    ),
    (
        "side_mismatch",
        lambda s: s.start().play("A").turn("m1", 2).say(e.RoundStarted, p.RoundStartedData(a_side="t")),
    ),
    ("side_mismatch", lambda s: s.start().play("A").say(e.SidesSet, p.SidesSetData(a_side="t"))),
    (
        "winner_mismatch",
        lambda s: s.start().begin().say(e.RoundEnded, p.RoundEndedData(winner_team="A", winner_side="t")),
    ),
    ("winner_mismatch", lambda s: s.start().play("A" * 13).say(e.MapEnded, p.MapEndedData(winner_team="B"))),
    (
        "score_mismatch",
        lambda s: s.start().play("A" * 13).say(e.MapEnded, p.MapEndedData(score_a=13, score_b=2)),
    ),
    ("round_without_winner", lambda s: s.start().begin().say(e.RoundEnded, p.RoundEndedData())),
    ("round_not_running", lambda s: s.start().end("A")),
    ("round_not_running", lambda s: s.start().say(e.FreezeEnded, p.FreezeEndedData())),
    (
        "round_not_running",
        lambda s: s.start().begin().turn("m1", 2).say(e.BombDropped, p.BombData(player_id="b0")),
    ),
    ("round_ended_twice", lambda s: s.start().play("A").end("A")),
    ("victim_already_dead", lambda s: [s.start().begin(), *(s.kill("a0", "b0") for _ in "12")]),
    (
        "kill_before_live",
        lambda s: (
            s.start().turn("m1", 1).say(e.RoundStarted, p.RoundStartedData()),
            s.kill("a0", "b0"),
        ),
    ),
    ("bomb_impossible", lambda s: s.start().begin().say(e.BombDefused, p.BombData(player_id="a0"))),
    (
        "map_already_over",
        lambda s: s.start(best_of=3).play("A" * 13).turn("m1", 14).say(e.RoundStarted, p.RoundStartedData()),
    ),
    (
        "map_already_over",
        lambda s: s.start().play("A" * 13).turn("m1", 1).say(e.RoundStarted, p.RoundStartedData()),
    ),
    ("map_already_over", lambda s: s.start().play("A" * 13).turn("m1", 15).kill("a0", "b0")),
    (
        "map_already_over",
        lambda s: (s.start(best_of=3).say(e.MapEnded, p.MapEndedData(winner_team="A")), s.kill("a0", "b0")),
    ),
    ("map_already_over", lambda s: (second_map(s).begin(), s.turn("m1", 14).kill("a0", "b0"))),
    ("map_already_over", lambda s: second_map(s).turn("m1").say(e.MapStarted, p.MapStartedData())),
    (
        "match_already_over",
        lambda s: (
            s.start().play("A" * 13).say(e.SeriesEnded, p.SeriesEndedData()),
            s.kill("a0", "b0"),
        ),
    ),
    ("map_unknown", lambda s: s.start().begin().turn("m2", 1).kill("a0", "b0")),
    (
        "map_unknown",
        lambda s: s.start().begin().turn("m2", 1).say(e.BombDropped, p.BombData(player_id="b0")),
    ),
    ("map_unknown", lambda s: s.start().play("A").turn("m2").say(e.MatchRestarted, p.MatchRestartedData())),
    (
        "map_unknown",
        lambda s: s.start().begin().turn("m2").say(e.PhaseChanged, p.PhaseChangedData(phase="warmup")),
    ),
    (
        "map_already_over",
        lambda s: second_map(s).turn("m1").say(e.PhaseChanged, p.PhaseChangedData(phase="game_over")),
    ),
    (
        "map_left_open",
        lambda s: s.start(best_of=3).play("A").turn("m2").say(e.MapStarted, p.MapStartedData()),
    ),
    (
        "joined_midway map_left_open",
        lambda s: s.start(best_of=3).play("A").turn("m2", 1).say(e.RoundStarted, p.RoundStartedData()),
    ),
    ("map_ended_undecided", lambda s: s.start().play("AB").say(e.MapEnded, p.MapEndedData())),
    (
        "void_of_old_round",
        lambda s: s.start().play("AAB").say(e.RoundVoided, p.RoundVoidedData(voided_round=1)),
    ),
    (
        "restore_unknown_round",
        lambda s: s.start().play("A").say(e.BackupRestored, p.BackupRestoredData(to_round=9)),
    ),
    ("restore_unknown_round", lambda s: s.say(e.BackupRestored, p.BackupRestoredData(to_round=1))),
    (
        "phase_impossible",
        lambda s: s.start().begin().say(e.PhaseChanged, p.PhaseChangedData(phase="planted")),
    ),
    (
        "team_too_large",
        lambda s: (
            s.start().turn("m1", 1).say(e.RoundStarted, p.RoundStartedData()),
            s.say(e.PlayerConnected, p.PresenceData(player_id="a5", team="A")),
            s.say(e.FreezeEnded, p.FreezeEndedData()),
        ),
    ),
    ("players_too_many", lambda s: crowd(s, MAX_PLAYERS // 2 + 1)),
    ("players_too_many", lambda s: crowd(s, MAX_PLAYERS // 2).kill("a0", "b5")),
]
"""The rules that are broken, in order, and what breaks them: each place that tells of one."""


@pytest.mark.parametrize(("rules", "breach"), BREACHES, ids=[rules for rules, _ in BREACHES])
def test_a_breach_is_told_by_its_rule_and_no_other(rules: str, breach: Callable[[Script], object]) -> None:
    script = Script()
    breach(script)
    assert script.rules_broken() == rules.split()


def test_every_rule_is_broken_here_or_told_by_the_fold() -> None:
    assert {rule for rules, _ in BREACHES for rule in rules.split()} | OF_THE_FOLD == RULES.keys()
