"""One question for all who wait, and its answer again for a while; for nobody who may not see it."""

import asyncio

import pytest

from api.public.away import AwayError
from api.public.history import NoHistory, Row
from api.public.remembered import Remembered
from tests.api.public.doubles import Desk
from tests.api.public.office import OURS, Office


class Store:
    """Counts its questions, and fails when it is told to."""

    def __init__(self) -> None:
        self.asked, self.is_away = 0, False

    async def say(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise AwayError("store", "is away")
        return self.asked


def test_an_answer_is_kept_for_a_while() -> None:
    at_s, store = [0.0], Store()
    remembered = Remembered[int](60, now_s=lambda: at_s[0])
    told = []
    for at_s[0] in (0.0, 59.0, 60.0, 119.0, 120.0):
        told.append(asyncio.run(remembered.answer(store.say)))
    assert told == [1, 1, 2, 2, 3]


def test_all_who_wait_share_one_question_even_if_the_first_goes_away() -> None:
    store, remembered = Store(), Remembered[int]()

    async def many() -> list[int]:
        first = asyncio.create_task(remembered.answer(store.say))
        await asyncio.sleep(0)
        others = [asyncio.create_task(remembered.answer(store.say)) for _ in range(5)]
        first.cancel()
        return await asyncio.gather(*others)

    assert asyncio.run(many()) == [1] * 5


def test_an_error_is_told_to_all_who_wait_and_not_kept() -> None:
    store, remembered = Store(), Remembered[int]()
    store.is_away = True

    async def many() -> list[int | BaseException]:
        return await asyncio.gather(*(remembered.answer(store.say) for _ in range(3)), return_exceptions=True)

    assert [type(each) for each in asyncio.run(many())] == [AwayError] * 3
    store.is_away = False
    assert asyncio.run(remembered.answer(store.say)) == 2


class Counting(NoHistory):
    def __init__(self) -> None:
        self.asked = 0

    async def rows(self, question: str, **values: object) -> list[Row]:
        self.asked += 1
        return []


def test_the_coverage_is_asked_once_for_many_requests() -> None:
    desk = Desk(history := Counting())
    first = desk.json("/api/v1/coverage")
    asked = history.asked
    assert [desk.json("/api/v1/coverage") for _ in range(3)] == [first] * 3
    assert history.asked == asked > 0


@pytest.mark.slow
def test_what_is_kept_is_not_told_to_who_is_granted_some_matches(office: Office) -> None:
    some, all_ = office.key("one", matches=[OURS]), office.key("all")
    assert office.ask("/api/v1/coverage", all_).status_code == 200
    assert office.ask("/api/v1/coverage", some).status_code == 403
