"""How rounds, maps and series settle, read off two states: pure."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.public.live import results
from game.advance import advance
from game.events import AnyEvent
from game.facts import AnyFact, Withdrawn
from game.simulate.mishaps import undergo
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import initial_state
from game.view import MatchView


def view_of(
    seq: int, rounds: list[tuple[int, str]], *, number: int, live: bool = True, **more: Any
) -> MatchView:
    """A map with these rounds decided, (number, winner), in the round `number`."""
    won = [[0, 0]]
    told = []
    for each, team in rounds:
        score = [won[-1][0] + (team == "A"), won[-1][1] + (team == "B")]
        won.append(score)
        told.append({"number": each, "winner_team": team, "score_a": score[0], "score_b": score[1]})
    state = {
        "map": {"map_id": "a", "rounds": told, "is_over": more.pop("is_over", False)},
        "round": {"number": number, "live_at": "now" if live else None},
        "finished_maps": more.pop("finished_maps", []),
        **more,
    }
    return MatchView(match_id="m", seq=seq, state=state, is_current=True)


def said(before: MatchView, after: MatchView) -> list[tuple[str, int | None, str | None, str]]:
    return [(f.horizon, f.round_no, f.winner_team, f.finality) for f in results.changes(before, after)]


def test_a_round_is_provisional_until_the_next_one_is_live() -> None:
    none, one = view_of(1, [], number=1), view_of(2, [(1, "A")], number=1)
    freeze, live = view_of(3, [(1, "A")], number=2, live=False), view_of(4, [(1, "A")], number=2)
    assert said(none, one) == [("round", 1, "A", "provisional")]
    assert said(one, freeze) == []
    assert said(freeze, live) == [("round", 1, "A", "final")]


def test_what_is_final_stays_so_in_the_freeze_time_of_later_rounds() -> None:
    two = [(1, "A"), (2, "B")]
    assert said(view_of(5, two, number=2), view_of(6, two, number=3, live=False)) == []
    assert said(view_of(6, two, number=3, live=False), view_of(7, two, number=3)) == [
        ("round", 2, "B", "final")
    ]


def test_only_the_last_round_may_be_played_again_after_a_restore() -> None:
    """Until the next round begins, none runs."""
    three = [(1, "A"), (2, "B"), (3, "A")]
    restored = view_of(8, three[:2], number=0, round=None)
    assert said(view_of(7, three, number=4), restored) == [
        ("round", 2, "B", "provisional"),
        ("round", 3, "A", "revoked"),
    ]
    assert said(restored, view_of(9, three[:2], number=3, live=False)) == []


def test_a_round_whose_end_was_lost_leaves_final_what_was() -> None:
    one = [(1, "A")]
    assert said(view_of(3, one, number=2), view_of(4, one, number=3, live=False)) == []


def test_a_restore_revokes_and_another_winner_amends() -> None:
    two = view_of(5, [(1, "A"), (2, "B")], number=3)
    assert said(two, view_of(6, [(1, "A")], number=2)) == [("round", 2, "B", "revoked")]
    assert said(two, view_of(6, [(1, "B"), (2, "B")], number=3)) == [
        ("round", 1, "B", "amended"),
        ("round", 2, "B", "amended"),
    ]


def test_a_map_is_final_from_the_start_of_the_next_on() -> None:
    """Nothing takes it up again then: not the freeze times of the next, not its restart, not the maps after it."""
    first, second = (
        {"map_id": each, "winner_team": "A", "score_a": 13, "score_b": 2} for each in ("first", "a")
    )
    begun = view_of(2, [], number=1, live=False, finished_maps=[first])
    assert said(view_of(1, [], number=1), begun) == [("map", None, "A", "final")]
    live, again = (
        view_of(3, [], number=1, finished_maps=[first]),
        view_of(4, [], number=1, live=False, finished_maps=[first]),
    )
    assert said(begun, live) == said(live, again) == []
    both = view_of(5, [], number=1, is_over=True, finished_maps=[first, second])
    assert said(again, both) == [("map", None, "A", "provisional")]


def test_maps_and_series_are_settled() -> None:
    done = {"map_id": "a", "winner_team": "A", "score_a": 1, "score_b": 0}
    running, over = (
        view_of(1, [(1, "A")], number=1),
        view_of(2, [(1, "A")], number=1, is_over=True, finished_maps=[done]),
    )
    assert said(running, over) == [("map", None, "A", "provisional"), ("round", 1, "A", "final")]
    series: dict[str, Any] = {"is_series_over": True, "series_winner": "A", "maps_a": 1, "maps_b": 0}
    ended = view_of(3, [(1, "A")], number=1, is_over=True, finished_maps=[done], **series)
    assert said(over, ended) == [("map", None, "A", "final"), ("series", None, "A", "final")]


@cache
def series() -> tuple[AnyEvent, ...]:
    return tuple(simulate(Setting(seed=3, position_hz=0, has_shots=False)))


def played(seed: int) -> Iterator[tuple[MatchView, tuple[AnyFact, ...]]]:
    """A series with restarts and restores: each of its states, and what came to be known by it."""
    lived = undergo(list(series()), restarts=2, restores=6, silent_restores=3, rng=Random(seed))
    state = initial_state("m")
    for event in lived.events:
        state, facts = advance(state, event)
        yield (
            MatchView(match_id="m", seq=state.seq, state=msgspec.to_builtins(state), is_current=True),
            facts,
        )


@pytest.mark.slow
@settings(max_examples=4)
@given(st.integers(min_value=0, max_value=1000))
def test_what_is_final_stays_so_but_for_the_round_before_a_restore(seed: int) -> None:
    before, told, went_back = MatchView(match_id="m"), dict[results.Key, str](), 0
    for after, facts in played(seed):
        withdrawn = [fact.from_round for fact in facts if isinstance(fact, Withdrawn)]
        for frame in results.changes(before, after):
            key = (frame.horizon, frame.map_id, frame.round_no)
            if told.get(key) == "final" and frame.finality != "final":
                went_back += 1
                assert frame.horizon == "round"
                assert frame.round_no is not None
                assert withdrawn
                is_void = frame.round_no >= withdrawn[0]
                assert is_void or (frame.round_no, frame.finality) == (withdrawn[0] - 1, "provisional")
            told[key] = frame.finality
        before = after
    assert went_back
    assert set(told.values()) <= {"final", "amended"}
