"""A round's start, the end of its freeze time, its decision, and the phases that only mark time.

Belongs here: round numbers, sides and score as they follow from rounds. Does not belong here: going back
(`game.transitions.corrections`), the end of maps and series (`game.transitions.series`).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from game import events as e
from game.facts import AnyFact, PhaseEntered, RoundBegan, RoundDecided, RoundWentLive, SidesSwapped
from game.payloads import EndReason, Phase, RoundStartedData, Side, Team
from game.quality import broken
from game.rules import TEAM_SIZE, Rules, a_side_in, half_of, is_overtime, is_pistol
from game.state import (
    MapState,
    MatchState,
    MatchTag,
    OpenRound,
    Player,
    Round,
    RoundResult,
    is_live_play,
    other_side,
    other_team,
    round_time_s,
    side_of,
    team_on,
)
from game.transitions.change import (
    Change,
    counted_from_now,
    is_counted,
    refused,
    unequipped,
    with_map,
    with_round,
)
from game.transitions.corrections import back_to, last_played, score_told
from game.transitions.ending import settled
from game.transitions.equipment import carried

PAUSES: frozenset[Phase] = frozenset({"timeout", "technical_pause"})
REMEMBERED_ROUNDS = 64
"""Maximum number of open rounds that a map remembers, so that a feed that ends no round does not grow the state."""


def round_started(state: MatchState, event: e.RoundStarted) -> Change:
    """Freeze time begins. A repeated number means that the server went back without a message, unless the start itself
    is late: then it is refused."""
    if state.map is None or not is_counted(state):
        return _marked(state, "freeze_time")
    number, running = _number(state, event), state.round
    last = state.map.rounds[-1].number if state.map.rounds else 0
    if state.map.is_over and number != last:
        return refused(state, "map_already_over", f"round {number}")
    if running is not None and number <= running.number and event.ts_event <= running.started_at:
        return refused(state, "round_begun_twice", f"round {number}")
    went_back: tuple[AnyFact, ...] = ()
    last = max((last, *(r.number for r in state.map.left_open)))
    if number <= last or (running is not None and number < running.number):
        state, went_back = back_to(state, number, reason="restore", rule="restore_inferred")
    elif running is not None and number == running.number:
        state, went_back = back_to(state, number, reason="restore", rule="round_repeated")
    state, told = _as_told(state, event.payload, number)
    state, begun = begin(state, event, number)
    return state, (*went_back, *told, *begun)


def begin(state: MatchState, event: e.Event, number: int) -> Change:
    """Begin round `number` at the event. All players are alive again; a new half resets money and equipment."""
    current = state.map
    assert current is not None
    rules = current.rules
    last = _last_decided(state, number)
    breach: tuple[AnyFact, ...] = (
        () if number <= last + 1 else (broken("rounds_missing", f"{last + 1} to {number - 1}"),)
    )
    before = last if state.round is None else state.round.number
    is_new_half = before >= 1 and half_of(rules, number) != half_of(rules, before)
    a_side = a_side_in(rules, number, current.first_a_side)
    running = Round(
        number=number,
        first_seq=state.seq,
        started_at=event.ts_event,
        is_pistol=is_pistol(rules, number),
        is_overtime=is_overtime(rules, number),
    )
    losses = {"losses_a": 1, "losses_b": 1} if is_new_half else {}
    state = with_map(state, current, a_side=a_side, left_open=_left_open(state, current), **losses)
    players = _at_start(state.players, rules, number, is_new_half=is_new_half)
    tag: MatchTag = "overtime" if running.is_overtime else "live"
    phase: Phase = (state.round.pause_called if state.round is not None else None) or "freeze_time"
    state = replace(state, round=running, players=players, phase=phase, match_tag=tag)
    swap = (SidesSwapped(a_side=a_side, is_overtime=running.is_overtime),) if a_side != current.a_side else ()
    fact = RoundBegan(
        round_no=number,
        a_side=a_side,
        score_a=current.score_a,
        score_b=current.score_b,
        is_overtime=running.is_overtime,
        is_pistol=running.is_pistol,
    )
    return state, (*breach, *swap, fact)


def _left_open(state: MatchState, current: MapState) -> tuple[OpenRound, ...]:
    """The map's rounds without a decision, when the next round begins."""
    left = state.round
    if left is None or left.ended_at is not None:
        return current.left_open
    return (*current.left_open, OpenRound(number=left.number, first_seq=left.first_seq))[-REMEMBERED_ROUNDS:]


def _last_decided(state: MatchState, number: int) -> int:
    """Number of the last decided round before `number`. On a map joined midway the rounds before are not counted as
    missing."""
    if state.map is not None and state.map.rounds:
        return state.map.rounds[-1].number
    return number - 1 if state.round is None else state.round.number - 1


