"""The dashboard as people use it, in a browser, over the true parts."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route

from api.public.dashboard.queries import BUILT
from tests.api.dashboard import layout
from tests.api.dashboard.browser import (
    DESKTOP,
    LIMIT_S,
    PHONE,
    Match,
    Reads,
    Stand,
    axe,
    is_wider_than_screen,
    number,
    stand,
)

pytestmark = pytest.mark.server
COLOURS = """() => {
    const canvas = document.querySelector("canvas");
    const { width, height } = canvas;
    const data = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer);
    return new Set(data).size;
}"""

LENGTH = "() => Number(document.querySelector('[aria-label=\"Place in the round\"]').max)"
"""How long the round is so far, in tenths of a second."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    assert (BUILT / "index.html").is_file(), "the dashboard is not built: make pages"
    with stand(tmp_path_factory.mktemp("dashboard")) as found:
        yield found


@pytest.fixture(scope="module")
def running_match(stage: Stand) -> Match:
    """Two rounds and the beginning of a third: it stays there."""
    match = stage.match(seed=5)
    match.play(rounds=3, then=25)
    stage.until_known(match)
    return match


@pytest.fixture(scope="module")
def details(stage: Stand, running_match: Match) -> tuple[tuple[str, str], ...]:
    """Pages of what has an id that is made here, and what is there once the page is."""

    def teams() -> list[str]:
        answer = httpx.get(f"{stage.url}/api/v1/teams", timeout=LIMIT_S)
        return [each["team_id"] for each in answer.json()] if answer.is_success else []

    stage.until(lambda: bool(teams()), what="the catalog to know the teams")
    made = httpx.post(f"{stage.url}/api/v1/tenants", json={"name": "desk"}, timeout=LIMIT_S)
    client = made.json()["client_id"]
    return (f"#/team/{teams()[0]}", ".result"), (f"#/tenants/{client}", ".board tbody tr")


def opened(stage: Stand, page: Page, hash_: str, *, what: Locator) -> None:
    stage.open(page, hash_)
    stage.until(what.is_visible, what=f"{hash_} to be there")


def is_live(page: Page) -> bool:
    return page.locator(".pill").get_attribute("data-link") == "live"


def test_a_match_is_watched_to_its_end(stage: Stand) -> None:
    match = stage.match(seed=12)
    match.play(rounds=2, then=10)
    stage.until_known(match)
    with stage.page() as page:
        opened(stage, page, "#/?team=", what=page.locator(f'a.card[href*="{match.match_id}"]'))
        page.locator(f'a.card[href*="{match.match_id}"]').click()
        stage.until(lambda: page.locator(".headline").is_visible() and is_live(page), what="the feed")
        stage.until(lambda: "Round 2" in page.locator(".score-middle").inner_text(), what="the round")
        stage.until(lambda: page.locator(".kill").count() > 0, what="the kills of the first round")
        match.finish()
        stage.until(
            lambda: "Ended" in page.locator(".score-middle").inner_text(), what="the end of the match"
        )
        told = httpx.get(f"{stage.url}/api/v1/matches/{match.match_id}", timeout=LIMIT_S).json()
        shown = [int(text) for text in page.locator(".score-rounds").all_inner_texts()]
        assert shown == [told["finished_maps"][0]["score_a"], told["finished_maps"][0]["score_b"]]
        rounds = page.locator(".strip-round a")
        stage.until(lambda: rounds.count() == sum(shown), what="all rounds in the strip")
        rounds.first.click()
        stage.until(page.locator(".mark.end").is_visible, what="the first round to be played")
        page.keyboard.press("l")
        assert page.url.endswith("round=1"), "there is no running round to follow"
        opened(stage, page, "#/", what=page.locator(f'a.card.over[href*="{match.match_id}"]'))


def test_the_feed_resumes_after_a_cut(stage: Stand, running_match: Match) -> None:
    with stage.page() as page:
        opened(stage, page, f"#/match/{running_match.match_id}", what=page.locator(".headline"))
        stage.until(lambda: is_live(page), what="the feed")
        kills = page.locator(".area-kills .kill")
        stage.until(lambda: kills.count() > 0, what="the kills")
        stage.system.kill("api")
        lost = page.locator(".banner").filter(has_text="The connection was lost. Figures are suspended")
        lost.wait_for()  # nothing starts the part again meanwhile
        assert kills.count() > 0, "what was read stays"
        stage.until(lambda: is_live(page), what="the feed to resume")
        stage.until(lost.is_hidden, what="the banner to go")
        stage.until(lambda: "Round 3" in page.locator(".score-middle").inner_text(), what="the round")
        cuts = page.locator(".area-health dt:text-is('Cuts') + dd")
        stage.until(lambda: cuts.inner_text() == "1", what="the cut to be counted")


