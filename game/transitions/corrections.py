"""Going back: restart, restore, voided rounds, recreated maps.

Belongs here: the state after the server takes something back. Does not belong here: withdrawing published messages
(`models.fold` turns `Withdrawn` into retractions with their seq ranges).
"""

from msgspec.structs import replace

from game import events as e
from game.facts import Withdrawn
from game.quality import broken
from game.rules import a_side_in, is_decided
from game.state import MapState, MatchState, RoundResult
from game.transitions.change import Change, refused, unequipped, with_map
from game.transitions.ending import map_reopened


def match_restarted(state: MatchState, event: e.MatchRestarted | e.MatchRecreated) -> Change:
    """The map begins again from 0:0. A restart in warm-up, in the knife round or after the map's end changes
    nothing."""
    is_restart = isinstance(event, e.MatchRestarted)
    reason = "restart" if is_restart else "recreated"
    if state.map is None or (state.round is None and not state.map.rounds):
        return state, ()
    if is_restart and state.match_tag in ("warmup", "knife"):
        return state, ()
    if is_told_late(state, event):
        return refused(state, "going_back_late", reason)
    if is_restart and state.map.is_over:
        return state, ()
    return back_to(state, 1, reason=reason)


def backup_restored(state: MatchState, event: e.BackupRestored) -> Change:
    """The server loaded the backup of the start of a round."""
    to_round = max(1, event.payload.to_round)
    if state.map is None:
        return refused(state, "restore_unknown_round", f"round {to_round}, no map runs")
    if is_told_late(state, event):
        return refused(state, "going_back_late", f"restore to round {to_round}")
    last = last_played(state.map)
    running = state.round.number if state.round is not None else last + 1
    if to_round > max(last + 1, running):
        return refused(state, "restore_unknown_round", f"round {to_round}, {last} were played")
    restored, facts = back_to(state, to_round, reason="restore")
    restored, told = score_told(restored, event.payload.score_a, event.payload.score_b)
    assert restored.map is not None
    if is_decided(restored.map.rules, restored.map.score_a, restored.map.score_b):
        return refused(state, "restore_unknown_round", f"round {to_round}, the map is decided before it")
    return restored, (*facts, *told)


def round_voided(state: MatchState, event: e.RoundVoided) -> Change:
    """The running or the last round is played again; an older one cannot be corrected here."""
    number = event.payload.voided_round
    last = state.map.rounds[-1].number if state.map is not None and state.map.rounds else 0
    running = state.round.number if state.round is not None else last
    if state.map is None or number not in (last, running) or number < 1:
        return refused(state, "void_of_old_round", f"round {number}")
    if is_told_late(state, event):
        return refused(state, "going_back_late", f"void of round {number}")
    return back_to(state, number, reason="voided")


def is_told_late(state: MatchState, event: e.Event) -> bool:
    """Whether the event is older than the running round, whose start implied it already, so that nothing is left to
    take back. An event in the same second as the round's start still counts, because logs have whole seconds."""
    running = state.round
    return running is not None and event.ts_event < (running.live_at or running.started_at)


def back_to(state: MatchState, number: int, *, reason: str, rule: str | None = None) -> Change:
    """The state before round `number` of the running map, and the withdrawal of everything after it."""
    score = _score_before(state, number)
    state = map_reopened(state)
    current = state.map
    assert current is not None
    state = with_map(state, _rewound(current, number, score=score), is_over=False)
    players = unequipped(state.players, current.rules.start_money) if number == 1 else state.players
    state = replace(state, round=None, players=players, phase="freeze_time", match_tag="live")
    assert state.map is not None
    fact = Withdrawn(reason=reason, from_round=number, score_a=state.map.score_a, score_b=state.map.score_b)
    return state, (fact,) if rule is None else (broken(rule, f"to round {number}"), fact)


def last_played(current: MapState) -> int:
    """The number of the last decided round, even if only its score is known."""
    return current.rounds[-1].number if current.rounds else current.base_a + current.base_b


def first_seq_of(state: MatchState, number: int) -> int:
    """The seq of the first event of round `number`, or of the next later round that the state holds."""
    assert state.map is not None
    starts = {r.number: r.first_seq for r in state.map.left_open}
    starts |= {r.number: r.first_seq for r in state.map.rounds}
    if state.round is not None:
        starts.setdefault(state.round.number, state.round.first_seq)
    later = [seq for n, seq in starts.items() if n >= number]
    return min(later) if later else state.seq + 1


def score_told(state: MatchState, score_a: int | None, score_b: int | None) -> Change:
    """Take the source's score over ours, with a quality fact if they differ. After joining midway it also gives the
    score before the rounds that we saw."""
    current = state.map
    if current is None or score_a is None or score_b is None:
        return state, ()
    if (score_a, score_b) == (current.score_a, current.score_b):
        return state, ()
    breach = broken("score_mismatch", f"{current.score_a}:{current.score_b}, told {score_a}:{score_b}")
    return replace(state, map=_rescored(current, score_a, score_b)), (breach,)


def _rescored(current: MapState, score_a: int, score_b: int) -> MapState:
    """Shift the scores by the difference: of all rounds if the score before them was not known, otherwise only of the
    last round, and only if the new score is the one after it."""
    more_a, more_b = score_a - current.score_a, score_b - current.score_b
    rounds = current.rounds
    is_base_known = bool(rounds) and current.base_a + current.base_b == rounds[0].number - 1
    is_after_last = bool(rounds) and score_a + score_b == rounds[-1].number
    moved = 0 if not is_base_known else len(rounds) - is_after_last
    base = (0, 0) if is_base_known else (more_a, more_b)
    return replace(
        current,
        score_a=score_a,
        score_b=score_b,
        base_a=max(0, current.base_a + base[0]),
        base_b=max(0, current.base_b + base[1]),
        rounds=(*rounds[:moved], *(_moved(r, more_a, more_b) for r in rounds[moved:])),
    )


def _moved(result: RoundResult, more_a: int, more_b: int) -> RoundResult:
    return replace(result, score_a=max(0, result.score_a + more_a), score_b=max(0, result.score_b + more_b))


def _score_before(state: MatchState, number: int) -> tuple[int, int]:
    """The score at the start of round `number`, including rounds known only by the score. The score of a map that is
    over may come from the source alone, and belong to no round."""
    current, running = state.map, state.round
    if current is None or number == 1:
        return 0, 0
    again = next((r for r in current.rounds if r.number == number), None)
    if again is not None:
        won_by_a = again.winner_team == "A"
        return max(0, again.score_a - won_by_a), max(0, again.score_b - (not won_by_a))
    if running is not None and running.number == number and not current.is_over:
        return current.score_a, current.score_b
    kept = [r for r in current.rounds if r.number < number]
    if kept:
        return kept[-1].score_a, kept[-1].score_b
    seen_from = current.rounds[0].number if current.rounds else last_played(current) + 1
    return (current.base_a, current.base_b) if number >= seen_from else (0, 0)


def _rewound(current: MapState, number: int, *, score: tuple[int, int]) -> MapState:
    kept = tuple(r for r in current.rounds if r.number < number)
    last = kept[-1] if kept else None
    return replace(
        current,
        rounds=kept,
        left_open=tuple(r for r in current.left_open if r.number < number),
        score_a=score[0],
        score_b=score[1],
        base_a=current.base_a if kept else score[0],
        base_b=current.base_b if kept else score[1],
        losses_a=last.losses_a if last else 1,
        losses_b=last.losses_b if last else 1,
        a_side=a_side_in(current.rules, number, current.first_a_side),
    )
