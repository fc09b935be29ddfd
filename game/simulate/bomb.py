"""The bomb: picked up, dropped, planted, defused.

Belongs here: its events and times. Does not belong here: the players' decisions (`game.simulate.tactics`), the
explosion (`game.simulate.casualties`).
"""

from game import events as e
from game import payloads as p
from game.rules import Rules
from game.simulate.bearing import place
from game.simulate.economy import earn
from game.simulate.fighter import Fighter
from game.simulate.play import Play


def data_of(play: Play, fighter: Fighter | None, *, has_kit: bool | None = None) -> p.BombData:
    is_at_site = play.bomb.site is not None
    return p.BombData(
        player_id=fighter.player_id if fighter else None,
        site=play.bomb.site if is_at_site else None,
        has_kit=has_kit,
        position=place(play, fighter) if fighter and not is_at_site else play.position(play.bomb.cell),
    )


def pick_up(play: Play, fighter: Fighter) -> None:
    play.bomb.carrier = fighter
    play.emit(e.BombPickedUp, data_of(play, fighter))


def drop(play: Play, fighter: Fighter) -> None:
    play.bomb.carrier, play.bomb.cell = None, fighter.cell
    play.emit(e.BombDropped, data_of(play, fighter))


def begin_plant(play: Play, fighter: Fighter) -> None:
    play.bomb.begun_s, play.bomb.site, play.bomb.cell = play.now_s, play.orders.site, fighter.cell
    play.emit(e.BombPlantBegun, data_of(play, fighter))
    play.enter(play.now_s + play.rules.plant_s, "planted", play.now_s)


def begin_defuse(play: Play, fighter: Fighter) -> None:
    play.bomb.begun_s, play.bomb.defuser = play.now_s, fighter
    play.emit(e.BombDefuseBegun, data_of(play, fighter, has_kit=fighter.has_kit))
    play.enter(play.now_s + defuse_needs_s(play.rules, fighter), "defused", play.now_s)


def interrupt(play: Play, fighter: Fighter) -> None:
    """Abort the player's plant or defuse, if there is one."""
    if play.bomb.begun_s is None:
        return
    if fighter is play.bomb.defuser:
        play.emit(e.BombDefuseAborted, data_of(play, fighter))
        play.bomb.begun_s, play.bomb.defuser = None, None
    elif fighter is play.bomb.carrier:
        play.emit(e.BombPlantAborted, data_of(play, fighter))
        play.bomb.begun_s, play.bomb.site = None, None


def planted(play: Play, begun_s: float) -> None:
    """Complete the plant that began at `begun_s`, unless it was aborted."""
    planter = play.bomb.carrier
    if play.bomb.begun_s != begun_s or planter is None:
        return
    play.bomb.planted_s, play.bomb.begun_s = play.now_s, None
    play.bomb.carrier, play.bomb.planter = None, planter
    earn(planter, play.rules.planter_reward, play.rules)
    play.emit(e.BombPlanted, data_of(play, planter))
    play.enter(play.now_s + play.rules.bomb_s, "exploded", None)


def defused(play: Play, begun_s: float) -> None:
    """Complete the defuse that began at `begun_s`, unless it was aborted."""
    defuser = play.bomb.defuser
    if play.bomb.begun_s != begun_s or defuser is None:
        return
    play.emit(e.BombDefused, data_of(play, defuser))
    earn(defuser, play.rules.defuser_reward, play.rules)
    play.decide("ct", "bomb_defused")


def left_s(play: Play) -> float:
    """Seconds to the explosion of a planted bomb."""
    assert play.bomb.planted_s is not None
    return play.bomb.planted_s + play.rules.bomb_s - play.now_s


def defuse_needs_s(rules: Rules, fighter: Fighter) -> float:
    return rules.defuse_kit_s if fighter.has_kit else rules.defuse_s
