"""Pictures of the pages, compared coarsely between the themes: what can be seen in the one can be seen in the other.

Boxes are measured elsewhere (`layout`). No picture is compared with a kept one: that would be of one machine's fonts.
"""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import sqrt
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api.public.live import session
from tests.api.dashboard.browser import DESKTOP, LIMIT_S, PHONE, page_on
from tests.api.public.test_what_if import TOLD

pytestmark = pytest.mark.server
MATCH = f"#/match/{TOLD[0].match_id}"
PAGES = (
    ("#/", "a.card"),
    (MATCH, ".overview .board tbody tr"),
    (f"{MATCH}/replay?map=1&round=1", ".mark.end"),
    (f"{MATCH}/what-if", ".outcome-row"),
    ("#/system", ".verdict"),
)
"""Address, and what is there once the page is."""
ALIKE, SETTLED_S = 0.85, LIMIT_S
"""Least correlation of what is drawn where, and how long it may take to come to that."""
CELL = 16
INK = """async ([picture, cell]) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const light = (x, y) => {
        const at = 4 * (y * canvas.width + x);
        return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
    };
    const ink = [];
    for (let top = 0; top + cell <= canvas.height; top += cell)
        for (let left = 0; left + cell <= canvas.width; left += cell) {
            let [sum, squares] = [0, 0];
            for (let y = top; y < top + cell; y++)
                for (let x = left; x < left + cell; x++) {
                    const value = light(x, y);
                    sum += value;
                    squares += value * value;
                }
            const mean = sum / cell ** 2;
            ink.push(Math.sqrt(Math.max(0, squares / cell ** 2 - mean ** 2)));
        }
    return ink;
}"""
"""How much each cell of a picture holds: the spread of its brightness, whichever of the two is the ground."""


@pytest.fixture(autouse=True)
def _never_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes in between: no word of a source that says nothing more."""
    monkeypatch.setattr(session, "SILENT_S", dict.fromkeys(session.SILENT_S, 1e9))


@contextmanager
def both(
    browser: Browser, url: str, *, size: tuple[int, int], rule: str = ""
) -> Iterator[Callable[[str, str], tuple[list[float], list[float]]]]:
    """Of a page, by its address and what is there once it is, what is drawn where: dark, and light with `rule`. Taken
    anew until they are alike or time is over: on a busy machine one of them comes to the same later."""
    with (
        page_on(browser, url, size=size, theme="dark") as dark,
        page_on(browser, url, size=size, theme="light") as light,
        page_on(browser, url) as bench,
    ):
        bench.goto("about:blank")

        def taken(address: str, there: str) -> tuple[list[float], list[float]]:
            for page in (dark, light):
                page.emulate_media(reduced_motion="reduce")
                page.goto(f"{url}/{address}")
                expect(page.locator(there).first).to_be_visible()
                page.wait_for_load_state("networkidle")
            if rule:
                light.evaluate("(rule) => document.styleSheets[0].insertRule(rule, 0)", rule)
            deadline_s = time.monotonic() + (SETTLED_S if not rule else 0.0)
            while True:
                found = ink(dark, bench), ink(light, bench)
                if likeness(*found) > ALIKE or time.monotonic() > deadline_s:
                    return found

        yield taken


def ink(page: Page, bench: Page) -> list[float]:
    picture = base64.b64encode(page.screenshot(scale="css")).decode()
    told: Any = bench.evaluate(INK, [picture, CELL])
    return [float(each) for each in told]


def likeness(one: list[float], other: list[float]) -> float:
    """The correlation of two pictures of one size: 1 is the same, 0 has nothing in common."""
    mean_one, mean_other = sum(one) / len(one), sum(other) / len(other)
    pairs = [(a - mean_one, b - mean_other) for a, b in zip(one, other, strict=True)]
    spread = sqrt(sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs))
    return sum(a * b for a, b in pairs) / spread


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_both_themes_show_the_same(url: str, browser: Browser, size: tuple[int, int]) -> None:
    with both(browser, url, size=size) as taken:
        pairs = [taken(*page) for page in PAGES]
    for at, (dark, light) in enumerate(pairs):
        others = [likeness(dark, other) for _, other in pairs[:at] + pairs[at + 1 :]]
        assert likeness(dark, light) > max(ALIKE, *others), PAGES[at][0]


def test_what_one_theme_does_not_show_is_found(url: str, browser: Browser) -> None:
    with both(browser, url, size=DESKTOP, rule=".panel * { color: transparent !important; }") as taken:
        assert any(likeness(*taken(*page)) < ALIKE for page in PAGES)
