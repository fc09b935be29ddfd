"""Fights: which players meet, and who hits.

Belongs here: contacts, exchanges of fire. Does not belong here: the effect of a hit (`casualties`), grenades
(`utility`), weapon data (`armory`).
"""

import math

from game import events as e
from game import payloads as p
from game.simulate import bomb, casualties
from game.simulate.bearing import place
from game.simulate.fighter import Fighter, living
from game.simulate.play import Play

CONTACT_RATE = 0.24
"""Contacts per second of two opponents at distance 0 in sight of each other."""
REACH_UNITS = 600.0
"""Distance in game units at which the rate has fallen to 1/e."""
SIGHT_UNITS = 2_200.0
HIDDEN_SHARE = 0.1
"""Factor of the rate without a line of sight."""
WARY_SHARE = 0.18
"""Factor of the rate before the attack on the site."""
BREAK_OFF_CHANCE = 0.05
"""Probability after each hit that the fight breaks off."""
BARE_HEAD, BARE_BODY = 2.0, 1.3
"""Factors of the damage to the head without helmet, and to the body without kevlar."""
HOLDER_EDGE = 0.15
"""Log odds for a player who stands still at the goal."""
DEFENDER_EDGE = 0.275
"""Log odds for CT before the plant, for T after it."""
FRIENDLY_FIRE_CHANCE = 0.012
AIM_S = 1.5
"""Seconds for which a player goes on looking where the enemy was."""


def seek_contacts(play: Play) -> None:
    """Put the contacts of the coming second on the agenda."""
    rng = play.rng
    for t in play.t:
        for ct in play.ct:
            rate = _contact_rate(play, t, ct)
            if rate and rng.random() < rate:
                play.enter(play.second + rng.random(), "contact", (t.player_id, ct.player_id))


def _contact_rate(play: Play, t: Fighter, ct: Fighter) -> float:
    distance = play.ground.distance(t.cell, ct.cell)
    if distance > SIGHT_UNITS:
        return 0.0
    rate = CONTACT_RATE * math.exp(-distance / REACH_UNITS)
    if play.second < play.orders.go_s and play.bomb.planted_s is None:
        rate *= WARY_SHARE
    return rate if play.ground.sees(*sorted((t.cell, ct.cell))) else rate * HIDDEN_SHARE


def contact(play: Play, pair: tuple[str, str]) -> None:
    """Two opponents meet: the fight begins, if both are alive and the round is not decided."""
    if play.outcome is None:
        exchange(play, pair)


def exchange(play: Play, pair: tuple[str, str]) -> None:
    """One of the two hits the other; the fight may go on."""
    one, other = play.player(pair[0]), play.player(pair[1])
    if not (one.is_alive and other.is_alive):
        return
    play.last_contact_s = play.now_s
    _face(play, one, other)
    _face(play, other, one)
    odds = _edge(play, one) - _edge(play, other)
    shooter, target = (one, other) if play.rng.random() < 1 / (1 + math.exp(-odds)) else (other, one)
    _shoot(play, shooter, target)
    if target.is_alive and play.rng.random() < 0.6:
        bomb.interrupt(play, target)
    if target.is_alive and shooter.is_alive and play.rng.random() > BREAK_OFF_CHANCE:
        play.enter(play.now_s + play.rng.uniform(0.09, 0.4), "exchange", pair)


def _face(play: Play, fighter: Fighter, enemy: Fighter) -> None:
    fighter.aim, fighter.aims_until_s = enemy.cell, play.now_s + AIM_S


def _edge(play: Play, fighter: Fighter) -> float:
    """Log odds that the next hit is this player's."""
    edge = fighter.skill + 1.35 * math.log(play.patch.power(fighter.gun))
    edge += HOLDER_EDGE if fighter.cell == fighter.goal else 0.0
    edge += DEFENDER_EDGE if (fighter.side == "ct") == (play.bomb.planted_s is None) else 0.0
    if fighter.blind_until_s > play.now_s:
        edge -= 1.2
    if play.bomb.begun_s is not None and fighter in {play.bomb.carrier, play.bomb.defuser}:
        edge -= 0.9
    return edge


def _shoot(play: Play, shooter: Fighter, target: Fighter) -> None:
    gun, rng = shooter.gun, play.rng
    if play.has_shots:
        where = place(play, shooter)
        play.emit(
            e.WeaponFire, p.WeaponFireData(player_id=shooter.player_id, weapon=gun.name, position=where)
        )
    friend = _friend_in_the_way(play, shooter)
    if friend is not None:
        casualties.harm(play, shooter, friend, amount=rng.randint(4, gun.body), weapon=gun.name)
        return
    is_head = rng.random() < gun.head_share
    base = gun.head if is_head else gun.body * rng.uniform(0.7, 1.35)
    bare = (1.0 if target.has_helmet else BARE_HEAD) if is_head else (1.0 if target.armor else BARE_BODY)
    casualties.harm(play, shooter, target, amount=round(base * bare), weapon=gun.name, is_head=is_head)


def _friend_in_the_way(play: Play, shooter: Fighter) -> Fighter | None:
    if play.rng.random() >= FRIENDLY_FIRE_CHANCE:
        return None
    friends = [f for f in living(play.fighters, shooter.side) if f is not shooter]
    near = [f for f in friends if play.ground.distance(f.cell, shooter.cell) < 350]
    return near[0] if near else None
