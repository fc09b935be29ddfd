"""Where a player stands within his walk and which way he looks, at any moment of a second.

Belongs here: places and views between the middles of cells. Does not belong here: walking (`movement`), what his
fights go by, which is his cell.
"""

import math

from game import payloads as p
from game.maps.outline import Point
from game.simulate.fighter import Fighter
from game.simulate.play import Play

ROUNDED_CELLS = 1.0
"""He is so many cells behind `at`, and rounds corners over as many: what lies ahead may still change."""
ASIDE_UNITS = 20.0
"""So far from the middle of the way each of a side keeps, in a direction of his own."""
STEPS_AHEAD = 6


def place(play: Play, fighter: Fighter) -> p.Position:
    """Where he is now: next to his cell, or in it."""
    x, y, z = _spot(play, fighter, _progress(play, fighter))
    return p.Position(x=round(x, 1), y=round(y, 1), z=round(z, 1))


def yaw_deg(play: Play, fighter: Fighter) -> float:
    """Towards the enemy whom he fights, else along his walk, else where enemies come from; 0 is along the x axis."""
    points = play.ground.points
    here = points[fighter.cell]
    if fighter.aim is not None and play.now_s < fighter.aims_until_s and fighter.aim != fighter.cell:
        return _heading_deg(here, points[fighter.aim])
    at = _progress(play, fighter)
    if at < len(fighter.way) - 1:
        return _heading_deg(_rounded(play, fighter, at - 0.5), _rounded(play, fighter, at + 0.5))
    return _heading_deg(here, points[_watched(play, fighter)])


def fall(play: Play, fighter: Fighter) -> None:
    """He goes no further than he is now."""
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
    """The mean of the way's points from there back."""
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
    """A cell on the way to where the other side begins, or to the bomb once it is planted."""
    ground, is_planted = play.ground, play.bomb.planted_s is not None
    goal = ground.ct_spawn if fighter.side == "t" else play.bomb.cell if is_planted else ground.t_spawn
    onward, cell = ground.onward(goal), fighter.cell
    for _ in range(STEPS_AHEAD):
        cell = onward[cell]
    return cell


def _heading_deg(here: Point, there: Point) -> float:
    return round(math.degrees(math.atan2(there[1] - here[1], there[0] - here[0])), 1)
