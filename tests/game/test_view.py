"""A reader's view of a match: folding what is published gives the state that was published, from wherever it begins."""

from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game import codec
from game.messages import Message, Retraction, StateDelta, StateMessage, StateSnapshot
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import initial_state
from game.view import MatchView, apply, new_view, state_of
from models.fold import MatchFold

LEVELS = (0, 1, 2, 3)
_DECODER: msgspec.json.Decoder[StateMessage] = msgspec.json.Decoder(StateMessage)


@cache
def told(level: int) -> tuple[list[StateMessage], dict[int, dict[str, Any]]]:
    """What the topic holds for a simulated match, and the state by the seq of the last message that told it."""
    events = mess(islice(simulate(Setting(seed=11)), 900), seed=5, options=level)
    fold = MatchFold(events[0].match_id, None)
    messages: list[StateMessage] = []
    states: dict[int, dict[str, Any]] = {}
    for event in events:
        messages += _state_messages(fold.step(event))
        states[fold.state.seq] = msgspec.json.decode(msgspec.json.encode(fold.state))
    return messages, states


def _state_messages(messages: Sequence[Message]) -> list[StateMessage]:
    """Through bytes, as a reader gets them."""
    kept = (m for m in messages if isinstance(m, StateSnapshot | StateDelta | Retraction))
    return [_DECODER.decode(codec.encode(message)) for message in kept]


def folded(messages: Sequence[StateMessage], start: MatchView | None = None) -> MatchView:
    view = start or new_view(messages[0].match_id)
    for message in messages:
        view = apply(view, message)
    return view


@pytest.mark.parametrize("level", LEVELS)
def test_folding_gives_the_state_at_each_seq(level: int) -> None:
    messages, states = told(level)
    view = new_view(messages[0].match_id)
    compared = 0
    for message in messages:
        view = apply(view, message)
        if view.seq in states and not isinstance(message, Retraction):
            assert view.is_current
            assert view.state == states[view.seq]
            compared += 1
    assert compared > 500


def test_the_state_of_a_view_is_the_state_that_was_published() -> None:
    messages, _ = told(0)
    snapshots = [message for message in messages if isinstance(message, StateSnapshot)]
    nothing = new_view("m")
    assert state_of(nothing) == initial_state("m")
    assert len(snapshots) > 3
    for snapshot in snapshots:
        assert state_of(apply(nothing, snapshot)) == snapshot.state


def test_the_worst_feed_has_corrections() -> None:
    assert any(isinstance(message, Retraction) for message in told(3)[0])


@settings(max_examples=40)
@given(data=st.data(), level=st.sampled_from(LEVELS))
def test_a_reader_that_joins_late_converges(data: st.DataObject, level: int) -> None:
    messages, states = told(level)
    start = data.draw(st.integers(0, len(messages) - 300))
    view = folded(messages[start:])
    assert view.is_current
    assert view.state == states[view.seq]


@settings(max_examples=40)
@given(data=st.data(), level=st.sampled_from(LEVELS))
def test_what_is_told_twice_changes_nothing(data: st.DataObject, level: int) -> None:
    """At least once: after a restart the stream repeats a run of messages."""
    messages, states = told(level)
    end = data.draw(st.integers(2, len(messages)))
    again = data.draw(st.integers(max(0, end - 120), end - 1))
    view = folded(messages[:end] + messages[again:])
    assert view.is_current
    assert view.state == states[view.seq]


@settings(max_examples=40)
@given(data=st.data())
def test_a_hole_is_seen_and_mended_by_a_snapshot(data: st.DataObject) -> None:
    messages, states = told(0)
    at = data.draw(st.integers(1, len(messages) - 400))
    lost = data.draw(st.integers(1, 20))
    view = folded(messages[:at])
    is_mended = False
    for message in messages[at + lost :]:
        is_mended = is_mended or isinstance(message, StateSnapshot)
        view = apply(view, message)
        assert view.is_current == is_mended
        assert not is_mended or view.state == states.get(view.seq, view.state)
    assert view.is_current


def test_a_view_is_not_changed_by_what_follows() -> None:
    messages, _ = told(0)
    view = folded(messages[:50])
    before = msgspec.json.encode(view)
    folded(messages[50:80], view)
    assert msgspec.json.encode(view) == before
