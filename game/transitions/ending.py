"""When a map is won, and when a series is.

Belongs here: what a score decides. Does not belong here: how a score is reached (`game.transitions.rounds`).
"""

from msgspec.structs import replace

from game.facts import AnyFact, MapDecided, SeriesDecided
from game.payloads import Team
from game.rules import is_decided, winner
from game.state import MapResult, MatchState
from game.transitions.change import Change, with_map

REMEMBERED_MAPS = 16
"""Finished maps that a state holds. A series has at most nine; the bound keeps a feed that ends ever more maps from
growing the state."""


def settled(state: MatchState) -> Change:
    """End the map, and perhaps the series, if the score decides it."""
    current = state.map
    if current is None or current.is_over or not is_decided(current.rules, current.score_a, current.score_b):
        return state, ()
    return map_over(state, winner(current.rules, current.score_a, current.score_b), reason="score")


def map_over(state: MatchState, won_by: Team | None, *, reason: str) -> Change:
    """End the running map with this winner; None means a draw or an abandoned map."""
    current = state.map
    assert current is not None
    result = MapResult(
        map_id=current.map_id,
        number=current.number,
        name=current.name,
        score_a=current.score_a,
        score_b=current.score_b,
        winner_team=won_by,
    )
    state = replace(
        with_map(state, current, is_over=True),
        maps_a=state.maps_a + (won_by == "A"),
        maps_b=state.maps_b + (won_by == "B"),
        finished_maps=(*state.finished_maps, result)[-REMEMBERED_MAPS:],
    )
    fact = MapDecided(
        score_a=current.score_a,
        score_b=current.score_b,
        winner_team=won_by,
        reason=reason,
        maps_a=state.maps_a,
        maps_b=state.maps_b,
    )
    state, series = series_settled(state)
    return state, (fact, *series)


def map_corrected(state: MatchState, won_by: Team | None, *, reason: str) -> Change:
    """Correct the result of a map that is over. A series that its maps had not decided stays as it is."""
    before = state
    state, facts = map_over(map_reopened(state), won_by, reason=reason)
    if before.is_series_over and not state.is_series_over and not _is_settled(before):
        state = replace(state, is_series_over=True, series_winner=before.series_winner)
    return state, facts


def map_reopened(state: MatchState) -> MatchState:
    """Reopen the running map if it is over, and take back what its end added."""
    current = state.map
    if current is None or not current.is_over:
        return state
    last = state.finished_maps[-1]
    return replace(
        with_map(state, current, is_over=False),
        maps_a=state.maps_a - (last.winner_team == "A"),
        maps_b=state.maps_b - (last.winner_team == "B"),
        finished_maps=state.finished_maps[:-1],
        series_winner=None,
        is_series_over=False,
    )


def series_settled(state: MatchState) -> Change:
    """End the series if a team has won more than half of its maps, or no map is left."""
    if state.is_series_over or not _is_settled(state):
        return state, ()
    leader: Team = "A" if state.maps_a >= state.maps_b else "B"
    won_by = leader if state.maps_a != state.maps_b else None
    return series_over(state, won_by, reason="score")


def _is_settled(state: MatchState) -> bool:
    """Whether the maps played decide the series by themselves."""
    is_won = max(state.maps_a, state.maps_b) > state.best_of // 2
    return is_won or len(state.finished_maps) >= state.best_of


def series_over(state: MatchState, won_by: Team | None, *, reason: str) -> Change:
    """End the series with this winner; None means a draw or an abandoned series."""
    facts: tuple[AnyFact, ...] = (
        SeriesDecided(winner_team=won_by, maps_a=state.maps_a, maps_b=state.maps_b, reason=reason),
    )
    return replace(state, is_series_over=True, series_winner=won_by), facts
