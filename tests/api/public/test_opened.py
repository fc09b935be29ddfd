"""The catalog is opened once, at the first question, and its absence is told in the API's words."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.catalog.changes import CatalogAwayError
from api.public.away import AwayError
from api.public.opened import Opened

WITHIN_S = 60


class Door:
    """Opens what is asked, but for the first `refusals` times; `tries` is how often."""

    def __init__(self, refusals: int = 0) -> None:
        self.tries, self.refusals = 0, refusals

    def open(self) -> str:
        self.tries += 1
        if self.tries <= self.refusals:
            raise CatalogAwayError("nobody is there")
        return "a catalog"


def test_nothing_is_opened_before_the_first_question_and_nothing_twice() -> None:
    door = Door()
    opened, together = Opened(door.open), threading.Barrier(4)

    def asked() -> str:
        together.wait(WITHIN_S)
        return opened.ask(str.upper)

    assert (door.tries, opened.held) == (0, None)
    with ThreadPoolExecutor(4) as threads:
        answers = [each.result(WITHIN_S) for each in [threads.submit(asked) for _ in range(4)]]
    assert answers == ["A CATALOG"] * 4
    assert (door.tries, opened.held) == (1, "a catalog")


def test_what_could_not_be_opened_is_tried_again() -> None:
    opened = Opened(Door(refusals=1).open)
    with pytest.raises(AwayError, match="the catalog does not answer"):
        opened.ask(len)
    assert opened.held is None
    assert opened.ask(len) == len("a catalog")


def test_a_catalog_that_went_away_stays_open_and_other_errors_are_the_question_s() -> None:
    opened = Opened(Door().open)

    def away(_: str) -> None:
        raise CatalogAwayError("it has left")

    with pytest.raises(AwayError, match="the catalog does not answer"):
        opened.ask(away)
    with pytest.raises(ValueError, match="substring"):
        opened.ask(lambda held: held.index("z"))
    assert opened.held == "a catalog"
