"""A browser on the dashboard that records when each frame of the feed was painted.

Belongs here: the browser, and the script that `frame` runs in the page. Does not belong here: the load, summaries
(`frame`, `replay`).
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
SHOWN = "[data-link]"
"""The element with the seq of the newest frame that the page shows."""
SCRIPT = """
(() => {
  const waiting = [];
  const painted = (window.midroundPainted = []);
  const now = () => performance.timeOrigin + performance.now();
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...told) {
      super(...told);
      this.addEventListener("message", (said) => {
        const frame = JSON.parse(said.data);
        if (frame.message === "delta") waiting.push({ seq: frame.seq, ts: frame.ts_event, heard: now() });
      });
    }
  };
  new MutationObserver(() => {
    const seq = Number(document.querySelector("SHOWN")?.getAttribute("title")?.replace("seq ", "") ?? 0);
    const shown = [];
    while (waiting.length > 0 && waiting[0].seq <= seq) shown.push(waiting.shift());
    if (shown.length === 0) return;
    requestAnimationFrame(() => {
      const at = now();
      for (const frame of shown) painted.push([Date.parse(frame.ts), frame.heard, at]);
    });
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})();
""".replace("SHOWN", SHOWN)
"""A frame counts as painted in the first animation frame after the page shows its seq."""


class BrowserError(Exception):
    """There is no browser, or nothing to drive it with."""


@contextmanager
def page() -> "Iterator[Page]":
    """Yield an empty page in a headless browser. Raises BrowserError."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise BrowserError("playwright is not installed: make install") from error
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        raise BrowserError("no Chromium here: infra/chromium/fetch.sh")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser.new_page(viewport={"width": 1440, "height": 900})
        finally:
            browser.close()


def painted(url: str, *, from_s: float, seconds: float) -> list[tuple[float, float, float]]:
    """For every delta painted within `seconds` after `from_s` (wall clock), return the wall-clock milliseconds of its
    event, of its arrival at the page's socket, and of its painting. Raises BrowserError."""
    with page() as shown:
        shown.add_init_script(SCRIPT)
        shown.goto(url)
        shown.wait_for_timeout(max(0.0, from_s + seconds - time.time()) * 1000)
        found: list[Any] = shown.evaluate("() => window.midroundPainted")
    first_ms = from_s * 1000
    return [(told, heard, at) for told, heard, at in found if at >= first_ms]
