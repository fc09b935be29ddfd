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
