"""The live state of a match, as plain frozen data.

Belongs here: the structs, and questions that a state answers about itself. Does not belong here: how a state changes
(`game.advance` and `game.transitions`), statistics (`game.stats`), model inputs (`game.features`).

The encoded state is the recovery snapshot and, as it stands, the public state: fields are added with defaults, never
renamed. Positions are not part of it.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from game.payloads import EndReason, Phase, Side, Site, Team
from game.rules import Rules

MatchTag = Literal["warmup", "knife", "live", "overtime", "over"]
BombStatus = Literal["none", "carried", "dropped", "planting", "planted", "defusing", "defused", "exploded"]


class Player(Struct, frozen=True, kw_only=True):
    """One player. Dollars and points; `money` is null until a source tells it."""

    player_id: str
    name: str | None = None
    team: Team | None = None
    is_bot: bool = False
    is_connected: bool = True
    is_alive: bool = True
    health: int = 100
    armor: int = 0
    has_helmet: bool = False
    has_kit: bool = False
    has_primary: bool = False
    grenades: int = 0
    money: int | None = None
    equipment_value: int = 0
    """Carried at the end of freeze time, lost at death."""
    controls: str | None = None
    """The bot that this player has taken over."""
    is_coach: bool = False
    """He plays for no team: `team` is null."""


class Bomb(Struct, frozen=True, kw_only=True):
    """`player_id` is the carrier, planter or defuser that the status speaks of."""

    status: BombStatus = "none"
    player_id: str | None = None
    site: Site | None = None
    planted_at: datetime | None = None
    defuse_begun_at: datetime | None = None
    defuse_has_kit: bool = False


class Round(Struct, frozen=True, kw_only=True):
    """The running round. Times are the events'; a null `live_at` means freeze time has not ended."""

    number: int
    first_seq: int
    started_at: datetime
    live_at: datetime | None = None
    ended_at: datetime | None = None
    winner_team: Team | None = None
    is_pistol: bool = False
    is_overtime: bool = False
    equipment_a: int | None = None
    """Team A's equipment at the end of freeze time in dollars; null until it is known. Likewise B's."""
    equipment_b: int | None = None
    is_partial: bool = False
    """Seen from its middle only, or fought by people never heard of: who lives is not known, so the round model stays
    silent."""
    bomb: Bomb = Bomb()
    pause_called: Phase | None = None
    """A pause that was called in live play: the game goes into it at the next freeze time."""
    paused_at: datetime | None = None
    """When it was called; null as soon as play goes on. Where play is told to be live again first, it stood still."""


class RoundResult(Struct, frozen=True, kw_only=True):
    """A finished round: score after it, and what the round after it starts from. `first_seq` is its first event's."""

    number: int
    winner_team: Team
    winner_side: Side
    reason: EndReason
    score_a: int
    score_b: int
    losses_a: int
    losses_b: int
    a_side: Side
    first_seq: int
    equipment_a: int | None = None
    equipment_b: int | None = None


class OpenRound(Struct, frozen=True, kw_only=True):
    """A round that nobody won, so far as we know, when a later one began. `first_seq` is its first event's."""

    number: int
    first_seq: int


class MapState(Struct, frozen=True, kw_only=True):
    """One map. `losses_*` are the loss-bonus counters; `a_side` is the side of team A in the running round."""

    map_id: str
    number: int
    rules: Rules
    name: str | None = None
    first_a_side: Side = "ct"
    a_side: Side = "ct"
    score_a: int = 0
    score_b: int = 0
    losses_a: int = 1
    losses_b: int = 1
    first_seq: int = 0
    rounds: tuple[RoundResult, ...] = ()
    is_over: bool = False
    base_a: int = 0
    """Team A's score before the first of `rounds`: not 0 only where we joined midway. Likewise B's."""
    base_b: int = 0
    left_open: tuple[OpenRound, ...] = ()
    """Rounds that are not among `rounds`, but whose facts were told."""


class MapResult(Struct, frozen=True, kw_only=True):
    """A finished map of the series; a null winner is a draw."""

    map_id: str
    number: int
    name: str | None
    score_a: int
    score_b: int
    winner_team: Team | None


class MatchState(Struct, frozen=True, kw_only=True):
    """A series from its first event to its last. `seq` is the number of events that made this state."""

    match_id: str
    seq: int = 0
    is_announced: bool = False
    phase: Phase | None = None
    match_tag: MatchTag = "warmup"
    name_a: str | None = None
    name_b: str | None = None
    best_of: int = 1
    maps_a: int = 0
    maps_b: int = 0
    series_winner: Team | None = None
    is_series_over: bool = False
    map_chance_a: float | None = None
    """Team A's chance on a map as judged before the series; null: the teams count as equal."""
    finished_maps: tuple[MapResult, ...] = ()
    map: MapState | None = None
    round: Round | None = None
    players: dict[str, Player] = {}
    last_ts: datetime | None = None
    model_version: str | None = None
    """The model that the log last asked for; null: nobody has switched it."""
    is_format_told: bool = False
    """Whether a source has said `best_of`; else it is the shortest format that has room for the maps begun."""


def initial_state(match_id: str) -> MatchState:
    """The state before the first event."""
    return MatchState(match_id=match_id)


def other_team(team: Team) -> Team:
    """The opponent."""
    return "B" if team == "A" else "A"


def other_side(side: Side) -> Side:
    """The opponent's side."""
    return "t" if side == "ct" else "ct"


def side_of(state: MatchState, team: Team | None) -> Side | None:
    """The side that `team` plays now; null without a map or a team."""
    if state.map is None or team is None:
        return None
    return state.map.a_side if team == "A" else other_side(state.map.a_side)


def team_on(state: MatchState, side: Side) -> Team | None:
    """The team that plays `side` now; null without a map."""
    if state.map is None:
        return None
    return "A" if state.map.a_side == side else "B"


def round_time_s(state: MatchState, moment: datetime) -> float | None:
    """Seconds since the end of freeze time; null before it, and where no round is."""
    if state.round is None or state.round.live_at is None:
        return None
    return (moment - state.round.live_at).total_seconds()


def is_live_play(state: MatchState) -> bool:
    """Between the end of freeze time and the round's decision, or the end of the map or the series amid it."""
    running = state.round
    is_running = running is not None and running.live_at is not None and running.ended_at is None
    return is_running and state.match_tag != "over"
