"""A player's exact position and view direction, at any moment of a second.

Belongs here: positions and views between the centres of cells. Does not belong here: walking (`movement`), the cells
that fights depend on.
"""

import math

from game import payloads as p
from game.maps.outline import Point
from game.simulate.fighter import Fighter
from game.simulate.play import Play

ROUNDED_CELLS = 1.0
"""A shown position lags `at` by this many cells and corners are rounded over as many, because the way ahead may still
change."""
ASIDE_UNITS = 20.0
"""Distance in game units at which each player of a side keeps from the middle of the way, each in another direction."""
STEPS_AHEAD = 6


def place(play: Play, fighter: Fighter) -> p.Position:
    """The player's current position: in the player's cell, or next to it."""
    x, y, z = _spot(play, fighter, _progress(play, fighter))
    return p.Position(x=round(x, 1), y=round(y, 1), z=round(z, 1))


def yaw_deg(play: Play, fighter: Fighter) -> float:
    """The view direction: towards the enemy in a fight, otherwise along the walk, otherwise where enemies come from; 0
    is along the x axis."""
    points = play.ground.points
    here = points[fighter.cell]
    if fighter.aim is not None and play.now_s < fighter.aims_until_s and fighter.aim != fighter.cell:
        return _heading_deg(here, points[fighter.aim])
    at = _progress(play, fighter)
    if at < len(fighter.way) - 1:
        return _heading_deg(_rounded(play, fighter, at - 0.5), _rounded(play, fighter, at + 0.5))
    return _heading_deg(here, points[_watched(play, fighter)])


def fall(play: Play, fighter: Fighter) -> None:
    """Stop the player at the current position."""
    fighter.at = fighter.was_at = _progress(play, fighter)
    fighter.cell = fighter.way[int(fighter.at)]


def _progress(play: Play, fighter: Fighter) -> float:
    share = min(1.0, max(0.0, play.now_s - play.second))
    return fighter.was_at + (fighter.at - fighter.was_at) * share


def _spot(play: Play, fighter: Fighter, at: float) -> Point:
    x, y, z = _rounded(play, fighter, at)
    angle = math.tau * (fighter.number + (fighter.side == "ct") / 2) / 5
    return x + ASIDE_UNITS * math.cos(angle), y + ASIDE_UNITS * math.sin(angle), z


def _rounded(play: Play, fighter: Fighter, at: float) -> Point:
    """The weighted mean of points of the way, from `at` backwards."""
    behind, middle, ahead = (_point(play, fighter.way, at - back * ROUNDED_CELLS) for back in (2, 1, 0))
    return (
        (behind[0] + 2 * middle[0] + ahead[0]) / 4,
        (behind[1] + 2 * middle[1] + ahead[1]) / 4,
        (behind[2] + 2 * middle[2] + ahead[2]) / 4,
    )


def _point(play: Play, way: tuple[int, ...], at: float) -> Point:
    at = min(max(at, 0.0), len(way) - 1.0)
    index = int(at)
    one = play.ground.points[way[index]]
    if index == at:
        return one
    other, share = play.ground.points[way[index + 1]], at - index
    return (
        one[0] + (other[0] - one[0]) * share,
        one[1] + (other[1] - one[1]) * share,
        one[2] + (other[2] - one[2]) * share,
    )


def _watched(play: Play, fighter: Fighter) -> int:
    """A cell on the way to the other side's spawn, or for a CT to the bomb once it is planted."""
    ground, is_planted = play.ground, play.bomb.planted_s is not None
    goal = ground.ct_spawn if fighter.side == "t" else play.bomb.cell if is_planted else ground.t_spawn
    onward, cell = ground.onward(goal), fighter.cell
    for _ in range(STEPS_AHEAD):
        cell = onward[cell]
    return cell


def _heading_deg(here: Point, there: Point) -> float:
    return round(math.degrees(math.atan2(there[1] - here[1], there[0] - here[0])), 1)
