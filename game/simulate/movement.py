"""Walking over the ground, and reporting positions.

Belongs here: steps and position samples. Does not belong here: the players' goals (`tactics`), positions between two
cells (`bearing`).
"""

from game import events as e
from game import payloads as p
from game.simulate.bearing import place, yaw_deg
from game.simulate.fighter import Fighter
from game.simulate.play import Play

RUN_UNITS, WALK_UNITS = 235.0, 120.0
"""Game units per second."""
LEAVE_UNITS = 700.0
"""A T leaves the lane at this distance from the goal."""
KEPT_BEHIND = 3
"""Cells behind the player that a new way keeps, so that turns are smooth."""


def walk(play: Play) -> None:
    """Move every living player for one second."""
    is_sneaking = play.second < play.orders.go_s and play.bomb.planted_s is None
    for fighter in play.fighters:
        if fighter.is_alive and not _is_bound(play, fighter):
            slow = is_sneaking and fighter.side == "t" and play.second > 12
            _advance(play, fighter, units=WALK_UNITS if slow else RUN_UNITS)


def arrive(play: Play) -> None:
    """End the second: everyone is at the position that it led to."""
    for fighter in play.fighters:
        fighter.was_at = fighter.at


def _is_bound(play: Play, fighter: Fighter) -> bool:
    """Whether the player stands still, planting or defusing."""
    return play.bomb.begun_s is not None and (fighter is play.bomb.carrier or fighter is play.bomb.defuser)


def _advance(play: Play, fighter: Fighter, *, units: float) -> None:
    _set_out(play, fighter)
    begun = fighter.cell
    left = units
    while left > 0 and fighter.at < len(fighter.way) - 1:
        index = int(fighter.at)
        length = play.ground.step(fighter.way[index], fighter.way[index + 1])
        rest = (index + 1 - fighter.at) * length
        fighter.at = fighter.at + left / length if rest > left else index + 1.0
        left -= rest
    fighter.cell = fighter.way[int(fighter.at)]
    if play.has_footsteps and fighter.cell != begun and units > WALK_UNITS:
        step = p.PlayerActionData(player_id=fighter.player_id, position=place(play, fighter))
        play.emit(e.Footstep, step)


def _set_out(play: Play, fighter: Fighter) -> None:
    """Find the way to a new goal, starting at the cell that the player is walking to."""
    if fighter.way[-1] == fighter.goal:
        return
    index = int(fighter.at)
    following = min(index + (fighter.at > index), len(fighter.way) - 1)
    behind = fighter.way[max(0, index - KEPT_BEHIND) : following]
    dropped = max(0, index - KEPT_BEHIND)
    fighter.way = behind + _route(play, fighter, fighter.way[following])
    fighter.at -= dropped
    fighter.was_at = fighter.at


def _route(play: Play, fighter: Fighter, start: int) -> tuple[int, ...]:
    """Along the lane if it leads to the goal, otherwise the shortest way."""
    ground, goal = play.ground, fighter.goal
    lane = play.orders.lanes.get(fighter.player_id, ())
    rest = lane[lane.index(start) :] if start in lane else ()
    if goal in rest:
        return rest[: rest.index(goal) + 1]
    for index, cell in enumerate(rest):
        if ground.distance(cell, goal) < LEAVE_UNITS:
            return (*rest[:index], *ground.way(cell, goal))
    return tuple(ground.way(start, goal))


def plan_samples(play: Play) -> None:
    """Put the samples within the coming second on the agenda; the sample at its end comes with the clock tick."""
    if not play.feed.is_silent:
        for k in range(1, play.position_hz):
            play.enter(play.second + k / play.position_hz, "sample", None)


def tell_positions(play: Play, _: object = None) -> None:
    """Report all players' current positions."""
    if play.position_hz and not play.feed.is_silent:
        players = tuple(_sample(play, fighter) for fighter in play.fighters)
        play.emit(e.PositionSample, p.PositionSampleData(players=players))


def _sample(play: Play, fighter: Fighter) -> p.PlayerPosition:
    where = place(play, fighter)
    return p.PlayerPosition(
        player_id=fighter.player_id,
        x=where.x,
        y=where.y,
        z=where.z,
        yaw_deg=yaw_deg(play, fighter),
        is_alive=fighter.is_alive,
        health=fighter.health,
        armor=fighter.armor,
        money=fighter.money,
        weapon=fighter.gun.name,
        has_bomb=fighter is play.bomb.carrier,
    )
