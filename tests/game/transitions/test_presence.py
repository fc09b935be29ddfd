"""Who plays: substitutes, those who come back, teams never heard of."""

from game import events as e
from game import payloads as p
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
