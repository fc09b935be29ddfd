"""What a server takes back: restarts, restored backups, voided rounds."""

from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.facts import AnyFact, PhaseEntered, Quality, Withdrawn
from tests.game.by_hand import Script


def test_a_restore_takes_back_the_rounds_after_it() -> None:
    script = Script().start().play("AABAB")
    script.begin().kill("a0", "b0")
    facts = script.say(e.BackupRestored, p.BackupRestoredData(to_round=3))
    assert facts == (Withdrawn(reason="restore", from_round=3, score_a=2, score_b=0),)
    script.play("BB")
    assert script.score == (2, 2)
    assert script.rules_broken() == []


def test_a_restore_is_recognised_by_the_round_that_goes_back() -> None:
    script = Script().start().play("AAB")
    script.begin(2).end("B")
    assert script.score == (1, 1)
    assert script.rules_broken() == ["restore_inferred"]


def test_a_restore_is_recognised_by_the_score_that_goes_back() -> None:
    script = Script().start().play("AAB")
    script.round_no = None
    script.say(e.RoundStarted, p.RoundStartedData(score_a=1, score_b=0))
    assert script.score == (1, 0)
    assert script.rules_broken() == ["restore_inferred"]


@pytest.mark.parametrize("team", ["A", "B"])
def test_a_restore_after_the_last_round_reopens_map_and_series(team: str) -> None:
    script = Script().start().play(team * 13)
    before = script.state
    assert before.is_series_over
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=13))
    assert not script.state.is_series_over
    assert (script.state.finished_maps, script.state.maps_a, script.state.maps_b) == ((), 0, 0)
    script.play(f"{'B' if team == 'A' else 'A'}{team}")
    assert script.score == ((13, 1) if team == "A" else (1, 13))
    assert (script.state.maps_a, script.state.maps_b) == (team == "A", team == "B")


@pytest.mark.parametrize(
    ("winners", "settings"),
    [("A" * 13, {}), ("AB" * 12, {"is_draw_allowed": True}), ("AB" * 12 + "A" * 4, {})],
)
def test_a_map_that_its_score_decides_has_no_round_to_go_back_to_after_its_last(
    winners: str, settings: dict[str, Any]
) -> None:
    script = Script().start(best_of=3, **settings).play(winners)
    before = script.state
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=len(winners) + 1))
    assert script.rules_broken() == ["restore_unknown_round"]
    assert replace(script.state, seq=before.seq, last_ts=before.last_ts) == before


def test_a_restore_to_a_score_that_decides_the_map_leaves_no_round_to_play() -> None:
    script = Script().start().play("AAB")
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=3, score_a=13, score_b=0))
    assert (script.score, script.rules_broken()) == ((2, 1), ["restore_unknown_round"])


@pytest.mark.parametrize("told", [{"winner_team": "B", "reason": "forfeit"}, {"score_a": 0, "score_b": 13}])
@pytest.mark.parametrize("is_amid", [True, False])
def test_a_map_that_was_ended_early_is_played_on(told: dict[str, Any], *, is_amid: bool) -> None:
    script = Script().start(best_of=3).play("AB")
    if is_amid:
        script.begin()
    script.say(e.MapEnded, p.MapEndedData(**told))
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=3))
    assert (script.score, script.state.finished_maps, script.state.maps_b) == ((1, 1), (), 0)


def test_a_restart_begins_the_map_again() -> None:
    script = Script().start().play("AB")
    script.say(e.MatchRestarted, p.MatchRestartedData())
    assert script.score == (0, 0)
    assert script.play("B").score == (0, 1)


def test_the_last_of_several_starts_counts() -> None:
    script = Script().start().play("AB")
    script.round_no = None
    facts = script.say(e.MapStarted, p.MapStartedData(a_side="t"))
    assert isinstance(facts[0], Withdrawn)
    assert script.play("B").score == (0, 1)


def test_a_voided_round_is_played_again() -> None:
    script = Script().start().play("AB")
    script.say(e.RoundVoided, p.RoundVoidedData(voided_round=2))
    assert script.score == (1, 0)


@pytest.mark.parametrize(
    ("kind", "data", "rule"),
    [
        (e.RoundVoided, p.RoundVoidedData(voided_round=1), "void_of_old_round"),
        (e.BackupRestored, p.BackupRestoredData(to_round=5), "restore_unknown_round"),
    ],
)
def test_what_cannot_be_taken_back_changes_nothing(kind: Any, data: Struct, rule: str) -> None:
    script = Script().start().play("AAB")
    (fact,) = script.say(kind, data)
    assert isinstance(fact, Quality)
    assert (fact.rule, script.score) == (rule, (2, 1))


def test_a_round_that_begins_again_is_as_if_it_had_not_begun() -> None:
    script = Script().start().play("A").begin()
    script.kill("a0", "b0")
    script.begin()
    assert Withdrawn(reason="restore", from_round=2, score_a=1, score_b=0) in script.facts
    assert script.alive() == (5, 5)


