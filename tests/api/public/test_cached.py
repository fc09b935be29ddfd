"""The store behind a cache: who is asked in which order, and that an absent cache changes no answer."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from adapters.cache.newest import CacheAwayError, Newest, NewestHere, Shown
from api.public import cached
from api.public.away import AwayError
from api.public.cached import CachedHistory
from api.public.history import Row
from game.codec import encode
from game.messages import Prediction
from game.view import MatchView
from tests.api.public.doubles import match_id, messages

TEXT = encode(next(m for m in messages() if isinstance(m, Prediction)))


def view(seq: int) -> MatchView:
    moment = datetime(2026, 5, 17, 12, 0, seq, tzinfo=UTC)
    return MatchView(
        match_id="m", seq=seq, prev_seq=seq - 1, state={"seq": seq}, ts_event=moment, is_current=True
    )


def _many(values: Mapping[str, object]) -> Sequence[str]:
    found = values.get("match_ids", [])
    assert isinstance(found, list)
    return found


@pytest.fixture(autouse=True)
def _a_long_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is not forgotten in the midst of a test."""
    monkeypatch.setattr(cached, "REMEMBERED_S", 3_600.0)


class Asked(CachedHistory):
    """Its store has one state and one prediction, and counts how often it is asked."""

    def __init__(self, shared: Newest | None = None) -> None:
        super().__init__("http://nowhere", shared=shared)
        self.questions = 0

    async def rows(self, question: str, **values: object) -> list[Row]:
        self.questions += 1
        if "m" not in (values.get("match_id"), *_many(values)):
            return []
        kept = view(1)
        row: Row = {"match_id": "m", "seq": kept.seq, "prev_seq": kept.prev_seq, "ts_event": kept.ts_event}
        return [row | {"state": '{"seq":1}', "message": TEXT.decode()}]


class Away(NewestHere):
    def view(self, match_id: str) -> MatchView | None:
        raise CacheAwayError("for the test")

    def prediction(self, match_id: str) -> bytes | None:
        raise CacheAwayError("for the test")

    def recent(self, limit: int) -> list[MatchView]:
        raise CacheAwayError("for the test")


def test_the_shared_cache_is_asked_before_the_store() -> None:
    shared = NewestHere()
    shared.put([Shown(match_id="m", view=view(7), prediction=TEXT)])
    history = Asked(shared)
    assert asyncio.run(history.view("m")) == view(7)
    found = asyncio.run(history.latest_prediction("m"))
    assert found is not None
    assert (found.raw, history.questions) == (TEXT, 0)
    assert [each.seq for each in asyncio.run(history.recent(5))] == [7]


def test_predictions_of_many_are_those_of_the_shared_cache() -> None:
    shared = NewestHere()
    shared.put([Shown(match_id="m", view=None, prediction=TEXT)])
    history = Asked(shared)
    found = asyncio.run(history.latest_of(["m"]))
    assert ({each: kept.raw for each, kept in found.items()}, history.questions) == ({"m": TEXT}, 0)


@pytest.mark.parametrize("shared", [None, NewestHere(), Away()], ids=["none", "empty", "away"])
def test_else_the_store_is_asked_once_for_those_that_nobody_has(shared: Newest | None) -> None:
    history = Asked(shared)
    for _ in range(2):
        found = asyncio.run(history.latest_of(["m"]))
        assert {each: kept.raw for each, kept in found.items()} == {"m": TEXT}
    assert history.questions == 1
    assert asyncio.run(history.latest_of(["nobody"])) == {}


@pytest.mark.parametrize("shared", [None, NewestHere(), Away()], ids=["none", "empty", "away"])
def test_else_the_store_is_asked_once_for_a_while(shared: Newest | None) -> None:
    history = Asked(shared)
    for _ in range(3):
        assert asyncio.run(history.view("m")) == view(1)
        found = asyncio.run(history.latest_prediction("m"))
        assert found is not None
        assert found.raw == TEXT
    assert history.questions == 2
    assert asyncio.run(history.recent(5)) == []


def test_after_a_while_the_store_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "REMEMBERED_S", 0.0)
    history = Asked()
    assert [asyncio.run(history.view("m")) for _ in range(2)] == [view(1)] * 2
    assert history.questions == 2


def test_what_is_unknown_stays_so_and_is_not_remembered() -> None:
    history = Asked()
    assert [asyncio.run(history.view("nobody")) for _ in range(2)] == [None, None]
    assert history.questions == 2


def test_an_entry_of_another_version_is_none() -> None:
    shared = NewestHere()
    shared.put([Shown(match_id="m", view=None, prediction=b'{"message":"prediction"}')])
    history = Asked(shared)
    found = asyncio.run(history.latest_prediction("m"))
    assert found is not None
    assert found.raw == TEXT


def test_a_store_that_is_away_is_told_and_what_the_cache_has_is_answered() -> None:
    shared = NewestHere()
    shared.put([Shown(match_id=match_id(), view=None, prediction=TEXT)])
    history = CachedHistory("http://127.0.0.1:9/x", {"connect_timeout": "1"}, shared=shared)
    assert asyncio.run(history.latest_prediction(match_id())) is not None
    with pytest.raises(AwayError):
        asyncio.run(history.view(match_id()))
