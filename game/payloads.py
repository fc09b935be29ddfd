"""The payload structs of all events, with the limits of their fields.

Belongs here: fields, units, bounds. Does not belong here: the envelope and the union (`game.events`).

Teams are "A" and "B" for the whole series; "ct" and "t" are sides, which swap. Fields that a source may not know are
optional; absent means unknown, never zero. Units: seconds, game units (positions), degrees (angles), dollars (money),
health and armour points.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Team = Literal["A", "B"]
Side = Literal["ct", "t"]
SIDES: tuple[Side, ...] = ("ct", "t")
Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=2048)]
MAX_NAME = 128
Name = Annotated[str, Meta(max_length=MAX_NAME)]
"""Name of a player, a team or a weapon. It is short, because states hold it and every round repeats it."""
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
RoundNumber = Annotated[int, Meta(ge=0, le=999)]
SequenceNumber = Annotated[int, Meta(ge=0, le=2**62)]
Points = Annotated[int, Meta(ge=0, le=1000)]
Dollars = Annotated[int, Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, Meta(ge=0.0, le=100_000.0)]
Coordinate = Annotated[float, Meta(ge=-1_000_000.0, le=1_000_000.0)]
Degrees = Annotated[float, Meta(ge=-3600.0, le=3600.0)]
Moment = Annotated[datetime, Meta(tz=True)]
MAX_PLAYERS = 64
"""Players of one match, including substitutes, coaches and bots."""
Roster = Annotated[dict[Identifier, Name], Meta(max_length=MAX_PLAYERS)]
ExternalIds = Annotated[dict[Identifier, Name], Meta(max_length=32)]

Phase = Literal[
    "warmup",
    "knife",
    "freeze_time",
    "live",
    "planted",
    "round_end",
    "half_time",
    "overtime",
    "timeout",
    "technical_pause",
    "game_over",
    "abandoned",
]
EndReason = Literal[
    "ct_win", "t_win", "bomb_defused", "target_bombed", "time_ran_out", "surrender", "draw", "unknown"
]
Site = Literal["a", "b"]
VetoAction = Literal["pick", "ban", "left"]
Grenade = Literal["smoke", "flash", "he", "molotov", "incendiary", "decoy"]


class _Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A struct inside an envelope; fields at their default are left out on the wire."""


class Position(_Part, frozen=True, kw_only=True):
    x: Coordinate
    y: Coordinate
    z: Coordinate


class TeamSheet(_Part, frozen=True, kw_only=True):
    """A team as announced. `players` is the roster: player id to name."""

    name: Name | None = None
    team_id: Identifier | None = None
    external_ids: ExternalIds = {}
    players: Roster = {}


class VetoStep(_Part, frozen=True, kw_only=True):
    """One step of the veto. `team` is null for the map that was left over."""

    map_name: Identifier
    action: VetoAction
    team: Team | None = None


class SeriesAnnouncedData(_Part, frozen=True, kw_only=True):
    team_a: TeamSheet = TeamSheet()
    team_b: TeamSheet = TeamSheet()
    best_of: Annotated[int, Meta(ge=1, le=9)] | None = None
    starts_at: Moment | None = None
    maps: Annotated[tuple[Identifier, ...], Meta(max_length=16)] = ()
    external_ids: ExternalIds = {}
    map_chance_a: Annotated[float, Meta(ge=0.02, le=0.98)] | None = None
    """Team A's probability to win one map of the series, as estimated before it from ratings or a market. Null:
    unknown."""
    vetoes: Annotated[tuple[VetoStep, ...], Meta(max_length=32)] = ()
    """Picks and bans in their order, as far as they are known."""


class SeriesStartedData(_Part, frozen=True, kw_only=True):
    best_of: Annotated[int, Meta(ge=1, le=9)] | None = None


class SeriesEndedData(_Part, frozen=True, kw_only=True):
    winner_team: Team | None = None
    reason: Text | None = None


class MapStartedData(_Part, frozen=True, kw_only=True):
    """The live match of a map begins, or begins again. Settings left out follow from the rules of the date."""

    map_name: Identifier | None = None
    map_number: Annotated[int, Meta(ge=1, le=9)] | None = None
    a_side: Side | None = None
    max_rounds: Annotated[int, Meta(ge=1, le=60)] | None = None
    overtime_max_rounds: Annotated[int, Meta(ge=0, le=30)] | None = None
    start_money: Dollars | None = None
    overtime_start_money: Dollars | None = None
    is_draw_allowed: bool | None = None


