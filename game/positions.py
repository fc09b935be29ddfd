"""All player positions in whole numbers, and the difference between two such pictures of a match.

Belongs here: `picture`, `moves` and `moved`: `moved(before, moves(before, after)) == after`. Does not belong here: the
messages that carry them, exact samples (`game.payloads`).

A picture names each player once. A difference refers to players by their index in the picture, gives coordinates and
directions as increments and everything else as new values, and leaves out players who did not change.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from game.payloads import PlayerPosition


class Placed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A player of a sample: x, y, z in whole game units, directions in whole degrees; null means not given."""

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
"""Each player once, ordered by player id, whatever the source's order."""
Move = tuple[int, ...]
"""A player's index in the picture, then the increments of `ADDED`, without trailing zeros."""
ADDED = ("x", "y", "z", "yaw_deg", "pitch_deg")
_TOLD = tuple(name for name in Placed.__struct_fields__ if name not in {"player_id", *ADDED})


class Moves(Struct, frozen=True, kw_only=True):
    """The difference between two pictures of the same players. `set`: player id to fields with their new values."""

    moves: tuple[Move, ...] = ()
    set: dict[str, dict[str, Any]] = {}


def picture(players: Iterable[PlayerPosition]) -> Picture:
    """The rounded players of a sample; if a player occurs twice, the later one counts."""
    placed = {each.player_id: _placed(each) for each in players}
    return tuple(placed[player_id] for player_id in sorted(placed))


def moves(before: Picture, after: Picture) -> Moves | None:
    """The difference that turns `before` into `after`; None if their players differ."""
    if [each.player_id for each in after] != [each.player_id for each in before]:
        return None
    steps = ((n, *_added(was, now)) for n, (was, now) in enumerate(zip(before, after, strict=True)))
    changes = {was.player_id: _changed(was, now) for was, now in zip(before, after, strict=True)}
    return Moves(
        moves=tuple(step for step in steps if len(step) > 1),
        set={player_id: values for player_id, values in changes.items() if values},
    )


def moved(before: Picture, told: Moves) -> Picture:
    """The picture after `told`. Raises IndexError for an index that the picture does not have."""
    players = list(before)
    for n, *steps in told.moves:
        players[n] = msgspec.structs.replace(players[n], **_sums(players[n], steps))
    return tuple(msgspec.structs.replace(each, **told.set.get(each.player_id, {})) for each in players)


def _placed(told: PlayerPosition) -> Placed:
    values = msgspec.structs.asdict(told)
    whole = {name: None if values[name] is None else round(values[name]) for name in ADDED}
    return Placed(**values | whole)


def _added(was: Placed, now: Placed) -> Move:
    """The increment of each of `ADDED`; 0 for a direction missing in either picture."""
    steps = [_step(getattr(was, name), getattr(now, name)) for name in ADDED]
    while steps and not steps[-1]:
        steps.pop()
    return tuple(steps)


def _step(was: int | None, now: int | None) -> int:
    return 0 if was is None or now is None else now - was


def _changed(was: Placed, now: Placed) -> dict[str, Any]:
    """New values of the fields that are not increments, and of directions missing in either picture."""
    lost = [name for name in ADDED if (getattr(was, name) is None) != (getattr(now, name) is None)]
    names = [name for name in _TOLD if getattr(was, name) != getattr(now, name)]
    return {name: getattr(now, name) for name in (*lost, *names)}


def _sums(was: Placed, steps: list[int]) -> Mapping[str, int]:
    named = zip(ADDED, steps, strict=False)  # trailing zeros are left out
    return {name: getattr(was, name) + step for name, step in named if step}
