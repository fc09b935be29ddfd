"""Maps and series: how they begin, follow each other and end."""

from itertools import product
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.facts import MapDecided, MapVetoed, Quality, SeriesDecided, SeriesKnown
from tests.game.by_hand import Script


@pytest.mark.parametrize(
    ("winners", "settings_", "score", "winner"),
    [
        ("A" * 13, {}, (13, 0), "A"),
        ("AB" * 12 + "A" * 4, {}, (16, 12), "A"),
        ("AB" * 12 + "AB" * 3 + "B" * 4, {}, (15, 19), "B"),
        ("AB" * 12, {"is_draw_allowed": True}, (12, 12), None),
        ("A" * 9, {"max_rounds": 16}, (9, 0), "A"),
        ("AB" * 8, {"max_rounds": 16}, (8, 8), None),
        ("B" * 16, {"max_rounds": 30}, (0, 16), "B"),
    ],
)
def test_a_map_ends_where_its_rules_say(
    winners: str, settings_: dict[str, Any], score: tuple[int, int], winner: str | None
) -> None:
    script = Script().start(**settings_)
    script.play(winners[:-1])
    assert not [f for f in script.facts if isinstance(f, MapDecided)]
    script.begin().end("A" if winners[-1] == "A" else "B")
    decided = [f for f in script.facts if isinstance(f, MapDecided)]
    assert [(f.score_a, f.score_b, f.winner_team) for f in decided] == [(*score, winner)]
    assert script.state.is_series_over


def test_a_series_ends_with_the_map_that_decides_it() -> None:
    script = Script().start(best_of=3)
    script.play("A" * 13)
    assert not script.state.is_series_over
    script.map_id, script.round_no = "m2", None
    script.say(e.MapStarted, p.MapStartedData(a_side="t"))
    script.play("A" * 13)
    decided = [f for f in script.facts if isinstance(f, SeriesDecided)]
    assert [(f.winner_team, f.maps_a, f.maps_b) for f in decided] == [("A", 2, 0)]


def test_what_was_thought_of_the_teams_stays_until_it_is_told_anew() -> None:
    script = Script().start()
    assert script.state.map_chance_a is None
    script.say(e.SeriesAnnounced, p.SeriesAnnouncedData(map_chance_a=0.62))
    script.say(e.SeriesAnnounced, p.SeriesAnnouncedData(best_of=3))
    assert script.state.map_chance_a == 0.62
    script.say(e.SeriesAnnounced, p.SeriesAnnouncedData(map_chance_a=0.4))
    assert script.state.map_chance_a == 0.4


def test_picks_and_bans_are_told_in_their_order() -> None:
    script = Script().start()
    steps = (
        p.VetoStep(map_name="de_nuke", action="ban", team="B"),
        p.VetoStep(map_name="de_mirage", action="pick", team="A"),
        p.VetoStep(map_name="de_inferno", action="left"),
    )
    script.say(e.SeriesAnnounced, p.SeriesAnnouncedData(vetoes=steps))
    told = [(f.number, f.map_name, f.action, f.team) for f in script.facts if isinstance(f, MapVetoed)]
    assert told == [
        (1, "de_nuke", "ban", "B"),
        (2, "de_mirage", "pick", "A"),
        (3, "de_inferno", "left", None),
    ]


def test_surrender_gives_the_map_to_the_winner_told() -> None:
    script = Script().start().play("AB")
    script.say(e.MapEnded, p.MapEndedData(winner_team="B", reason="surrender"))
    decided = [f for f in script.facts if isinstance(f, MapDecided)]
    assert [(f.winner_team, f.reason) for f in decided] == [("B", "surrender")]


@pytest.mark.parametrize(("score", "winner"), [((5, 13), "B"), ((13, 5), "A"), ((5, 5), None)])
def test_a_winner_may_be_told_by_the_score_alone(score: tuple[int, int], winner: str | None) -> None:
    script = Script().start().play("AB")
    script.say(e.MapEnded, p.MapEndedData(score_a=score[0], score_b=score[1]))
    assert [f.winner_team for f in script.facts if isinstance(f, MapDecided)] == [winner]
    assert script.score == score
    assert script.rules_broken() == ["score_mismatch"] + ([] if winner else ["map_ended_undecided"])


