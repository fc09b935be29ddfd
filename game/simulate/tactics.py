"""Decisions of players: orders before the round, goals and bomb handling at each second of it.

Belongs here: decisions. Does not belong here: walking (`movement`), fighting (`combat`), the bomb's own rules (`bomb`).
"""

from random import Random

from game.maps.ground import Ground
from game.payloads import Site
from game.simulate import bomb
from game.simulate.fighter import Fighter
from game.simulate.play import Orders, Play

SPOTS = 8
GO_S = (16.0, 98.0)
"""Earliest and latest attack on a site."""
RUSH_CHANCE = 0.12
STAGED = (0.45, 0.72)
"""How far along the lane a T waits, as a share of its length: smallest and largest."""
AHEAD = (0.1, 0.2, 0.3, 0.4)
"""How far in front of the site a CT may wait, as shares of the lane."""
FLEE_S = 8.0
"""Seconds before the explosion at which players with nothing left to do at the bomb flee."""
ALARM_UNITS = 650.0
"""Two Ts within this distance of the site that they attack reveal it."""
ROTATE_CHANCE = 0.3
"""Probability per second that a CT who knows the attacked site leaves for it."""
SAVE_CHANCE = 0.14
"""Probability per second that a CT in a hopeless retake saves the weapons; for a T in a hopeless attack an eleventh of
it."""
PLANT_CHANCE, DEFUSE_CHANCE = 0.5, 0.08
QUIET_S = 2.0
NEAR_UNITS = 140.0


def orders(ground: Ground, fighters: list[Fighter], rng: Random) -> Orders:
    """Draw both sides' plans at the end of freeze time."""
    site: Site = rng.choice(("a", "b"))
    spots: dict[Site, tuple[int, ...]] = {
        "a": ground.spots(ground.site_a, SPOTS),
        "b": ground.spots(ground.site_b, SPOTS),
    }
    is_rush = rng.random() < RUSH_CHANCE
    go_s = rng.uniform(5.0, 15.0) if is_rush else rng.triangular(*GO_S, 55.0)
    lanes = _lanes(ground, fighters, rng=rng, site=site if is_rush else None)
    stage = {player: lane[int(len(lane) * rng.uniform(*STAGED))] for player, lane in lanes.items()}
    stage |= _stage_ct(ground, fighters, rng=rng, spots=spots)
    return Orders(site=site, go_s=go_s, stage=stage, lanes=lanes, site_spots=spots)


def set_goals(play: Play) -> None:
    """Set the goals of this second, and begin its bomb actions."""
    _consider_saving(play)
    _notice(play)
    for fighter in play.t:
        fighter.goal = _t_goal(play, fighter)
    for fighter in play.ct:
        fighter.goal = _ct_goal(play, fighter)
    _handle_bomb(play)


def _lanes(
    ground: Ground, fighters: list[Fighter], *, rng: Random, site: Site | None
) -> dict[str, tuple[int, ...]]:
    """T player to a lane to the given site, or to any site."""
    found = {}
    for fighter in fighters:
        if fighter.side == "t":
            goal: Site = rng.choice(("a", "b")) if site is None else site
            found[fighter.player_id] = rng.choice(lanes_to(ground, goal))
    return found


def lanes_to(ground: Ground, site: Site) -> tuple[tuple[int, ...], ...]:
    """T's ways to a site."""
    return ground.lanes(ground.t_spawn, ground.site_a if site == "a" else ground.site_b)


def _stage_ct(
    ground: Ground, fighters: list[Fighter], *, rng: Random, spots: dict[Site, tuple[int, ...]]
) -> dict[str, int]:
    """CT player to a spot on a site, or to one ahead of it on a lane of T."""
    posts: list[Site] = ["a", "a", "b", "b", rng.choice(("a", "b"))]
    rng.shuffle(posts)
    stage = {}
    for fighter, site in zip((f for f in fighters if f.side == "ct"), posts, strict=False):
        lane = rng.choice(lanes_to(ground, site))
        ahead = lane[int(len(lane) * (1 - rng.choice(AHEAD)))]
        stage[fighter.player_id] = ahead if rng.random() < 0.4 else rng.choice(spots[site])
    return stage


def _consider_saving(play: Play) -> None:
    ct, t = play.ct, play.t
    if play.bomb.planted_s is not None and len(t) - len(ct) >= 2 - (len(ct) == 1):
        for fighter in ct:
            if fighter is not play.bomb.defuser and play.rng.random() < SAVE_CHANCE:
                fighter.is_saving = True
    if play.bomb.planted_s is None and len(ct) - len(t) >= 2 and play.second > 60:
        for fighter in t:
            fighter.is_saving = fighter.is_saving or play.rng.random() < SAVE_CHANCE / 11


