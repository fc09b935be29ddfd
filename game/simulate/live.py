"""The loop of a round's live play, second by second.

Belongs here: the order of actions within a second, the end by time. Does not belong here: the players' actions.
"""

import heapq
from collections.abc import Callable, Iterator
from typing import Any

from game import events as e
from game import payloads as p
from game.simulate import bomb, casualties, combat, movement, tactics, utility
from game.simulate.play import Deed, Play

DEEDS: dict[Deed, Callable[[Play, Any], None]] = {
    "contact": combat.contact,
    "exchange": combat.exchange,
    "throw": utility.throw,
    "detonate": utility.detonate,
    "burn": utility.burn,
    "expire": utility.expire,
    "planted": bomb.planted,
    "defused": bomb.defused,
    "exploded": casualties.exploded,
    "sample": movement.tell_positions,
}
LONGEST_ROUND_S = 400
"""Seconds that no round reaches: time or the bomb ends it earlier."""


def step(play: Play) -> None:
    """Play one second, or up to the decision if that comes first."""
    tactics.set_goals(play)
    movement.walk(play)
    combat.seek_contacts(play)
    utility.seek_throws(play)
    movement.plan_samples(play)
    until_s = play.second + 1.0
    while play.agenda and play.agenda[0][0] <= until_s and play.outcome is None:
        moment_s, _, deed, data = heapq.heappop(play.agenda)
        if _is_out_of_time(play, moment_s):
            break
        play.now_s = max(play.now_s, moment_s)
        DEEDS[deed](play, data)
    if play.outcome is None:
        _end_second(play, until_s)


def run(play: Play) -> Play:
    """Play to the decision."""
    while play.outcome is None:
        step(play)
    return play


def tell_round(play: Play) -> Iterator[e.AnyEvent]:
    """Play to the decision and yield the events; when a clock tick is yielded, the play is in the state of that
    second."""
    movement.tell_positions(play)
    while play.outcome is None:
        step(play)
        if play.outcome is None:
            movement.tell_positions(play)
            play.emit(e.ClockTick, p.ClockTickData(round_time_s=play.second))
        yield from play.feed.drain()


def _is_out_of_time(play: Play, moment_s: float) -> bool:
    if play.bomb.planted_s is not None or moment_s < play.rules.round_s:
        return False
    _time_out(play)
    return True


def _end_second(play: Play, until_s: float) -> None:
    play.second += 1
    play.now_s = until_s
    movement.arrive(play)
    if play.bomb.planted_s is None and until_s >= play.rules.round_s:
        _time_out(play)
    assert play.second < LONGEST_ROUND_S


def _time_out(play: Play) -> None:
    play.now_s = play.rules.round_s
    if play.bomb.begun_s is not None and play.bomb.carrier is not None:
        bomb.interrupt(play, play.bomb.carrier)
    play.decide("ct", "time_ran_out")
