"""Who plays: substitutes, those who come back, teams never heard of."""

import pytest

from game import events as e
from game import payloads as p
from game.facts import RoundWentLive
from game.features import extract
from tests.game.by_hand import Script


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
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="b0"))
    script.say(e.PlayerConnected, p.PresenceData(player_id="new", team="B"))
    assert script.alive() == (4, 4)
    script.end("A")
    script.begin()
    assert script.alive() == (5, 5)


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


@pytest.mark.parametrize(("weapon", "is_known"), [("inferno", True), ("ak47", False), (None, False)])
def test_what_somebody_threw_may_hurt_when_he_has_left(weapon: str | None, is_known: bool) -> None:
    """Whoever shoots is there, whatever was told of him: then nobody knows who lives."""
    script = Script().start().begin()
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="b1"))
    hit = p.DamageData(attacker_player_id="b1", victim_player_id="a0", health_damage=20, weapon=weapon)
    script.say(e.Damage, hit)
    assert (extract(script.state) is not None) == is_known


def test_who_is_away_carries_nothing_into_the_round() -> None:
    script = Script().start().play("A")
    script.round_no = 2
    script.say(e.RoundStarted, p.RoundStartedData())
    names = [f"{team}{n}" for team in "ab" for n in range(5)]
    loadouts = tuple(p.Loadout(player_id=name, equipment_value=4_000, money=100) for name in names)
    script.say(e.Economy, p.EconomyData(players=loadouts))
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="a4"))
    assert script.state.round is not None
    assert (script.state.round.equipment_a, script.state.round.equipment_b) == (16_000, 20_000)
    script.say(e.PlayerConnected, p.PresenceData(player_id="sub", team="A"))
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="sub", equipment_value=1_000),)))
    (fact,) = script.say(e.FreezeEnded, p.FreezeEndedData())
    assert isinstance(fact, RoundWentLive)
    assert (script.state.round.equipment_a, fact.equipment_a, fact.equipment_b) == (17_000, 17_000, 20_000)
    assert ("a4" in fact.equipment, "a4" in fact.money) == (False, False)
    found = extract(script.state)
    assert found is not None
    assert (found.ct_equipment, found.t_equipment) == (17_000, 20_000)


def test_who_leaves_before_anything_was_bought_tells_nothing_of_the_buys() -> None:
    script = Script().start().turn("m1", 1)
    script.say(e.RoundStarted, p.RoundStartedData())
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="a4"))
    assert script.state.round is not None
    assert script.state.round.equipment_a is None


def test_nobody_is_counted_where_a_sixth_of_a_team_is_there() -> None:
    """He may be a coach; once he is told to be one, or is gone, it is known who plays."""
    script = Script().start().play("A")
    script.say(e.PlayerConnected, p.PresenceData(player_id="sixth", team="A"))
    assert extract(script.begin().state) is None
    script.end("A")
    script.say(e.PlayerJoinedTeam, p.PresenceData(player_id="sixth", team="A", is_coach=True))
    assert script.begin().alive() == (5, 5)
    script.end("A")
    script.say(e.PlayerConnected, p.PresenceData(player_id="other", team="B"))
    assert extract(script.begin().state) is None
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="other"))
    script.end("A")
    assert script.begin().alive() == (5, 5)
    assert script.rules_broken() == ["team_too_large"] * 2


def test_a_coach_plays_for_no_team_whatever_is_said_of_him() -> None:
    script = Script()
    script.say(e.PlayerConnected, p.PresenceData(player_id="coach", team="A", is_coach=True))
    script.start()
    script.say(e.SeriesAnnounced, p.SeriesAnnouncedData(team_a=p.TeamSheet(players={"coach": "C"})))
    script.say(e.PlayerRenamed, p.PresenceData(player_id="coach", name="Coach", team="A"))
    script.begin()
    told = p.KillData(victim_player_id="coach", victim_team="A", killer_player_id="b0", killer_team="B")
    script.say(e.Kill, told)
    assert script.alive() == (5, 5)
    coach = script.state.players["coach"]
    assert (coach.team, coach.is_coach, coach.name) == (None, True, "Coach")
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="a0"))
    script.end("A")
    script.say(e.PlayerJoinedTeam, p.PresenceData(player_id="coach", team="A", is_coach=False))
    assert script.begin().alive() == (5, 5)
