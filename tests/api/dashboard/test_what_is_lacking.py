"""What the pages say of what they cannot show, and that they ask for it again."""

import json
import re
from collections.abc import Callable
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from api.public.live import session
from tests.api.dashboard.browser import axe, page_on
from tests.api.public.test_what_if import TOLD

pytestmark = pytest.mark.server
MATCH = f"#/match/{TOLD[0].match_id}"
GONE = "status of 404"
MINUTE_MS = 60_000


def refused(route: Route) -> None:
    route.fulfill(status=503, json={"status": 503, "type": "", "detail": "the store is away", "reason": ""})


def answers(told: Any) -> Callable[[Route], None]:
    return lambda route: route.fulfill(json=told)


def finished(page: Page, url: str, *, maps: int) -> None:
    """The list has nothing but a match of so many maps that is over."""
    [one] = page.request.get(f"{url}/api/v1/matches").json()
    over = one | {"is_series_over": True, "best_of": 3, "maps_a": maps, "series_winner": "A"}
    page.route("**/api/v1/matches?limit=200", answers([over]))


def carded(*finalities: str) -> dict[str, Any]:
    return {"maps": [{"finality": each, "breaches": 0} for each in finalities]}


@pytest.mark.parametrize(
    ("cards", "word"),
    [
        ((), ""),
        (("final",), "1 of 2 maps settled"),
        (("final", "final"), "final"),
        (("final", "amended"), "amended"),
    ],
)
def test_a_match_is_as_settled_as_its_maps(
    url: str, browser: Browser, cards: tuple[str, ...], word: str
) -> None:
    with page_on(browser, url) as page:
        finished(page, url, maps=2)
        page.route("**/quality", answers(carded(*cards)))
        with page.expect_response("**/quality"):
            page.goto(f"{url}/#/")
        expect(page.locator(".card-foot span").first).to_have_text(word)


