"""How rounds, maps and series settle, read off two states: pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from game.advance import advance
from game.events import AnyEvent
from game.facts import AnyFact, Withdrawn
from game.finality import Finality, Key, changes, decided
from game.messages import Horizon
from game.payloads import Team
from game.rules import MR12
from game.simulate.mishaps import undergo
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import MapResult, MapState, MatchState, Round, RoundResult, initial_state

NOON = datetime(2026, 1, 18, 12, tzinfo=UTC)


def state_with(
    rounds: Sequence[tuple[int, Team]],
    *,
    number: int | None,
    live: bool = True,
    is_over: bool = False,
    finished: tuple[MapResult, ...] = (),
) -> MatchState:
    """A map with these rounds decided, (number, winner), in the round `number`; null: none runs."""
    told: list[RoundResult] = []
    for at, (each, team) in enumerate(rounds, start=1):
        won_a = sum(winner == "A" for _, winner in rounds[:at])
        told.append(round_result(each, team, score_a=won_a, score_b=at - won_a))
    running = None
    if number is not None:
        running = Round(number=number, first_seq=1, started_at=NOON, live_at=NOON if live else None)
    map_ = MapState(map_id="a", number=1, rules=MR12, rounds=tuple(told), is_over=is_over)
    return MatchState(match_id="m", map=map_, round=running, finished_maps=finished)


def round_result(number: int, winner: Team, *, score_a: int, score_b: int) -> RoundResult:
    return RoundResult(
        number=number,
        winner_team=winner,
        winner_side="ct",
        reason="ct_win",
        score_a=score_a,
        score_b=score_b,
        losses_a=0,
        losses_b=0,
        a_side="ct",
        first_seq=1,
    )


def map_result(map_id: str) -> MapResult:
    return MapResult(map_id=map_id, number=1, name=None, score_a=13, score_b=2, winner_team="A")


def said(before: MatchState, after: MatchState) -> list[tuple[Horizon, int | None, Team | None, Finality]]:
    told = changes(decided(before).outcomes, decided(after))
    return [(each.horizon, each.round_no, each.outcome.winner_team, each.finality) for each in told]


def test_before_the_first_event_nothing_is_decided() -> None:
    now = decided(initial_state("m"))
    assert (now.map_id, now.outcomes) == (None, {})


def test_a_round_is_provisional_until_the_next_one_is_live() -> None:
    none, one = state_with([], number=1), state_with([(1, "A")], number=1)
    freeze, live = state_with([(1, "A")], number=2, live=False), state_with([(1, "A")], number=2)
    assert said(none, one) == [("round", 1, "A", "provisional")]
    assert said(one, freeze) == []
    assert said(freeze, live) == [("round", 1, "A", "final")]


def test_what_is_final_stays_so_in_the_freeze_time_of_later_rounds() -> None:
    two: list[tuple[int, Team]] = [(1, "A"), (2, "B")]
    freeze = state_with(two, number=3, live=False)
    assert said(state_with(two, number=2), freeze) == []
    assert said(freeze, state_with(two, number=3)) == [("round", 2, "B", "final")]


def test_only_the_last_round_may_be_played_again_after_a_restore() -> None:
    """Until the next round begins, none runs."""
    three: list[tuple[int, Team]] = [(1, "A"), (2, "B"), (3, "A")]
    restored = state_with(three[:2], number=None)
    assert said(state_with(three, number=4), restored) == [
        ("round", 2, "B", "provisional"),
        ("round", 3, "A", "revoked"),
    ]
    assert said(restored, state_with(three[:2], number=3, live=False)) == []


def test_a_round_whose_end_was_lost_leaves_final_what_was() -> None:
    one: list[tuple[int, Team]] = [(1, "A")]
    assert said(state_with(one, number=2), state_with(one, number=3, live=False)) == []


def test_a_restore_revokes_and_another_winner_amends() -> None:
    two = state_with([(1, "A"), (2, "B")], number=3)
    assert said(two, state_with([(1, "A")], number=2)) == [("round", 2, "B", "revoked")]
    assert said(two, state_with([(1, "B"), (2, "B")], number=3)) == [
        ("round", 1, "B", "amended"),
        ("round", 2, "B", "amended"),
    ]


def test_a_map_is_final_from_the_start_of_the_next_on() -> None:
    """Nothing takes it up again then: not the freeze times of the next, not its restart, not the maps after it."""
    first = (map_result("first"),)
    begun = state_with([], number=1, live=False, finished=first)
    assert said(state_with([], number=1), begun) == [("map", None, "A", "final")]
    live, again = state_with([], number=1, finished=first), begun
    assert said(begun, live) == said(live, again) == []
    both = state_with([], number=1, is_over=True, finished=(*first, map_result("a")))
    assert said(again, both) == [("map", None, "A", "provisional")]


def test_rounds_of_a_map_that_was_left_are_not_revoked() -> None:
    first = (map_result("first"),)
    known = decided(state_with([(1, "A")], number=2)).outcomes
    now = decided(state_with([], number=1, finished=first))
    elsewhere: dict[Key, str] = {
        (each.horizon, each.map_id, each.round_no): each.finality
        for each in changes({("round", "first", 1): known["round", "a", 1]}, now)
    }
    assert elsewhere == {("map", "first", None): "final"}


def test_maps_and_series_are_settled() -> None:
    done = (map_result("a"),)
    running = state_with([(1, "A")], number=1)
    over = state_with([(1, "A")], number=1, is_over=True, finished=done)
    assert said(running, over) == [("map", None, "A", "provisional"), ("round", 1, "A", "final")]
    ended = structs.replace(over, is_series_over=True, series_winner="A", maps_a=1)
    assert said(over, ended) == [("map", None, "A", "final"), ("series", None, "A", "final")]


@cache
def series() -> tuple[AnyEvent, ...]:
    return tuple(simulate(Setting(seed=3, position_hz=0, has_shots=False)))


def played(seed: int) -> Iterator[tuple[MatchState, tuple[AnyFact, ...]]]:
    """A series with restarts and restores: each of its states, and what came to be known by it."""
    lived = undergo(list(series()), restarts=2, restores=6, silent_restores=3, rng=Random(seed))
    state = initial_state("m")
    for event in lived.events:
        state, facts = advance(state, event)
        yield state, facts


@pytest.mark.slow
@settings(max_examples=3)
@given(st.integers(min_value=0, max_value=1000))
@example(30)
def test_what_is_final_goes_back_by_a_restore_alone(seed: int) -> None:
    """The round before the restored one may be played again, the rounds from that one on are void; a map falls only
    with the series that it had ended."""
    known, told, went_back = decided(initial_state("m")), dict[Key, Finality](), 0
    for state, facts in played(seed):
        withdrawn = [fact.from_round for fact in facts if isinstance(fact, Withdrawn)]
        before, known = known, decided(state)
        for each in changes(before.outcomes, known):
            key = (each.horizon, each.map_id, each.round_no)
            if told.get(key) == "final" and each.finality != "final":
                went_back += 1
                assert withdrawn
                if each.round_no is None:
                    assert each.finality == "revoked"
                    assert ("series", None, None) in before.outcomes
                elif each.round_no < withdrawn[0]:
                    assert (each.round_no, each.finality) == (withdrawn[0] - 1, "provisional")
            told[key] = each.finality
    assert went_back
    assert set(told.values()) <= {"final", "amended"}