def test_a_replay_is_sought(stage: Stand, running_match: Match) -> None:
    with stage.page() as page:
        address = f"#/match/{running_match.match_id}/replay?map=1&round=2"
        opened(stage, page, address, what=page.locator(".stage canvas"))
        place = page.get_by_label("Place in the round")
        stage.until(lambda: page.locator(".mark.end").count() == 1, what="the whole round")
        stage.until(lambda: page.evaluate(COLOURS) > 20, what="a picture")
        page.keyboard.press("k")
        page.keyboard.press("n")
        before = place.get_attribute("aria-valuetext")
        page.keyboard.press("n")
        stage.until(lambda: place.get_attribute("aria-valuetext") != before, what="the next moment")
        page.locator(".mark.end").click()
        stage.until(lambda: page.locator(".figure.dead").count() > 0, what="the dead of the round's end")
        page.keyboard.press("[")
        stage.until(lambda: "round=1" in page.url, what="the round before")
        stage.until(
            lambda: page.locator(".stage-score").inner_text().lower().endswith("0:0"), what="its score"
        )
        assert "round=1" in page.url


def test_a_replay_keeps_what_was_chosen_from_round_to_round(stage: Stand, running_match: Match) -> None:
    with stage.page() as page:
        address = f"#/match/{running_match.match_id}/replay"
        opened(stage, page, address + "?map=1&round=1", what=page.locator(".figure").first)
        page.get_by_role("button", name="Pause").click()  # at its end a round goes on to the next
        speed = page.get_by_label("Speed")
        speed.select_option("4")
        page.locator(".figure").first.click()
        following = page.get_by_role("button", name="Next round")
        following.click()
        stage.until(lambda: "round=2" in page.url, what="the next round")
        stage.until(lambda: page.locator(".mark.end").count() == 1, what="the whole round")
        assert speed.input_value() == "4"
        marked = page.locator('.figure[aria-pressed="true"]')
        stage.until(lambda: marked.count() == 1, what="the marked player")
        assert following.evaluate("(button) => button === document.activeElement")


def test_who_pauses_the_running_round_stays_in_it(stage: Stand, running_match: Match) -> None:
    with stage.page() as page:
        opened(stage, page, f"#/match/{running_match.match_id}/replay", what=page.locator(".figure").first)
        live = page.locator(".live-button")
        assert live.get_attribute("aria-pressed") == "true"
        page.get_by_role("button", name="Pause").click()
        stage.until(lambda: page.url.endswith("map=1&round=3"), what="the round to be chosen")
        stage.until(lambda: live.get_attribute("aria-pressed") == "false", what="the page to show it")
        live.click()
        stage.until(lambda: page.url.endswith("/replay"), what="the running round to be followed again")
        stage.until(lambda: live.get_attribute("aria-pressed") == "true", what="the page to show it")


def test_the_running_round_is_told_by_the_feed_and_goes_on_after_a_cut(stage: Stand) -> None:
    match = stage.match(seed=8)
    match.play(rounds=2, then=10)
    stage.until_known(match)
    with stage.page() as page:
        reads = Reads(page)
        opened(stage, page, f"#/match/{match.match_id}/replay", what=page.locator(".figure").first)
        stage.until(lambda: is_live(page), what="the feed")
        stage.until(reads.rest, what="all that there is to be read")
        before = page.evaluate(LENGTH)
        match.play_on(60)
        stage.until(lambda: page.evaluate(LENGTH) > before, what="the round to grow")
        match.play(rounds=1, then=20)
        stage.until(
            lambda: "round 3" in page.locator(".stage-score").inner_text().lower(), what="the next round"
        )
        stage.until(lambda: page.locator(".mark.live").count() == 1, what="its live play")
        assert reads.begun == [], "what comes is told by the feed"
        stage.system.kill("api")
        lost = page.locator(".banner").filter(has_text="The connection was lost")
        lost.wait_for()  # nothing starts the part again meanwhile
        before = page.evaluate(LENGTH)
        stage.until(lambda: is_live(page), what="the feed to resume")
        match.play_on(60)
        stage.until(lambda: page.evaluate(LENGTH) > before, what="the round to go on")


