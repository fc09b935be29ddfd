"""A reader's copy of a match's state, kept by folding what the topic `match-state` says.

Belongs here: how a snapshot, a delta and a retraction change the copy, and when it has a hole. Does not belong here:
how states come about (`game.advance`), transport, more than one match.

The copy holds the state as plain JSON values, as it is served: a client in another language folds the same way.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from game.delta import applied
from game.messages import Retraction, StateDelta, StateMessage, StateSnapshot
from game.state import MatchState, initial_state


class MatchView(Struct, frozen=True, kw_only=True):
    """The state after `seq`. Without `is_current` something before the next snapshot is missing: show it, do not
    trust it."""

    match_id: str
    seq: int = 0
    prev_seq: int = 0
    state: dict[str, Any] = {}
    ts_event: datetime | None = None
    is_current: bool = False


def new_view(match_id: str) -> MatchView:
    """The view of a match of which nothing is known."""
    return MatchView(match_id=match_id)


def apply(view: MatchView, message: StateMessage) -> MatchView:
    """The view after `message`. What has been seen (its seq is not above the view's) changes nothing."""
    match message:
        case StateSnapshot():
            return view if message.seq <= view.seq and view.is_current else _replaced(view, message)
        case StateDelta():
            return view if message.seq <= view.seq else _merged(view, message)
        case Retraction():
            return _doubted(view, message)


def state_of(view: MatchView) -> MatchState:
    """The state in its type; before anything is known, that before the first event. Raises msgspec.ValidationError for
    a copy in which something is of another type."""
    return msgspec.convert(view.state, MatchState) if view.state else initial_state(view.match_id)


def _replaced(view: MatchView, message: StateSnapshot) -> MatchView:
    return MatchView(
        match_id=view.match_id,
        seq=message.seq,
        prev_seq=message.prev_seq,
        state=msgspec.json.decode(msgspec.json.encode(message.state)),
        ts_event=message.ts_event,
        is_current=True,
    )


def _merged(view: MatchView, message: StateDelta) -> MatchView:
    """A delta that does not follow the view's seq leaves a hole; what it says is still newer than what was. To a view
    that never was whole it adds nothing: parts of a state are none."""
    return MatchView(
        match_id=view.match_id,
        seq=message.seq,
        prev_seq=message.prev_seq,
        state=applied(view.state, message.set) | _carried(message) if view.state else {},
        ts_event=message.ts_event,
        is_current=view.is_current and message.prev_seq == view.seq,
    )


def _doubted(view: MatchView, message: Retraction) -> MatchView:
    """What the view was made of is void: only a snapshot makes it whole again."""
    is_hit = message.from_seq <= view.seq <= message.to_seq
    return msgspec.structs.replace(view, is_current=False) if is_hit else view


def _carried(message: StateDelta) -> dict[str, Any]:
    """Fields of the state that each message says itself."""
    return {"seq": message.seq, "last_ts": msgspec.to_builtins(message.ts_event)}