CORRECTIONS: list[tuple[Any, Struct]] = [
    (e.MapStarted, p.MapStartedData(map_name="de_dust2", a_side="ct")),
    (e.BackupRestored, p.BackupRestoredData(to_round=3)),
    (e.MatchRestarted, p.MatchRestartedData()),
    (e.MatchRecreated, p.MatchRecreatedData()),
    (e.RoundVoided, p.RoundVoidedData(voided_round=3)),
]


def told_again(script: Script, kind: Any, data: Struct) -> tuple[tuple[AnyFact, ...], bool]:
    """What follows when it is told in freeze time, and again by a second source after the round went live; and whether
    the copy changed the round or the map."""
    script.round_no = None
    script.say(kind, data)
    said_at = script.count
    script.begin().kill("a0", "b0")
    before, at = script.state, script.count
    script.count, script.round_no = said_at - 1, None
    facts = script.say(kind, data)
    script.count = at
    return facts, (script.state.round, script.state.map) != (before.round, before.map)


@pytest.mark.parametrize(("kind", "data"), CORRECTIONS, ids=[kind.__name__ for kind, _ in CORRECTIONS])
def test_going_back_that_is_told_again_takes_nothing_back(kind: Any, data: Struct) -> None:
    facts, is_changed = told_again(Script().start().play("AB").begin(), kind, data)
    assert [(type(f), f.rule) for f in facts if isinstance(f, Quality)] == [(Quality, "going_back_late")]
    assert (len(facts), is_changed) == (1, False)


@pytest.mark.parametrize(("kind", "data"), CORRECTIONS, ids=[kind.__name__ for kind, _ in CORRECTIONS])
def test_a_server_may_go_back_in_the_second_of_a_round_s_start(kind: Any, data: Struct) -> None:
    """As logs have it, in whole seconds: first the freeze time, then why."""
    script = Script().start().play("AB")
    script.turn("m1", 3).say(e.RoundStarted, p.RoundStartedData())
    script.count, script.round_no = script.count - 1, None
    assert Withdrawn in [type(f) for f in script.say(kind, data)]


@pytest.mark.parametrize("phase", ["warmup", "knife"])
def test_a_round_that_a_warmup_interrupts_is_void(phase: p.Phase) -> None:
    script = Script().start().play("AB").begin()
    script.kill("a0", "b0")
    facts = script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    assert facts == (
        Withdrawn(reason="voided", from_round=3, score_a=1, score_b=1),
        PhaseEntered(phase=phase),
    )
    assert (script.state.match_tag, script.state.phase, script.state.round) == (phase, phase, None)


def test_a_warmup_after_a_round_takes_nothing_back() -> None:
    script = Script().start().play("AB")
    assert script.say(e.PhaseChanged, p.PhaseChangedData(phase="warmup")) == (PhaseEntered(phase="warmup"),)


def test_what_is_remembered_of_rounds_left_open_is_bounded_and_goes_with_them() -> None:
    script = Script().start()
    for number in range(1, 100):
        script.begin(number)
    assert script.state.map is not None
    assert [r.number for r in script.state.map.left_open] == list(range(35, 99))
    script.begin(40)
    assert [r.number for r in script.state.map.left_open] == list(range(35, 40))


@pytest.mark.parametrize("phase", ["warmup", "knife", None])
@pytest.mark.parametrize("map_id", [None, "m1"])
def test_a_restart_before_the_next_map_leaves_the_finished_one(
    map_id: str | None, phase: p.Phase | None
) -> None:
    """Servers restart after a map's end, and their logs still name it."""
    script = Script().start(best_of=3).play("A" * 13)
    script.map_id, script.round_no = map_id, None
    if phase is not None:
        script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    assert script.say(e.MatchRestarted, p.MatchRestartedData()) == ()
    assert script.state.maps_a == 1


def test_a_map_that_is_recreated_begins_again_also_after_its_end() -> None:
    script = Script().start(best_of=3).play("A" * 13)
    script.say(e.MatchRecreated, p.MatchRecreatedData())
    assert (script.score, script.state.maps_a, script.state.finished_maps) == ((0, 0), 0, ())


def test_a_match_that_begins_again_takes_away_what_was_bought() -> None:
    script = Script().start().play("AA")
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="a0", money=5000, armor=100),)))
    script.say(e.MatchRestarted, p.MatchRestartedData())
    script.begin(1)
    assert (script.state.players["a0"].money, script.state.players["a0"].armor) == (800, 0)


def test_a_restore_keeps_rounds_that_are_known_by_the_score_alone() -> None:
    script = Script().start().play("AAAAA").begin()
    script.round_no = 7
    script.say(e.RoundStarted, p.RoundStartedData(score_a=5, score_b=1))
    script.say(e.FreezeEnded, p.FreezeEndedData())
    script.end("A")
    script.begin(8)
    for to_round, score in ((8, (6, 1)), (7, (5, 1)), (6, (5, 0)), (3, (2, 0)), (1, (0, 0))):
        script.say(e.BackupRestored, p.BackupRestoredData(to_round=to_round))
        assert script.score == score
