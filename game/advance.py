"""The single reducer: `advance(state, event) -> (state, facts)`.

Belongs here: the choice of the transition for an event, and the checks that every event passes first. Does not belong
here: the transitions themselves (`game.transitions`), ordering and duplicates (`game.sequence`).

The reducer is total: any event in any state gives a defined result, and a breach of the rules becomes a `Quality` fact.
Stream, backfill, training and checks all call this function and no other.
"""

from typing import assert_never

from msgspec.structs import replace

from game import events as e
from game.facts import AnyFact
from game.payloads import MapStartedData, Phase
from game.quality import broken
from game.state import MapState, MatchState
from game.transitions import bomb, combat, corrections, equipment, presence, rounds, series
from game.transitions.change import Change, is_counted, numbered, refused, with_round
from game.transitions.corrections import last_played

_PLAY: frozenset[type[e.Event]] = frozenset(
    {
        e.Kill,
        e.Damage,
        e.Assist,
        e.BombPlantBegun,
        e.BombPlanted,
        e.BombDefuseBegun,
        e.BombDefused,
        e.BombExploded,
        e.RoundStarted,
        e.FreezeEnded,
        e.RoundEnded,
    }
)
"""Events that only a running map can have. If we did not see the map or the round begin, such an event joins it
midway."""
_OWNED: frozenset[type[e.Event]] = frozenset(
    {e.Economy, e.ItemBought, e.ItemPickedUp, e.ItemDropped, e.ItemRefunded, e.GrenadeThrown}
)
"""Events about what a player owns. Players carry items into the next round, so these also count before it has begun."""
_OF_ONE_ROUND: frozenset[type[e.Event]] = (
    (_PLAY - {e.RoundStarted})
    | _OWNED
    | {
        e.Blind,
        e.BombPickedUp,
        e.BombDropped,
        e.BombPlantAborted,
        e.BombDefuseAborted,
        e.BotTakeover,
        e.PlayerSpawned,
    }
)
"""Events that change the running round, and must not when they name another round. `_PLAY_PHASES` are checked the same
way."""
_PLAY_PHASES: frozenset[Phase] = frozenset({"live", "planted", "round_end"})
_OF_ONE_MAP: frozenset[type[e.Event]] = frozenset(
    {e.MapEnded, e.SidesSet, e.MatchRestarted, e.MatchRecreated, e.BackupRestored, e.RoundVoided}
)
"""Events that change the running map, and must not when they name another map. Phases are checked the same way."""

AFTERMATH_S = 15.0
"""Seconds. Longer than the time between a round's decision and the next freeze time, shorter than that time plus the
freeze time."""


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
    """Return the state after `event` and the facts that follow. `seq` counts every event, even one that changes
    nothing."""
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
    """The rule that excludes the event, with its detail; None if the event may count."""
    kind = type(event)
    refusal = None if state.map is None else _out_of_map(state, state.map, event)
    if refusal is not None:
        return refusal
    if _is_of_one_round(event) and is_counted(state) and state.map is not None:
        refusal = _out_of_round(state, state.map, event)
        if refusal is not None:
            return refusal
    if kind not in _PLAY:
        return None
    if state.is_series_over and state.match_tag == "over" and not _goes_on(state, event):
        return "match_already_over", kind.__name__
    if event.map_id is None or state.map is None:
        return None
    if state.map.map_id == event.map_id:
        return ("map_already_over", kind.__name__) if state.match_tag == "over" else None
    if any(m.map_id == event.map_id for m in state.finished_maps):
        return "map_already_over", event.map_id
    is_next = state.map.is_over or isinstance(event, e.RoundStarted) or state.match_tag in ("warmup", "knife")
    return None if is_next else ("map_unknown", event.map_id)


