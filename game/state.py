"""The live state of a match, as plain frozen data.

Belongs here: the structs, and questions that a state answers about itself. Does not belong here: how a state changes
(`game.advance` and `game.transitions`), statistics (`game.stats`), model inputs (`game.features`).

The encoded state is both the recovery snapshot and the public state, so fields are only added, with defaults, and never
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
    """One player. Money in dollars, health and armour in points; `money` is null until a source gives it."""

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
    """Dollars of the equipment carried at the end of freeze time; 0 after death."""
    controls: str | None = None
    """The bot that this player has taken over."""
    is_coach: bool = False
    """A coach plays for no team: `team` is null."""


class Bomb(Struct, frozen=True, kw_only=True):
    """`player_id` is the carrier, planter or defuser, depending on the status."""

    status: BombStatus = "none"
    player_id: str | None = None
    site: Site | None = None
    planted_at: datetime | None = None
    defuse_begun_at: datetime | None = None
    defuse_has_kit: bool = False


class Round(Struct, frozen=True, kw_only=True):
    """The running round. Times are event times; `live_at` is null until freeze time has ended."""

    number: int
    first_seq: int
    started_at: datetime
    live_at: datetime | None = None
    ended_at: datetime | None = None
    winner_team: Team | None = None
    is_pistol: bool = False
    is_overtime: bool = False
    equipment_a: int | None = None
    """Value of team A's equipment at the end of freeze time in dollars; null until it is known. Likewise for B."""
    equipment_b: int | None = None
    is_partial: bool = False
    """The round was seen only from its middle, or unknown players fought in it. It is not known who is alive, so the
    round model gives no prediction."""
    bomb: Bomb = Bomb()
    pause_called: Phase | None = None
    """A pause that was called in live play; it begins at the next freeze time."""
    paused_at: datetime | None = None
    """When the pause was called; null as soon as play goes on. If `live` is reported before that, play stood still."""


class RoundResult(Struct, frozen=True, kw_only=True):
    """A finished round: the score after it, and what the next round starts from. `first_seq` is the seq of its first
    event."""

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
    """A round without a known winner when a later one began. `first_seq` is the seq of its first event."""

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
    """Team A's score before the first of `rounds`; other than 0 only if we joined midway. Likewise for B."""
    base_b: int = 0
    left_open: tuple[OpenRound, ...] = ()
    """Rounds that are not in `rounds`, but whose facts were published."""


class MapResult(Struct, frozen=True, kw_only=True):
    """A finished map of the series; a null winner means a draw or an abandoned map."""

    map_id: str
    number: int
    name: str | None
    score_a: int
    score_b: int
    winner_team: Team | None


class MatchState(Struct, frozen=True, kw_only=True):
    """A series from its first event to its last. `seq` is the number of events that led to this state."""

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
    """Team A's probability to win one map, as estimated before the series; null: the teams count as equal."""
    finished_maps: tuple[MapResult, ...] = ()
    map: MapState | None = None
    round: Round | None = None
    players: dict[str, Player] = {}
    last_ts: datetime | None = None
    model_version: str | None = None
    """The model that the log last asked for; null if no event has switched it."""
    is_format_told: bool = False
    """Whether a source gave `best_of`; otherwise it is the shortest format with room for the maps begun so far."""


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
    """Seconds since the end of freeze time; None before it, and without a round."""
    if state.round is None or state.round.live_at is None:
        return None
    return (moment - state.round.live_at).total_seconds()


def is_live_play(state: MatchState) -> bool:
    """Whether a round is between the end of freeze time and its decision, and neither map nor series has ended."""
    running = state.round
    is_running = running is not None and running.live_at is not None and running.ended_at is None
    return is_running and state.match_tag != "over"