def results(script: Script) -> list[tuple[int, int, str | None]]:
    return [(m.score_a, m.score_b, m.winner_team) for m in script.state.finished_maps]


@pytest.mark.parametrize("says_end", [True, False])
def test_the_final_score_told_is_the_map_s(*, says_end: bool) -> None:
    """The last round's end was lost, or comes after the map's."""
    script = Script().start(best_of=3).play("AB" * 11 + "A").begin()
    script.say(e.MapEnded, p.MapEndedData(score_a=13, score_b=11))
    if says_end:
        script.end("A")
    decided = [f for f in script.facts if isinstance(f, MapDecided)]
    assert [(f.score_a, f.score_b, f.winner_team, f.maps_a) for f in decided] == [(13, 11, "A", 1)]
    assert (results(script), script.score) == ([(13, 11, "A")], (13, 11))
    assert script.rules_broken()[0] == "score_mismatch"


def test_a_draw_told_is_no_open_score() -> None:
    script = Script().start(is_draw_allowed=True).play("AB" * 11 + "A").begin()
    script.say(e.MapEnded, p.MapEndedData(score_a=12, score_b=12))
    assert (results(script), script.rules_broken()) == ([(12, 12, None)], ["score_mismatch"])


@pytest.mark.parametrize(
    ("said", "result", "rules"),
    [
        (p.MapEndedData(), (13, 0, "A"), []),
        (p.MapEndedData(score_a=13, score_b=0, winner_team="A"), (13, 0, "A"), []),
        (p.MapEndedData(score_a=13, score_b=1), (13, 1, "A"), ["score_mismatch"]),
        (p.MapEndedData(winner_team="B", reason="forfeit"), (13, 0, "B"), ["winner_mismatch"]),
        (p.MapEndedData(score_a=11, score_b=13), (11, 13, "B"), ["score_mismatch", "winner_mismatch"]),
    ],
)
def test_a_map_that_is_over_ends_as_its_source_says(
    said: p.MapEndedData, result: tuple[int, int, str | None], rules: list[str]
) -> None:
    script = Script().start().play("A" * 13)
    script.say(e.MapEnded, said)
    assert (results(script), script.rules_broken()) == ([result], rules)
    assert (script.state.maps_a, script.state.maps_b) == (result[2] == "A", result[2] == "B")
    assert (script.state.is_series_over, script.state.series_winner) == (True, result[2])
    told = [f for f in script.facts if isinstance(f, MapDecided)]
    assert (told[-1].score_a, told[-1].score_b, told[-1].winner_team) == result
    assert len(told) == 1 + bool(rules)


def test_a_map_told_otherwise_opens_the_series_that_it_had_decided() -> None:
    script = Script().start(best_of=3).play("A" * 13).turn("m2")
    script.say(e.MapStarted, p.MapStartedData())
    script.play("A" * 13).say(e.MapEnded, p.MapEndedData(winner_team="B"))
    assert (script.state.maps_a, script.state.maps_b, script.state.is_series_over) == (1, 1, False)


def test_a_series_ended_by_its_source_stays_ended_whatever_is_told_of_a_map() -> None:
    script = Script().start(best_of=3).play("A" * 13)
    script.say(e.SeriesEnded, p.SeriesEndedData(winner_team="A"))
    script.say(e.MapEnded, p.MapEndedData(winner_team="B"))
    assert (script.state.is_series_over, script.state.series_winner) == (True, "A")


def test_what_is_abandoned_ends_map_and_series_without_a_winner() -> None:
    script = Script().start(best_of=3).play("AAB").begin()
    facts = script.say(e.PhaseChanged, p.PhaseChangedData(phase="abandoned"))
    decided = [f for f in facts if isinstance(f, MapDecided | SeriesDecided)]
    assert [(type(f), f.winner_team, f.reason) for f in decided] == [
        (MapDecided, None, "abandoned"),
        (SeriesDecided, None, "abandoned"),
    ]
    assert script.state.map is not None
    assert (script.state.map.is_over, script.state.is_series_over) == (True, True)


