"""The bomb: a defuse ends with its defuser, and needs a planted bomb."""

from game import events as e
from game import payloads as p
from game.facts import Quality
from game.features import extract
from tests.game.by_hand import Script


def test_the_defuse_ends_with_the_defuser() -> None:
    script = Script().start().begin()
    script.say(e.BombPlanted, p.BombData(player_id="b0", site="a"))
    script.say(e.BombDefuseBegun, p.BombData(player_id="a0"))
    script.kill("b0", "a0")
    assert script.state.round is not None
    assert script.state.round.bomb.status == "planted"


def test_the_defuse_ends_with_the_body_that_the_defuser_moves() -> None:
    """And the kit is that of the body."""
    script = Script().start().begin()
    script.say(e.Economy, p.EconomyData(players=(p.Loadout(player_id="a4", has_kit=True),)))
    script.say(e.BombPlanted, p.BombData(player_id="b0", site="a"))
    script.kill("b0", "a0")
    script.say(e.BotTakeover, p.BotTakeoverData(player_id="a0", bot_player_id="a4"))
    script.say(e.BombDefuseBegun, p.BombData(player_id="a0"))
    assert script.state.round is not None
    assert script.state.round.bomb.defuse_has_kit
    script.kill("b0", "a0")
    assert script.state.round.bomb.status == "planted"


def bomb_of(script: Script) -> str:
    assert script.state.round is not None
    return script.state.round.bomb.status


def test_the_defuse_ends_where_the_defuser_leaves_and_the_bomb_drops_with_its_carrier() -> None:
    script = Script().start().begin()
    script.say(e.BombPickedUp, p.BombData(player_id="b1"))
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="b1"))
    assert bomb_of(script) == "dropped"
    script.say(e.BombPlanted, p.BombData(player_id="b0", site="a"))
    script.say(e.BombDefuseBegun, p.BombData(player_id="a0"))
    script.say(e.PlayerDisconnected, p.PresenceData(player_id="a0"))
    assert bomb_of(script) == "planted"


def test_a_bomb_that_is_not_planted_cannot_be_defused() -> None:
    script = Script().start().begin()
    (fact,) = script.say(e.BombDefused, p.BombData(player_id="a0"))
    assert isinstance(fact, Quality)
    assert fact.rule == "bomb_impossible"


def test_a_clock_that_goes_back_gives_the_bomb_no_longer() -> None:
    script = Script().start().begin()
    script.count += 40
    script.say(e.BombPlanted, p.BombData(player_id="b0", site="a"))
    script.count -= 11
    script.kill("a0", "b1")
    found = extract(script.state)
    assert found is not None
    assert found.bomb_left_s == 40
