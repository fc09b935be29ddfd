"""The dashboard by keyboard and screen reader: where keys are heard, where the focus goes, what is read out."""

import json
import re

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests.api.dashboard.browser import page_on
from tests.api.public.test_what_if import TOLD

pytestmark = pytest.mark.server
SAID = "() => document.querySelector('.outcome [aria-live]').textContent"


def show(page: Page, url: str, part: str = "") -> None:
    page.goto(f"{url}/#/match/{TOLD[0].match_id}{part}")


def test_every_page_has_a_title_of_its_own(url: str, browser: Browser) -> None:
    with page_on(browser, url, expected=("status of 404",)) as page:
        for address, title in (
            ("#/", "Matches"),
            ("#/players", "Players"),
            ("#/player/x", "Player x"),
            ("#/nowhere", "No such page"),
        ):
            page.goto(f"{url}/{address}")
            expect(page).to_have_title(f"{title} · Midround")
        show(page, url)
        expect(page).to_have_title(re.compile(r"^[\w ]+ against [\w ]+ · Midround$"))
        page.get_by_role("link", name="2D replay").click()
        expect(page).to_have_title(re.compile(r"^[\w ]+ against [\w ]+, 2D replay · Midround$"))
        page.get_by_role("link", name="Models").click()
        expect(page).to_have_title("Models · Midround")


def test_keys_of_the_replay_are_heard_in_it_alone(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        show(page, url, "/replay?map=1&round=1")
        expect(page.locator(".mark.end")).to_be_visible()
        page.keyboard.press("K")
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        page.get_by_role("button", name="Previous round").focus()
        page.keyboard.press("k")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.get_by_role("link", name="Overview").focus()
        page.keyboard.press("k")
        page.keyboard.press("]")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page).to_have_url(re.compile("round=1$"))


