"""A bomb that is defused or explodes decides the round before its end is told."""

from collections.abc import Callable

import pytest

from game import events as e
from game import payloads as p
from game.facts import SwingCredited
from game.messages import Prediction, Processed
from game.payloads import SIDES, EndReason, Side
from game.state import other_side
from models.fold import fold_events
from models.predictor import Predictor
from models.receipt import GENESIS, verify
from tests.game.scripted import Script

Finish = Callable[[Script], None]


def planted(first_a_side: Side) -> Script:
    """One CT and one T are left, and the bomb is planted."""
    script = Script(1, first_a_side=first_a_side)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    for side in SIDES:
        for victim in script.on(side)[1:]:
            script.wait(64, 64)
            script.kill(script.on(other_side(side))[0], victim)
    script.wait(64, 64)
    script.tell(e.BombPlanted, p.BombData(player_id=script.on("t")[0], site="a"))
    return script


def defused(script: Script) -> None:
    who = p.BombData(player_id=script.on("ct")[0], site="a")
    script.tell(e.BombDefuseBegun, who)
    script.wait(640, 640)
    script.tell(e.BombDefused, who)


def exploded(script: Script) -> None:
    script.wait(2560, 2560)
    script.tell(e.BombExploded, p.BombData(site="a"))


@pytest.mark.parametrize("first_a_side", ["ct", "t"])
@pytest.mark.parametrize(
    ("finish", "winner", "reason"), [(defused, "ct", "bomb_defused"), (exploded, "t", "target_bombed")]
)
def test_the_bomb_decides_the_round_before_its_end_is_told(
    champion: Predictor, finish: Finish, winner: Side, reason: EndReason, first_a_side: Side
) -> None:
    script = planted(first_a_side)
    actor = script.on("ct" if finish is defused else "t")[0]
    finish(script)
    at = script.events[-1].event_id
    script.wait(64, 64)
    script.tell(e.ClockTick, p.ClockTickData(round_time_s=55))
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side=winner, reason=reason))
    told = list(fold_events(script.events, champion))
    predictions = [m for m in told if isinstance(m, Prediction)]
    after = predictions[next(i for i, m in enumerate(predictions) if m.event_id == at) :]
    won = 1.0 if script.team_on(winner) == "A" else 0.0
    assert {(m.round.p_a, m.round.lo, m.round.hi) for m in after} == {(won, won, won)}
    assert after[0].receipt.score["stage"] == "live"
    assert after[-1].receipt.score["stage"] == "decided"
    previous = GENESIS
    for prediction in predictions:
        assert not verify(prediction, champion, previous)
        previous = prediction.receipt.digest
    credited = {
        m.event_id: fact
        for m in told
        if isinstance(m, Processed)
        for fact in m.facts
        if isinstance(fact, SwingCredited)
    }
    assert credited[at].credits[actor] > 0
    assert script.events[-1].event_id not in credited