def test_what_if_somebody_fell(stage: Stand, running_match: Match) -> None:
    with stage.page() as page:
        address = f"#/match/{running_match.match_id}/what-if"
        opened(stage, page, address, what=page.locator(".outcome-row").first)
        change = page.locator('.outcome-row[data-horizon="round"] .outcome-change')
        assert number(change.inner_text()) == 0
        page.get_by_role("switch").first.click()
        stage.until(lambda: number(change.inner_text()) < 0, what="team A's chance to fall")
        page.get_by_role("button", name="Take it all back").click()
        stage.until(lambda: number(change.inner_text()) == 0, what="the change to be taken back")
        page.locator(".what-player").first.drag_to(page.locator(".bench").first)
        stage.until(lambda: number(change.inner_text()) < 0, what="the drop to be asked about")
        rounds = page.get_by_label("Rounds of", exact=False).first
        rounds.fill("31")
        assert rounds.evaluate("(field) => field.validity.valid"), "overtimes may go on"
        rounds.fill("13")
        refusal = page.locator(".refusal")
        stage.until(refusal.is_visible, what="the refusal")
        assert "cannot be" in refusal.inner_text()


def test_a_part_that_cannot_be_loaded_is_told_and_leaves_the_rest(stage: Stand, running_match: Match) -> None:
    def found(route: Route) -> None:
        route.abort() if lacks else route.continue_()

    lacks = True
    with stage.page(expected=("Failed to fetch dynamically imported module",)) as page:
        opened(stage, page, f"#/match/{running_match.match_id}", what=page.locator(".overview"))
        page.route("**/assets/*.js", found)
        page.get_by_role("link", name="2D replay").click()
        stage.until(page.get_by_role("alert").is_visible, what="what is lacking to be told")
        assert page.locator(".headline").is_visible()
        page.get_by_role("link", name="Overview").click()
        stage.until(page.locator(".overview").is_visible, what="the part that is there")
        page.get_by_role("link", name="Models").click()
        stage.until(page.get_by_role("alert").is_visible, what="what is lacking to be told")
        lacks = False
        page.get_by_role("button", name="Load again").click()
        stage.until(page.get_by_role("heading", name="Models").is_visible, what="the page")


def test_what_was_told_in_part_or_not_at_all_is_asked_for_again(stage: Stand, running_match: Match) -> None:
    kills, outlines, is_told = iter([True]), iter([True]), False

    def in_part(route: Route) -> None:
        told = route.fetch().json()
        if next(kills, False):
            told |= {"items": told["items"][-1:], "is_complete": False}
        route.fulfill(json=told)

    def refused(route: Route, *, is_still: bool) -> None:
        if is_still:
            route.fulfill(status=503, json={"status": 503, "detail": "away"})
        else:
            route.continue_()

    with stage.page() as page:
        page.route("**/events?type=kill&*", in_part)
        page.route("**/events?type=round_started&*", lambda route: refused(route, is_still=not is_told))
        page.route("**/outline", lambda route: refused(route, is_still=next(outlines, False)))
        opened(stage, page, f"#/match/{running_match.match_id}", what=page.locator(".area-kills .kill"))
        stage.until(lambda: page.locator(".area-kills .kill").count() > 1, what="the kills before the last")
        page.get_by_role("link", name="2D replay").click()
        stage.until(page.get_by_role("alert").is_visible, what="the trouble to be told")
        with page.expect_response(lambda answer: answer.url.endswith("/outline") and answer.ok):
            is_told = True
            stage.until(page.locator(".stage canvas").is_visible, what="the round")
        assert [next(once, False) for once in (kills, outlines)] == [False] * 2, "each went wrong once"


def test_the_filter_of_matches_is_the_address_s(stage: Stand, running_match: Match) -> None:
    with stage.page() as page:
        opened(stage, page, "#/?team=nobody", what=page.get_by_text("No match is found"))
        page.get_by_role("link", name="Matches").click()
        card = page.locator(f'a.card[href*="{running_match.match_id}"]')
        stage.until(card.locator(".card-chances").is_visible, what="the match with its chances")
        seek = page.get_by_label("Filter by team")
        assert seek.input_value() == ""
        seek.fill("nobody")
        stage.until(page.get_by_text("No match is found").is_visible, what="what was sought")
        assert page.url.endswith("team=nobody")
        seek.fill("")
        page.get_by_text("More filters").click()
        page.get_by_label("Player", exact=True).fill("sim-5-a1")
        found = page.locator(f'.result[href*="{running_match.match_id}"]')
        stage.until(found.is_visible, what="the match of the player")
        page.get_by_label("Status").select_option("announced")
        stage.until(page.get_by_text("No match is found").is_visible, what="all conditions to hold")
        assert page.url.endswith("?status=announced&player=sim-5-a1")


