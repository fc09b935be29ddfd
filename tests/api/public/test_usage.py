"""What clients ask is counted, added up over processes and limited by month; a line in the log tells no secret."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from adapters.catalog.clients import Made
from adapters.catalog.usage import UsageBook, Used
from api.public.access import plans, ring
from api.public.access.plans import PLANS, Plan
from api.public.access.usage import Spent, Usage
from api.public.access_log import AccessLog
from api.public.directory import Directory
from api.public.register import Register
from tests.api.public.doubles import NOON, Desk
from tests.api.public.following import WITHIN_S
from tests.api.public.office import Office, code_of, played

pytestmark = pytest.mark.slow

FIRST = Made(key_id="k", secret_hash="h", scopes=("read",))
BRIEFLY_S = 0.05
SMALL = Plan(name="trial", rate=1000.0, burst=1000, connections=9, monthly=3)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The plan `trial` has three requests and connections a month."""
    monkeypatch.setattr(ring, "REMEMBERED_S", 0.0)
    monkeypatch.setattr(ring, "PLANS", {**PLANS, "trial": SMALL})
    made = Office(tmp_path)
    yield made
    made.close()


def usage_of(office: Office) -> Usage:
    found = office.desk.app.state.backends.usage
    assert isinstance(found, Usage)
    return found


def flushed(office: Office, usage: Usage) -> None:
    asyncio.run(usage.flush(office.register))


def rows(office: Office) -> list[tuple[date, int, int, int]]:
    found = office.catalog.all("client_usage")
    return [(row["day"], row["requests"], row["connections"], row["refused"]) for row in found]


def test_a_month_is_used_up_and_the_next_begins_anew(office: Office) -> None:
    text = office.key("one", plan="trial")
    answers = [office.ask("/api/v1/account", text) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.json()["used_this_month"] for answer in answers[:3]] == [1, 2, 3]
    told = answers[3]
    assert told.json()["type"].endswith("month-used")
    assert "2026-02-01T00:00:00.000Z" in told.json()["reason"]
    assert told.headers["retry-after"] == str(
        int((datetime(2026, 2, 1, tzinfo=NOON.tzinfo) - NOON).total_seconds())
    )
    assert told.headers["ratelimit"] == f'"trial-month";r=0;t={told.headers["retry-after"]}'
    assert told.headers["ratelimit-policy"] == f'"trial-month";q=3;w={31 * 24 * 3600}'
    office.now = NOON + timedelta(days=14)
    assert office.status("/api/v1/account", text) == 200
    flushed(office, usage_of(office))
    assert rows(office) == [(date(2026, 1, 18), 3, 0, 1), (date(2026, 2, 1), 1, 0, 0)]


def test_a_connection_counts_and_is_refused_when_the_month_is_used(office: Office) -> None:
    text = office.key("one", plan="trial")

    async def scene(url: str) -> None:
        told = {"x-api-key": text}
        for _ in range(3):
            async with connect(url, additional_headers=told):
                pass
        assert await code_of(url, told) == 4429

    played(office, scene)
    flushed(office, usage_of(office))
    assert rows(office) == [(NOON.date(), 0, 3, 1)]


def test_an_administrator_is_never_shut_out(office: Office) -> None:
    text = office.key("office", plan="trial", scopes=("admin",))
    assert {office.status("/api/v1/tenants", text) for _ in range(6)} == {200}


def test_processes_add_up_and_learn_of_each_other(office: Office) -> None:
    client_id = office.clients.create("one", FIRST, plan="trial", matches=None, who="me", now=NOON)
    here, there = Usage(lambda: NOON), Usage(lambda: NOON)
    here.count(client_id, "requests")
    here.count(client_id, "connections")
    there.count(client_id, "requests")
    assert there.spent(client_id, SMALL, is_live=False) is None
    flushed(office, here)
    flushed(office, there)
    assert there.of_month(client_id) == 3
    assert there.spent(client_id, SMALL, is_live=False) == Spent(of="requests and connections", limit=3)
    assert rows(office) == [(NOON.date(), 2, 1, 0)]
    (line,) = office.catalog.usage().month(date(2026, 1, 1))
    assert (line.requests, line.connections) == (2, 1)


def test_what_takes_long_to_be_added_is_added_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    client_id = office.clients.create("slow", FIRST, plan="trial", matches=None, who="me", now=NOON)
    add, usage = UsageBook.add, Usage(lambda: NOON)

    def slowly(*told: Any, **more: Any) -> Any:
        time.sleep(6 * BRIEFLY_S)
        return add(*told, **more)

    monkeypatch.setattr(UsageBook, "add", slowly)
    usage.count(client_id, "requests")
    with closing(Register(office.url, answers_s=BRIEFLY_S)) as register:
        for _ in range(2):
            asyncio.run(usage.flush(register))
    assert rows(office) == [(NOON.date(), 1, 0, 0)]