class MapEndedData(_Part, frozen=True, kw_only=True):
    score_a: Count | None = None
    score_b: Count | None = None
    winner_team: Team | None = None
    reason: Text | None = None


class SidesSetData(_Part, frozen=True, kw_only=True):
    a_side: Side


class TeamChangedData(_Part, frozen=True, kw_only=True):
    team: Team
    name: Name


class PhaseChangedData(_Part, frozen=True, kw_only=True):
    """A `timeout` or `technical_pause` in live play was only called: it begins at the next freeze time. If `live` is
    reported before any fighting, play stood still, and the clocks of the round and the bomb shift by that time."""

    phase: Phase
    team: Team | None = None
    reason: Text | None = None


class RoundStartedData(_Part, frozen=True, kw_only=True):
    """Freeze time begins. Score and side are the source's values and are checked against ours."""

    a_side: Side | None = None
    score_a: Count | None = None
    score_b: Count | None = None


class FreezeEndedData(_Part, frozen=True, kw_only=True):
    pass


class RoundEndedData(_Part, frozen=True, kw_only=True):
    """The round is decided. If `winner_side` and `winner_team` disagree, `winner_side` counts."""

    winner_side: Side | None = None
    winner_team: Team | None = None
    reason: EndReason = "unknown"
    score_a: Count | None = None
    score_b: Count | None = None


class MatchRestartedData(_Part, frozen=True, kw_only=True):
    reason: Text | None = None


class BackupRestoredData(_Part, frozen=True, kw_only=True):
    """The server went back to the start of round `to_round`: that round and all later ones are void."""

    to_round: RoundNumber
    score_a: Count | None = None
    score_b: Count | None = None


class RoundVoidedData(_Part, frozen=True, kw_only=True):
    """The named round is void and is played again."""

    voided_round: RoundNumber
    reason: Text | None = None


class MatchRecreatedData(_Part, frozen=True, kw_only=True):
    """The map begins again from 0:0; everything that happened on it before is withdrawn."""

    reason: Text | None = None


class RetractionData(_Part, frozen=True, kw_only=True):
    """The source retracts events of the running round by their ids."""

    event_ids: Annotated[tuple[Identifier, ...], Meta(max_length=1024)]
    reason: Text | None = None


class AmendmentData(_Part, frozen=True, kw_only=True):
    """A later, better version of a match's events, or a part of it: the events in the order in which they count,
    compressed (`models.amendment`). It takes effect when all parts have arrived and `after` is the log's last event
    before them."""

    reason: Text
    facts_digest: Text | None = None
    """Digest of the match's facts in this version."""
    changed: Annotated[tuple[Text, ...], Meta(max_length=64)] = ()
    """Maps whose facts differ."""
    telling: Identifier | None = None
    part: Annotated[int, Meta(ge=1, le=10_000)] = 1
    parts: Annotated[int, Meta(ge=1, le=10_000)] = 1
    events: bytes = b""
    after: Identifier | None = None
    model_hash: Text | None = None
    """The model in use at the start of the match."""


class KillData(_Part, frozen=True, kw_only=True):
    """`killer_player_id` is absent for deaths by the world or the bomb."""

    victim_player_id: Identifier
    killer_player_id: Identifier | None = None
    killer_team: Team | None = None
    victim_team: Team | None = None
    assister_player_id: Identifier | None = None
    flash_assister_player_id: Identifier | None = None
    weapon: Name | None = None
    is_headshot: bool = False
    is_through_smoke: bool = False
    is_no_scope: bool = False
    is_attacker_blind: bool = False
    penetrated_objects: Count = 0
    killer_position: Position | None = None
    victim_position: Position | None = None


class DamageData(_Part, frozen=True, kw_only=True):
    """`health_damage` may exceed the health that the victim had left. It is capped when it is counted, by
    `health_before` if the source gives it."""

    victim_player_id: Identifier
    health_damage: Points
    attacker_player_id: Identifier | None = None
    attacker_team: Team | None = None
    victim_team: Team | None = None
    armor_damage: Points | None = None
    health_before: Points | None = None
    health_after: Points | None = None
    armor_after: Points | None = None
    weapon: Name | None = None
    hitgroup: Name | None = None
    attacker_position: Position | None = None
    victim_position: Position | None = None