def _out_of_map(state: MatchState, current: MapState, event: e.AnyEvent) -> tuple[str, str] | None:
    """The rule that stops an event of another map from changing this one. Once this map is over, and during warm-up or
    knife round, a phase may belong to the next map."""
    if event.map_id is None or event.map_id == current.map_id:
        return None
    if isinstance(event, e.PhaseChanged):
        if any(m.map_id == event.map_id for m in state.finished_maps):
            return "map_already_over", event.map_id
        is_next = current.is_over or state.match_tag in ("warmup", "knife")
        return None if is_next else ("map_unknown", event.map_id)
    is_idle = isinstance(event, e.SidesSet) and current.is_over
    return ("map_unknown", event.map_id) if type(event) in _OF_ONE_MAP and not is_idle else None


def _goes_on(state: MatchState, event: e.AnyEvent) -> bool:
    """Whether the event belongs to a round of a further map, in a series that counts as over only because no source
    gave its format."""
    if state.is_format_told or state.map is None or not numbered(event):
        return False
    return _meant(state, event) not in {state.map.map_id, *(m.map_id for m in state.finished_maps)}


def _is_of_one_round(event: e.AnyEvent) -> bool:
    if isinstance(event, e.PhaseChanged):
        return event.payload.phase in _PLAY_PHASES
    return type(event) in _OF_ONE_ROUND


def _out_of_round(state: MatchState, current: MapState, event: e.AnyEvent) -> tuple[str, str] | None:
    """The rule by which the event counts in no round of the map; None if it names the running round or may begin
    one."""
    kind, running = type(event), state.round
    if event.map_id is not None and event.map_id != current.map_id:
        return None if kind in _PLAY else ("map_unknown", event.map_id)
    if not event.round_no or _is_of_running(state, event):
        return None
    detail = f"round {event.round_no}: {kind.__name__}"
    if event.round_no <= (last_played(current) if running is None else running.number):
        return "round_already_over", detail
    if current.is_over:
        return "map_already_over", detail
    is_early = running is not None and kind not in _PLAY and kind not in _OWNED
    return ("round_not_running", detail) if is_early else None


def _joined(state: MatchState, event: e.AnyEvent) -> Change:
    """Begin the map and the round that the event belongs to, if we did not see them begin."""
    if type(event) not in _PLAY or not numbered(event) or state.phase in ("warmup", "knife"):
        return state, ()
    facts: tuple[AnyFact, ...] = ()
    map_id = _meant(state, event)
    if state.map is None or state.map.map_id != map_id:
        left = () if state.map is None or state.map.is_over else (broken("map_left_open", state.map.map_id),)
        state, began = series.begin_map(state, event, map_id=map_id, settings=MapStartedData())
        facts = (broken("joined_midway", f"round {event.round_no}"), *left, *began)
    if isinstance(event, e.RoundStarted) or not is_counted(state) or _is_of_running(state, event):
        return state, facts
    state, begun = _partial_round(state, event)
    return state, (*facts, *begun)


def _meant(state: MatchState, event: e.AnyEvent) -> str:
    """The id of the event's map. If the event names none, it is the last map, even after that map's end, until the
    first round of another one starts."""
    if event.map_id:
        return event.map_id
    has_room = not (state.is_series_over and state.is_format_told)
    is_next = isinstance(event, e.RoundStarted) and event.round_no == 1 and has_room
    return state.map.map_id if state.map is not None and not is_next else series.unnamed_map(state)


def _is_of_running(state: MatchState, event: e.AnyEvent) -> bool:
    """Whether the event belongs to the running round. Some sources raise the round number at the decision, so the
    aftermath may carry the next number."""
    running = state.round
    if running is None or event.round_no is None or event.round_no == running.number:
        return running is not None
    if running.ended_at is None or event.round_no != running.number + 1:
        return False
    return abs((event.ts_event - running.ended_at).total_seconds()) < AFTERMATH_S


def _partial_round(state: MatchState, event: e.AnyEvent) -> Change:
    """Begin a round that we see only from its middle. It counts, but it is not known who is alive."""
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
    """Events outside of round play. Type checking fails here if a new event has no case."""
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