def test_what_is_out_of_sight_is_not_asked_for(stage: Stand, running_match: Match) -> None:
    listed = httpx.get(f"{stage.url}/api/v1/matches", timeout=LIMIT_S).json()
    one = next(each for each in listed if each["match_id"] == running_match.match_id)
    many = [one | {"match_id": f"m{at}"} for at in range(60)]
    many += [one | {"match_id": f"over{at}", "is_series_over": True} for at in range(60)]
    asked: set[str] = set()

    def refused(route: Route) -> None:
        asked.add(route.request.url.split("/matches/")[1].split("/")[0])
        route.fulfill(status=404, json={"status": 404, "detail": "none", "type": "", "reason": "none"})

    with stage.page(PHONE, expected=("status of 404",)) as page:
        page.route("**/api/v1/matches?limit=200", lambda route: route.fulfill(json=many))
        page.route("**/predictions/latest", refused)
        page.route("**/quality", refused)
        with page.expect_response("**/matches/m0/predictions/latest"):
            opened(stage, page, "#/", what=page.locator("a.card").first)
        assert len(asked) < 30
        last = page.locator("a.card").last
        last.scroll_into_view_if_needed()
        stage.until(lambda: "quality unknown" in last.inner_text(), what="the last match's refusal")
        assert {"m59", "over0"}.isdisjoint(asked)


OF_A_MATCH = (
    ("", ".board tbody tr"),
    ("/replay?map=1&round=1", ".mark.end"),
    ("/what-if", ".outcome-row"),
)
"""What follows a match's address, and what is there once the page is."""
OTHERS = (
    ("#/", ".card"),
    ("#/?map=de_nowhere", ".filters .fields"),
    ("#/players", ".panel :is(.board, .state strong)"),
    ("#/player/sim-5-a1", ".board tbody tr"),
    ("#/teams", ".found .card"),
    ("#/models", ".board tbody tr"),
    ("#/system", ".verdict"),
    ("#/tenants", ".fields"),
    ("#/nowhere", ".state"),
)


@pytest.mark.parametrize(
    ("size", "theme"), [(DESKTOP, "dark"), (PHONE, "light")], ids=["desktop dark", "phone light"]
)
def test_every_page_fits_and_can_be_read(
    *,
    stage: Stand,
    running_match: Match,
    details: tuple[tuple[str, str], ...],
    size: tuple[int, int],
    theme: str,
) -> None:
    match = f"#/match/{running_match.match_id}"
    found: list[str] = []
    with stage.page(size, theme=theme) as page:
        for address, there in (*((match + part, there) for part, there in OF_A_MATCH), *OTHERS, *details):
            found += looked_at(stage, page, address, there=there)
    assert found == []


def test_every_page_keeps_its_layout(
    stage: Stand, running_match: Match, details: tuple[tuple[str, str], ...]
) -> None:
    match = f"#/match/{running_match.match_id}"
    found: list[str] = []
    with stage.page() as page:
        for address, there in (*((match + part, there) for part, there in OF_A_MATCH), *OTHERS, *details):
            opened(stage, page, address, what=page.locator(there).first)
            found += [f"{address} {fault}" for fault in layout.laid_out(page)]
    assert found == []


def looked_at(stage: Stand, page: Page, address: str, *, there: str) -> list[str]:
    """What is wrong with a page."""
    opened(stage, page, address, what=page.locator(there).first)
    wide = ["wider than the screen"] if is_wider_than_screen(page) else []
    return [f"{address}: {each}" for each in (*wide, *axe(page))]


def test_the_theme_is_chosen_and_kept(stage: Stand) -> None:
    with stage.page(theme="dark") as page:
        opened(stage, page, "#/", what=page.locator("h1"))
        dark = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        page.get_by_role("button", name="Switch to the light theme").click()
        light = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        assert light != dark
        page.reload()
        assert page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == light