def test_an_event_after_the_end_changes_nothing() -> None:
    script = Script().start().play("A" * 13)
    script.say(e.SeriesEnded, p.SeriesEndedData())
    before = script.state
    script.kill("a0", "b0")
    assert script.rules_broken() == ["match_already_over"]
    assert replace(script.state, seq=before.seq, last_ts=before.last_ts) == before


def test_a_format_told_late_reopens_the_series() -> None:
    script = Script().start().play("A" * 13)
    script.say(e.SeriesStarted, p.SeriesStartedData(best_of=3))
    assert not script.state.is_series_over


def another(script: Script, map_id: str, winners: str) -> Script:
    """One more map, of these rounds."""
    script.turn(map_id).say(e.MapStarted, p.MapStartedData())
    return script.play(winners)


def test_a_format_that_nobody_told_grows_with_the_maps() -> None:
    script = another(Script(), "m1", "A" * 13)
    assert (script.state.best_of, script.state.series_winner) == (1, "A")
    another(script, "m2", "")
    assert (script.state.best_of, script.state.is_series_over, script.state.series_winner) == (3, False, None)
    another(script.play("B" * 13), "m3", "")
    assert (script.state.best_of, script.state.is_series_over) == (3, False)
    assert [f.best_of for f in script.facts if isinstance(f, SeriesKnown)] == [3]
    script.play("A" * 13)
    assert (script.state.is_series_over, script.state.series_winner) == (True, "A")
    another(script, "m4", "")
    assert (script.state.best_of, script.state.is_series_over) == (5, False)


@pytest.mark.parametrize("says_end", [False, True])
@pytest.mark.parametrize(
    ("first", "data"), [(e.RoundStarted, p.RoundStartedData()), (e.FreezeEnded, p.FreezeEndedData())]
)
def test_a_format_that_nobody_told_grows_with_a_map_that_is_joined(
    first: type[e.Event], data: Struct, *, says_end: bool
) -> None:
    """Nothing says that it begins but a round of it."""
    script = another(Script(), "m1", "A" * 13)
    if says_end:
        script.say(e.MapEnded, p.MapEndedData())
    script.turn("m2", 1).say(first, data)
    assert (script.state.best_of, script.state.is_series_over, script.state.series_winner) == (3, False, None)
    script.end("B")
    script.play("B" * 12)
    assert [(m.map_id, m.score_a, m.score_b) for m in script.state.finished_maps] == [
        ("m1", 13, 0),
        ("m2", 0, 13),
    ]
    assert script.rules_broken() == ["joined_midway"]


def test_a_round_of_a_map_that_is_over_begins_none() -> None:
    script = another(Script(), "m1", "A" * 13)
    script.say(e.MapEnded, p.MapEndedData())
    script.begin(1)
    assert (script.state.best_of, script.state.is_series_over) == (1, True)
    assert script.rules_broken() == ["match_already_over"] * 2
    another(script, "m2", "A" * 13)
    script.say(e.MapEnded, p.MapEndedData())
    script.turn("m1").begin(14)
    assert (script.state.best_of, script.state.is_series_over) == (3, True)
    assert script.rules_broken() == ["match_already_over"] * 4


def test_a_format_that_nobody_told_is_at_least_that_of_the_map_s_number() -> None:
    script = Script()
    script.say(e.MapStarted, p.MapStartedData(map_number=4))
    assert script.state.best_of == 5


def test_a_format_that_was_told_stays() -> None:
    script = another(Script().start(best_of=1).play("A" * 13), "m2", "B")
    assert (script.state.best_of, script.state.series_winner) == (1, "A")
    script = another(Script(), "m1", "A" * 13)
    script.say(e.SeriesStarted, p.SeriesStartedData(best_of=1))
    another(script, "m2", "B")
    assert (script.state.best_of, script.state.series_winner) == (1, "A")


def test_maps_without_end_do_not_make_a_format_grow_without_end() -> None:
    script = Script()
    for number in range(12):
        another(script, f"m{number}", "A" * 13)
    assert (script.state.best_of, script.state.is_series_over, script.state.maps_a) == (9, True, 12)


