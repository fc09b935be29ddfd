"""The difference between two states of a match, and its application.

Belongs here: `changes`, its inverse `applied`, and `has_ended`. Does not belong here: the messages that carry
differences (`game.messages`), and their readers.

A difference is plain data. Top-level fields hold their new value; `map` and `round` hold only the fields that changed
inside them, and `players` the same by player id; null clears a field. Applied to the encoded state before, it gives the
encoded state after.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct

from game.state import MatchState

_NESTED = frozenset({"map", "round"})
_UNSEEN = frozenset({"seq", "last_ts"})
"""Left out of differences because every message carries them itself."""
_SEEN = tuple(name for name in MatchState.__struct_fields__ if name not in _UNSEEN)
_values = attrgetter(*_SEEN)


def changes(before: MatchState, after: MatchState) -> dict[str, Any]:
    """The fields of `after` that differ from `before`. Cheap, because unchanged parts are the same objects."""
    found: dict[str, Any] = {}
    was, now = _values(before), _values(after)
    if was == now:
        return found
    for name, old, new in zip(_SEEN, was, now, strict=True):
        if old is new or old == new:
            continue
        if name == "players":
            found[name] = {k: _inside(old.get(k), p) for k, p in new.items() if old.get(k) is not p}
        else:
            found[name] = _inside(old, new) if name in _NESTED else new
    return found


def applied(encoded: Mapping[str, Any], difference: Mapping[str, Any]) -> dict[str, Any]:
    """The encoded state with `difference` applied; neither argument is changed."""
    merged = dict(encoded)
    for name, value in difference.items():
        if name == "players":
            players = dict(merged.get(name) or {})
            players |= {k: {**players.get(k, {}), **v} for k, v in value.items()}
            merged[name] = players
        elif name in _NESTED and value is not None:
            merged[name] = {**(merged.get(name) or {}), **value}
        else:
            merged[name] = value
    return merged


def _inside(old: Struct | None, new: Struct | None) -> dict[str, Any] | None:
    """The fields of a struct that changed; all fields if there was no struct before."""
    if new is None:
        return None
    names = new.__struct_fields__
    if old is None:
        return {name: getattr(new, name) for name in names}
    return {name: getattr(new, name) for name in names if getattr(old, name) != getattr(new, name)}


def has_ended(before: MatchState, after: MatchState) -> bool:
    """Whether a map or the series has just ended, by score or because the source says so. Deltas are not stored, so the
    end must be a snapshot."""
    was_over = before.map is not None and before.map.is_over
    is_over = after.map is not None and after.map.is_over
    is_told_over = after.match_tag == "over" and before.match_tag != "over"
    return is_told_over or (is_over and not was_over) or (after.is_series_over and not before.is_series_over)
