"""A page stays as it is while it reads anew what was withdrawn."""

import json
import re

import pytest
from playwright.sync_api import Browser, Route, WebSocketRoute, expect

from tests.api.dashboard.browser import page_on
from tests.api.public.test_what_if import TOLD

pytestmark = pytest.mark.server
MATCH_ID = TOLD[0].match_id
RETRACTION = {
    "message": "retraction",
    "channel": "predictions",
    "match_id": MATCH_ID,
    "seq": 2,
    "from_seq": 1,
    "to_seq": 1,
    "reason": "late",
}
STARTS = re.compile(r"type=round_started&from_seq=0&")


def test_a_retraction_leaves_the_replay_where_it_is(url: str, browser: Browser) -> None:
    lines: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        lines.append(socket)

    def in_two_pages(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json=told | {"next_from_seq": told["items"][-1]["seq"] + 1})

    with page_on(browser, url) as page:
        page.route_web_socket("**/live**", opened)
        page.goto(f"{url}/#/match/{MATCH_ID}/replay?map=1&round=1")
        expect(page.locator(".mark.end")).to_be_visible()
        page.keyboard.press("k")
        page.keyboard.press("ArrowRight")
        page.get_by_label("Speed").select_option("4")
        page.locator(".replay").evaluate("(element) => element.setAttribute('data-same', '')")
        place = page.get_by_label("Place in the round")
        before = place.input_value()
        page.route(STARTS, in_two_pages)
        with page.expect_response(re.compile(r"type=round_started&from_seq=[1-9]")):
            lines[0].send(json.dumps(RETRACTION))
        expect(page.locator(".replay[data-same]")).to_be_visible()
        expect(place).to_have_value(before)
        expect(page.get_by_label("Speed")).to_have_value("4")
        expect(page.get_by_role("button", name="Play")).to_be_visible()