class AssistData(_Part, frozen=True, kw_only=True):
    """An assist reported separately from its kill."""

    player_id: Identifier
    victim_player_id: Identifier
    is_flash: bool = False


class BlindData(_Part, frozen=True, kw_only=True):
    victim_player_id: Identifier
    flasher_player_id: Identifier | None = None
    duration_s: Seconds = 0.0
    grenade_id: Name | None = None


class WeaponFireData(_Part, frozen=True, kw_only=True):
    player_id: Identifier
    weapon: Name | None = None
    position: Position | None = None
    yaw_deg: Degrees | None = None
    pitch_deg: Degrees | None = None


class PlayerActionData(_Part, frozen=True, kw_only=True):
    """A reload, footstep or jump of a player, with the position if it is known."""

    player_id: Identifier
    weapon: Name | None = None
    position: Position | None = None


class BombData(_Part, frozen=True, kw_only=True):
    """`has_kit` matters only when a defuse begins."""

    player_id: Identifier | None = None
    site: Site | None = None
    has_kit: bool | None = None
    position: Position | None = None


class GrenadeData(_Part, frozen=True, kw_only=True):
    grenade: Grenade
    player_id: Identifier | None = None
    grenade_id: Name | None = None
    position: Position | None = None


class ItemData(_Part, frozen=True, kw_only=True):
    player_id: Identifier
    item: Name
    cost: Dollars | None = None


class Loadout(_Part, frozen=True, kw_only=True):
    """What one player owns. `grenades` is the number of grenades; `equipment_value` is dollars of everything
    carried."""

    player_id: Identifier
    money: Dollars | None = None
    money_spent: Dollars | None = None
    equipment_value: Dollars | None = None
    armor: Points | None = None
    has_helmet: bool | None = None
    has_kit: bool | None = None
    has_primary: bool | None = None
    primary: Name | None = None
    secondary: Name | None = None
    grenades: Annotated[int, Meta(ge=0, le=16)] | None = None


class EconomyData(_Part, frozen=True, kw_only=True):
    """Money and equipment of the named players, at this instant."""

    players: Annotated[tuple[Loadout, ...], Meta(max_length=MAX_PLAYERS)]


class PresenceData(_Part, frozen=True, kw_only=True):
    """`is_coach`: the player stands by a team and plays for none, until a later event sets it to false."""

    player_id: Identifier
    name: Name | None = None
    team: Team | None = None
    is_bot: bool | None = None
    reason: Text | None = None
    is_coach: bool | None = None


class BotTakeoverData(_Part, frozen=True, kw_only=True):
    """`player_id` plays on as `bot_player_id` until the round ends."""

    player_id: Identifier
    bot_player_id: Identifier


class PlayerSpawnedData(_Part, frozen=True, kw_only=True):
    """`player_id` died in this round and is alive again, in a bot's body or because the death came before the round was
    live."""

    player_id: Identifier


class PlayerPosition(_Part, frozen=True, kw_only=True):
    player_id: Identifier
    x: Coordinate
    y: Coordinate
    z: Coordinate
    yaw_deg: Degrees | None = None
    pitch_deg: Degrees | None = None
    is_alive: bool | None = None
    health: Points | None = None
    armor: Points | None = None
    money: Dollars | None = None
    weapon: Name | None = None
    has_bomb: bool | None = None


class PositionSampleData(_Part, frozen=True, kw_only=True):
    """All players at one instant."""

    players: Annotated[tuple[PlayerPosition, ...], Meta(max_length=MAX_PLAYERS)]


class ChatData(_Part, frozen=True, kw_only=True):
    text: Text
    player_id: Identifier | None = None
    is_team_only: bool = False


class ClockTickData(_Part, frozen=True, kw_only=True):
    """A whole second of round time, counted from the end of freeze time."""

    round_time_s: Count


class ModelSwitchedData(_Part, frozen=True, kw_only=True):
    """Predictions come from this model from here on."""

    model_version: Identifier
    model_hash: Identifier
