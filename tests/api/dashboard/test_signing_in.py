"""The dashboard where keys are asked for: signing in, a live feed by ticket, clients and keys made and revoked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api.public.access import ring
from tests.api.dashboard.browser import LIMIT_S, PHONE, axe, is_wider_than_screen, page_on, served
from tests.api.public.doubles import match_id
from tests.api.public.office import Office
from tests.api.public.test_webhooks import TARGET, give_up

pytestmark = pytest.mark.server
REFUSED = ("status of 401", "status of 403")
UNKNOWN = f"mr_{'0' * 12}_{'A' * 43}"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Keys are asked for, and none is remembered."""
    monkeypatch.setattr(ring, "REMEMBERED_S", 0.0)
    made = Office(tmp_path)
    yield made
    made.close()


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def status(url: str, key: str) -> int:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.get(f"{url}/api/v1/account", headers=headers, timeout=LIMIT_S).status_code


def fits_and_can_be_read(page: Page) -> None:
    assert axe(page) == []
    assert not is_wider_than_screen(page)


def test_an_administrator_signs_in_makes_a_key_and_revokes_it(office: Office, browser: Browser) -> None:
    admin = office.key("office", scopes=("read", "live", "admin"))
    with served(office.desk.app) as url, page_on(browser, url, expected=REFUSED) as page:
        page.goto(f"{url}/#/match/{match_id()}")
        sign_in(page, "mr_no_key")
        expect(page.get_by_role("alert")).to_contain_text("That is no key")
        sign_in(page, UNKNOWN)
        expect(page.get_by_role("alert")).to_contain_text("unknown, expired or revoked")
        fits_and_can_be_read(page)
        sign_in(page, admin)
        expect(page.locator(".pill")).to_have_attribute("data-link", "live")
        page.get_by_role("link", name="Tenants").click()
        page.get_by_label("Name").fill("desk")
        page.get_by_label("Matches").fill("league-*, cup-*")
        page.get_by_role("button", name="Create").click()
        made = page.get_by_role("textbox", name="Key").input_value()
        assert status(url, made) == 200
        fits_and_can_be_read(page)
        page.get_by_role("button", name="Done").click()
        page.get_by_role("link", name="desk").click()
        expect(page.get_by_text("league-*, cup-*")).to_be_visible()
        assert made not in page.content()
        page.get_by_label("Plan").select_option("trial")
        page.get_by_role("button", name=f"Revoke {made[:15]}").click()
        page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
        expect(page.get_by_role("button", name=f"Revoke {made[:15]}")).to_be_focused()
        assert status(url, made) == 200
        page.get_by_role("button", name=f"Revoke {made[:15]}").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(page.get_by_text("revoked", exact=True)).to_be_visible()
        expect(page.get_by_role("region", name="List of keys")).to_be_focused()
        assert status(url, made) == 401
        assert office.catalog.clients().keys()[0].plan == "trial"
        page.reload()
        expect(page.get_by_role("heading", name="desk")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.evaluate("() => JSON.stringify([{...sessionStorage}, {...localStorage}])") == "[{},{}]"


def test_a_reader_s_key_shows_matches_and_administers_nothing(office: Office, browser: Browser) -> None:
    reader = office.key("reader")
    with served(office.desk.app) as url, page_on(browser, url, size=PHONE, expected=REFUSED) as page:
        page.goto(url)
        sign_in(page, reader)
        expect(page.locator("a.card").first).to_be_visible()
        expect(page.get_by_role("link", name="Tenants")).to_have_count(0)
        page.goto(f"{url}/#/tenants")
        expect(page.get_by_role("alert").first).to_contain_text("admin")
        fits_and_can_be_read(page)


def test_a_client_beyond_the_list_is_found_by_its_name(office: Office, browser: Browser) -> None:
    admin = office.key("office", scopes=("read", "admin"))
    for number in range(100):
        office.key(f"reader {number}")
    with served(office.desk.app) as url, page_on(browser, url, expected=REFUSED) as page:
        page.goto(f"{url}/#/tenants")
        sign_in(page, admin)
        expect(page.get_by_text("The first 100 by name")).to_be_visible()
        last = page.get_by_role("link", name="reader 99")
        expect(last).to_have_count(0)
        page.get_by_label("Find a client").fill("er 99")
        expect(last).to_be_visible()
        expect(page.get_by_text("The first 100 by name")).to_have_count(0)
        page.get_by_label("Find a client").fill("nobody")
        expect(page.get_by_text("No client of that name")).to_be_visible()


def test_a_list_is_read_anew_after_each_of_two_changes(office: Office, browser: Browser) -> None:
    desk = office.key("desk", scopes=("read", "webhooks"))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with served(office.desk.app) as url, page_on(browser, url, expected=REFUSED) as page:
        page.goto(f"{url}/#/webhooks")
        sign_in(page, desk)
        page.get_by_label("Goes to").fill(TARGET)
        page.get_by_role("button", name="Add webhook").click()
        expect(page.get_by_role("region", name="List of webhooks")).to_contain_text("none yet")
        page.route("**/ping", hold)
        page.get_by_role("button", name=f"Send a test event to {TARGET}").click()
        page.get_by_label("Goes to").fill(f"{TARGET}/2")
        page.get_by_role("button", name="Add webhook").click()
        expect(page.get_by_role("button", name=f"Log of {TARGET}/2")).to_be_visible()
        with page.expect_response(re.compile(r"/webhooks$"), timeout=25_000):  # before it is looked at anyway
            held[0].continue_()


def test_a_key_that_may_not_follow_is_told_so(office: Office, browser: Browser) -> None:
    reader = office.key("reader", scopes=("read",))
    with served(office.desk.app) as url, page_on(browser, url, expected=REFUSED) as page:
        page.goto(url)
        sign_in(page, reader)
        page.locator("a.card").first.click()
        expect(page.get_by_text("The server refuses the live feed")).to_contain_text("lacks the scope 'live'")


def test_the_page_of_the_graph_subscribes_with_the_key_of_its_headers(
    office: Office, browser: Browser
) -> None:
    asked = f'subscription {{ scoreUpdated(matchId: "{match_id()}") {{ __typename }} }}'
    headers = json.dumps({"authorization": f"Bearer {office.key('reader')}"})
    with served(office.desk.app) as url, page_on(browser, url, expected=REFUSED) as page:
        page.add_init_script(f"localStorage.setItem('graphiql:query', {json.dumps(asked)})")
        page.goto(f"{url}/graphql")
        page.get_by_role("button", name="Headers").click()
        page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror").click()
        page.keyboard.insert_text(headers)
        page.get_by_role("button", name="Execute query").click()
        expect(page.locator(".result-window")).to_contain_text('"__typename"')


def add_webhook(office: Office, page: Page) -> None:
    """One that nothing hinders; its secret is shown until it is told to be kept."""
    page.get_by_label("Goes to").fill("https://127.0.0.1/hook")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("address that is not public")
    page.get_by_label("Goes to").fill(TARGET)
    page.get_by_label("Swing").uncheck()
    page.get_by_role("button", name="Add webhook").click()
    first = page.get_by_role("textbox", name="Secret").input_value()
    assert first.startswith("whsec_")
    fits_and_can_be_read(page)
    page.get_by_role("button", name="New secret").click()
    expect(page.get_by_role("textbox", name="Secret")).not_to_have_value(first)
    second = page.get_by_role("textbox", name="Secret").input_value()
    page.get_by_role("button", name=f"Send a test event to {TARGET}").click()
    expect(page.get_by_role("region", name="List of webhooks").get_by_text("waits")).to_be_visible()
    expect(page.get_by_role("textbox", name="Secret")).to_have_value(second)
    page.get_by_role("button", name="Done").click()
    assert "whsec_" not in page.content()
    [kept] = office.catalog.webhooks().all()
    assert (kept.url, "round.swing" in kept.types, len(kept.types)) == (TARGET, False, 6)


def send_again(office: Office, page: Page) -> None:
    """Deliveries that were given up, first one and then all."""
    [kept] = office.catalog.webhooks().all()
    page.get_by_role("button", name=f"Log of {TARGET}").click()
    log = page.get_by_role("region", name="List of deliveries")
    expect(log.get_by_text("waits")).to_have_count(1)
    give_up(office.catalog.outbox(), kept.webhook_id, 2)
    page.get_by_role("button", name="Given up", exact=True).click()
    expect(log.get_by_text("http 500")).to_have_count(3)
    log.get_by_role("button", name="Attempts of ping").click()
    expect(page.get_by_role("region", name="List of attempts")).to_contain_text("http 500")
    fits_and_can_be_read(page)
    log.get_by_role("button", name="Send again ping").click()
    expect(log.get_by_text("http 500")).to_have_count(2)
    fits_and_can_be_read(page)
    page.get_by_role("button", name="Send all given up again").click()
    expect(page.get_by_text("There is none")).to_be_visible()
    assert len(office.catalog.outbox().due(office.now, limit=9)) == 2


def test_a_client_keeps_its_webhooks_and_an_administrator_those_of_all(
    office: Office, browser: Browser
) -> None:
    desk, admin = (
        office.key("desk", scopes=("read", "webhooks")),
        office.key("office", scopes=("read", "webhooks", "admin")),
    )
    with (
        served(office.desk.app) as url,
        page_on(browser, url, size=PHONE, theme="light", expected=(*REFUSED, "status of 400")) as page,
    ):
        page.goto(f"{url}/#/webhooks")
        sign_in(page, desk)
        add_webhook(office, page)
        send_again(office, page)
        page.get_by_role("button", name="Sign out").click()
        sign_in(page, admin)
        expect(page.get_by_text("There is no webhook yet")).to_be_visible()
        page.get_by_role("link", name="Tenants").click()
        page.get_by_role("link", name="desk").click()
        page.get_by_role("button", name=f"Delete {TARGET}").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_text("There is no webhook yet")).to_be_visible()
        assert office.catalog.webhooks().all() == []
