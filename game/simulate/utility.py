"""Grenades: thrown, detonated, expired; blinds, fire and fragments.

Belongs here: the effects of grenades. Does not belong here: damage as such (`game.simulate.casualties`).
"""

from game import events as e
from game import payloads as p
from game.simulate import casualties
from game.simulate.bearing import place
from game.simulate.fighter import Fighter
from game.simulate.play import Flying, Play

THROW_RATE = 0.035
"""Throws per second of a player who has a grenade; tripled around the attack on a site and after contact."""
AIM_UNITS = 1_500.0
BLIND_UNITS, BLAST_UNITS, FIRE_UNITS = 700.0, 330.0, 150.0
FUSE_S = {"smoke": 2.2, "flash": 1.6, "he": 1.7, "molotov": 1.5, "incendiary": 1.5, "decoy": 2.0}
LASTS_S = {"smoke": 22.0, "molotov": 7.0, "incendiary": 5.5, "decoy": 15.0}


def seek_throws(play: Play) -> None:
    """Put the throws of the coming second on the agenda."""
    is_busy = abs(play.second - play.orders.go_s) < 7 or play.now_s - play.last_contact_s < 3
    rate = THROW_RATE * (3 if is_busy else 1)
    for fighter in [*play.t, *play.ct]:
        if fighter.grenades and not fighter.is_saving and play.second > 3 and play.rng.random() < rate:
            play.enter(play.second + play.rng.random(), "throw", fighter.player_id)


def throw(play: Play, player_id: str) -> None:
    """The player throws one grenade, at an enemy within reach or towards the player's goal."""
    fighter = play.player(player_id)
    if not fighter.is_alive or not fighter.grenades or play.outcome is not None:
        return
    grenade = fighter.grenades.pop(play.rng.randrange(len(fighter.grenades)))
    play.thrown += 1
    flying = Flying(
        grenade_id=f"r{play.round_no}-{play.thrown}",
        grenade=grenade,
        thrower=player_id,
        cell=_aim(play, fighter),
    )
    _tell(play, e.GrenadeThrown, flying, where=place(play, fighter))
    play.enter(play.now_s + FUSE_S[grenade], "detonate", flying)


def _aim(play: Play, fighter: Fighter) -> int:
    enemies = play.ct if fighter.side == "t" else play.t
    near = [f.cell for f in enemies if play.ground.distance(f.cell, fighter.cell) < AIM_UNITS]
    target = play.rng.choice(near) if near and play.rng.random() < 0.75 else fighter.goal
    for _ in range(play.rng.randrange(4)):
        target = play.rng.choice(play.ground.neighbours[target])
    return target


def detonate(play: Play, flying: Flying) -> None:
    _tell(play, e.GrenadeDetonated, flying, where=play.position(flying.cell))
    if flying.grenade == "flash":
        _blind(play, flying)
    elif flying.grenade == "he":
        _fragment(play, flying)
    elif flying.grenade in {"molotov", "incendiary"}:
        play.enter(play.now_s + 0.5, "burn", (flying, play.now_s + LASTS_S[flying.grenade]))
    if flying.grenade in LASTS_S:
        play.enter(play.now_s + LASTS_S[flying.grenade], "expire", flying)


def expire(play: Play, flying: Flying) -> None:
    _tell(play, e.GrenadeExpired, flying, where=play.position(flying.cell))


def burn(play: Play, data: tuple[Flying, float]) -> None:
    """Half a second of fire."""
    flying, until_s = data
    for fighter in _near(play, flying.cell, FIRE_UNITS):
        if play.rng.random() < 0.4 and _is_meant(play, flying, fighter):
            casualties.harm(
                play, play.player(flying.thrower), fighter, amount=play.rng.randint(1, 8), weapon="inferno"
            )
    if play.now_s + 0.5 < until_s:
        play.enter(play.now_s + 0.5, "burn", data)


def _fragment(play: Play, flying: Flying) -> None:
    for fighter in _near(play, flying.cell, BLAST_UNITS):
        if play.rng.random() < 0.7 and _is_meant(play, flying, fighter):
            near = 1 - play.ground.distance(fighter.cell, flying.cell) / BLAST_UNITS
            amount = 1 + round(38 * near * play.rng.uniform(0.3, 1.2))
            casualties.harm(play, play.player(flying.thrower), fighter, amount=amount, weapon="hegrenade")


def _blind(play: Play, flying: Flying) -> None:
    for fighter in _near(play, flying.cell, BLIND_UNITS):
        if play.rng.random() < 0.55:
            duration_s = round(play.rng.uniform(0.3, 4.5), 3)
            fighter.blind_until_s = max(fighter.blind_until_s, play.now_s + duration_s)
            fighter.blinded_by = flying.thrower
            data = p.BlindData(
                victim_player_id=fighter.player_id,
                flasher_player_id=flying.thrower,
                duration_s=duration_s,
                grenade_id=flying.grenade_id,
            )
            play.emit(e.Blind, data)


def _is_meant(play: Play, flying: Flying, fighter: Fighter) -> bool:
    """Whether the grenade affects the player: enemies always, teammates rarely."""
    return fighter.side != play.player(flying.thrower).side or play.rng.random() < 0.09


def _near(play: Play, cell: int, units: float) -> list[Fighter]:
    return [f for f in [*play.t, *play.ct] if play.ground.distance(f.cell, cell) < units]


def _tell(play: Play, kind: type[e.Event], flying: Flying, *, where: p.Position) -> None:
    if not play.feed.is_silent:
        data = p.GrenadeData(
            grenade=flying.grenade,
            player_id=flying.thrower,
            grenade_id=flying.grenade_id,
            position=where,
        )
        play.emit(kind, data)