def test_the_next_map_of_a_source_that_names_none_has_an_id_of_its_own() -> None:
    for says_start, best_of in product((True, False), (3, None)):
        script = Script()
        script.map_id = None
        script.start(best_of=best_of).play("A" * 13)
        script.say(e.MapEnded, p.MapEndedData())
        script.round_no = None
        if says_start:
            script.say(e.MapStarted, p.MapStartedData())
        script.begin(1).end("B")
        assert script.score == (0, 1)
        assert [m.map_id for m in script.state.finished_maps] == ["x"]
        assert script.state.map is not None
        assert script.state.map.map_id == "x/2"


def test_a_map_ends_only_by_its_own_end() -> None:
    """Another source may still speak of the map before."""
    script = another(Script().start(best_of=3).play("A" * 13), "m2", "AB").turn("m1")
    for kind, data in (
        (e.MapEnded, p.MapEndedData(winner_team="A")),
        (e.MatchRestarted, p.MatchRestartedData()),
    ):
        assert script.say(kind, data) == (Quality(rule="map_unknown", detail="m1"),)
    assert script.score == (1, 1)


@pytest.mark.parametrize("phase", ["warmup", "knife", "freeze_time", "timeout", "game_over", "abandoned"])
@pytest.mark.parametrize(("map_id", "rule"), [("m1", "map_already_over"), ("m3", "map_unknown")])
def test_a_phase_of_another_map_changes_nothing_of_the_one_that_runs(
    phase: p.Phase, map_id: str, rule: str
) -> None:
    script = another(Script().start(best_of=3).play("A" * 13), "m2", "AB")
    if phase != "freeze_time":
        script.begin()
    before = script.turn(map_id, 13).state
    facts = script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    assert facts == (Quality(rule=rule, detail=map_id),)
    assert replace(script.state, seq=before.seq, last_ts=before.last_ts) == before


@pytest.mark.parametrize("phase", ["warmup", "knife", "freeze_time"])
def test_a_phase_may_be_of_the_next_map(phase: p.Phase) -> None:
    script = Script().start(best_of=3).play("A" * 13)
    script.say(e.MapEnded, p.MapEndedData())
    script.turn("m2").say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    assert (script.state.phase, script.rules_broken()) == (phase, [])


@pytest.mark.parametrize("phase", ["warmup", "knife"])
def test_a_map_whose_start_was_lost_begins_after_the_warm_up_of_another(phase: p.Phase) -> None:
    script = Script().start(best_of=3).turn("m1")
    for map_id, told in (("m1", phase), ("m2", phase), ("m2", "freeze_time")):
        script.turn(map_id).say(e.PhaseChanged, p.PhaseChangedData(phase=told))
    for number in (1, 2):
        script.turn("m2", number).say(e.RoundStarted, p.RoundStartedData())
        script.say(e.FreezeEnded, p.FreezeEndedData())
    assert script.state.map is not None
    assert script.state.round is not None
    assert (script.state.map.map_id, script.state.round.number) == ("m2", 2)


@pytest.mark.parametrize(
    ("rounds", "is_running", "side", "rules"),
    [
        (0, False, "t", []),
        (0, True, "t", []),
        (3, True, "ct", []),
        (3, True, "t", ["side_mismatch"]),
        (3, False, "t", ["side_mismatch"]),
        (11, True, "ct", []),
        (12, False, "t", []),
        (12, False, "ct", ["side_mismatch"]),
        (12, True, "ct", ["side_mismatch"]),
    ],
)
def test_sides_told_late_are_held_against_the_rules_and_taken(
    rounds: int, side: p.Side, rules: list[str], *, is_running: bool
) -> None:
    """At half-time the sides of the coming round are meant."""
    script = Script().start().play(("AB" * 6)[:rounds])
    if is_running:
        script.begin()
    script.say(e.SidesSet, p.SidesSetData(a_side=side))
    assert script.rules_broken() == rules
    if not is_running:
        script.begin()
    assert script.state.map is not None
    assert script.state.map.a_side == side
    assert len(script.rules_broken()) == len(rules)