def _notice(play: Play) -> None:
    site_cell = play.orders.site_spots[play.orders.site][0]
    near = sum(play.ground.distance(f.cell, site_cell) < ALARM_UNITS for f in play.t)
    if play.bomb.planted_s is not None or near >= 2:
        play.is_alarmed = True


def _t_goal(play: Play, fighter: Fighter) -> int:
    if fighter.is_saving or _is_to_flee(play, fighter):
        return play.ground.t_spawn
    spots = play.orders.site_spots[play.orders.site]
    if play.bomb.planted_s is not None:
        return spots[(play.fighters.index(fighter) * 3 + 1) % len(spots)]
    if play.bomb.carrier is None and fighter is _fetcher(play):
        return play.bomb.cell
    if play.second < play.orders.go_s:
        return play.orders.stage[fighter.player_id]
    return spots[0] if fighter is play.bomb.carrier else spots[play.fighters.index(fighter) % len(spots)]


def _fetcher(play: Play) -> Fighter | None:
    """The T who fetches the dropped bomb."""
    able = [fighter for fighter in play.t if not fighter.is_saving]
    return min(able, key=lambda f: (play.ground.distance(f.cell, play.bomb.cell), f.player_id), default=None)


def _is_to_flee(play: Play, fighter: Fighter) -> bool:
    return play.bomb.planted_s is not None and bomb.left_s(play) < FLEE_S and fighter is not play.bomb.defuser


def _ct_goal(play: Play, fighter: Fighter) -> int:
    if not play.t and play.bomb.planted_s is not None and _can_still_defuse(play, fighter):
        return play.bomb.cell
    if fighter.is_saving or _is_to_flee(play, fighter):
        return play.ground.ct_spawn
    spots = play.orders.site_spots[play.orders.site]
    if play.bomb.planted_s is not None and (
        not play.t or play.ground.distance(fighter.cell, play.bomb.cell) < 500
    ):
        return play.bomb.cell
    if fighter.goal in spots or not play.is_alarmed:
        return fighter.goal if play.second else play.orders.stage[fighter.player_id]
    if play.rng.random() < ROTATE_CHANCE:
        return spots[(play.fighters.index(fighter) * 2) % len(spots)]
    return fighter.goal


def _can_still_defuse(play: Play, fighter: Fighter) -> bool:
    return bomb.left_s(play) >= bomb.defuse_needs_s(play.rules, fighter)


def _handle_bomb(play: Play) -> None:
    if play.bomb.planted_s is not None:
        _consider_defuse(play)
    elif play.bomb.carrier is None:
        fetcher = _fetcher(play)
        if fetcher is not None and play.ground.distance(fetcher.cell, play.bomb.cell) < NEAR_UNITS:
            bomb.pick_up(play, fetcher)
    elif play.bomb.begun_s is None and play.second >= play.orders.go_s:
        _consider_plant(play, play.bomb.carrier)


def _consider_plant(play: Play, carrier: Fighter) -> None:
    site_cell = play.orders.site_spots[play.orders.site][0]
    is_there = play.ground.distance(carrier.cell, site_cell) < NEAR_UNITS
    is_late = play.second > play.rules.round_s - 15
    is_quiet = play.now_s - play.last_contact_s > QUIET_S
    if is_there and (is_quiet or is_late) and play.rng.random() < PLANT_CHANCE:
        bomb.begin_plant(play, carrier)


def _consider_defuse(play: Play) -> None:
    if play.bomb.defuser is not None:
        return
    for fighter in play.ct:
        is_there = play.ground.distance(fighter.cell, play.bomb.cell) < NEAR_UNITS
        is_willing = not (fighter.is_saving and play.t)
        if is_there and is_willing and play.rng.random() < _defuse_chance(play, fighter):
            bomb.begin_defuse(play, fighter)
            return


def _defuse_chance(play: Play, fighter: Fighter) -> float:
    spare_s = bomb.left_s(play) - bomb.defuse_needs_s(play.rules, fighter)
    if spare_s < 0:
        return 0.0
    if not play.t:
        return 0.95
    is_quiet = play.now_s - play.last_contact_s > QUIET_S
    return 0.6 if spare_s < 3 else DEFUSE_CHANCE * (1 + is_quiet)