def test_it_is_asked_again_how_settled_a_match_is(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        page.clock.install()
        finished(page, url, maps=1)
        page.route("**/quality", answers(carded("provisional")))
        page.goto(f"{url}/#/")
        expect(page.locator(".card-foot")).to_contain_text("provisional")
        page.route("**/quality", answers(carded("final")))
        page.clock.fast_forward(MINUTE_MS)
        expect(page.locator(".card-foot")).to_contain_text("final")


def test_what_is_not_over_is_not_live_for_that_alone(url: str, browser: Browser) -> None:
    with page_on(browser, url, expected=(GONE,)) as page:
        [one] = page.request.get(f"{url}/api/v1/matches").json()
        listed = [
            one | {"match_id": "to come", "phase": None, "map": None},
            one | {"match_id": "dead", "last_ts": "2026-01-18T12:00:00Z"},
            one | {"match_id": "left", "match_tag": "over", "series_winner": None},
        ]
        page.route("**/api/v1/matches?limit=200", answers(listed))
        page.goto(f"{url}/#/")
        expect(page.locator(".card .tag")).to_have_text(["Announced", "Broken off", "Ended"])
        expect(page.locator(".card .tag.broken_off")).to_have_attribute(
            "title", re.compile("^Nothing has been heard since .*2026")
        )
        moved = [each | {"seq": each["seq"] + 1} for each in listed]
        page.route("**/api/v1/matches?limit=200", answers(moved))
        expect(page.locator(".card .tag")).to_have_text(["Live", "Announced", "Ended"])


@pytest.mark.parametrize("part", ["swings", "players"])
def test_what_of_a_match_cannot_be_read_is_told(url: str, browser: Browser, part: str) -> None:
    with page_on(browser, url) as page:
        page.route(re.compile(rf"/matches/[^/]+/{part}(\?|$)"), refused)
        page.goto(f"{url}/{MATCH}")
        expect(page.get_by_role("alert")).to_contain_text("the store is away")
        expect(page.get_by_role("alert")).to_be_in_viewport()
        expect(page.get_by_text("Loading swings")).to_have_count(0)


def test_chances_that_cannot_be_read_are_told_in_the_replay(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        page.route("**/predictions?*", refused)
        page.goto(f"{url}/{MATCH}/replay?map=1&round=1")
        expect(page.locator(".chance-strip")).to_contain_text("the store is away")


@pytest.mark.parametrize(
    ("status", "words"), [(404, "no prediction yet"), (503, "chances unknown"), (429, "chances unknown")]
)
def test_a_match_s_chances_that_cannot_be_read_are_not_said_to_be_none(
    *, url: str, browser: Browser, status: int, words: str
) -> None:
    told = {"status": status, "type": "", "detail": "not now", "reason": ""}
    with page_on(browser, url, expected=(GONE, "status of 429")) as page:
        page.route("**/predictions/latest", lambda route: route.fulfill(status=status, json=told))
        page.goto(f"{url}/#/")
        expect(page.locator(".card-foot")).to_contain_text(words)


def test_a_round_that_is_not_there_is_not_played_as_another(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        page.goto(f"{url}/{MATCH}/replay?map=1&round=99")
        expect(page.get_by_text("There is no such round to play")).to_be_visible()
        expect(page.locator(".replay")).to_have_count(0)
        page.get_by_role("link", name="Play another one").click()
        expect(page.locator(".replay")).to_be_visible()


FOUND = {
    "name_a": None,
    "name_b": None,
    "best_of": 3,
    "status": "over",
    "maps_a": 2,
    "maps_b": 0,
    "winner_team": "A",
    "plays_at": "2026-01-18T12:00:00Z",
    "first_event_at": "2026-01-18T12:00:00Z",
    "last_event_at": "2026-01-18T14:00:00Z",
    "starts_at": None,
    "maps": [{"name": "de_nuke"}, {"name": None}],
}


@pytest.mark.parametrize("type_", ["map_started", "round_started", "phase_changed"])
def test_beginnings_are_read_to_the_last_page(url: str, browser: Browser, type_: str) -> None:
    nothing = {"items": [], "next_from_seq": 7, "is_complete": True}
    with page_on(browser, url) as page:
        page.route(re.compile(rf"type={type_}&from_seq=0&"), answers(nothing))
        with page.expect_request(re.compile(rf"type={type_}&from_seq=7&")):
            page.goto(f"{url}/{MATCH}/replay?map=1&round=1")
        expect(page.locator(".replay")).to_be_visible()


def test_older_matches_are_a_page_away(url: str, browser: Browser) -> None:
    def told(route: Route) -> None:
        is_second = "cursor=beyond" in route.request.url
        one = FOUND | {"match_id": "m2" if is_second else "m1", "name_a": "Older" if is_second else "Newer"}
        route.fulfill(json={"items": [one], "next_cursor": None if is_second else "beyond"})

    with page_on(browser, url, expected=(GONE,)) as page:
        page.route("**/search/matches?status=over&limit=50*", told)
        page.goto(f"{url}/#/")
        page.get_by_role("link", name="All matches that have ended").click()
        row = page.locator(".result")
        expect(row).to_contain_text("Newer")
        page.get_by_role("button", name="Older").click()
        expect(row).to_contain_text("Older")
        expect(page.get_by_role("button", name="Older")).to_be_disabled()
        page.get_by_role("button", name="Newer").click()
        expect(row).to_contain_text("Newer")


def test_another_filter_is_asked_from_its_first_page_on(url: str, browser: Browser) -> None:
    asked: list[str] = []

    def told(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json={"items": [FOUND | {"match_id": "m"}], "next_cursor": "beyond"})

    with page_on(browser, url) as page:
        page.route("**/search/matches?*", told)
        page.goto(f"{url}/#/?status=over")
        page.get_by_role("button", name="Older").click()
        expect(page.get_by_role("button", name="Newer")).to_be_enabled()
        with page.expect_response(re.compile("status=live&limit=50$")):
            page.goto(f"{url}/#/?status=live")
        expect(page.get_by_role("button", name="Newer")).to_be_disabled()
        assert [each for each in asked if "status=live" in each and "cursor" in each] == []


def test_a_match_that_is_opened_while_the_api_is_away_says_so(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        page.goto(f"{url}/#/nowhere")
        page.route("**/api/**", lambda route: route.abort())
        page.route_web_socket("**/live**", lambda socket: socket.close(code=1012))
        page.goto(f"{url}/{MATCH}")
        expect(page.get_by_role("alert")).to_contain_text("The API does not answer")


def test_a_match_that_nobody_knows_yet_is_looked_for(url: str, browser: Browser) -> None:
    with page_on(browser, url, expected=(GONE,)) as page:
        page.goto(f"{url}/#/match/nobody")
        expect(page.locator(".state")).to_contain_text("looked for again every few seconds")


def test_a_match_that_is_known_no_more_is_told_so(url: str, browser: Browser) -> None:
    def forgotten(socket: WebSocketRoute) -> None:
        """After the first state."""

        def heard(frame: str | bytes) -> None:
            socket.send(frame)
            if '"snapshot"' in str(frame):
                socket.send(json.dumps({"message": "refused", "field": "$.match_id", "reason": "not known"}))

        socket.connect_to_server().on_message(heard)

    with page_on(browser, url) as page:
        page.route_web_socket("**/live**", forgotten)
        page.goto(f"{url}/{MATCH}")
        expect(page.locator(".banner")).to_contain_text("The server does not know this match any more")


def test_a_source_that_is_silent_in_the_midst_of_play_is_told(
    url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SILENT_S", dict.fromkeys(session.SILENT_S, 0.0))
    with page_on(browser, url) as page:
        page.goto(f"{url}/{MATCH}")
        expect(page.locator(".banner")).to_contain_text("source of this match is silent")
        expect(page.locator(".pill")).to_contain_text("Source silent")
        expect(page.locator(".chances .chance.doubtful")).to_have_count(3)
        expect(page.locator(".area-health dt:text-is('Source') + dd")).to_have_text("silent")
        monkeypatch.setattr(session, "SILENT_S", dict.fromkeys(session.SILENT_S, 1e9))
        expect(page.locator(".banner")).to_have_count(0)


def test_the_system_s_figures_say_what_hinders_them(url: str, browser: Browser) -> None:
    with page_on(browser, url, expected=("status of 403",)) as page:
        page.clock.install()
        forbidden = {"status": 403, "type": "", "detail": "this key may not", "reason": ""}
        page.route("**/metrics", lambda route: route.fulfill(status=403, json=forbidden))
        page.goto(f"{url}/#/system")
        expect(page.get_by_role("alert")).to_contain_text("this key may not")
        page.unroute("**/metrics")
        page.clock.run_for(2_000)
        expect(page.get_by_role("heading", name="Latency by stage")).to_be_visible()
        page.route("**/ready", refused)
        page.clock.run_for(2_000)
        expect(page.locator(".verdict")).to_have_text("the store is away")


HIDDEN = "() => Object.defineProperty(document, 'hidden', { value: true })"


def test_the_system_s_figures_are_not_asked_for_behind_another_tab(url: str, browser: Browser) -> None:
    with page_on(browser, url) as page:
        page.clock.install()
        page.goto(f"{url}/#/system")
        expect(page.locator(".verdict")).to_be_visible()
        page.evaluate(HIDDEN)
        page.clock.run_for(5_000)  # what was asked for before is on its way
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.clock.run_for(30_000)
        assert asked == []


@pytest.mark.parametrize(
    ("address", "path", "told"),
    [
        ("#/player/x", "/players/x", None),
        ("#/team/x", "/teams/x", None),
        ("#/models", "/calibration", []),
        ("#/models", "/models/shadow", []),
        ("#/tenants", "/tenants", []),
        ("#/tenants", "/tenants/audit", {"items": [], "next_cursor": None}),
        ("#/tenants/x", "/tenants/x", None),
    ],
)
def test_what_is_not_pushed_is_asked_for_again(
    url: str, browser: Browser, address: str, path: str, told: Any
) -> None:
    asked = re.compile(rf"/api/v1{path}(\?|$)")
    refusal = {"status": 404, "type": "", "detail": "there is none", "reason": ""}
    with page_on(browser, url, expected=(GONE, "status of 409")) as page:
        page.clock.install()
        page.route("**/api/v1/tenants?*", answers([]))
        page.route(
            asked,
            lambda route: route.fulfill(
                status=404 if told is None else 200, json=refusal if told is None else told
            ),
        )
        with page.expect_response(asked):
            page.goto(f"{url}/{address}")
        page.wait_for_load_state("networkidle")
        with page.expect_request(asked) as again:
            page.clock.run_for(MINUTE_MS)
        assert again.value.method == "GET"


def test_a_list_of_clients_that_is_refused_leaves_the_rest_of_the_page(url: str, browser: Browser) -> None:
    made = {"key": "mr_made_once", "key_id": "made", "client_id": "x", "name": "desk"}
    with page_on(browser, url) as page:
        page.route("**/api/v1/tenants?*", answers([]))
        page.route("**/api/v1/tenants/audit?*", answers({"items": [], "next_cursor": None}))
        page.route("**/api/v1/tenants", lambda route: route.fulfill(status=201, json=made))
        page.goto(f"{url}/#/tenants")
        page.get_by_label("Name").fill("desk")
        page.get_by_role("button", name="Create").click()
        key = page.get_by_role("textbox", name="Key")
        expect(key).to_have_value("mr_made_once")
        page.route("**/api/v1/tenants?*", refused)
        seek = page.get_by_label("Find a client")
        seek.fill("n" * 101)
        expect(seek).to_have_value("n" * 100)
        expect(page.get_by_role("region", name="Clients").get_by_role("alert")).to_contain_text("is away")
        expect(key).to_have_value("mr_made_once")


NOBODY = {"players": [], "least_rounds": 10, "definition": "adr", "by": "best"}
TEAM = {
    "team": {"team_id": "x", "name": "Aspen", "last_seen_at": "2026-01-18T12:00:00Z"},
    "record": {"maps_won": 1, "maps_lost": 0, "rounds_won": 13, "rounds_lost": 7},
    "by_map": {},
    "by_side": {},
    "matches": [],
}


OLD: tuple[tuple[str, str, Any, str], ...] = (
    ("#/players", "/leaderboard", NOBODY, "Nobody has played enough"),
    ("#/players", "/leaderboard/swings", NOBODY, "Nobody has played enough"),
    ("#/teams", "/teams", [], "No team of that name"),
    ("#/team/x", "/teams/x", TEAM, "Latest matches"),
    ("#/models", "/calibration", [], "Nothing is decided yet"),
    ("#/models", "/models/shadow", [], "No model challenges"),
    ("#/tenants", "/tenants", [], "There is no client yet"),
    ("#/tenants", "/tenants/audit", {"items": [], "next_cursor": None}, "Nothing was done yet"),
    ("#/webhooks", "/webhooks", [], "There is no webhook yet"),
)
"""Address, what it asks for, what that comes to at first, and what the page says then."""


def test_old_figures_stay_with_a_word_of_what_hinders_new_ones(
    url: str, browser: Browser, subtests: pytest.Subtests
) -> None:
    with page_on(browser, url, expected=(GONE, "status of 409")) as page:
        page.clock.install()
        for address, path, told, words in OLD:
            with subtests.test(path):
                asked = re.compile(rf"/api/v1{path}(\?|$)")
                page.goto(f"{url}/#/nowhere")
                page.unroute_all()
                page.route(asked, answers(told))
                page.goto(f"{url}/{address}")
                expect(page.get_by_text(words).last).to_be_visible()
                away = page.get_by_role("alert").filter(has_text="the store is away")
                expect(away).to_have_count(0)
                page.route(asked, refused)
                page.clock.run_for(MINUTE_MS)
                expect(away.last).to_be_visible()
                expect(page.get_by_text(words).last).to_be_visible()


THEMES: tuple[Literal["dark"], Literal["light"]] = ("dark", "light")
NOTHING: dict[str, Any] = {"items": [], "next_cursor": None}
STATES: tuple[tuple[str, Callable[[Route], None], str], ...] = (
    ("loading", lambda _route: None, ".spinner"),
    ("in trouble", refused, "[role=alert]"),
    ("empty", answers([]), ".state strong"),
)
"""What every request comes to, and what is there then."""


@pytest.mark.parametrize(("name", "told", "there"), STATES, ids=[name for name, _, _ in STATES])
def test_what_a_page_says_of_what_it_lacks_can_be_read(
    *, url: str, browser: Browser, name: str, told: Callable[[Route], None], there: str
) -> None:
    found: list[str] = []
    with page_on(browser, url) as page:
        page.goto(f"{url}/#/nowhere")
        page.route("**/api/v1/**", told)
        page.route("**/api/v1/search/**", answers(NOTHING) if name == "empty" else told)
        page.route_web_socket("**/live**", lambda _socket: None)
        for address in (
            ("#/", "#/?team=x", "#/teams", MATCH) if name != "empty" else ("#/", "#/?team=x", "#/teams")
        ):
            page.goto(f"{url}/{address}")
            expect(page.locator(there).first).to_be_visible()
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                found += [f"{address}, {theme}: {each}" for each in axe(page)]
    assert found == []
