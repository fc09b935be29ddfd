"""Series and maps: announced, begun, ended; sides chosen, teams renamed.

Belongs here: the events around the rounds. Does not belong here: what a score decides (`game.transitions.ending`).
"""

from typing import Any

from msgspec.structs import replace

from game import events as e
from game.facts import AnyFact, MapBegan, MapVetoed, SeriesKnown, SidesSwapped, Withdrawn
from game.payloads import MapEndedData, MapStartedData, Team, TeamSheet
from game.quality import broken
from game.rules import TEAM_SIZE, a_side_in, is_decided, is_overtime, rules_on, winner
from game.state import MapState, MatchState, other_side
from game.transitions.change import (
    Change,
    counted_from_now,
    is_post_round,
    refused,
    unequipped,
    with_map,
    with_player,
)
from game.transitions.corrections import is_told_late, last_played, score_told
from game.transitions.ending import map_corrected, map_over, series_over, series_settled

LONGEST_SERIES = 9
"""Maps of the longest format that can be announced."""


def series_announced(state: MatchState, event: e.SeriesAnnounced) -> Change:
    """Teams, rosters and format, before or during the series."""
    said = event.payload
    state = _rostered(_rostered(state, "A", said.team_a), "B", said.team_b)
    state = replace(
        state,
        is_announced=True,
        name_a=said.team_a.name or state.name_a,
        name_b=said.team_b.name or state.name_b,
        map_chance_a=state.map_chance_a if said.map_chance_a is None else said.map_chance_a,
    )
    state, ending = _best_of(state, said.best_of)
    fact = SeriesKnown(
        name_a=state.name_a,
        name_b=state.name_b,
        best_of=state.best_of,
        players={k: (p.name or k, p.team) for k, p in state.players.items()},
        starts_at=said.starts_at.isoformat() if said.starts_at else None,
        external_ids=said.external_ids,
    )
    vetoes = (
        MapVetoed(number=number, map_name=step.map_name, action=step.action, team=step.team)
        for number, step in enumerate(said.vetoes, start=1)
    )
    return state, (fact, *vetoes, *ending)


def series_started(state: MatchState, event: e.SeriesStarted) -> Change:
    """The first map is about to begin."""
    return _best_of(state, event.payload.best_of)


def series_ended(state: MatchState, event: e.SeriesEnded) -> Change:
    """The series is over because the source says so."""
    if state.is_series_over:
        return replace(state, match_tag="over", phase="game_over"), ()
    ended = replace(state, match_tag="over", phase="game_over")
    return series_over(ended, event.payload.winner_team, reason=event.payload.reason or "ended")


def map_started(state: MatchState, event: e.MapStarted) -> Change:
    """The live match of a map begins. Repeated for the same map, it is a restart."""
    current = state.map
    map_id = event.map_id or unnamed_map(state)
    if any(m.map_id == map_id for m in state.finished_maps):
        return refused(state, "map_already_over", map_id)
    breach: list[AnyFact] = []
    if current is not None and current.map_id == map_id and (state.round is not None or current.rounds):
        if is_told_late(state, event):
            return refused(state, "going_back_late", "start of the map")
        breach.append(Withdrawn(reason="restart", from_round=1, score_a=0, score_b=0))
    if current is not None and current.map_id != map_id and not current.is_over:
        breach.append(broken("map_left_open", current.map_id))
    state, began = begin_map(state, event, map_id=map_id, settings=event.payload)
    return state, (*breach, *began)


def unnamed_map(state: MatchState) -> str:
    """The map that a source means if it names none: the running one, otherwise the next, with an id derived from its
    number."""
    if state.map is not None and not state.map.is_over:
        return state.map.map_id
    number = len(state.finished_maps) + 1
    return state.match_id if number == 1 else f"{state.match_id}/{number}"


def begin_map(state: MatchState, event: e.Event, *, map_id: str, settings: MapStartedData) -> Change:
    """Begin a map at 0:0; players keep only identity, team and presence."""
    rules = rules_on(event.ts_event, settings)
    a_side = settings.a_side or "ct"
    number = settings.map_number or len(state.finished_maps) + 1
    begun = MapState(
        map_id=map_id,
        number=number,
        rules=rules,
        name=settings.map_name,
        first_a_side=a_side,
        a_side=a_side,
        first_seq=state.seq,
    )
    players = unequipped(state.players, rules.start_money)
    state = replace(state, map=begun, round=None, players=players, match_tag="live", phase="freeze_time")
    state, known = _with_room(state, number)
    fact = MapBegan(map_name=settings.map_name, map_number=number, rules_id=rules.rules_id, a_side=a_side)
    return state, (*known, fact)


def _with_room(state: MatchState, number: int) -> Change:
    """Extend the format: if no source gave it, a map that begins shows that the series is long enough for it and goes
    on."""
    least = max(number, 2 * max(state.maps_a, state.maps_b) + 1)
    best_of = max(state.best_of, least + 1 - least % 2)
    has_room = best_of == state.best_of and not state.is_series_over
    if state.is_format_told or has_room or best_of > LONGEST_SERIES:
        return state, ()
    state = replace(state, best_of=best_of, is_series_over=False, series_winner=None)
    return state, (_known_series(state),)