def test_keys_of_the_replay_are_heard_on_the_place_in_the_round(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        show(page, url, "/replay?map=1&round=1")
        expect(page.locator(".mark.end")).to_be_visible()
        page.keyboard.press("K")
        place = page.get_by_label("Place in the round")
        place.click()
        expect(place).to_be_focused()
        before = int(place.input_value())
        page.keyboard.press("ArrowRight")
        expect(place).to_have_value(str(before + 50))
        page.keyboard.press("k")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        page.keyboard.press(" ")
        expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_a_number_of_what_if_can_be_emptied_and_written_anew(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        show(page, url, "/what-if")
        field = page.get_by_label("Rounds of").first
        field.fill("12")
        page.keyboard.press("Backspace")
        page.keyboard.press("Backspace")
        expect(field).to_have_value("")
        page.keyboard.press("7")
        expect(field).to_have_value("7")
        page.get_by_role("button", name="Take it all back").click()
        expect(field).not_to_have_value("7")


def test_kills_of_the_replay_are_a_log_of_list_items(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        show(page, url, "/replay?map=1&round=1")
        expect(page.locator(".mark.end")).to_be_visible()
        page.locator(".mark.end").click()
        log = page.get_by_role("log", name="Kills at this moment")
        expect(log.get_by_role("list").get_by_role("listitem").first).to_be_visible()


def test_the_chart_is_read_and_zoomed_by_keyboard(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        show(page, url)
        chart = page.get_by_role("slider", name="Win probability over")
        note = page.locator(".chart-note")
        expect(
            page.get_by_role("list", name="Swings, newest first").get_by_role("listitem")
        ).not_to_have_count(0)
        expect(note).to_have_text(re.compile(r"^Bands are .* or more\.$"))

        def across() -> float:
            box = page.locator(".u-cursor-x").bounding_box()
            assert box is not None
            return box["x"]

        def until_across(law: str, of: float) -> None:
            place = "document.querySelector('.u-cursor-x').getBoundingClientRect().x"
            page.wait_for_function(f"(whole) => {law.format(x=place)}", arg=of)

        chart.focus()
        page.keyboard.press("Home")
        expect(note).to_contain_text(" 0:00: round between")
        page.keyboard.press("PageUp")
        expect(note).to_contain_text("points; round between")
        whole = across()
        page.keyboard.press("+")
        page.keyboard.press("+")
        until_across("{x} > whole + 50", whole)
        page.keyboard.press("Escape")
        until_across("Math.abs({x} - whole) <= 1", whole)
        expect(chart).to_have_attribute("aria-valuetext", note.inner_text())
        page.keyboard.press("End")
        expect(chart).to_have_attribute("aria-valuenow", chart.get_attribute("aria-valuemax") or "")
        page.get_by_role("link", name="2D replay").focus()
        expect(note).to_contain_text("Bands are")


def test_an_answer_of_what_if_is_read_out_once(url: str, browser: Browser) -> None:
    asked = 0

    def moved(route: Route) -> None:
        nonlocal asked
        asked += 1
        told = route.fetch().json()
        told["after"]["round"] |= {"p_a": asked / 100, "p_b": 1 - asked / 100}
        route.fulfill(json=told)

    with page_on(browser, url) as page:
        page.route("**/what-if", moved)
        show(page, url, "/what-if")
        row = page.locator('.outcome-row[data-horizon="round"]')

        def until_after(number: int) -> None:
            """Until an answer is shown that came after the one of this number."""
            later = "|".join(map(str, range(number + 1, 100)))
            expect(row.get_by_role("img", name=re.compile(rf"^Round after: ({later})\.0 %"))).to_be_visible()

        until_after(2)
        assert "Round 1.0 %" in page.evaluate(SAID)
        before = asked
        page.get_by_role("switch").first.click()
        page.wait_for_function(rf"() => /^Round (?!1\.0 %)\d/.test(({SAID})())")
        first = page.evaluate(SAID)
        said = re.match(r"Round (\d+)\.0 %", first)
        assert said is not None
        assert int(said[1]) > before
        until_after(int(said[1]) + 1)
        assert page.evaluate(SAID) == first


RIGHT_TO_LEFT = ("\u05d0\u05d1\u05d2", "\u05d3\u05d4\u05d5")
"""Two names in letters that are written from right to left."""
ORDER = """(line) => {
    const range = document.createRange();
    const left = (text) => {
        const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
            const at = node.data.indexOf(text);
            if (at < 0) continue;
            range.setStart(node, at);
            range.setEnd(node, at + text.length);
            return range.getBoundingClientRect().left;
        }
        return NaN;
    };
    return TEXTS.map(left);
}"""


def test_names_that_are_written_from_right_to_left_leave_their_figures_where_they_are(
    url: str, browser: Browser
) -> None:
    one, other = RIGHT_TO_LEFT
    match = {
        "match_id": "m",
        "name_a": one,
        "name_b": other,
        "team_a_id": "x",
        "best_of": 3,
        "status": "over",
    }
    match |= {
        "maps_a": 2,
        "maps_b": 1,
        "winner_team": "A",
        "plays_at": "2026-01-18T12:00:00Z",
        "first_event_at": "2026-01-18T12:00:00Z",
    }
    team = {"team_id": "x", "name": one, "last_seen_at": "2026-01-18T12:00:00Z"}
    record = {"maps_won": 2, "maps_lost": 1, "rounds_won": 30, "rounds_lost": 20}
    told = {"team": team, "record": record, "by_map": {}, "by_side": {}, "matches": [match]}
    with page_on(browser, url) as page:
        page.route("**/api/v1/teams/x", lambda route: route.fulfill(json=told))
        page.goto(f"{url}/#/team/x")
        line = page.locator(".result span").nth(1)
        expect(line).to_contain_text(one)
        texts = [one, "2:1", other]
        places = line.evaluate(ORDER.replace("TEXTS", json.dumps(texts)))
        assert places == sorted(places), "team A, its score, the other's, team B: from left to right"


def test_what_moves_waits_to_be_asked_where_less_motion_is_wanted(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        page.emulate_media(reduced_motion="reduce")
        show(page, url, "/replay?map=1&round=1")
        expect(page.locator(".mark.end")).to_be_visible()
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        page.get_by_role("button", name="Next round").click()
        expect(page).to_have_url(re.compile("round=2$"))
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        log = page.get_by_role("log", name="Kills at this moment")
        expect(log).to_have_attribute("aria-live", "polite")
        page.get_by_label("Speed").select_option("8")
        expect(log).to_have_attribute("aria-live", "off")
        moving = "() => document.getAnimations().length"
        page.route("**/leaderboard?*", lambda route: None)
        page.goto(f"{url}/#/players")
        expect(page.locator(".spinner").first).to_be_visible()
        assert page.evaluate(moving) == 0


def test_a_match_has_one_heading_and_a_status_that_waits_for_its_text(url: str, browser: Browser) -> None:
    lines: list[WebSocketRoute] = []

    def opened(socket: WebSocketRoute) -> None:
        """The first one is served, and cut by the test."""
        lines.append(socket)
        if len(lines) == 1:
            socket.connect_to_server()
        else:
            socket.close(code=1012)

    with page_on(browser, url) as page:
        page.route_web_socket("**/live**", opened)
        show(page, url)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^[\w ]+ against [\w ]+$"))
        status = page.locator(".match > [role=status]")
        expect(status).to_have_count(1)
        status.evaluate("(element) => element.setAttribute('data-same', '')")
        lines[0].close(code=1012)
        expect(page.locator(".banner[data-same]")).to_contain_text("The connection was lost")


def test_the_chart_is_named_without_figures_and_tells_every_interval(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        show(page, url)
        chart = page.get_by_role("slider", name=re.compile(r"^Win probability over \d+ rounds$"))
        chart.focus()
        page.keyboard.press("Home")
        expect(page.locator(".chart-note")).to_contain_text(
            re.compile(r"round between .* %, map between .* %")
        )
