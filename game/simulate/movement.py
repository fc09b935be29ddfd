"""Walking over the ground, and telling where everybody is.

Belongs here: steps and position samples. Does not belong here: where somebody wants to go (`tactics`).
"""

import math

from game import events as e
from game import payloads as p
from game.maps.outline import Point
from game.simulate.fighter import Fighter
from game.simulate.play import Play

RUN_UNITS, WALK_UNITS = 235.0, 120.0
"""Game units in a second."""


def walk(play: Play) -> None:
    """Everyone alive goes on for one second."""
    is_sneaking = play.second < play.orders.go_s and play.bomb.planted_s is None
    for fighter in play.fighters:
        fighter.trail = (fighter.cell,)
        if fighter.is_alive and not _is_bound(play, fighter):
            slow = is_sneaking and fighter.side == "t" and play.second > 12
            _advance(play, fighter, units=WALK_UNITS if slow else RUN_UNITS)


def _is_bound(play: Play, fighter: Fighter) -> bool:
    """Whoever plants or defuses stands still."""
    return play.bomb.begun_s is not None and (fighter is play.bomb.carrier or fighter is play.bomb.defuser)


def _advance(play: Play, fighter: Fighter, *, units: float) -> None:
    onward = play.ground.onward(fighter.goal)
    points = play.ground.points
    fighter.slack += units
    trail = [fighter.cell]
    while fighter.cell != fighter.goal:
        following = onward[fighter.cell]
        here, there = points[fighter.cell], points[following]
        length = math.hypot(there[0] - here[0], there[1] - here[1])
        if length > fighter.slack:
            break
        fighter.slack -= length
        fighter.cell = following
        trail.append(following)
    if fighter.cell == fighter.goal:
        fighter.slack = 0.0
    fighter.trail = tuple(trail)
    if play.has_footsteps and len(trail) > 1 and units > WALK_UNITS:
        step = p.PlayerActionData(player_id=fighter.player_id, position=play.position(trail[0]))
        play.emit(e.Footstep, step)


def plan_samples(play: Play) -> None:
    """Enter the samples within the second that begins; the one at its end comes with the clock's tick."""
    if not play.feed.is_silent:
        for k in range(1, play.position_hz):
            play.enter(play.second + k / play.position_hz, "sample", k / play.position_hz)


def tell_positions(play: Play, share: float = 1.0) -> None:
    """Where everybody is when `share` of the second is over."""
    if play.position_hz and not play.feed.is_silent:
        players = tuple(_sample(play, fighter, share=share) for fighter in play.fighters)
        play.emit(e.PositionSample, p.PositionSampleData(players=players))


def _sample(play: Play, fighter: Fighter, *, share: float) -> p.PlayerPosition:
    trail = fighter.trail or (fighter.cell,)
    where = play.ground.points[trail[min(len(trail) - 1, int(share * len(trail)))]]
    return p.PlayerPosition(
        player_id=fighter.player_id,
        x=where[0],
        y=where[1],
        z=where[2],
        yaw_deg=_heading_deg(where, play.ground.points[fighter.goal]),
        is_alive=fighter.is_alive,
        health=fighter.health,
        armor=fighter.armor,
        money=fighter.money,
        weapon=fighter.gun.name,
        has_bomb=fighter is play.bomb.carrier,
    )


def _heading_deg(here: Point, there: Point) -> float:
    """Along the way, in degrees from the x axis."""
    return round(math.degrees(math.atan2(there[1] - here[1], there[0] - here[0])), 1)
