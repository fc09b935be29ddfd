"""Rows of a cs2df export as its members hold them, for both versions of the format.

Belongs here: fields and their bounds. Does not belong here: errors in the rows and their correction (`cs2df_sides`,
`cs2df`), the events made of them (`cs2df_telling`).

Version 2.0 names a player by Steam id, version 3.0 by the row in players.json. A field such as `killer` holds either,
and `Recording.who` resolves both.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from game.payloads import (
    MAX_PLAYERS,
    Degrees,
    Dollars,
    Identifier,
    Name,
    Points,
    Position,
    Seconds,
    Side,
    Site,
)

MAX_TICK = 2**28
"""48 days at 64 ticks a second, a year at the lowest rate: no tick leads to a year in which events cannot be."""
MAX_SCALE = 1000.0
Tick = Annotated[int, Meta(ge=0, le=MAX_TICK)]
Number = Annotated[int, Meta(ge=0, le=200)]
Index = Annotated[int, Meta(ge=0, le=255)]
TeamKey = Literal["teamA", "teamB"]
WonBy = Literal["ct_win", "t_win", "bomb_defused", "target_bombed", "time_ran_out"]
GrenadeName = Literal["smoke", "flashbang", "hegrenade", "molotov", "incgrenade", "incendiary", "decoy"]
BombAction = Literal["picked_up", "dropped", "plant_begin", "planted", "defuse_begin", "defused", "exploded"]


class _Row(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One object of a member."""


class Demo(_Row, frozen=True, kw_only=True):
    hash: Annotated[str, Meta(max_length=128)] | None = None
    source_file_name: str | None = None


class Manifest(_Row, frozen=True, kw_only=True):
    schema_version: Name
    demo: Demo = Demo()
    map_name: Identifier
    tickrate: Annotated[int, Meta(ge=8, le=1024)] = 64
    exported_at: str | None = None


class TeamRow(_Row, frozen=True, kw_only=True):
    name: str | None = None


class Match(_Row, frozen=True, kw_only=True):
    team_a: TeamRow
    team_b: TeamRow


class PlayerRow(_Row, frozen=True, kw_only=True):
    steam_id64: Identifier
    name: str
    team_key: TeamKey


PlayerRows = Annotated[list[PlayerRow], Meta(max_length=MAX_PLAYERS)]


class RoundRow(_Row, frozen=True, kw_only=True):
    """`team_a_side` is swapped in some overtime rounds of version 2.0; `winner_side` is always right."""

    round_number: Number
    start_tick: Tick
    freeze_end_tick: Tick
    end_tick: Tick
    team_a_side: Side = field(name="teamASide")
    team_a_score_before: Annotated[int, Meta(ge=0, le=200)] = field(name="teamAScoreBefore", default=0)
    team_b_score_before: Annotated[int, Meta(ge=0, le=200)] = field(name="teamBScoreBefore", default=0)
    winner_side: Side
    end_reason: WonBy


RoundRows = Annotated[list[RoundRow], Meta(max_length=400)]
"""Includes void attempts."""


class _Told(_Row, frozen=True, kw_only=True):
    round_number: Number


class _KillRow(_Told, frozen=True, kw_only=True):
    tick: Tick
    weapon: Name
    headshot: bool = False
    trade_death: bool = False
    """The exporter's own definition of a trade: not used in events, kept for comparing definitions."""
    through_smoke: bool = False
    no_scope: bool = False
    penetrated_objects: Annotated[int, Meta(ge=0, le=1000)] = 0
    killer_position: Position | None = None
    victim_position: Position | None = None


class Kill2(_KillRow, frozen=True, kw_only=True):
    killer: Identifier | None = field(name="killerSteamId64", default=None)
    victim: Identifier = field(name="victimSteamId64")
    assister: Identifier | None = field(name="assisterSteamId64", default=None)
    flash_assister: Identifier | None = field(name="flashAssisterSteamId64", default=None)


class Kill3(_KillRow, frozen=True, kw_only=True):
    killer: Index | None = field(name="killerIndex", default=None)
    victim: Index = field(name="victimIndex")
    assister: Index | None = field(name="assisterIndex", default=None)
    flash_assister: Index | None = field(name="flashAssisterIndex", default=None)


class _DamageRow(_Told, frozen=True, kw_only=True):
    tick: Tick
    weapon: Name
    hitgroup: Name | None = None
    health_damage: Points
    armor_damage: Points = 0
    victim_health_before: Points
    victim_armor_after: Points | None = None
    attacker_position: Position | None = None
    victim_position: Position | None = None


class Damage2(_DamageRow, frozen=True, kw_only=True):
    attacker: Identifier | None = field(name="attackerSteamId64", default=None)
    victim: Identifier = field(name="victimSteamId64")


class Damage3(_DamageRow, frozen=True, kw_only=True):
    attacker: Index | None = field(name="attackerIndex", default=None)
    victim: Index = field(name="victimIndex")


class _BlindRow(_Told, frozen=True, kw_only=True):
    tick: Tick
    flash_id: Name | None = None
    duration_seconds: Seconds