def freeze_ended(state: MatchState, event: e.FreezeEnded | e.PhaseChanged) -> Change:
    """Freeze time is over and the round clock starts. All living players have full health, whatever was reported
    before. It is not known who is alive if a team is empty or has more players than can play."""
    if not is_counted(state):
        return _marked(state, "live")
    if state.round is None or state.round.ended_at is not None:
        return refused(state, "round_not_running", "freeze time ended")
    if state.round.live_at is not None:
        running = _resumed(state.round, event.ts_event) if isinstance(event, e.PhaseChanged) else state.round
        phase: Phase = "planted" if running.bomb.planted_at is not None else "live"
        return replace(state, round=running, phase=phase), ()
    sizes = Counter(who.team for who in state.players.values() if who.team is not None and who.is_connected)
    crowds = tuple(broken("team_too_large", f"{n} of {team}") for team, n in sizes.items() if n > TEAM_SIZE)
    is_partial = state.round.is_partial or bool(crowds) or not (sizes["A"] and sizes["B"])
    state = with_round(state, state.round, live_at=event.ts_event, is_partial=is_partial)
    healthy = {name: replace(who, health=100) for name, who in state.players.items() if who.is_alive}
    state = replace(state, phase="live", players=state.players | healthy)
    return state, (*crowds, _went_live(state))


def _resumed(running: Round, moment: datetime) -> Round:
    """The round after a pause in live play: its clocks shift by the time that play stood still."""
    if running.live_at is None or running.pause_called is None:
        return running
    stood = max(timedelta(0), moment - (running.paused_at or moment))
    planted, defuse = running.bomb.planted_at, running.bomb.defuse_begun_at
    bomb = replace(
        running.bomb,
        planted_at=None if planted is None else planted + stood,
        defuse_begun_at=None if defuse is None else defuse + stood,
    )
    return replace(running, live_at=running.live_at + stood, bomb=bomb, pause_called=None, paused_at=None)


def round_ended(state: MatchState, event: e.RoundEnded) -> Change:
    """The round is decided: update score and loss counters, and perhaps the map."""
    if state.map is None or not is_counted(state):
        return _marked(state, "round_end")
    if state.round is None:
        return refused(state, "round_not_running", "round ended")
    if state.round.ended_at is not None:
        return refused(state, "round_ended_twice", f"round {state.round.number}")
    side, breach = _winning_side(state, event)
    if side is None:
        return refused(state, "round_without_winner", f"round {state.round.number}")
    state, facts = _decided(state, event, side)
    return state, (*breach, *facts)


def phase_changed(state: MatchState, event: e.PhaseChanged) -> Change:
    """A phase change. A phase with an event of its own counts as that event if it was not sent."""
    phase = event.payload.phase
    if phase in ("live", "freeze_time") and state.phase in ("warmup", "knife"):
        state = counted_from_now(state)
    if phase == "live":
        return freeze_ended(state, event)
    if (
        phase == "freeze_time"
        and (state.round is None or state.round.ended_at is not None)
        and is_counted(state)
    ):
        return round_started(state, _as_round_start(event))
    if phase == "planted" and (state.round is None or state.round.bomb.planted_at is None):
        return refused(state, "phase_impossible", phase)
    if phase in ("warmup", "knife"):
        return _apart(state, phase)
    if phase in PAUSES and state.round is not None and is_live_play(state):
        return _called(state, state.round, event)
    return _marked(state, phase)


def _called(state: MatchState, running: Round, event: e.PhaseChanged) -> Change:
    """The game pauses only in freeze time: a pause called in live play waits for it, unless `live` is reported
    before."""
    phase, moment = event.payload.phase, running.paused_at or event.ts_event
    return with_round(state, running, pause_called=phase, paused_at=moment), (PhaseEntered(phase=phase),)


def _as_round_start(event: e.PhaseChanged) -> e.RoundStarted:
    told = {name: getattr(event, name) for name in e.Event.__struct_fields__}
    return e.RoundStarted(**told, payload=RoundStartedData())


def _apart(state: MatchState, phase: Any) -> Change:
    """Enter warm-up or knife round, between rounds."""
    dropped: tuple[AnyFact, ...] = ()
    if state.map is not None and state.round is not None and is_counted(state) and not state.map.is_over:
        state, dropped = _dropped(state, state.map, state.round)
    return replace(state, phase=phase, match_tag=phase, round=None), (*dropped, PhaseEntered(phase=phase))


def _dropped(state: MatchState, current: MapState, running: Round) -> Change:
    """An undecided round will be played again; after a decided one the sides are those of the next round."""
    if running.ended_at is None:
        return back_to(state, running.number, reason="voided")
    a_side = a_side_in(current.rules, running.number + 1, current.first_a_side)
    return with_map(state, current, a_side=a_side), ()


