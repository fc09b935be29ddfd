"""The system page: how the parts do, for whom may know it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.api.dashboard.browser import axe, is_wider_than_screen, page_on, served
from tests.api.public.doubles import Desk

pytestmark = pytest.mark.server
QUALITY = {
    "matches": 3,
    "maps": 7,
    "provisional": 1,
    "final": 5,
    "amended": 1,
    "breaches": 2,
    "duplicates": 9,
    "late": 4,
    "stale": 0,
    "holes": 0,
    "unreadable": 0,
}
LETTERS = {
    "since": "2026-01-18T12:00:00Z",
    "total": 1_203,
    "reasons": [
        {
            "topic": "raw-game-events",
            "field": "$.payload.health",
            "reason": "Expected `int` <= 100",
            "letters": 1_200,
            "last_at": "2026-01-18T13:00:00Z",
        }
    ],
    "latest": [
        {
            "topic": "raw-game-events",
            "partition": 3,
            "offset": 71,
            "match_id": None,
            "field": "$",
            "reason": "JSON is malformed",
            "source": None,
            "format": None,
            "source_position": None,
            "size_bytes": 12,
            "received_at": "2026-01-18T13:00:00Z",
        }
    ],
}
SYSTEM: dict[str, Any] = {
    "measured_at": "2026-01-18T13:00:00Z",
    "is_fed": True,
    "throughput": {"window_s": 10, "events_per_s": 812.4, "states_per_s": 640.0, "predictions_per_s": 99.5},
    "lag": [
        {"reader": "stream", "topic": "raw-game-events", "partition": each, "messages": 40}
        for each in range(3)
    ],
    "dead_letters": LETTERS,
    "quality": QUALITY,
    "away": [],
}


def answers(told: Any, status: int = 200) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json=told, status=status)


@pytest.mark.parametrize(("theme", "size"), [("dark", (1440, 900)), ("light", (390, 844))])
def test_administrators_see_how_the_parts_do(
    url: str, browser: Browser, theme: str, size: tuple[int, int]
) -> None:
    with page_on(browser, url, theme=theme, size=size) as page:
        page.route("**/api/v1/system?*", answers(SYSTEM))
        page.goto(f"{url}/#/system")
        throughput = page.get_by_role("region", name="Throughput")
        expect(throughput).to_contain_text("812.4")
        expect(throughput.locator("dt:text-is('Not read yet by stream') + dd")).to_have_text("120")
        letters = page.get_by_role("region", name="Dead letters")
        expect(letters).to_contain_text("1,203 records could not be processed")
        expect(letters.locator("tbody tr")).to_contain_text(["Expected `int` <= 100"])
        letters.get_by_text("The latest ones").click()
        expect(letters.locator("li")).to_contain_text(["raw-game-events/3/71 JSON is malformed"])
        quality = page.get_by_role("region", name="Data quality")
        expect(quality.locator("dt:text-is('Breaches of the rules') + dd")).to_have_text("2")
        expect(page.get_by_role("region", name="Latency by stage").locator("tbody tr").first).to_be_visible()
        assert axe(page) == []
        assert not is_wider_than_screen(page)


def test_what_a_part_that_is_away_would_tell_is_not_told_as_nothing(url: str, browser: Browser) -> None:
    told = SYSTEM | {"dead_letters": None, "quality": None, "away": ["store"]}
    with page_on(browser, url) as page:
        page.route("**/api/v1/system?*", answers(told))
        page.goto(f"{url}/#/system")
        expect(page.get_by_role("alert")).to_have_text("Does not answer: store")
        for name in ("Dead letters", "Data quality"):
            expect(page.get_by_role("region", name=name)).to_contain_text("The store does not answer")


def test_who_is_no_administrator_reads_so_and_sees_the_rest(url: str, browser: Browser) -> None:
    refusal = {"status": 403, "type": "", "detail": "for keys of the scope admin", "reason": ""}
    with page_on(browser, url, expected=("status of 403",)) as page:
        page.route("**/api/v1/system?*", answers(refusal, 403))
        page.goto(f"{url}/#/system")
        expect(page.get_by_role("region", name="Dead letters")).to_contain_text("for keys of the scope admin")
        expect(page.locator(".verdict")).to_be_visible()
        expect(page.get_by_role("region", name="Latency by stage").locator("tbody tr").first).to_be_visible()


def test_the_true_answer_is_shown(browser: Browser) -> None:
    with served(Desk().app) as url, page_on(browser, url) as page:
        with page.expect_response("**/api/v1/system?*") as asked:
            page.goto(f"{url}/#/system")
        assert asked.value.ok
        expect(page.get_by_role("region", name="Throughput")).to_contain_text("Events a second")
