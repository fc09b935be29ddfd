"""Debian's Chromium over the true parts, with matches that a test plays as far as it wants. No tests here.

While a page is waited for, the supervisor must go on: `until` steps it.
"""

import contextlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import httpx
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Request, sync_playwright

from adapters.ports import bind
from api import server
from game.events import AnyEvent, FreezeEnded
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import sending
from tests.house.tree import ROOT
from tests.proofs.system import System, running, settings_on_free_ports

PARTS = ("broker", "store", "stream", "loader", "intake", "api")
NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = ROOT / "api" / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
LIMIT_S = 60.0
DESKTOP, PHONE = (1440, 900), (390, 844)
EXPECTED = ("net::ERR_", "WebSocket connection", "status of 50", "status of 422")
"""The browser itself tells of what had no answer, which heals, and of a refused question (422), which is shown."""
RULES = """{
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
    rules: { 'aria-allowed-role': { enabled: true } },
    resultTypes: ['violations'],
}"""
"""What is kept is worked out for violations alone: more than half of the time goes into naming what is right."""


def program() -> str:
    """The browser; `infra/chromium/fetch.sh` sees to it that there is one."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found is not None, "no Chromium here: infra/chromium/fetch.sh"
    return found


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port, in a thread; its address."""
    listening = bind("127.0.0.1", 0)
    listening.listen()
    serving = server.server(app)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        serving.should_exit = True
        thread.join(LIMIT_S)
        listening.close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, closed at the end whatever happens."""
    with (
        sync_playwright() as playwright,
        contextlib.closing(
            playwright.chromium.launch(
                executable_path=program(), args=["--no-sandbox", "--disable-gpu"], timeout=LIMIT_S * 1000
            )
        ) as browser,
    ):
        yield browser


@contextlib.contextmanager
def page_on(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = DESKTOP,
    theme: str = "dark",
    expected: Sequence[str] = (),
) -> Iterator[Page]:
    """A page of its own for the server at `url`. Whatever else than `expected` it complains of, a broken policy and a
    request to another server too, fails the test."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="light" if theme == "light" else "dark",
        has_touch=size is PHONE,
    )
    context.set_default_timeout(LIMIT_S * 1000)
    complaints: list[str] = []
    ours = (url, url.replace("http", "ws", 1), "data:", "about:", f"blob:{url}")
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(ours) else complaints.append(asked.url))
    try:
        yield page
        unexpected = [
            each for each in complaints if not any(words in each for words in (*EXPECTED, *expected))
        ]
        assert unexpected == [], unexpected
    finally:
        context.close()


class Match:
    """A simulated match that is sent piece by piece."""

    def __init__(self, intake_url: str, *, seed: int) -> None:
        self._events = simulate(Setting(seed=seed, best_of=1, position_hz=1))
        self._url = intake_url
        self.match_id = ""
        self.sent = 0

    def play(self, *, rounds: int, then: int) -> None:
        """Up to `then` events after the end of freeze time of so many rounds more."""
        self._send(list(self._until_live(rounds)) + list(islice(self._events, then)))

    def play_on(self, count: int) -> None:
        """So many events more."""
        self._send(list(islice(self._events, count)))

    def finish(self) -> None:
        """To the end."""
        self._send(list(self._events))

    def _until_live(self, rounds: int) -> Iterator[AnyEvent]:
        for event in self._events:
            self.match_id = event.match_id
            yield event
            rounds -= isinstance(event, FreezeEnded)
            if rounds == 0:
                return

    def _send(self, events: Sequence[AnyEvent]) -> None:
        intake = sending.Intake(self._url)
        with contextlib.closing(intake):
            sending.play(intake, events, speed=None, told=lambda _count: None)
        self.sent += len(events)


class Stand:
    """A running system with a browser in front of it."""

    def __init__(self, system: System, browser: Browser) -> None:
        self.system = system
        self.url = system.url("api")
        self._browser = browser

    def match(self, seed: int) -> Match:
        return Match(self.system.url("intake"), seed=seed)

    def until_known(self, match: Match) -> None:
        """Until the API has all of the match that was sent, and a prediction of it."""

        def is_known() -> bool:
            answer = httpx.get(f"{self.url}/api/v1/matches/{match.match_id}", timeout=LIMIT_S)
            told = answer.json() if answer.is_success else None
            return bool(told and told["prediction"] and told["match"]["seq"] >= match.sent)

        self.until(is_known, what="the API to have what was sent")

    @contextlib.contextmanager
    def page(
        self, size: tuple[int, int] = DESKTOP, *, theme: str = "dark", expected: Sequence[str] = ()
    ) -> Iterator[Page]:
        """A page of its own."""
        with page_on(self._browser, self.url, size=size, theme=theme, expected=expected) as page:
            yield page

    def open(self, page: Page, hash_: str) -> None:
        page.goto(f"{self.url}/{hash_}")

    def until(self, met: Callable[[], bool], *, what: str) -> None:
        self.system.until(met, what=what, limit_s=LIMIT_S)


class Reads:
    """What a page reads of a round's events: what it has begun since it rested, and what it waits for."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.begun: list[Request] = []
        self._waiting: set[Request] = set()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def rest(self) -> bool:
        """Whether it reads nothing for longer than it pauses between two looks."""
        self.begun.clear()
        self._page.evaluate("() => new Promise((done) => setTimeout(done, 1_000))")
        return not self.begun and not self._waiting

    def _begin(self, asked: Request) -> None:
        if "/events?from_seq" in asked.url:
            self.begun.append(asked)
            self._waiting.add(asked)

    def _end(self, asked: Request) -> None:
        self._waiting.discard(asked)


def axe(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA on the page, and roles that an element may not have."""
    assert AXE.is_file(), "axe is not here: make check fetches it"
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(f"async () => (await axe.run(document, {RULES})).violations")
    return [f"{each['id']}: {', '.join(str(node['target']) for node in each['nodes'][:3])}" for each in found]


def is_wider_than_screen(page: Page) -> bool:
    return bool(page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth + 1"))


def number(text: str) -> float:
    """The first number in a text; a minus sign is one."""
    found = re.search(r"-?\d+(\.\d+)?", text.replace("\N{MINUS SIGN}", "-"))
    assert found is not None, text
    return float(found.group())


@contextlib.contextmanager
def stand(home: Path) -> Iterator[Stand]:
    """The parts and the browser, stopped at the end whatever happens."""
    with (
        running(settings_on_free_ports(home), PARTS) as system,
        chromium() as browser,
    ):
        yield Stand(system, browser)
