"""Response types of matches and their states.

Belongs here: types and their construction from a view. Does not belong here: reading views (`queries`).
"""

from typing import Any

import msgspec

from api.problems import ProblemError, problem
from api.public.identifiers import segment
from api.public.moments import iso_or_none
from api.public.predictions.resources import PredictionView
from game.state import MatchState
from game.view import MatchView, state_of

SNAPSHOT_S = 5
"""Seconds after which a client that waits for a state should retry. Snapshots are published at each round start and
every 256 seq."""


class RunningMap(msgspec.Struct, frozen=True, kw_only=True):
    map_id: str
    number: int
    name: str | None
    a_side: str
    score_a: int
    score_b: int
    round_no: int | None
    is_over: bool


class MatchSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of a match. `seq` is that of the state it is taken from."""

    match_id: str
    seq: int
    last_ts: str | None
    match_tag: str | None
    phase: str | None
    name_a: str | None
    name_b: str | None
    best_of: int
    maps_a: int
    maps_b: int
    is_series_over: bool
    series_winner: str | None
    map: RunningMap | None


class MatchDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A match with its finished maps, the newest prediction, and links to its parts."""

    match: MatchSummary
    finished_maps: list[dict[str, Any]]
    prediction: PredictionView | None
    links: dict[str, str]


class StateView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole state after `seq` (game.state.MatchState). If `is_current` is false, the next snapshot is awaited."""

    match_id: str
    seq: int
    ts_event: str | None
    is_current: bool
    state: dict[str, Any]


def summary(view: MatchView) -> MatchSummary:
    state = view.state
    return MatchSummary(
        match_id=view.match_id,
        seq=view.seq,
        last_ts=iso_or_none(view.ts_event),
        match_tag=state.get("match_tag"),
        phase=state.get("phase"),
        name_a=state.get("name_a"),
        name_b=state.get("name_b"),
        best_of=state.get("best_of", 1),
        maps_a=state.get("maps_a", 0),
        maps_b=state.get("maps_b", 0),
        is_series_over=state.get("is_series_over", False),
        series_winner=state.get("series_winner"),
        map=_running(state),
    )


def _running(state: dict[str, Any]) -> RunningMap | None:
    running = state.get("map")
    if running is None:
        return None
    round_ = state.get("round") or {}
    known = {name: running.get(name) for name in RunningMap.__struct_fields__ if name != "round_no"}
    return msgspec.convert(known | {"round_no": round_.get("number")}, RunningMap)


def state(view: MatchView) -> StateView:
    return StateView(
        match_id=view.match_id,
        seq=view.seq,
        ts_event=iso_or_none(view.ts_event),
        is_current=view.is_current,
        state=view.state,
    )


def known_state(view: MatchView) -> MatchState:
    """Decode the state. Raises a 409 problem if the match is known but its state is not known yet."""
    if view.state:
        return state_of(view)
    reason = "nothing is known of the state yet: it comes with the next snapshot"
    raise ProblemError(
        problem(409, "state-unknown", field="path.match_id", reason=reason, retry_after_s=SNAPSHOT_S)
    )


def links(match_id: str) -> dict[str, str]:
    base = f"/api/v1/matches/{segment(match_id)}"
    parts = (
        "state",
        "timeline",
        "events",
        "kills",
        "rounds",
        "economy",
        "players",
        "predictions",
        "predictions/latest",
        "predictions/history",
        "predictions/scores",
        "swings",
        "highlights",
        "quality",
        "live",
    )
    told = {part.replace("/", "_"): f"{base}/{part}" for part in parts}
    return told | {"catalog": f"/api/v1/search/matches?match_id={segment(match_id)}"}
