"""The mess dial: what it does to a feed, and that the match is still found in it."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from game import events as e
from game.codec import encode
from game.facts import Damaged, Killed, MapDecided, RoundDecided, SeriesDecided, Withdrawn
from game.messages import Message, Processed
from game.simulate.mess import LEVELS, Messed, Options, mess, messed
from game.simulate.mishaps import round_spans
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.digest import facts_digest, valid
from models.fold import fold_events

pytestmark = pytest.mark.slow

SCORED = (Damaged, Killed, RoundDecided, MapDecided, SeriesDecided)
seeds = st.integers(min_value=0, max_value=1000)


@cache
def clean() -> tuple[e.AnyEvent, ...]:
    return tuple(simulate(Setting(seed=21, best_of=1, position_hz=0, has_shots=False)))


@cache
def clean_messages() -> list[Message]:
    return fold_events(clean(), None)


@cache
def clean_digest() -> str:
    return facts_digest(clean_messages())


def messy(seed: int, options: Options) -> Messed:
    return messed(clean(), seed=seed, options=options)


def scored(messages: list[Message]) -> Counter[tuple[str, bytes]]:
    """What counts of a match: who did what to whom and who won, by event."""
    return Counter(
        (message.event_id, encode(fact))
        for message in valid(messages)
        if isinstance(message, Processed)
        for fact in message.facts
        if isinstance(fact, SCORED)
    )


def results(messages: list[Message]) -> list[object]:
    return [
        (fact.winner_team, fact.score_a, fact.score_b)
        for message in valid(messages)
        if isinstance(message, Processed)
        for fact in message.facts
        if isinstance(fact, RoundDecided | MapDecided)
    ]


def test_level_0_changes_nothing() -> None:
    assert mess(clean(), seed=1, options=0) == list(clean())


@given(seeds, st.integers(min_value=0, max_value=len(LEVELS) - 1))
@settings(max_examples=4)
def test_the_same_arguments_give_the_same_mess(seed: int, level: int) -> None:
    once, again = mess(clean(), seed=seed, options=level), mess(clean(), seed=seed, options=level)
    assert [encode(event) for event in once] == [encode(event) for event in again]


@given(seeds)
@example(seed=58)  # the map's start comes again after the first round's
@settings(max_examples=4)
def test_duplicates_and_reordering_change_nothing(seed: int) -> None:
    found = messy(seed, Options(duplicate_share=0.1, reorder_share=0.5))
    assert found.events != list(clean())
    assert {event.event_id for event in found.events} == {event.event_id for event in clean()}
    assert facts_digest(fold_events(found.events, None)) == clean_digest()


@given(seeds)
@settings(max_examples=4)
def test_no_event_leaves_its_window(seed: int) -> None:
    options = Options(reorder_share=1.0, reorder_window=8)
    places = {event.event_id: place for place, event in enumerate(messy(seed, options).events)}
    assert max(abs(places[event.event_id] - place) for place, event in enumerate(clean())) < 8


@pytest.mark.parametrize("has_session", [True, False])
@given(seed=seeds)
@settings(max_examples=2)
def test_a_source_may_start_again(seed: int, *, has_session: bool) -> None:
    options = Options(session_restarts=2, has_session=has_session, duplicate_share=0.02)
    found = messy(seed, options).events
    assert sum(event.seq_no == 1 for event in {event.event_id: event for event in found}.values()) == 3
    assert scored(fold_events(found, None)) == scored(clean_messages())


@given(seeds)
@settings(max_examples=3)
def test_late_events_are_folded_in_where_they_belong(seed: int) -> None:
    found = messy(seed, Options(late_events=3))
    assert found.events != list(clean())
    assert scored(fold_events(found.events, None)) == scored(clean_messages())


@given(seeds)
@settings(max_examples=3)
def test_gaps_lose_nothing_that_the_score_follows_from(seed: int) -> None:
    found = messy(seed, Options(gaps=4))
    assert len(found.events) < len(clean())
    assert results(fold_events(found.events, None)) == results(clean_messages())


@pytest.mark.parametrize(
    "options", [Options(match_restarts=1), Options(restores=2), Options(silent_restores=2)], ids=str
)
@given(seed=seeds)
@settings(max_examples=2)
def test_what_was_taken_back_did_not_happen(seed: int, options: Options) -> None:
    found = messy(seed, options)
    lived = fold_events(found.events, None)
    assert len(found.events) > len(found.clean)
    assert any(isinstance(f, Withdrawn) for m in lived if isinstance(m, Processed) for f in m.facts)
    assert scored(lived) == scored(fold_events(found.clean, None))


@given(seeds)
@settings(max_examples=3)
def test_people_who_leave_and_change_names_change_no_figures(seed: int) -> None:
    found = messy(seed, Options(reconnects=3, renames=3))
    kinds = Counter(type(event) for event in found.events)
    assert kinds[e.PlayerRenamed] == kinds[e.PlayerDisconnected] == 3
    assert scored(fold_events(found.events, None)) == scored(clean_messages())


@given(seeds)
@settings(max_examples=3)
def test_a_bot_that_is_taken_over_leaves_the_score_as_it_was(seed: int) -> None:
    found = messy(seed, Options(bot_takeovers=2))
    assert any(isinstance(event, e.BotTakeover) for event in found.events)
    assert results(fold_events(found.events, None)) == results(clean_messages())


@given(seeds)
@settings(max_examples=3)
def test_the_whole_mess_still_ends_at_the_right_score(seed: int) -> None:
    found = messy(seed, LEVELS[3])
    assert results(fold_events(found.events, None))[-1] == results(fold_events(found.clean, None))[-1]


def test_every_round_is_found() -> None:
    spans = round_spans(list(clean()))
    assert len(spans) == sum(isinstance(event, e.RoundEnded) for event in clean())
    assert all(isinstance(clean()[start], e.RoundStarted) for start, _ in spans)
