"""The reducer: total, and right about what servers really do."""

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from game import events as e
from game import payloads as p
from game.advance import advance
from game.codec import decode
from game.facts import AnyFact, Killed, MapDecided, Quality, RoundDecided, SeriesDecided, Withdrawn
from game.features import extract
from game.quality import RULES
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import MatchState, initial_state

START = datetime(2026, 1, 18, 12, tzinfo=UTC)
FIRST_KILL = b"""{"event_id":"00000000-0000-0000-0000-000000000001","match_id":"11111111-1111-1111-1111-111111111111",
"map_id":"22222222-2222-2222-2222-222222222222","round_no":1,"ts_event":"2026-01-18T12:00:00.123Z","type":"kill",
"source":"demo","seq_no":1,"payload":{"killer_player_id":"p1","victim_player_id":"p2","killer_team":"A",
"weapon":"ak47","is_headshot":true}}"""


class Script:
    """A match told by hand, a second an event."""

    def __init__(self) -> None:
        self.state = initial_state("x")
        self.facts: list[AnyFact] = []
        self.map_id: str | None = "m1"
        self.round_no: int | None = None
        self.count = 0

    def say(self, kind: Any, payload: Struct) -> tuple[AnyFact, ...]:
        self.count += 1
        event = kind(
            event_id=str(self.count),
            match_id="x",
            map_id=self.map_id,
            round_no=self.round_no,
            ts_event=START + timedelta(seconds=self.count),
            source="s",
            payload=payload,
        )
        self.state, facts = advance(self.state, event)
        self.facts += facts
        return facts

    def start(self, **settings: Any) -> "Script":
        players = {f"a{n}": f"a{n}" for n in range(5)}, {f"b{n}": f"b{n}" for n in range(5)}
        team_a, team_b = (
            p.TeamSheet(name=name, players=roster) for name, roster in zip("AB", players, strict=True)
        )
        best_of = settings.pop("best_of", 1)
        self.say(e.SeriesAnnounced, p.SeriesAnnouncedData(team_a=team_a, team_b=team_b, best_of=best_of))
        self.say(e.MapStarted, p.MapStartedData(map_name="de_dust2", a_side="ct", **settings))
        return self

    def begin(self, number: int | None = None) -> "Script":
        assert self.state.map is not None
        self.round_no = number or len(self.state.map.rounds) + 1
        self.say(e.RoundStarted, p.RoundStartedData())
        self.say(e.FreezeEnded, p.FreezeEndedData())
        return self

    def kill(self, killer: str | None, victim: str) -> tuple[AnyFact, ...]:
        return self.say(e.Kill, p.KillData(killer_player_id=killer, victim_player_id=victim))

    def end(self, winner: p.Team) -> tuple[AnyFact, ...]:
        return self.say(e.RoundEnded, p.RoundEndedData(winner_team=winner))

    def play(self, winners: str) -> "Script":
        """Rounds that nobody dies in; "AAB" is two for A and one for B."""
        for winner in winners:
            self.begin().end("A" if winner == "A" else "B")
        return self

    @property
    def score(self) -> tuple[int, int]:
        assert self.state.map is not None
        return self.state.map.score_a, self.state.map.score_b

    def alive(self) -> tuple[int, int]:
        """CT's and T's."""
        found = extract(self.state)
        assert found is not None
        return found.ct_alive, found.t_alive

    def rules_broken(self) -> list[str]:
        return [f.rule for f in self.facts if isinstance(f, Quality)]


def test_a_sparse_first_kill_counts_as_live_and_joined_midway() -> None:
    event = decode(FIRST_KILL)
    assert isinstance(event, e.Kill)
    state, facts = advance(initial_state(event.match_id), event)
    assert [f.rule for f in facts if isinstance(f, Quality)] == ["joined_midway"]
    assert state.match_tag == "live"
    assert [f.killer_id for f in facts if isinstance(f, Killed)] == ["p1"]
    assert not state.players["p2"].is_alive


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


def test_a_restore_after_the_last_round_reopens_map_and_series() -> None:
    script = Script().start().play("A" * 13)
    before = script.state
    assert before.is_series_over
    script.say(e.BackupRestored, p.BackupRestoredData(to_round=13))
    assert not script.state.is_series_over
    assert script.state.finished_maps == ()
    script.play("BA")
    assert script.score == (13, 1)
    assert script.state.maps_a == 1


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


def test_team_kill_suicide_and_world_are_told_apart() -> None:
    script = Script().start().begin()
    facts = [script.kill(k, v)[0] for k, v in (("a0", "a1"), ("a0", "a0"), (None, "b0"), ("b1", "a2"))]
    kinds = [(f.is_team_kill, f.is_suicide, f.killer_id) for f in facts if isinstance(f, Killed)]
    assert kinds == [(True, False, "a0"), (False, True, "a0"), (False, False, None), (False, False, "b1")]


def test_nobody_dies_twice_in_a_round() -> None:
    script = Script().start().begin()
    script.kill("a0", "b0")
    assert script.kill("a1", "b0") == (Quality(rule="victim_already_dead", detail="b0"),)
    script.end("A")
    script.begin()
    assert isinstance(script.kill("a1", "b0")[0], Killed)


def test_a_kill_after_the_decision_is_post_round() -> None:
    script = Script().start().begin()
    script.end("A")
    (fact,) = script.kill("a0", "b0")
    assert isinstance(fact, Killed)
    assert fact.is_post_round


def test_who_takes_over_a_bot_dies_as_the_bot() -> None:
    script = Script().start().begin()
    script.kill("b0", "a0")
    script.say(e.BotTakeover, p.BotTakeoverData(player_id="a0", bot_player_id="a4"))
    (fact,) = script.kill("b0", "a0")
    assert isinstance(fact, Killed)
    assert fact.victim_id == "a4"
    assert not script.state.players["a4"].is_alive


