"""What a client finds that is granted only some matches: its own behind those of others, with bounded work."""

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from adapters.catalog.reading import Wanted
from adapters.metrics import metrics
from api.problems import ProblemError
from api.public.access import grants
from api.public.access.grants import GrantedBoard, GrantedDirectory, GrantedHistory
from api.public.board import Board, Matches
from api.public.directory import Directory
from api.public.history import History, NoHistory
from api.public.sandbox.playing import BoardWithSandbox
from game.view import MatchView
from tests.api.public.doubles import NOON


def ours(match_id: str) -> bool:
    return match_id.startswith("ours-")


class Long(NoHistory):
    """As many matches of others as told, and behind them some of ours."""

    def __init__(self, others: int, own: int) -> None:
        self.ids = [f"theirs-{n}" for n in range(others)] + [f"ours-{n}" for n in range(own)]
        self.asked: list[int] = []

    async def views(self, limit: int) -> list[MatchView]:
        self.asked.append(limit)
        return [MatchView(match_id=each) for each in self.ids[:limit]]


def found(history: Long, limit: int) -> list[str]:
    views = asyncio.run(GrantedHistory(history, ours).views(limit))
    return [view.match_id for view in views]


@pytest.mark.parametrize("others", [0, 1, 3, 60, 997])
def test_matches_behind_those_of_others_are_found(others: int) -> None:
    assert found(Long(others, own=9), 3) == ["ours-0", "ours-1", "ours-2"]


def test_all_there_are_is_an_answer_and_the_store_is_asked_no_more() -> None:
    history = Long(4, own=2)
    assert found(history, 3) == ["ours-0", "ours-1"]
    assert history.asked == [3, 12]


def test_who_is_granted_everything_asks_once() -> None:
    history = Long(0, own=9)
    assert len(found(history, 3)) == 3
    assert history.asked == [3]


@pytest.mark.parametrize("limit", [1, 50, 1_000])
def test_who_has_no_match_asks_for_bounded_many(limit: int) -> None:
    history = Long(5_000, own=9)
    assert found(history, limit) == []
    assert max(history.asked) == grants.VIEWS_MAX
    assert sum(history.asked) < 3 * grants.VIEWS_MAX


TOLD = {
    name: {"match_id": "", **{each: object() for each in parameters if each not in {"self", "values"}}}
    for name, method in inspect.getmembers(History, inspect.iscoroutinefunction)
    if (parameters := inspect.signature(method).parameters).keys() & {"match_id", "values"}
}
"""By question about one match what it is asked with."""


class Answering(NoHistory):
    """Has one answer to every question about one match, and notes what it was asked with."""

    def __init__(self) -> None:
        self.answer = object()
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattribute__(self, name: str) -> Any:
        return partial(self.note, name) if name in TOLD else super().__getattribute__(name)

    async def note(self, name: str, *told: Any, **more: Any) -> object:
        given = inspect.signature(getattr(NoHistory, name)).bind(self, *told, **more).arguments
        del given["self"]
        self.asked.append((name, given | given.pop("values", {})))
        return self.answer


@pytest.mark.parametrize("name", TOLD)
def test_the_store_is_asked_only_about_matches_that_are_allowed(name: str) -> None:
    inner, nothing = Answering(), getattr(NoHistory(), name)
    ask = getattr(GrantedHistory(inner, ours), name)
    theirs, own = (TOLD[name] | {"match_id": each} for each in ("theirs-0", "ours-0"))
    assert asyncio.run(ask(**theirs)) == asyncio.run(nothing(**theirs))
    assert inner.asked == []
    assert asyncio.run(ask(**own)) is inner.answer
    assert inner.asked == [(name, own)]


@pytest.mark.parametrize("name", ["views_of", "latest_of", "rounds_of", "players_of", "scorecards"])
def test_many_matches_are_asked_about_as_far_as_they_are_allowed(name: str) -> None:
    told: list[list[str]] = []

    class Noting(NoHistory):
        def __getattribute__(self, asked: str) -> Any:
            return self.note if asked == name else super().__getattribute__(asked)

        async def note(self, match_ids: Sequence[str], **_: object) -> Mapping[str, object]:
            told.append(list(match_ids))
            return {}

    more = {"scope": "map"} if name == "players_of" else {}
    asyncio.run(getattr(GrantedHistory(Noting(), ours), name)(["theirs-0", "ours-0", "ours-1"], **more))
    assert told == [["ours-0", "ours-1"]]


def test_a_question_about_no_match_is_refused() -> None:
    with pytest.raises(ProblemError) as caught:
        asyncio.run(GrantedHistory(NoHistory(), ours).rows("careers", player_id="p"))
    assert caught.value.problem.status == 403


def test_a_board_has_what_is_allowed_and_nothing_else() -> None:
    whole = Board(metrics())
    whole.begin([MatchView(match_id=each, seq=1) for each in ("theirs-0", "ours-0")])
    theirs, mine = (whole.find(each) for each in ("theirs-0", "ours-0"))
    assert theirs is not None
    assert mine is not None
    seen: Matches = GrantedBoard(whole, ours)
    assert [seen.is_fed, whole.is_fed] == [False, False]
    whole.is_fed = True
    assert seen.is_fed
    assert (seen.find("ours-0"), seen.find("theirs-0"), seen.find("ours-1")) == (mine, None, None)
    assert seen.views() == [mine.view]
    assert seen.put(MatchView(match_id="ours-1", seq=2)) is whole.find("ours-1")
    with pytest.raises(AssertionError, match="not allowed"):
        seen.put(MatchView(match_id="theirs-0", seq=9))
    assert theirs.view.seq == 1


@pytest.mark.parametrize("view", [GrantedBoard, BoardWithSandbox])
def test_what_a_client_sees_of_a_board_is_the_port_and_all_its_own(view: type[Matches]) -> None:
    """Nothing is inherited from a board: neither what takes records, nor an answer that leaves nothing out."""
    told = {name for name in dir(view) if not name.startswith("_")}
    assert told == {name for name in dir(Matches) if not name.startswith("_")}
    assert told <= vars(view).keys()


class Shelf(Directory):
    """A catalog of as many matches of others as told, and behind them some of ours."""

    def __init__(self, others: int, own: int) -> None:
        super().__init__()
        ids = [f"theirs-{n}" for n in range(others)] + [f"ours-{n}" for n in range(own)]
        self.rows: list[dict[str, Any]] = [
            {"match_id": each, "plays_at": NOON - timedelta(minutes=n)} for n, each in enumerate(ids)
        ]
        self.asked = 0

    async def matches(self, wanted: Wanted, *, limit: int) -> Sequence[Mapping[str, Any]]:
        self.asked += 1
        after = wanted.after
        rows = [row for row in self.rows if after is None or row["plays_at"] < after[0]]
        return rows[:limit]


def searched(shelf: Shelf, limit: int) -> list[str]:
    rows = asyncio.run(GrantedDirectory(shelf, ours).matches(Wanted(), limit=limit))
    return [row["match_id"] for row in rows]


def test_a_search_goes_on_behind_the_matches_of_others() -> None:
    shelf = Shelf(2 * grants.PAGE + 1, own=4)
    assert searched(shelf, 3) == ["ours-0", "ours-1", "ours-2"]
    assert shelf.asked == 3


def test_a_search_without_a_match_ends_before_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "PAGE", 5)
    shelf = Shelf(5 * grants.PAGES_MAX + 1, own=4)
    assert searched(shelf, 3) == []
    assert shelf.asked == grants.PAGES_MAX