def map_ended(state: MatchState, event: e.MapEnded | e.PhaseChanged) -> Change:
    """The map is over because the source says so; its score overrides ours. The winner is the source's, or follows from
    the score."""
    if state.map is None:
        return state, ()
    said = event.payload if isinstance(event, e.MapEnded) else MapEndedData(reason=event.payload.reason)
    state = replace(state, match_tag="over", phase="game_over")
    state, told = score_told(state, said.score_a, said.score_b)
    current = state.map
    assert current is not None
    if current.is_over:
        return _ended_otherwise(state, said, told)
    won_by = _told_winner(said) or winner(current.rules, current.score_a, current.score_b)
    is_open = won_by is None and not is_decided(current.rules, current.score_a, current.score_b)
    breach = (broken("map_ended_undecided", current.map_id),) if is_open else ()
    state, facts = map_over(state, won_by, reason=said.reason or "ended")
    return state, (*told, *breach, *facts)


def _ended_otherwise(state: MatchState, said: MapEndedData, told: tuple[AnyFact, ...]) -> Change:
    """Handle a repeated end of a map that is over: correct what differs. `told` is not empty if the score differed."""
    decided = state.finished_maps[-1].winner_team
    won_by = said.winner_team or (_told_winner(said) if told else decided)
    breach = () if won_by == decided else (broken("winner_mismatch", f"map of {decided}, told {won_by}"),)
    if not told and not breach:
        return state, ()
    state, facts = map_corrected(state, won_by, reason=said.reason or "ended")
    return state, (*told, *breach, *facts)


def abandoned(state: MatchState) -> Change:
    """Play stops for good: an open map and the series end without a winner."""
    facts: tuple[AnyFact, ...] = ()
    if state.map is not None and not state.map.is_over:
        state, facts = map_over(state, None, reason="abandoned")
    state = replace(state, match_tag="over", phase="abandoned")
    if state.is_series_over:
        return state, facts
    state, series = series_over(state, None, reason="abandoned")
    return state, (*facts, *series)


def sides_set(state: MatchState, event: e.SidesSet) -> Change:
    """Set the sides of the first round, as after a knife round; the sides of later rounds follow from it. If the event
    gives other sides for the running or coming round, the source overrides the rules."""
    current = state.map
    if current is None or current.is_over:
        return state, ()
    if state.match_tag == "knife":
        # The winner of the knife round has chosen a side: play counts from now on.
        state = counted_from_now(state)
    number = last_played(current) + 1 if state.round is None or is_post_round(state) else state.round.number
    told = event.payload.a_side
    if told == a_side_in(current.rules, number, current.first_a_side):
        return state, ()
    breach = (broken("side_mismatch", f"round {number}, told {told}"),) if current.rounds else ()
    a_side = current.a_side if is_post_round(state) else told
    state = with_map(state, current, first_a_side=other_side(current.first_a_side), a_side=a_side)
    if a_side == current.a_side:
        return state, breach
    return state, (*breach, SidesSwapped(a_side=a_side, is_overtime=is_overtime(current.rules, number)))


def team_changed(state: MatchState, event: e.TeamChanged) -> Change:
    """A team has a new name."""
    said = event.payload
    state = replace(state, name_a=said.name) if said.team == "A" else replace(state, name_b=said.name)
    return state, (_known_series(state),)


def _known_series(state: MatchState) -> SeriesKnown:
    return SeriesKnown(name_a=state.name_a, name_b=state.name_b, best_of=state.best_of, players={})


def _rostered(state: MatchState, team: Team, sheet: TeamSheet) -> MatchState:
    """Add a roster. If it has more than five players, it holds substitutes, and new players count as absent until
    seen."""
    has_substitutes = len(sheet.players) > TEAM_SIZE
    for player_id, name in sorted(sheet.players.items()):
        player = state.players.get(player_id)
        changes: dict[str, Any] = {"is_connected": False} if has_substitutes and player is None else {}
        is_coach = player is not None and player.is_coach
        state = with_player(state, player_id, name=name, team=None if is_coach else team, **changes)
    return state


def _best_of(state: MatchState, best_of: int | None) -> Change:
    """Set the format. One that becomes known late may reopen a series, or end it."""
    if best_of is None:
        return state, ()
    state = replace(state, is_format_told=True)
    if best_of == state.best_of:
        return state, ()
    return series_settled(replace(state, best_of=best_of, is_series_over=False, series_winner=None))


def _told_winner(said: MapEndedData) -> Team | None:
    if said.winner_team is None and said.score_a is not None and said.score_b is not None:
        return None if said.score_a == said.score_b else "A" if said.score_a > said.score_b else "B"
    return said.winner_team