def test_the_defuse_ends_with_the_defuser() -> None:
    script = Script().start().begin()
    script.say(e.BombPlanted, p.BombData(player_id="b0", site="a"))
    script.say(e.BombDefuseBegun, p.BombData(player_id="a0"))
    script.kill("b0", "a0")
    assert script.state.round is not None
    assert script.state.round.bomb.status == "planted"


def test_a_bomb_that_is_not_planted_cannot_be_defused() -> None:
    script = Script().start().begin()
    (fact,) = script.say(e.BombDefused, p.BombData(player_id="a0"))
    assert isinstance(fact, Quality)
    assert fact.rule == "bomb_impossible"


def test_surrender_gives_the_map_to_the_winner_told() -> None:
    script = Script().start().play("AB")
    script.say(e.MapEnded, p.MapEndedData(winner_team="B", reason="surrender"))
    decided = [f for f in script.facts if isinstance(f, MapDecided)]
    assert [(f.winner_team, f.reason) for f in decided] == [("B", "surrender")]


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


@cache
def stock() -> tuple[e.AnyEvent, ...]:
    return tuple(mess(simulate(Setting(seed=2, best_of=1, has_footsteps=False)), seed=1, options=3))


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_any_event_in_any_state_gives_a_defined_result(seed: int) -> None:
    """Events of a messy match in no order, some with rounds, maps and players that were never heard of."""
    rng = random.Random(seed)
    state = initial_state(stock()[0].match_id)
    for seq in range(1, 120):
        event = replace(
            rng.choice(stock()),
            round_no=rng.choice((None, 0, 1, 2, 13, 25, 999)),
            map_id=rng.choice((None, "m1", "m1", "m2")),
        )
        state, facts = advance(state, event)
        assert state.seq == seq
        assert all(f.rule in RULES for f in facts if isinstance(f, Quality))
        assert_sane(state)


def assert_sane(state: MatchState) -> None:
    assert all(0 <= player.health <= 1000 and player.armor >= 0 for player in state.players.values())
    assert len(state.finished_maps) >= state.maps_a + state.maps_b
    if state.map is not None:
        assert 0 <= state.map.losses_a <= 4
        assert 0 <= state.map.losses_b <= 4
        assert [r.number for r in state.map.rounds] == sorted({r.number for r in state.map.rounds})


def test_the_next_map_of_a_source_that_names_none_has_an_id_of_its_own() -> None:
    for says_start in (True, False):
        script = Script()
        script.map_id = None
        script.start(best_of=3).play("A" * 13)
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
    script = Script().start(best_of=3).play("A" * 13)
    script.map_id, script.round_no = "m2", None
    script.say(e.MapStarted, p.MapStartedData())
    script.play("AB")
    script.map_id, script.round_no = "m1", None
    for kind, data in (
        (e.MapEnded, p.MapEndedData(winner_team="A")),
        (e.MatchRestarted, p.MatchRestartedData()),
    ):
        assert script.say(kind, data) == (Quality(rule="map_unknown", detail="m1"),)
    assert script.score == (1, 1)


def test_a_restart_before_the_next_map_leaves_the_finished_one() -> None:
    for phase in ("warmup", "knife", None):
        script = Script().start(best_of=3).play("A" * 13)
        script.map_id, script.round_no = None, None
        if phase is not None:
            script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
        assert script.say(e.MatchRestarted, p.MatchRestartedData()) == ()
        assert script.state.maps_a == 1


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


def test_play_goes_on_after_a_pause() -> None:
    script = Script().start().begin()
    for phase in ("technical_pause", "live"):
        script.say(e.PhaseChanged, p.PhaseChangedData(phase=phase))
    assert script.state.phase == "live"


def test_substitutes_of_a_roster_do_not_play_until_they_are_seen() -> None:
    script = Script()
    roster = {f"a{n}": f"a{n}" for n in range(7)}
    others = {f"b{n}": f"b{n}" for n in range(5)}
    teams = p.TeamSheet(players=roster), p.TeamSheet(players=others)
    script.say(e.SeriesAnnounced, p.SeriesAnnouncedData(team_a=teams[0], team_b=teams[1]))
    script.say(e.MapStarted, p.MapStartedData(a_side="ct"))
    script.say(e.Economy, p.EconomyData(players=tuple(p.Loadout(player_id=f"a{n}") for n in range(5))))
    script.begin()
    assert script.alive() == (5, 5)


def test_who_comes_back_during_a_round_plays_from_the_next() -> None:
    script = Script().start().begin()
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="a0"))
    script.say(e.PlayerConnected, p.PresenceData(player_id="a0"))
    script.say(e.PlayerConnected, p.PresenceData(player_id="new", team="B"))
    assert script.alive() == (4, 5)
    script.end("A")
    script.begin()
    assert script.alive() == (5, 6)


def test_nobody_is_counted_out_where_a_team_was_never_heard_of() -> None:
    """One of a team that is known and none of the other: that decides no round."""
    script = Script()
    script.say(e.MapStarted, p.MapStartedData())
    script.begin()
    script.kill("a0", "b0")
    assert extract(script.state) is None
    script = Script().start().begin()
    script.kill("stranger", "b0")
    assert extract(script.state) is None


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


def test_a_match_that_begins_again_takes_away_what_was_bought() -> None:
    script = Script().start().play("AA")
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="a0", money=5000, armor=100),)))
    script.say(e.MatchRestarted, p.MatchRestartedData())
    script.begin(1)
    assert (script.state.players["a0"].money, script.state.players["a0"].armor) == (800, 0)
