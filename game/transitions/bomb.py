"""The bomb: its carrier, its place, and the progress of plant and defuse.

Belongs here: the bomb's status and which events it allows. Does not belong here: the round's end, which is an event of
its own (`game.transitions.rounds`).
"""

from typing import Any

from msgspec.structs import replace

from game.events import (
    AnyEvent,
    BombDefuseAborted,
    BombDefuseBegun,
    BombDefused,
    BombDropped,
    BombExploded,
    BombPickedUp,
    BombPlantAborted,
    BombPlantBegun,
    BombPlanted,
)
from game.facts import BombChanged
from game.state import Bomb, BombStatus, MatchState, round_time_s
from game.transitions.change import Change, body_of, is_counted, known, played_on, refused, with_round

_UNPLANTED: frozenset[BombStatus] = frozenset({"none", "carried", "dropped", "planting"})
_TICKING: frozenset[BombStatus] = frozenset({"planted", "defusing"})

_ALLOWED_FROM: dict[type[AnyEvent], frozenset[BombStatus]] = {
    BombPickedUp: _UNPLANTED,
    BombDropped: _UNPLANTED,
    BombPlantBegun: _UNPLANTED,
    BombPlantAborted: _UNPLANTED,
    BombPlanted: _UNPLANTED,
    BombDefuseBegun: _TICKING,
    BombDefuseAborted: _TICKING,
    BombDefused: _TICKING,
    BombExploded: _TICKING,
}

BombEvent = (
    BombPickedUp
    | BombDropped
    | BombPlantBegun
    | BombPlantAborted
    | BombPlanted
    | BombDefuseBegun
    | BombDefuseAborted
    | BombDefused
    | BombExploded
)


def bomb(state: MatchState, event: BombEvent) -> Change:
    """The bomb's next status; an event that the current status does not allow is refused."""
    if not is_counted(state) or state.round is None:
        return state, ()
    before = state.round.bomb
    if before.status not in _ALLOWED_FROM[type(event)]:
        return refused(state, "bomb_impossible", f"{before.status}: {type(event).__name__}")
    state = played_on(known(state, event.payload.player_id, None))
    after = replace(before, **_changes(state, event, before))
    fact = BombChanged(
        status=after.status,
        player_id=event.payload.player_id,
        site=after.site,
        has_kit=after.defuse_has_kit if after.status == "defusing" else None,
        round_time_s=round_time_s(state, event.ts_event),
    )
    assert state.round is not None
    phase = "planted" if after.status == "planted" and state.round.ended_at is None else state.phase
    return replace(with_round(state, state.round, bomb=after), phase=phase), (fact,)


def _changes(state: MatchState, event: BombEvent, before: Bomb) -> dict[str, Any]:
    said = event.payload
    who = said.player_id
    match event:
        case BombPickedUp() | BombPlantAborted():
            return {"status": "carried", "player_id": who or before.player_id}
        case BombDropped():
            return {"status": "dropped", "player_id": None}
        case BombPlantBegun():
            return {"status": "planting", "player_id": who, "site": said.site}
        case BombPlanted():
            site = said.site or before.site
            return {"status": "planted", "player_id": None, "site": site, "planted_at": event.ts_event}
        case BombDefuseBegun():
            kit = _has_kit(state, event)
            return {
                "status": "defusing",
                "player_id": who,
                "defuse_begun_at": event.ts_event,
                "defuse_has_kit": kit,
            }
        case BombDefuseAborted():
            return {"status": "planted", "player_id": None, "defuse_begun_at": None, "defuse_has_kit": False}
        case BombDefused():
            return {"status": "defused", "player_id": who}
        case BombExploded():
            return {"status": "exploded", "player_id": None}


def _has_kit(state: MatchState, event: BombDefuseBegun) -> bool:
    if event.payload.has_kit is not None:
        return event.payload.has_kit
    player_id = event.payload.player_id
    player = None if player_id is None else state.players.get(body_of(state, player_id))
    return player is not None and player.has_kit
