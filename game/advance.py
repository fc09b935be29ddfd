"""The one reducer: `advance(state, event) -> (state, facts)`.

Belongs here: which transition an event calls, and what happens to every event before that. Does not belong here: the
transitions (`game.transitions`), order and duplicates (`game.sequence`).

It is total: any event in any state gives a defined result; what the rules do not allow becomes a `Quality` fact.
Stream, backfill, training and checks all call this and nothing else.
"""

from typing import assert_never

from msgspec.structs import replace

from game import events as e
from game.facts import AnyFact
from game.payloads import MapStartedData
from game.quality import broken
from game.state import MatchState
from game.transitions import bomb, combat, corrections, equipment, presence, rounds, series
from game.transitions.change import Change, is_counted, numbered, refused, with_round

_PLAY: tuple[type[e.Event], ...] = (
    e.Kill,
    e.Damage,
    e.BombPlantBegun,
    e.BombPlanted,
    e.BombDefuseBegun,
    e.BombDefused,
    e.BombExploded,
    e.RoundStarted,
    e.FreezeEnded,
    e.RoundEnded,
)
"""Events that only a running map can have: one that we did not see begin is joined midway."""
_OF_ONE_MAP: tuple[type[e.Event], ...] = (
    e.MapEnded,
    e.SidesSet,
    e.MatchRestarted,
    e.MatchRecreated,
    e.BackupRestored,
    e.RoundVoided,
)
"""Events that change the running map, and must not where they speak of another."""

AFTERMATH_S = 15.0
"""Longer than the time between a round's decision and the next freeze time, shorter than both together."""


FrameEvent = (
    e.SeriesAnnounced
    | e.SeriesStarted
    | e.SeriesEnded
    | e.MapStarted
    | e.MapEnded
    | e.SidesSet
    | e.TeamChanged
    | e.MatchRestarted
    | e.MatchRecreated
    | e.BackupRestored
    | e.RoundVoided
    | presence.PresenceEvent
    | e.BotTakeover
    | e.PlayerSpawned
    | e.Retraction
    | e.Amendment
    | e.ModelSwitched
    | e.GrenadeDetonated
    | e.GrenadeExpired
)


def advance(state: MatchState, event: e.AnyEvent) -> Change:
    """The state after `event` and the facts that follow. `seq` counts every event, also those that change nothing."""
    state = replace(state, seq=state.seq + 1, last_ts=event.ts_event)
    if type(event) in e.AMBIENT:
        return state, ()
    refusal = _out_of_place(state, event)
    if refusal is not None:
        return refused(state, *refusal)
    state, joined = _joined(state, event)
    state, facts = _transition(state, event)
    return state, (*joined, *facts)


def _out_of_place(state: MatchState, event: e.AnyEvent) -> tuple[str, str] | None:
    """The rule that keeps an event from counting, whatever it says; null where nothing does."""
    if isinstance(event, _OF_ONE_MAP) and event.map_id is not None and state.map is not None:
        is_idle = isinstance(event, e.SidesSet) and state.map.is_over
        return None if is_idle or event.map_id == state.map.map_id else ("map_unknown", event.map_id)
    if not isinstance(event, _PLAY):
        return None
    if state.is_series_over and state.match_tag == "over":
        return "match_already_over", type(event).__name__
    if event.map_id is None or state.map is None:
        return None
    if state.map.map_id == event.map_id:
        return ("map_already_over", type(event).__name__) if state.match_tag == "over" else None
    if any(m.map_id == event.map_id for m in state.finished_maps):
        return "map_already_over", event.map_id
    is_next = state.map.is_over or isinstance(event, e.RoundStarted) or state.match_tag in ("warmup", "knife")
    return None if is_next else ("map_unknown", event.map_id)


def _joined(state: MatchState, event: e.AnyEvent) -> Change:
    """Begin the map, and the round, that an event speaks of without our having seen them begin."""
    if not isinstance(event, _PLAY) or not numbered(event) or state.phase in ("warmup", "knife"):
        return state, ()
    facts: tuple[AnyFact, ...] = ()
    map_id = event.map_id or _meant(state, event)
    if state.map is None or state.map.map_id != map_id:
        left = () if state.map is None or state.map.is_over else (broken("map_left_open", state.map.map_id),)
        state, began = series.begin_map(state, event, map_id=map_id, settings=MapStartedData())
        facts = (broken("joined_midway", f"round {event.round_no}"), *left, *began)
    if isinstance(event, e.RoundStarted) or not is_counted(state) or _is_of_running(state, event):
        return state, facts
    state, begun = _partial_round(state, event)
    return state, (*facts, *begun)


