"""The wire contract: every event of a match, as one tagged union around one envelope.

Belongs here: the envelope, the union and the tags of its members. Does not belong here: payload fields
(`game.payloads`), encoding (`game.codec`), a source's own format (`game.sources`), meaning (`game.advance`).

`match_id` identifies the series, `map_id` one map of it.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from game import payloads as p

SCHEMA_VERSION = 1
OUR_OWN = frozenset({"clock", "champion", "batch"})
"""Sources of events that we write ourselves: clock ticks, model switches, amendments. They do not show that the match's
own source is alive."""
ANNOUNCED = "series_announced"
"""Type of an event that comes from a schedule, not from a game."""


def _current_version() -> int:
    """A factory, so that the version is encoded although defaults are left out."""
    return SCHEMA_VERSION


class Event(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """The envelope. `seq_no` counts per match, source and session; a source begins a new `session` each time it
    starts."""

    event_id: p.Identifier
    match_id: p.Identifier
    ts_event: p.Moment
    source: p.Identifier
    map_id: p.Identifier | None = None
    round_no: p.RoundNumber | None = None
    seq_no: p.SequenceNumber | None = None
    session: p.Identifier | None = None
    schema_version: Annotated[int, Meta(ge=1, le=SCHEMA_VERSION)] = field(default_factory=_current_version)


class SeriesAnnounced(Event, frozen=True, kw_only=True, tag=ANNOUNCED):
    payload: p.SeriesAnnouncedData


class SeriesStarted(Event, frozen=True, kw_only=True, tag="series_started"):
    payload: p.SeriesStartedData


class SeriesEnded(Event, frozen=True, kw_only=True, tag="series_ended"):
    payload: p.SeriesEndedData


class MapStarted(Event, frozen=True, kw_only=True, tag="map_started"):
    payload: p.MapStartedData


class MapEnded(Event, frozen=True, kw_only=True, tag="map_ended"):
    payload: p.MapEndedData


class SidesSet(Event, frozen=True, kw_only=True, tag="sides_set"):
    payload: p.SidesSetData


class TeamChanged(Event, frozen=True, kw_only=True, tag="team_changed"):
    payload: p.TeamChangedData


class PhaseChanged(Event, frozen=True, kw_only=True, tag="phase_changed"):
    payload: p.PhaseChangedData


class RoundStarted(Event, frozen=True, kw_only=True, tag="round_started"):
    payload: p.RoundStartedData


class FreezeEnded(Event, frozen=True, kw_only=True, tag="freeze_ended"):
    payload: p.FreezeEndedData


class RoundEnded(Event, frozen=True, kw_only=True, tag="round_ended"):
    payload: p.RoundEndedData


class MatchRestarted(Event, frozen=True, kw_only=True, tag="match_restarted"):
    payload: p.MatchRestartedData


class BackupRestored(Event, frozen=True, kw_only=True, tag="backup_restored"):
    payload: p.BackupRestoredData


class RoundVoided(Event, frozen=True, kw_only=True, tag="round_voided"):
    payload: p.RoundVoidedData


class MatchRecreated(Event, frozen=True, kw_only=True, tag="match_recreated"):
    payload: p.MatchRecreatedData


class Retraction(Event, frozen=True, kw_only=True, tag="retraction"):
    payload: p.RetractionData


class Amendment(Event, frozen=True, kw_only=True, tag="amendment"):
    payload: p.AmendmentData


class Kill(Event, frozen=True, kw_only=True, tag="kill"):
    payload: p.KillData


class Damage(Event, frozen=True, kw_only=True, tag="damage"):
    payload: p.DamageData


class Assist(Event, frozen=True, kw_only=True, tag="assist"):
    payload: p.AssistData


class Blind(Event, frozen=True, kw_only=True, tag="blind"):
    payload: p.BlindData


class WeaponFire(Event, frozen=True, kw_only=True, tag="weapon_fire"):
    payload: p.WeaponFireData


class WeaponReload(Event, frozen=True, kw_only=True, tag="weapon_reload"):
    payload: p.PlayerActionData


class Footstep(Event, frozen=True, kw_only=True, tag="footstep"):
    payload: p.PlayerActionData


class Jump(Event, frozen=True, kw_only=True, tag="jump"):
    payload: p.PlayerActionData


class BombPickedUp(Event, frozen=True, kw_only=True, tag="bomb_picked_up"):
    payload: p.BombData


class BombDropped(Event, frozen=True, kw_only=True, tag="bomb_dropped"):
    payload: p.BombData


class BombPlantBegun(Event, frozen=True, kw_only=True, tag="bomb_plant_begun"):
    payload: p.BombData


class BombPlantAborted(Event, frozen=True, kw_only=True, tag="bomb_plant_aborted"):
    payload: p.BombData


class BombPlanted(Event, frozen=True, kw_only=True, tag="bomb_planted"):
    payload: p.BombData


class BombDefuseBegun(Event, frozen=True, kw_only=True, tag="bomb_defuse_begun"):
    payload: p.BombData


class BombDefuseAborted(Event, frozen=True, kw_only=True, tag="bomb_defuse_aborted"):
    payload: p.BombData


class BombDefused(Event, frozen=True, kw_only=True, tag="bomb_defused"):
    payload: p.BombData


class BombExploded(Event, frozen=True, kw_only=True, tag="bomb_exploded"):
    payload: p.BombData


class GrenadeThrown(Event, frozen=True, kw_only=True, tag="grenade_thrown"):
    payload: p.GrenadeData


class GrenadeDetonated(Event, frozen=True, kw_only=True, tag="grenade_detonated"):
    payload: p.GrenadeData


class GrenadeExpired(Event, frozen=True, kw_only=True, tag="grenade_expired"):
    payload: p.GrenadeData


class ItemBought(Event, frozen=True, kw_only=True, tag="item_bought"):
    payload: p.ItemData


class ItemPickedUp(Event, frozen=True, kw_only=True, tag="item_picked_up"):
    payload: p.ItemData


class ItemDropped(Event, frozen=True, kw_only=True, tag="item_dropped"):
    payload: p.ItemData


class ItemRefunded(Event, frozen=True, kw_only=True, tag="item_refunded"):
    payload: p.ItemData


class Economy(Event, frozen=True, kw_only=True, tag="economy"):
    payload: p.EconomyData


class PlayerConnected(Event, frozen=True, kw_only=True, tag="player_connected"):
    payload: p.PresenceData


class PlayerDisconnected(Event, frozen=True, kw_only=True, tag="player_disconnected"):
    payload: p.PresenceData


class PlayerRenamed(Event, frozen=True, kw_only=True, tag="player_renamed"):
    payload: p.PresenceData


class PlayerJoinedTeam(Event, frozen=True, kw_only=True, tag="player_joined_team"):
    payload: p.PresenceData


class BotTakeover(Event, frozen=True, kw_only=True, tag="bot_takeover"):
    payload: p.BotTakeoverData


class PlayerSpawned(Event, frozen=True, kw_only=True, tag="player_spawned"):
    payload: p.PlayerSpawnedData


class PositionSample(Event, frozen=True, kw_only=True, tag="position_sample"):
    payload: p.PositionSampleData


class Chat(Event, frozen=True, kw_only=True, tag="chat"):
    payload: p.ChatData


class ClockTick(Event, frozen=True, kw_only=True, tag="clock_tick"):
    payload: p.ClockTickData


class ModelSwitched(Event, frozen=True, kw_only=True, tag="model_switched"):
    payload: p.ModelSwitchedData


class Unknown(Event, frozen=True, kw_only=True, tag="unknown"):
    """An event of a type that this version does not know. `payload` holds whatever the event carried."""

    original_type: p.Text
    payload: dict[str, Any] = {}


AnyEvent = (
    SeriesAnnounced
    | SeriesStarted
    | SeriesEnded
    | MapStarted
    | MapEnded
    | SidesSet
    | TeamChanged
    | PhaseChanged
    | RoundStarted
    | FreezeEnded
    | RoundEnded
    | MatchRestarted
    | BackupRestored
    | RoundVoided
    | MatchRecreated
    | Retraction
    | Amendment
    | Kill
    | Damage
    | Assist
    | Blind
    | WeaponFire
    | WeaponReload
    | Footstep
    | Jump
    | BombPickedUp
    | BombDropped
    | BombPlantBegun
    | BombPlantAborted
    | BombPlanted
    | BombDefuseBegun
    | BombDefuseAborted
    | BombDefused
    | BombExploded
    | GrenadeThrown
    | GrenadeDetonated
    | GrenadeExpired
    | ItemBought
    | ItemPickedUp
    | ItemDropped
    | ItemRefunded
    | Economy
    | PlayerConnected
    | PlayerDisconnected
    | PlayerRenamed
    | PlayerJoinedTeam
    | BotTakeover
    | PlayerSpawned
    | PositionSample
    | Chat
    | ClockTick
    | ModelSwitched
    | Unknown
)
"""The union that `game.codec` decodes and `game.advance` matches."""


def type_of(event: Event) -> str:
    """The event's type on the wire; for an unknown event the type that it came with."""
    return event.original_type if isinstance(event, Unknown) else str(type(event).__struct_config__.tag)


AMBIENT: frozenset[type[Event]] = frozenset(
    {WeaponFire, WeaponReload, Footstep, Jump, PositionSample, Chat, ClockTick, Unknown}
)
"""Events that never change a score or a player: passed on, and remembered only for as long as ordering needs them."""