class Blind2(_BlindRow, frozen=True, kw_only=True):
    flasher: Identifier | None = field(name="flasherSteamId64", default=None)
    flashed: Identifier = field(name="flashedSteamId64")


class Blind3(_BlindRow, frozen=True, kw_only=True):
    flasher: Index | None = field(name="flasherIndex", default=None)
    flashed: Index = field(name="flashedIndex")


class _BombRow(_Told, frozen=True, kw_only=True):
    tick: Tick
    type: BombAction
    site: Site | None = None
    position: Position | None = None


class Bomb2(_BombRow, frozen=True, kw_only=True):
    actor: Identifier | None = field(name="actorSteamId64", default=None)


class Bomb3(_BombRow, frozen=True, kw_only=True):
    actor: Index | None = field(name="actorIndex", default=None)


class _GrenadeRow(_Told, frozen=True, kw_only=True):
    grenade_id: Name | None = None
    grenade: GrenadeName
    throw_tick: Tick
    effect_tick: Tick | None = None
    destroy_tick: Tick | None = None
    throw_position: Position | None = None
    effect_position: Position | None = None


class Grenade2(_GrenadeRow, frozen=True, kw_only=True):
    thrower: Identifier | None = field(name="throwerSteamId64", default=None)


class Grenade3(_GrenadeRow, frozen=True, kw_only=True):
    thrower: Index | None = field(name="throwerIndex", default=None)


class _EconomyRow(_Told, frozen=True, kw_only=True):
    """An event holds `start_money - money_spent`, which must fit `Dollars` too."""

    start_money: Annotated[int, Meta(ge=0, le=500_000)]
    money_spent: Annotated[int, Meta(ge=-500_000, le=500_000)] = 0
    equipment_value: Dollars
    has_armor: bool
    has_helmet: bool = False
    has_defuse_kit: bool = False
    primary_weapon: Name | None = None
    secondary_weapon: Name | None = None
    grenade_count: Annotated[int, Meta(ge=0, le=16)] = 0


class Economy2(_EconomyRow, frozen=True, kw_only=True):
    player: Identifier = field(name="steamId64")


class Economy3(_EconomyRow, frozen=True, kw_only=True):
    player: Index = field(name="playerIndex")


class Shot(_Told, frozen=True, kw_only=True):
    """A row of version 2.0, or a shot of version 3.0 unpacked from its track."""

    tick: Tick
    player: Identifier | Index = field(name="steamId64")
    weapon: Name
    position: Position | None = None
    yaw: Degrees | None = None
    pitch: Degrees | None = None


class Sample(_Told, frozen=True, kw_only=True):
    """A row of positions-1s. Its `money` holds the equipment value in every file seen, so it is not read."""

    tick: Tick
    player: Identifier = field(name="steamId64")
    alive: bool
    position: Position | None = None
    yaw: Degrees | None = None
    pitch: Degrees | None = None
    health: Points
    armor: Points
    active_weapon: Name | None = None
    has_bomb: bool = False
    has_defuse_kit: bool = False


class ShotTrack(_Told, frozen=True, kw_only=True):
    """All shots of one player in one round; every column but `weapon` is difference-coded."""

    player: Index = field(name="playerIndex")
    tick: list[int]
    weapon: list[int]
    x: list[int]
    y: list[int]
    z: list[int]
    yaw: list[int]
    pitch: list[int]


class Meta3(_Row, frozen=True, kw_only=True):
    coord_scale: Annotated[float, Meta(ge=0.001, le=MAX_SCALE)] = 1.0
    angle_scale: Annotated[float, Meta(ge=0.001, le=MAX_SCALE)] = 1.0
    sample_rate: Annotated[int, Meta(ge=1, le=128)] = 8


class Shots3(_Row, frozen=True, kw_only=True):
    meta: Meta3 = Meta3()
    weapon_dict: list[Name] = []
    tracks: list[ShotTrack] = []


class ReplayTrack(_Row, frozen=True, kw_only=True):
    """One player's columns in one round. Version 3.0 difference-codes x, y, z, yaw, pitch and money."""

    steam_id64: Identifier | None = None
    player_index: Index | None = None
    x: list[int]
    y: list[int]
    z: list[int]
    yaw: list[int]
    pitch: list[int] = []
    hp: list[Points]
    armor: list[Points] = []
    money: list[int] = []
    weapon: list[int] = []


class ReplayRound(_Told, frozen=True, kw_only=True):
    start_tick: Tick
    tick_step: Annotated[int, Meta(ge=1, le=1024)]
    frame_count: Annotated[int, Meta(ge=0, le=100_000)]
    players: Annotated[list[ReplayTrack], Meta(max_length=MAX_PLAYERS)]


class Replay(_Row, frozen=True, kw_only=True):
    meta: Meta3 = Meta3()
    weapon_dict: list[Name] = []
    rounds: list[ReplayRound] = []


Kill = Kill2 | Kill3
Damage = Damage2 | Damage3
Blind = Blind2 | Blind3
Bomb = Bomb2 | Bomb3
Grenade = Grenade2 | Grenade3
Economy = Economy2 | Economy3