def _meant(state: MatchState, event: e.AnyEvent) -> str:
    """The map of an event that names none: the last one, also in its aftermath, until another one's first round."""
    is_next = isinstance(event, e.RoundStarted) and event.round_no == 1 and not state.is_series_over
    return state.map.map_id if state.map is not None and not is_next else series.unnamed_map(state)


def _is_of_running(state: MatchState, event: e.AnyEvent) -> bool:
    """Whether the running round is meant: a later one is only where the aftermath is long over as well."""
    running = state.round
    if running is None or running.ended_at is None or event.round_no is None:
        return running is not None
    is_aftermath = (event.ts_event - running.ended_at).total_seconds() < AFTERMATH_S
    return is_aftermath or event.round_no <= running.number or (state.map is not None and state.map.is_over)


def _partial_round(state: MatchState, event: e.AnyEvent) -> Change:
    """A round of which we see the middle first: it counts, but who lives is not known."""
    assert event.round_no is not None
    state, facts = rounds.begin(state, event, event.round_no)
    assert state.round is not None
    state = with_round(state, state.round, is_partial=True)
    if isinstance(event, e.FreezeEnded):
        return state, facts
    assert state.round is not None
    return replace(with_round(state, state.round, live_at=event.ts_event), phase="live"), facts


def _transition(state: MatchState, event: e.AnyEvent) -> Change:
    match event:
        case e.Damage():
            return combat.damage(state, event)
        case e.Kill():
            return combat.kill(state, event)
        case e.Blind():
            return combat.blind(state, event)
        case e.Assist():
            return combat.assist(state, event)
        case e.GrenadeThrown():
            return equipment.thrown(state, event)
        case e.ItemBought() | e.ItemPickedUp() | e.ItemDropped() | e.ItemRefunded():
            return equipment.item(state, event)
        case e.Economy():
            return equipment.economy(state, event)
        case e.BombPickedUp() | e.BombDropped() | e.BombPlantBegun() | e.BombPlantAborted() | e.BombPlanted():
            return bomb.bomb(state, event)
        case e.BombDefuseBegun() | e.BombDefuseAborted() | e.BombDefused() | e.BombExploded():
            return bomb.bomb(state, event)
        case e.RoundStarted():
            return rounds.round_started(state, event)
        case e.FreezeEnded():
            return rounds.freeze_ended(state, event)
        case e.RoundEnded():
            return rounds.round_ended(state, event)
        case e.PhaseChanged(payload=said) if said.phase == "game_over":
            return series.map_ended(state, event)
        case e.PhaseChanged(payload=said) if said.phase == "abandoned":
            return series.abandoned(state)
        case e.PhaseChanged():
            return rounds.phase_changed(state, event)
        case e.WeaponFire() | e.WeaponReload() | e.Footstep() | e.Jump() | e.PositionSample():
            return state, ()
        case e.Chat() | e.ClockTick() | e.Unknown():
            return state, ()
        case _:
            return _frame(state, event)


def _frame(state: MatchState, event: FrameEvent) -> Change:
    """Events around the rounds. The type check fails here when a new event was forgotten."""
    match event:
        case e.SeriesAnnounced():
            return series.series_announced(state, event)
        case e.SeriesStarted():
            return series.series_started(state, event)
        case e.SeriesEnded():
            return series.series_ended(state, event)
        case e.MapStarted():
            return series.map_started(state, event)
        case e.MapEnded():
            return series.map_ended(state, event)
        case e.SidesSet():
            return series.sides_set(state, event)
        case e.TeamChanged():
            return series.team_changed(state, event)
        case e.MatchRestarted() | e.MatchRecreated():
            return corrections.match_restarted(state, event)
        case e.BackupRestored():
            return corrections.backup_restored(state, event)
        case e.RoundVoided():
            return corrections.round_voided(state, event)
        case e.PlayerConnected() | e.PlayerDisconnected() | e.PlayerRenamed() | e.PlayerJoinedTeam():
            return presence.presence(state, event)
        case e.BotTakeover():
            return presence.takeover(state, event)
        case e.PlayerSpawned():
            return presence.spawned(state, event)
        case e.ModelSwitched():
            return replace(state, model_version=event.payload.model_version), ()
        case e.Retraction() | e.Amendment() | e.GrenadeDetonated() | e.GrenadeExpired():
            return state, ()
        case _:
            assert_never(event)
