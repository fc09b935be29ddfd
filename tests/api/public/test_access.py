"""Who may ask: keys, tickets, limits, grants. Nothing leaks from one client to another; what is revoked is over."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from adapters.cache.allowances import AllowancesHere
from adapters.catalog.clients import ClientError, KeyLine
from api.public.access import keys, ring, strangers
from api.public.access.gate import REFUSED_AFTER_S, Gate
from api.public.access.plans import PLANS, Meter, Plan
from api.public.access.usage import Spent, Usage
from api.public.directory import Directory
from game.messages import Prediction
from tests.api.public.doubles import NOON, Desk, KeptHistory, messages
from tests.api.public.office import OURS, THEIRS, Office

pytestmark = pytest.mark.slow

GUARDED = (
    "/api/v1/matches",
    f"/api/v1/matches/{OURS}/state",
    "/api/v1/models",
    "/graphql?query={__typename}",
)
OPEN = ("/health", "/metrics", "/api", "/api/openapi.json")


@pytest.mark.parametrize("path", GUARDED)
def test_without_a_key_nothing_is_answered(office: Office, path: str) -> None:
    answer = office.desk.ask(path)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "authorization: Bearer" in answer.json()["reason"]


@pytest.mark.parametrize("document", ["query={matches{nodes{matchId}}}", "extensions={}", "query="])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_wants_a_page_gets_the_page_and_no_data(office: Office, method: str, document: str) -> None:
    html = {"accept": "text/html,*/*"}
    page = office.desk.ask("/graphql", method, headers=html)
    assert page.status_code in {200, 503}, "503 says how the page is built"
    assert office.desk.send(method, f"/graphql?{document}", headers=html).status_code == 401


@pytest.mark.parametrize("path", OPEN)
def test_what_is_for_everybody_needs_none(office: Office, path: str) -> None:
    assert office.status(path) == 200


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_a_key_opens_everything(office: Office, header: str) -> None:
    text = office.key("one")
    told = f"Bearer {text}" if header == "authorization" else text
    for path in GUARDED:
        assert office.desk.ask(path, headers={header: told}).status_code == 200, path


def test_a_key_that_is_none_is_refused(office: Office) -> None:
    good = office.key("one")
    other = keys.new_key()
    mixed = f"{good[:16]}{other.secret}"
    wrong = [other.text, mixed, good[:-1], good + "A", good.upper(), "mr_", "' OR 1=1 --", "x" * 5000]
    for text in wrong:
        answer = office.ask("/api/v1/matches", text)
        assert answer.status_code == 401, text


def test_a_revoked_key_is_taken_no_more(office: Office, remembers_nothing: None) -> None:
    text = office.key("one")
    assert office.status("/api/v1/matches", text) == 200
    assert office.clients.revoke(text[3:15], who="me", now=NOON) == 1
    assert office.status("/api/v1/matches", text) == 401
    assert office.clients.revoke("one", who="me", now=NOON) == 0


def test_a_revocation_holds_within_five_seconds(office: Office) -> None:
    at, text = [0.0], office.key("one")
    known = ring.Ring(Directory(office.url), now=lambda: NOON, now_s=lambda: at[0])
    assert asyncio.run(known.by_key(text, peer="here")) is not None
    office.clients.revoke("one", who="me", now=NOON)
    at[0] = 5.0
    assert asyncio.run(known.by_key(text, peer="here")) is None


def test_a_key_ends(office: Office, remembers_nothing: None) -> None:
    text = office.key("one", expires_at=NOON + timedelta(hours=1))
    assert office.status("/api/v1/matches", text) == 200
    office.now = NOON + timedelta(hours=1)
    assert office.status("/api/v1/matches", text) == 401


def test_a_rotation_leaves_the_other_keys_some_time(office: Office, remembers_nothing: None) -> None:
    old = office.key("one")
    new = office.another(office.clients.client_id("one"), others_until=NOON + timedelta(hours=2))
    assert [office.status("/api/v1/matches", each) for each in (old, new)] == [200, 200]
    office.now = NOON + timedelta(hours=3)
    assert [office.status("/api/v1/matches", each) for each in (old, new)] == [401, 200]


def test_a_key_may_do_what_its_scopes_say(office: Office) -> None:
    text = office.key("one", scopes=("live",))
    answer = office.desk.ask("/api/v1/matches", headers={"x-api-key": text})
    assert (answer.status_code, answer.json()["reason"]) == (403, "the key lacks the scope 'read'")
    reader = office.key("another", scopes=("read", "live"))
    answer = office.desk.ask(
        f"/api/v1/matches/{OURS}", method="PUT", content=b"{}", headers={"x-api-key": reader}
    )
    assert (answer.status_code, answer.json()["reason"]) == (403, "the key lacks the scope 'announce'")


def test_a_name_is_taken_once(office: Office) -> None:
    office.key("one")
    with pytest.raises(ClientError, match="'one' already"):
        office.key("one")
    with pytest.raises(ClientError, match="no client 'two'"):
        office.clients.client_id("two")


def test_a_secret_is_kept_nowhere_and_every_act_is_in_the_audit(office: Office) -> None:
    text = office.key("one")
    office.clients.revoke("one", who="you", now=NOON)
    rows = [row for table in ("api_clients", "api_keys", "audit") for row in office.catalog.all(table)]
    assert text[16:] not in str(rows)
    assert repr(keys.key_of(text)) == f"Key({text[3:15]})"
    acts = [(row["who"], row["act"]) for row in office.catalog.all("audit")]
    assert sorted(acts) == [("me", "add key"), ("me", "create client"), ("you", "revoke 1 keys")]


def test_a_plan_is_used_up_and_fills_again() -> None:
    at = [0.0]
    meter = Meter(AllowancesHere(lambda: at[0]))
    plan = Plan(name="p", rate=2.0, burst=3, connections=1)

    async def scene() -> None:
        assert [(await meter.ask("c", plan)).wait_s for _ in range(3)] == [0, 0, 0]
        refused = await meter.ask("c", plan)
        assert (refused.requests, refused.wait_s) == (0, 0.5)
        assert (await meter.ask("other", plan)).wait_s == 0
        at[0] = 0.5
        assert [(await meter.ask("c", plan)).wait_s > 0 for _ in range(2)] == [False, True]
        at[0] = 100.0
        assert (await meter.ask("c", plan)).requests == 2

    asyncio.run(scene())


def test_one_client_does_not_use_up_another_s_plan(tmp_path: Path) -> None:
    """However long the requests take: what an allowance has is refilled by a clock that stands."""
    office = Office(tmp_path, allowances=AllowancesHere(lambda: 0.0))
    noisy, quiet = office.key("noisy", plan="trial"), office.key("quiet", plan="trial")
    *seen, refused = [office.ask("/api/v1/definitions", noisy) for _ in range(21)]
    assert [*(answer.status_code for answer in seen), refused.status_code] == [200] * 20 + [429]
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("1", '"trial";r=0;t=11')
    answer = office.ask("/api/v1/definitions", quiet)
    assert answer.status_code == 200
    assert answer.headers["ratelimit-policy"] == '"trial";q=20;w=10'
    office.close()


def test_a_refusal_waits_and_an_answer_does_not(office: Office) -> None:
    """So that a client who repeats at once takes no time from the others."""
    slept: list[float] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Response("here")(scope, receive, send)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def run() -> list[int]:
        known = ring.Ring(Directory(office.url), now=lambda: NOON, now_s=lambda: 0.0)
        meter = Meter(AllowancesHere(lambda: 0.0))
        gate = Gate(app, ring=known, meter=meter, usage=Usage(lambda: NOON), sleep=sleep)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://api") as client:
            headers = {"x-api-key": office.key("one", plan="trial")}
            return [(await client.get("/api/v1/matches", headers=headers)).status_code for _ in range(22)]

    assert asyncio.run(run()) == [200] * 20 + [429] * 2
    assert len(slept) == 2
    assert all(REFUSED_AFTER_S[0] <= seconds <= REFUSED_AFTER_S[1] for seconds in slept)


class Counted(Directory):
    """How often the catalog is asked for a key."""

    asked = 0

    async def key(self, key_id: str) -> KeyLine | None:
        self.asked += 1
        return await super().key(key_id)


def test_unknown_keys_push_out_no_known_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "REMEMBERED_MAX", 3)
    text, directory = office.key("one"), Counted(office.url)
    known = ring.Ring(directory, now=lambda: NOON, now_s=lambda: 0.0)

    async def scene() -> list[int]:
        await known.by_key(text, peer="here")
        strange = [keys.new_key().text for _ in range(9)]
        for each in strange:
            await known.by_key(each, peer="there")
        counts = [directory.asked]
        for each in (text, *strange[-3:], strange[0]):
            assert (await known.by_key(each, peer="there") is not None) == (each is text)
            counts.append(directory.asked)
        return counts

    assert asyncio.run(scene()) == [10, 10, 10, 10, 10, 11]


def test_an_address_has_so_many_unknown_keys_and_known_ones_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "BURST", 5)
    monkeypatch.setattr(strangers, "RATE", 0.001)
    good, new = office.key("one"), office.key("two")
    assert office.status("/api/v1/definitions", good) == 200
    seen = [office.status("/api/v1/definitions", keys.new_key().text) for _ in range(6)]
    assert seen == [401] * 4 + [429] * 2
    assert office.status("/api/v1/definitions", good) == 200
    answer = office.ask("/api/v1/definitions", new)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


@pytest.mark.parametrize("why", ["no key", "month"])
def test_every_refusal_that_can_be_repeated_at_once_waits(office: Office, why: str) -> None:
    slept: list[float] = []

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    class Used(Usage):
        def spent(self, client_id: str, plan: Plan, *, is_live: bool) -> Spent:
            return Spent(of="requests and connections", limit=0)

    async def run() -> int:
        known = ring.Ring(Directory(office.url), now=lambda: NOON, now_s=lambda: 0.0)
        gate = Gate(app, ring=known, meter=Meter(AllowancesHere()), usage=Used(lambda: NOON), sleep=sleep)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://api") as client:
            text = office.key("one") if why == "month" else keys.new_key().text
            return (await client.get("/api/v1/matches", headers={"x-api-key": text})).status_code

    assert asyncio.run(run()) == (429 if why == "month" else 401)
    assert [REFUSED_AFTER_S[0] <= seconds <= REFUSED_AFTER_S[1] for seconds in slept] == [True]


def test_the_account_says_what_the_key_allows(office: Office) -> None:
    ends = NOON + timedelta(days=1)
    text = office.key("one", plan="broadcast", matches=["league-*"], expires_at=ends)
    found = office.desk.ask("/api/v1/account", headers={"x-api-key": text}).json()
    assert (found["client"], found["plan"], found["matches"]) == ("one", "broadcast", ["league-*"])
    assert (found["client_id"], found["expires_at"]) == (
        office.clients.client_id("one"),
        "2026-01-19T12:00:00.000Z",
    )
    assert found["requests_per_second"] == PLANS["broadcast"].rate
    assert Desk().ask("/api/v1/account").status_code == 409


@pytest.mark.parametrize("place", ["memory", "store"])
def test_a_match_that_is_not_granted_is_as_unknown_as_none(tmp_path: Path, place: str) -> None:
    """Under every path of a match, wherever it is held."""
    history = KeptHistory(messages(3, 14)) if place == "store" else None
    office = Office(tmp_path, history=history, is_whole=True)
    mine, every = office.key("one", plan="unlimited", matches=[OURS]), office.key("all", plan="unlimited")
    for method, path in paths_of_a_match(office):
        asked = ((THEIRS, mine), ("nowhere", mine), (THEIRS, every))
        there, nowhere, shown = (
            office.desk.send(method, path % of, content=b"{}", headers={"x-api-key": key})
            for of, key in asked
        )
        assert (there.status_code, nowhere.status_code) == (404, 404), path
        assert there.json()["reason"].replace(THEIRS, "nowhere") == nowhere.json()["reason"]
        assert shown.status_code == 200 or "/explanations/" in path, f"{path} has nothing to hide"
    office.close()


def paths_of_a_match(office: Office) -> list[tuple[str, str]]:
    """Every question about a match that there is, of which the receipts are `THEIRS`."""
    *_, receipt = (m.receipt.receipt_id for m in messages(3, 14) if isinstance(m, Prediction))
    told = {"match_id": "%s", "receipt_id": receipt, "seq": 300, "table": "events"}
    return [
        (method.upper(), path.format(**told))
        for path, operation in office.desk.app.openapi()["paths"].items()
        for method in operation.keys() & {"get", "post"}
        if path.startswith("/api/v1/matches/{match_id}")
    ]


def test_lists_hold_only_what_is_granted(office: Office) -> None:
    text = office.key("one", matches=[OURS])
    assert [m["match_id"] for m in office.ask("/api/v1/matches", text).json()] == [OURS]
    assert office.ask(f"/api/v1/matches/{OURS}/state", text).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/calibration",
        "/leaderboard",
        "/leaderboard/swings",
        "/models/shadow",
        "/players?name=a",
        "/players/p",
        "/teams",
        "/teams/t",
    ],
)
def test_what_is_summed_over_all_matches_is_refused(office: Office, path: str) -> None:
    text = office.key("one", plan="unlimited", matches=[OURS])
    answer = office.desk.ask(f"/api/v1{path}", headers={"x-api-key": text})
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:midround:problem:not-granted")


def test_a_catalog_that_is_away_opens_nothing(tmp_path: Path) -> None:
    directory = Directory(f"sqlite:///{tmp_path / 'none' / 'catalog.sqlite'}")
    answer = Desk(directory=directory, needs_keys=True).ask(
        "/api/v1/matches", headers={"x-api-key": keys.new_key().text}
    )
    assert (answer.status_code, answer.json()["field"]) == (503, "catalog")


def test_what_the_catalog_holds_makes_no_ticket(office: Office) -> None:
    text = office.key("one")
    (row,) = office.catalog.all("api_keys")
    forged, _ = keys.ticket(row["key_id"], row["secret_hash"].encode(), now=NOON)
    made = office.desk.ask("/api/v1/tickets", "POST", headers={"x-api-key": text}).json()["ticket"]
    stream = "/api/v1/live/sse"
    statuses = [
        office.desk.ask(stream, match_id="nobody-s", ticket=each).status_code for each in (forged, made)
    ]
    assert statuses == [401, 404]


def test_a_ticket_is_for_one_key_and_one_minute() -> None:
    one, other, secret = keys.new_key(), keys.new_key(), b"of the installation"
    text, until_s = keys.ticket(one.key_id, secret, now=NOON)
    found = keys.ticket_of(text)
    assert found is not None
    assert keys.is_good(found, secret, now=NOON)
    assert not keys.is_good(found, one.secret_hash.encode(), now=NOON)
    assert not keys.is_good(found, secret, now=NOON + timedelta(seconds=keys.TICKET_S))
    of_another = keys.ticket_of(text.replace(one.key_id, other.key_id))
    assert of_another is not None
    assert not keys.is_good(of_another, secret, now=NOON)
    longer = keys.ticket_of(text.replace(str(until_s), str(until_s + 1)))
    assert longer is not None
    assert not keys.is_good(longer, secret, now=NOON)
    assert keys.ticket_of(one.text) is None


def test_a_pass_is_no_ticket_and_a_ticket_no_pass() -> None:
    one, secret = keys.new_key(), b"of the installation"
    text, _ = keys.ticket(one.key_id, secret, now=NOON)
    ticket, pass_ = keys.ticket_of(text), keys.ticket_of(keys.stream_pass(one.key_id, secret, now=NOON))
    assert ticket is not None
    assert pass_ is not None
    assert keys.is_good(pass_, secret, now=NOON, kind="pass")
    assert not keys.is_good(pass_, secret, now=NOON)
    assert not keys.is_good(ticket, secret, now=NOON, kind="pass")
