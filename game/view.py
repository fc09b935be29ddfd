"""A reader's copy of a match's state, folded from the messages of the topic `match-state`.

Belongs here: how a snapshot, a delta and a retraction change the copy, and when it has a gap. Does not belong here: how
states are computed (`game.advance`), transport, more than one match.

The copy holds the state as plain JSON values, as it is served, so that a client in another language folds the same way.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from game.delta import applied
from game.messages import Retraction, StateDelta, StateMessage, StateSnapshot
from game.state import MatchState, initial_state


class MatchView(Struct, frozen=True, kw_only=True):
    """The state after `seq`. If `is_current` is false, it lacks messages or holds void ones until the next snapshot:
    show it, but do not rely on it."""

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
    """The view after `message`. A delta whose seq is not above the view's changes nothing; nor does such a snapshot,
    unless the view is not current."""
    match message:
        case StateSnapshot():
            return view if message.seq <= view.seq and view.is_current else _replaced(view, message)
        case StateDelta():
            return view if message.seq <= view.seq else _merged(view, message)
        case Retraction():
            return _doubted(view, message)


def state_of(view: MatchView) -> MatchState:
    """The view's state as a `MatchState`; the initial state if nothing is known. Raises msgspec.ValidationError if a
    value in the copy has the wrong type."""
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
    """Merge a delta. One that does not follow the view's seq leaves a gap, but its values are still newer. A view
    without a snapshot stays empty, because parts of a state are not a state."""
    return MatchView(
        match_id=view.match_id,
        seq=message.seq,
        prev_seq=message.prev_seq,
        state=applied(view.state, message.set) | _carried(message) if view.state else {},
        ts_event=message.ts_event,
        is_current=view.is_current and message.prev_seq == view.seq,
    )


def _doubted(view: MatchView, message: Retraction) -> MatchView:
    """Mark the view as not current if the retraction covers its seq; only a snapshot makes it current again."""
    is_hit = message.from_seq <= view.seq <= message.to_seq
    return msgspec.structs.replace(view, is_current=False) if is_hit else view


def _carried(message: StateDelta) -> dict[str, Any]:
    """Fields of the state that every message carries itself."""
    return {"seq": message.seq, "last_ts": msgspec.to_builtins(message.ts_event)}