def test_what_cannot_be_added_is_kept_and_still_counts(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    usage = Usage(lambda: NOON)
    usage.count("one", "requests")
    asyncio.run(usage.flush(Register()))
    assert "usage waits" in caplog.text
    usage.count("one", "requests")
    assert usage.of_month("one") == 2
    flushed(office, usage)
    flushed(office, usage)
    assert (usage.of_month("one"), rows(office)) == (2, [(NOON.date(), 2, 0, 0)])


class Troubled(Register):
    """Meets errors that are not the catalog's being away, `times` times; then it is the office's."""

    def __init__(self, office: Office, times: int) -> None:
        super().__init__(office.url)
        self.times = times

    async def see_through(self, act: Any) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise OSError("a newer version has changed the catalog")
        return await super().see_through(act)


def test_counting_outlives_any_error(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    async def counted() -> None:
        usage, stopping = Usage(lambda: NOON), asyncio.Event()
        usage.count("one", "requests")
        with closing(Troubled(office, times=2)) as register:
            writing = asyncio.create_task(usage.flush_until(stopping, register, every_s=0.01))
            while not writing.done() and register.times >= 0:
                await asyncio.sleep(0.01)
            stopping.set()
            await writing

    asyncio.run(asyncio.wait_for(counted(), WITHIN_S))
    assert rows(office) == [(NOON.date(), 1, 0, 0)]
    assert caplog.text.count("usage waits") == 2


def test_the_last_counts_are_added_when_the_process_stops(office: Office) -> None:
    async def stopped() -> None:
        usage, stopping = Usage(lambda: NOON), asyncio.Event()
        writing = asyncio.create_task(usage.flush_until(stopping, office.register, every_s=3600))
        await asyncio.sleep(0)
        usage.count("one", "requests")
        stopping.set()
        await writing

    asyncio.run(stopped())
    assert rows(office) == [(NOON.date(), 1, 0, 0)]


def test_what_is_counted_while_the_last_counts_are_added_is_added_too(office: Office) -> None:
    async def stopped() -> None:
        usage, stopping = Usage(lambda: NOON), asyncio.Event()

        class Busy(Register):
            async def see_through(self, act: Any) -> Any:
                found = await super().see_through(act)
                if not stopping.is_set():
                    stopping.set()
                    usage.count("one", "requests")
                return found

        usage.count("one", "requests")
        with closing(Busy(office.url)) as register:
            await usage.flush_until(stopping, register, every_s=0.01)

    asyncio.run(asyncio.wait_for(stopped(), WITHIN_S))
    assert rows(office) == [(NOON.date(), 2, 0, 0)]


def test_administrators_see_days_and_the_month(office: Office) -> None:
    admin = office.key("office", scopes=("admin",))
    client_id = office.clients.create("one", FIRST, plan="standard", matches=None, who="me", now=NOON)
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 18))
    office.catalog.usage().add(
        [Used(client_id=client_id, day=day, requests=2) for day in days], month=days[1]
    )
    told = office.ask(f"/api/v1/tenants/{client_id}/usage", admin, days=2).json()
    assert (told["used_this_month"], told["monthly"]) == (4, plans.PLANS["standard"].monthly)
    assert [day["day"] for day in told["days"]] == ["2026-01-18"]


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [vars(record) for record in caplog.records if record.name == "midround.access"]


def test_a_line_names_the_client_and_no_secret(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    text = office.key("one")
    ticket = office.desk.ask("/api/v1/tickets", "POST", headers={"x-api-key": text}).json()["ticket"]
    desk = Desk(directory=Directory(office.url), needs_keys=True, access_log=1.0, now=lambda: NOON)
    told = {"authorization": f"Bearer {text}", "x-request-id": "r-1"}
    with caplog.at_level(logging.INFO, logger="midround.access"):
        desk.ask(f"/api/v1/matches/{text}", headers=told)
        desk.ask("/api/v1/matches", ticket=ticket)
        desk.ask("/health")
    first, second = lines(caplog)
    assert (first["status"], first["client"], first["request_id"]) == (404, "one", "r-1")
    assert first["path"] == f"/api/v1/matches/mr_{text[3:15]}_..."
    assert (second["status"], second["client"], second["path"]) == (401, None, "/api/v1/matches")
    assert text[16:] not in str([first, second])
    assert ticket not in str([first, second])


@pytest.mark.parametrize(
    ("chance", "status", "count"), [(0.4, 200, 1), (0.6, 200, 0), (0.6, 503, 1), (0.6, 404, 0)]
)
def test_a_share_of_requests_has_a_line_and_all_that_failed_here(
    caplog: pytest.LogCaptureFixture, chance: float, status: int, count: int
) -> None:
    async def answers(scope: object, receive: object, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})

    async def ask() -> None:
        around = AccessLog(answers, 0.5, chance=lambda: chance, now_s=iter((1.0, 1.25)).__next__)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(around), base_url="http://api") as client:
            await client.get("/api/v1/matches")

    with caplog.at_level(logging.INFO, logger="midround.access"):
        asyncio.run(ask())
    assert [(line["status"], line["ms"]) for line in lines(caplog)] == [(status, 250.0)] * count
