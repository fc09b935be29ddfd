"""Kills told apart: team kills, suicides, the world, after the round, through a bot."""

from game import events as e
from game import payloads as p
from game.facts import Killed, Quality
from tests.game.by_hand import Script


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


def test_who_spawns_again_is_whole_and_may_die_once_more() -> None:
    script = Script().start().begin()
    script.kill("a0", "b0")
    script.say(e.PlayerSpawned, p.PlayerSpawnedData(player_id="b0"))
    player = script.state.players["b0"]
    assert (player.is_alive, player.health, player.equipment_value) == (True, 100, 0)
    assert isinstance(script.kill("a1", "b0")[0], Killed)
    assert script.kill("a1", "b0") == (Quality(rule="victim_already_dead", detail="b0"),)


def test_a_spawn_of_somebody_alive_or_outside_of_the_live_match_changes_nothing() -> None:
    script = Script().start().begin()
    for player_id in ("a0", "nobody"):
        before = script.state.players
        assert script.say(e.PlayerSpawned, p.PlayerSpawnedData(player_id=player_id)) == ()
        assert script.state.players == before


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
