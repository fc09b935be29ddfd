"""Monotonicity that every round model must respect: more for a side never lowers its chance; passing time favours CT
before a plant and T after it; a plant never lowers T's chance.

Belongs here: probes (pairs of inputs of which one is better for CT), and random legal inputs to probe at. Does not
belong here: how a fit is constrained by them (`models.logistic`).

A kill removes one player with a share of what the side holds. Other probes add to one holding of a side, or let time
pass. A round in which nothing happens goes to CT, so every second without a plant is lost for T.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from game.features import Features
from game.payloads import SIDES
from models.terms import BOMB_S

LOADOUTS = (200, 850, 1500, 2500, 4000, 4700, 5500, 6500)
STRICT = ("kill", "hp", "kits")
"""Kinds of probes that must never be violated."""
TIME = ("clock", "plant", "bomb")
"""Kinds of probes for passing time and a plant."""
CAPS = {"armor": 100, "helmets": 1, "equipment": 8_000, "grenades": 5, "primaries": 1}
"""The most that one player can hold."""
REDRAWN = 0.25


class Probe(NamedTuple):
    """`better` is at least as good for CT as `worse`."""

    kind: str
    better: Features
    worse: Features


def probes(f: Features, rng: Random, *, is_extreme: bool = False) -> Iterator[Probe]:
    """All probes at `f`; `rng` chooses amounts. With `is_extreme` the killed player holds the least or the most of each
    item that other probes may draw."""
    for side in SIDES:
        if getattr(f, f"{side}_alive"):
            for kind, richer in _richer(f, side, rng):
                yield _probe(kind, side, more=richer, less=f)
            poorer = _killed(f, side, lambda least, most: _drawn(least, most, rng, is_extreme=is_extreme))
            if poorer is not None:
                yield _probe("kill", side, more=f, less=poorer)
    if f.ct_alive and f.t_alive and not f.is_defusing:
        yield from _passing(f, rng)


def _probe(kind: str, side: str, *, more: Features, less: Features) -> Probe:
    """More for CT is better for CT; more for T is worse."""
    return Probe(kind, more, less) if side == "ct" else Probe(kind, less, more)


def _richer(f: Features, side: str, rng: Random) -> Iterator[tuple[str, Features]]:
    alive = getattr(f, f"{side}_alive")
    steps = {
        "hp": (rng.randint(1, 40), 100 * alive),
        "armor": (rng.randint(1, 40), 100 * alive),
        "helmets": (1, alive),
        "equipment": (rng.choice((100, 500, 2_000)), 8_000 * alive),
        "grenades": (1, 5 * alive),
        "primaries": (1, alive),
    }
    if side == "ct":
        steps["kits"] = (1, alive)
    for name, (step, most) in steps.items():
        held = getattr(f, f"{side}_{name}")
        if held < most:
            yield name, replace(f, **{f"{side}_{name}": min(most, held + step)})


def _passing(f: Features, rng: Random) -> Iterator[Probe]:
    """Probes with less time left, or with a plant now. Not for a defuse in progress, where time decides the outcome."""
    left = rng.uniform(0.5, 1.0)
    if f.is_planted:
        yield Probe("bomb", f, replace(f, bomb_left_s=f.bomb_left_s * left))
    else:
        yield Probe("clock", replace(f, round_left_s=f.round_left_s * left), f)
        yield Probe("plant", f, replace(f, is_planted=True, round_left_s=0.0, bomb_left_s=BOMB_S))


def _drawn(least: float, most: float, rng: Random, *, is_extreme: bool) -> float:
    return rng.choice((least, most)) if is_extreme else rng.uniform(least, most)


def _killed(f: Features, side: str, draw: Callable[[float, float], float]) -> Features | None:
    """One player fewer, with holdings drawn in multiples of the side's mean; null if that would end the round."""
    left = getattr(f, f"{side}_alive") - 1
    if left == 0 and (side == "ct" or not f.is_planted):
        return None
    changed = {"alive": left, "hp": _hp_left(getattr(f, f"{side}_hp"), left, draw)}
    for name, cap in CAPS.items():
        held = getattr(f, f"{side}_{name}")
        taken = round(held / (left + 1) * draw(0, 2))
        changed[name] = held - max(held - cap * left, min(held, cap, taken), 0) if left else 0
    kits = {"ct_kits": min(f.ct_kits, left)} if side == "ct" else {}
    return replace(f, **{f"{side}_{name}": value for name, value in changed.items()}, **kits)


def _hp_left(hp: int, left: int, draw: Callable[[float, float], float]) -> int:
    if left == 0:
        return 0
    victim = round(hp / (left + 1) * draw(0.05, 1.6))
    return hp - max(1, hp - 100 * left, min(100, hp - left, victim))


def random_features(rng: Random) -> Features:
    """Random legal inputs, far more varied than those of real matches."""
    is_planted = rng.random() < 0.35
    ct, t = _random_side(rng), _random_side(rng)
    if is_planted and rng.random() < 0.1:
        t = dict.fromkeys(t, 0)
    bomb_left_s = rng.uniform(0, 40) if is_planted else 0.0
    kits = rng.randint(0, ct["alive"])
    is_defusing = is_planted and rng.random() < 0.3
    progress = rng.random() if is_defusing else 0.0
    needs_s = 5.0 if kits and rng.random() < 0.7 else 10.0
    return Features(
        **{f"ct_{name}": value for name, value in ct.items()},
        **{f"t_{name}": value for name, value in t.items()},
        ct_kits=kits,
        is_planted=is_planted,
        round_left_s=0.0 if is_planted else rng.uniform(0, 115),
        bomb_left_s=bomb_left_s,
        is_pistol=rng.random() < 0.1,
        is_defusing=is_defusing,
        can_defuse_finish=is_defusing and needs_s * (1 - progress) <= bomb_left_s,
        defuse_progress=progress,
    )


def near(f: Features, rng: Random) -> Features:
    """Legal inputs with the players, bomb and defuse of `f`. Each holding, and the clock, is redrawn
    with probability `REDRAWN`."""
    changed: dict[str, float] = {}
    for side in SIDES:
        for name, held in _holdings(getattr(f, f"{side}_alive"), rng).items():
            if rng.random() < REDRAWN:
                changed[f"{side}_{name}"] = held
    if rng.random() < REDRAWN and not f.is_defusing:
        clock = ("bomb_left_s", 40.0) if f.is_planted else ("round_left_s", 115.0)
        changed[clock[0]] = rng.uniform(0, clock[1])
    return replace(f, **changed)


def _random_side(rng: Random) -> dict[str, int]:
    alive = rng.randint(1, 5)
    return {"alive": alive, **_holdings(alive, rng)}


def _holdings(alive: int, rng: Random) -> dict[str, int]:
    return {
        "hp": sum(rng.choice((100, 100, rng.randint(1, 100))) for _ in range(alive)),
        "armor": sum(rng.choice((0, 100, rng.randint(1, 100))) for _ in range(alive)),
        "helmets": rng.randint(0, alive),
        "equipment": sum(rng.choice(LOADOUTS) for _ in range(alive)),
        "grenades": rng.randint(0, 4 * alive),
        "primaries": rng.randint(0, alive),
    }
