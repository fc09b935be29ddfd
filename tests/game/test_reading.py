"""A view over a log that loses messages and is read again, beside a store: it goes forward alone, and is true."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game.messages import Retraction, StateMessage, StateSnapshot
from game.reading import Reading
from game.view import MatchView, apply, new_view
from tests.game.test_view import LEVELS, told


def stored(messages: list[StateMessage]) -> MatchView | None:
    """What a store has that was given these: the newest snapshot that is not withdrawn."""
    void = [range(each.from_seq, each.to_seq + 1) for each in messages if isinstance(each, Retraction)]
    kept = [m for m in messages if isinstance(m, StateSnapshot) and not any(m.seq in span for span in void)]
    return apply(new_view(kept[-1].match_id), kept[-1]) if kept else None


@cache
def states(level: int) -> dict[int, dict[str, Any]]:
    """The state after each seq, void ones too."""
    messages, _ = told(level)
    view, found = new_view(messages[0].match_id), dict[int, dict[str, Any]]()
    for each in messages:
        view = apply(view, each)
        found[view.seq] = view.state
    return found


class Reader:
    """Reads a match; `at` is how far it has got."""

    def __init__(self, level: int) -> None:
        self.messages, _ = told(level)
        self.states = states(level)
        self.reading = Reading(self.messages[0].match_id)
        self.at = 0

    def take(self, count: int) -> None:
        self._take(self.messages[self.at : self.at + count])
        self.at += count

    def lose(self, count: int) -> None:
        self.at += count

    def read_again(self, count: int) -> None:
        self._take(self.messages[max(0, self.at - 20 * count) : self.at])

    def ask_store(self, count: int) -> None:
        for end in (self.at - count, self.at + count):
            found = stored(self.messages[: max(0, end)])
            if found is not None:
                self._moved(partial(self.reading.begin, found))

    def _take(self, messages: list[StateMessage]) -> None:
        for each in messages:
            self._moved(partial(self.reading.take, each))

    def _moved(self, act: Callable[[], None]) -> None:
        before = self.reading.view
        act()
        after = self.reading.view
        assert after.seq >= before.seq
        assert not after.is_current or after.state == self.states[after.seq]


@pytest.mark.slow
@settings(max_examples=60)
@given(
    level=st.sampled_from(LEVELS),
    begin=st.integers(0, 900),
    steps=st.lists(
        st.tuples(
            st.sampled_from([Reader.take, Reader.lose, Reader.read_again, Reader.ask_store]),
            st.integers(1, 60),
        ),
        max_size=20,
    ),
)
def test_a_view_goes_forward_and_is_true(level: int, begin: int, steps: list[tuple[Any, int]]) -> None:
    reader = Reader(level)
    reader.at = begin
    for act, count in steps:
        act(reader, count)
    reader.at = len(reader.messages)
    reader.read_again(reader.at)
    assert reader.reading.view.is_current
    assert reader.reading.view.seq == max(reader.states)


def test_what_the_store_has_from_before_a_retraction_is_not_taken() -> None:
    """It may lag behind the log, and not know yet what is void."""
    messages, _ = told(3)
    at, void = next(
        (n, each) for n, each in enumerate(messages) if isinstance(each, Retraction) and each.seq > 100
    )
    reader = Reader(3)
    reader.take(at - 3)
    reader.lose(3)
    reader.take(1)
    before = reader.reading.view
    assert before.seq < void.to_seq
    reader.reading.begin(msgspec.structs.replace(before, seq=void.to_seq, is_current=True))
    assert reader.reading.view is before


def test_a_wider_retraction_with_the_same_seq_makes_void_what_the_first_left() -> None:
    reader = Reader(0)
    reader.take(50)
    before = reader.reading.view
    narrow = Retraction(
        match_id=before.match_id,
        seq=before.seq + 2,
        from_seq=before.seq + 1,
        to_seq=before.seq + 1,
        reason="taken back",
    )
    reader.reading.take(narrow)
    assert reader.reading.view.is_current
    wide = msgspec.structs.replace(narrow, from_seq=before.seq - 1)
    reader.reading.take(wide)
    assert not reader.reading.view.is_current
