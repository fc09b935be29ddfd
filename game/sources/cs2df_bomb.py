"""The bomb's rows of one round as events, with the aborts that the export leaves out.

Belongs here: when an attempt to plant or defuse is evidently over. Does not belong here: order among other events
(`cs2df_telling`), the bomb's state (`game.transitions.bomb`).

An attempt has failed when its player dies, when another attempt begins, or when it would have succeeded by now. A
planter's death needs no abort, because the kill implies it.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from msgspec import Struct

from game import events as e
from game.sources.cs2df_rows import Bomb

PLANT_S, DEFUSE_S, DEFUSE_KIT_S = 3.2, 10.0, 5.0
SLACK_S = 0.125

KINDS: dict[str, type[e.Event]] = {
    "picked_up": e.BombPickedUp,
    "dropped": e.BombDropped,
    "plant_begin": e.BombPlantBegun,
    "planted": e.BombPlanted,
    "defuse_begin": e.BombDefuseBegun,
    "defused": e.BombDefused,
    "exploded": e.BombExploded,
}
_SUCCESS = {"plant_begin": "planted", "defuse_begin": "defused"}
_ABORTED: dict[str, type[e.Event]] = {"plant_begin": e.BombPlantAborted, "defuse_begin": e.BombDefuseAborted}


class Abort(Struct, frozen=True, kw_only=True):
    """The attempt of row `row` failed at `tick`."""

    row: int
    tick: int
    kind: type[e.Event]
    begun: Bomb


def aborts(
    rows: Sequence[tuple[int, Bomb]],
    deaths: Mapping[str | int, Sequence[int]],
    *,
    tickrate: int,
    end_tick: int,
    kits: Iterable[int],
) -> list[Abort]:
    """The attempts of one round that failed before its end. `rows` are its bomb rows with their numbers, `deaths` the
    ticks of each player's deaths, `kits` the rows whose player had a defuse kit."""
    with_kit = set(kits)
    found: list[Abort] = []
    for i, (row, begun) in enumerate(rows):
        if begun.type not in _SUCCESS:
            continue
        duration_s = _duration_s(begun, has_kit=row in with_kit)
        abort = _abort(row, begun, rows[i + 1 :], deaths=deaths, lasts=_ticks(duration_s, tickrate))
        if abort is not None and abort.tick < end_tick:
            found.append(abort)
    return found


def _abort(
    row: int,
    begun: Bomb,
    later: Sequence[tuple[int, Bomb]],
    *,
    deaths: Mapping[str | int, Sequence[int]],
    lasts: int,
) -> Abort | None:
    success = _SUCCESS[begun.type]
    if _succeeds(begun, later, success):
        return None
    by_death = _death_of(begun, deaths)
    by_another = min((b.tick for _, b in later if b.type in (begun.type, success)), default=None)
    by_drop = min(
        (b.tick for _, b in later if b.type == "dropped" and begun.type == "plant_begin"), default=None
    )
    tick = min(t for t in (begun.tick + lasts, by_death, by_another, by_drop) if t is not None)
    if begun.type == "plant_begin" and by_death is not None and tick == by_death:
        return None
    return Abort(row=row, tick=tick, kind=_ABORTED[begun.type], begun=begun)


def _succeeds(begun: Bomb, later: Sequence[tuple[int, Bomb]], success: str) -> bool:
    """Whether the next row about this kind of attempt is its completion by the same player."""
    for _, row in later:
        if row.type in (begun.type, success):
            return row.type == success and row.actor == begun.actor
    return False


def _death_of(begun: Bomb, deaths: Mapping[str | int, Sequence[int]]) -> int | None:
    """The first death from the attempt on; the player may have died earlier in the round and played on."""
    if begun.actor is None:
        return None
    return min((tick for tick in deaths.get(begun.actor, ()) if tick >= begun.tick), default=None)


def _duration_s(begun: Bomb, *, has_kit: bool) -> float:
    if begun.type == "plant_begin":
        return PLANT_S
    return DEFUSE_KIT_S if has_kit else DEFUSE_S


def _ticks(duration_s: float, tickrate: int) -> int:
    return ceil((duration_s + SLACK_S) * tickrate)
