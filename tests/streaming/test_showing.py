"""What the loader shows in a cache is what a reader of the topics has, through restarts and while the cache is away."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.cache.newest import CacheAwayError, NewestHere, Shown
from adapters.kafka.records import PREDICTIONS, STATE, Record
from adapters.metrics import metrics
from api.public.board import Board
from game.view import MatchView
from streaming.showing import MATCHES_MAX, Showing
from tests.api.public.doubles import match_id, messages, records
from tests.streaming import messages as m

LEVELS = (0, 3)
"""A clean feed, and the worst: with corrections and retractions."""
LAST = 100
"""Records read with the cache there: who starts after the end of a match sees none of it, and mends nothing."""


class Flaky(NewestHere):
    """A cache that is away while `is_away`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.read: list[str] = []

    def put(self, shown: Sequence[Shown]) -> None:
        self._answer()
        super().put(shown)

    def view(self, match_id: str) -> MatchView | None:
        self._answer()
        self.read.append(match_id)
        return super().view(match_id)

    def _answer(self) -> None:
        if self.is_away:
            raise CacheAwayError("for the test")


def read(told: Sequence[Record]) -> Board:
    board = Board(metrics())
    for record in told:
        board.take(record)
    return board


@pytest.mark.slow
@given(st.data())
def test_what_is_shown_is_what_a_reader_has(data: st.DataObject) -> None:
    level = data.draw(st.sampled_from(LEVELS))
    told, cache, counted = records(messages(level)), Flaky(), metrics()
    showing, end = Showing(cache, counted), len(told)
    cuts = sorted(data.draw(st.lists(st.integers(0, end - LAST), max_size=6)))
    for start, stop in zip((0, *cuts), (*cuts, end), strict=True):
        again = data.draw(st.integers(0, start))  # a new loader reads from its last commit
        cache.is_away = stop != end and data.draw(st.booleans())
        showing = Showing(cache, counted) if data.draw(st.booleans()) else showing
        for record in told[again:stop]:
            showing.take(record)
        showing.write()
    showing.write()

    desk = read(told).find(match_id())
    assert desk is not None
    assert cache.view(match_id()) in (None, desk.view)
    text, newest = cache.prediction(match_id()), desk.predictions.newest()
    assert text is None or (newest is not None and text == newest.raw)


def test_without_faults_everything_is_shown() -> None:
    for level in LEVELS:
        told, cache = records(messages(level)), Flaky()
        showing = Showing(cache, metrics())
        for record in told:
            showing.take(record)
        showing.write()
        desk = read(told).find(match_id())
        assert desk is not None
        newest = desk.predictions.newest()
        assert cache.view(match_id()) == desk.view
        assert newest is not None
        assert cache.prediction(match_id()) == newest.raw


def test_what_a_cache_missed_is_written_when_it_is_back() -> None:
    told, cache, counted = records(messages()), Flaky(), metrics()
    showing = Showing(cache, counted)
    cache.is_away = True
    for record in told:
        showing.take(record)
    showing.write()
    assert counted.registry.get_sample_value("error_total", {"kind": "cache_away"}) == 1
    cache.is_away = False
    assert cache.view(match_id()) is None
    showing.write()
    assert cache.view(match_id()) is not None


def test_a_start_amid_a_match_shows_nothing_before_a_whole_state() -> None:
    told, cache = records(messages()), Flaky()
    showing = Showing(cache, metrics())
    deltas = [record for record in told if b'"message":"delta"' in record.value]
    for record in deltas[1:3]:
        showing.take(record)
    showing.write()
    assert cache.view(match_id()) is None


def test_the_cache_is_read_once_for_each_match_that_is_held() -> None:
    cache = Flaky()
    showing = Showing(cache, metrics())
    told = [replace(m.prediction(1), match_id=f"m{number}") for number in range(MATCHES_MAX)]
    for message in told * 2:
        showing.take(m.on_topic(PREDICTIONS, message))
        showing.write()
    assert cache.read == [message.match_id for message in told]


def test_what_cannot_be_read_is_passed_over() -> None:
    told, cache = records(messages()), Flaky()
    showing = Showing(cache, metrics())
    for record in (m.record(STATE, b"{"), m.record(PREDICTIONS, b"\xff"), *told):
        showing.take(record)
    showing.write()
    assert [each.match_id for each in cache.recent(9)] == [match_id()]


@pytest.mark.parametrize("goes_on", [True, False])
def test_another_log_tells_a_match_on_or_anew(*, goes_on: bool) -> None:
    told, cache = records(messages()), Flaky()
    showing = Showing(cache, metrics())
    cut = len(told) // 2
    for record in told[:cut]:
        showing.take(record)
    showing.write()
    showing.turn_to_another_log()
    again = told[cut:] if goes_on else told[: cut // 2]
    for record in again:
        showing.take(record)
    showing.write()
    desk = read(told if goes_on else again).find(match_id())
    assert desk is not None
    newest = desk.predictions.newest()
    assert newest is not None
    assert cache.view(match_id()) == desk.view
    assert cache.prediction(match_id()) == newest.raw


def test_what_is_told_again_moves_no_match() -> None:
    """What nobody writes anew goes from the cache in time."""
    told, cache = records(messages()), Flaky()
    showing = Showing(cache, metrics())
    for record in told:
        showing.take(record)
    showing.write()
    cache.close()
    for record in told:
        showing.take(record)
    showing.write()
    assert cache.recent(9) == []