def _marked(state: MatchState, phase: Any) -> Change:
    """Enter a phase that changes nothing else. During warm-up and knife round such phases are ignored."""
    if state.phase in ("warmup", "knife"):
        return state, ()
    return replace(state, phase=phase), (PhaseEntered(phase=phase),)


def _number(state: MatchState, event: e.RoundStarted) -> int:
    """The round's number: the source's, otherwise from the score that it gives, otherwise the next one."""
    assert state.map is not None
    said = event.payload
    if event.round_no:
        return event.round_no
    if said.score_a is not None and said.score_b is not None:
        return said.score_a + said.score_b + 1
    return last_played(state.map) + 1


def _as_told(state: MatchState, said: RoundStartedData, number: int) -> Change:
    """Take the source's score and side where they differ from ours, and report the difference."""
    current = state.map
    assert current is not None
    state, breach = score_told(state, said.score_a, said.score_b)
    facts = [*breach]
    current = state.map
    assert current is not None
    if said.a_side is not None and said.a_side != a_side_in(current.rules, number, current.first_a_side):
        if current.rounds:
            facts.append(broken("side_mismatch", f"round {number}, told {said.a_side}"))
        state = with_map(state, current, first_a_side=other_side(current.first_a_side), a_side=said.a_side)
    return state, tuple(facts)


def _at_start(
    players: Mapping[str, Player], rules: Rules, number: int, *, is_new_half: bool
) -> dict[str, Player]:
    """All players alive; a new half resets money and equipment."""
    if is_new_half:
        money = rules.overtime_start_money if is_overtime(rules, number) else rules.start_money
        return unequipped(players, money)
    return {k: replace(who, is_alive=True, health=100, controls=None) for k, who in players.items()}


def _went_live(state: MatchState) -> RoundWentLive:
    there = {k: p for k, p in state.players.items() if p.team is not None and p.is_connected}
    totals = carried(there.values())
    return RoundWentLive(
        equipment_a=totals["A"],
        equipment_b=totals["B"],
        money={k: p.money for k, p in there.items()},
        equipment={k: p.equipment_value for k, p in there.items()},
    )


def _winning_side(state: MatchState, event: e.RoundEnded) -> tuple[Side | None, tuple[AnyFact, ...]]:
    said = event.payload
    from_team = side_of(state, said.winner_team)
    if said.winner_side is not None and from_team is not None and from_team != said.winner_side:
        return said.winner_side, (broken("winner_mismatch", f"{said.winner_team} is not {said.winner_side}"),)
    return said.winner_side or from_team, ()


def _decided(state: MatchState, event: e.RoundEnded, side: Side) -> Change:
    current, running = state.map, state.round
    assert current is not None
    assert running is not None
    team = team_on(state, side)
    assert team is not None
    state = replace(with_round(state, running, ended_at=event.ts_event, winner_team=team), phase="round_end")
    result = _result(current, running, team=team, side=side, reason=event.payload.reason)
    state = with_map(
        state,
        current,
        score_a=result.score_a,
        score_b=result.score_b,
        losses_a=result.losses_a,
        losses_b=result.losses_b,
        rounds=(*current.rounds, result),
    )
    state, told = score_told(state, event.payload.score_a, event.payload.score_b)
    assert state.map is not None
    fact = RoundDecided(
        winner_team=team,
        winner_side=side,
        reason=result.reason,
        score_a=state.map.score_a,
        score_b=state.map.score_b,
        round_time_s=round_time_s(state, event.ts_event),
        survivors=_survivors(state),
    )
    state, ending = settled(state)
    return state, (fact, *told, *ending)


def _result(current: MapState, running: Round, *, team: Team, side: Side, reason: EndReason) -> RoundResult:
    score_a, score_b = _score_after(current, team)
    losses_a, losses_b = _losses_after(current, team)
    return RoundResult(
        number=running.number,
        winner_team=team,
        winner_side=side,
        reason=reason,
        score_a=score_a,
        score_b=score_b,
        losses_a=losses_a,
        losses_b=losses_b,
        a_side=current.a_side,
        first_seq=running.first_seq,
        equipment_a=running.equipment_a,
        equipment_b=running.equipment_b,
    )


def _survivors(state: MatchState) -> tuple[str, ...]:
    players = state.players.items()
    return tuple(sorted(key for key, who in players if who.is_alive and who.is_connected and who.team))


def _score_after(current: MapState, winner: Team) -> tuple[int, int]:
    return current.score_a + (winner == "A"), current.score_b + (winner == "B")


def _losses_after(current: MapState, winner: Team) -> tuple[int, int]:
    """The loss-bonus counters: one step up for the loser, one down for the winner, within the ladder."""
    top = len(current.rules.loss_rewards) - 1
    stepped = {winner: -1, other_team(winner): 1}
    return (
        max(0, min(top, current.losses_a + stepped["A"])),
        max(0, min(top, current.losses_b + stepped["B"])),
    )
