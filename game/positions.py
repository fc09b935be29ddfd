"""Where everybody is, in whole numbers, and the difference between two such pictures of a match.

Belongs here: `picture`, `moves` and `moved`: `moved(before, moves(before, after)) == after`. Does not belong here: the
messages that carry them, exact samples (`game.payloads`).

A picture names its players once. What follows names them by their place in it, tells coordinates and directions as what
was added to them, and everything else by its new value; who stands still and is as he was is not told.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from game.payloads import PlayerPosition


class Placed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A player of a sample: x, y, z in whole game units, directions in whole degrees; null is what was not told."""

    player_id: str
    x: int
    y: int
    z: int
    yaw_deg: int | None = None
    pitch_deg: int | None = None
    is_alive: bool | None = None
    health: int | None = None
    armor: int | None = None
    money: int | None = None
    weapon: str | None = None
    has_bomb: bool | None = None


Picture = tuple[Placed, ...]
"""Each player once, in the order of their ids, whatever order a source names them in."""
Move = tuple[int, ...]
"""A player's place in the picture, then what is added to `ADDED`, without the zeros at its end."""
ADDED = ("x", "y", "z", "yaw_deg", "pitch_deg")
_TOLD = tuple(name for name in Placed.__struct_fields__ if name not in {"player_id", *ADDED})


class Moves(Struct, frozen=True, kw_only=True):
    """What makes one picture another of the same players. `set`: by player id fields with their new value."""

    moves: tuple[Move, ...] = ()
    set: dict[str, dict[str, Any]] = {}


def picture(players: Iterable[PlayerPosition]) -> Picture:
    """The players of a sample, rounded; of one that is told twice, the later."""
    placed = {each.player_id: _placed(each) for each in players}
    return tuple(placed[player_id] for player_id in sorted(placed))


def moves(before: Picture, after: Picture) -> Moves | None:
    """What makes `before` `after`; None where they are not of the same players."""
    if [each.player_id for each in after] != [each.player_id for each in before]:
        return None
    steps = ((n, *_added(was, now)) for n, (was, now) in enumerate(zip(before, after, strict=True)))
    changes = {was.player_id: _changed(was, now) for was, now in zip(before, after, strict=True)}
    return Moves(
        moves=tuple(step for step in steps if len(step) > 1),
        set={player_id: values for player_id, values in changes.items() if values},
    )


def moved(before: Picture, told: Moves) -> Picture:
    """The picture after `told`. Raises IndexError for a place that the picture does not have."""
    players = list(before)
    for n, *steps in told.moves:
        players[n] = msgspec.structs.replace(players[n], **_sums(players[n], steps))
    return tuple(msgspec.structs.replace(each, **told.set.get(each.player_id, {})) for each in players)


def _placed(told: PlayerPosition) -> Placed:
    values = msgspec.structs.asdict(told)
    whole = {name: None if values[name] is None else round(values[name]) for name in ADDED}
    return Placed(**values | whole)


def _added(was: Placed, now: Placed) -> Move:
    """By how much each of `ADDED` grew; a direction that is or was not told does not."""
    steps = [_step(getattr(was, name), getattr(now, name)) for name in ADDED]
    while steps and not steps[-1]:
        steps.pop()
    return tuple(steps)


def _step(was: int | None, now: int | None) -> int:
    return 0 if was is None or now is None else now - was


def _changed(was: Placed, now: Placed) -> dict[str, Any]:
    """The new values of what is no number to add to, or was or is not told."""
    lost = [name for name in ADDED if (getattr(was, name) is None) != (getattr(now, name) is None)]
    names = [name for name in _TOLD if getattr(was, name) != getattr(now, name)]
    return {name: getattr(now, name) for name in (*lost, *names)}


def _sums(was: Placed, steps: list[int]) -> Mapping[str, int]:
    named = zip(ADDED, steps, strict=False)  # zeros at the end are not told
    return {name: getattr(was, name) + step for name, step in named if step}
