"""Where no key is asked for, all together are one client: it reads, within a plan of its own."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from msgspec import structs

from adapters.cache.allowances import AllowancesHere
from api.public.access.anonymous import EVERYBODY, Anonymous
from api.public.access.plans import ANONYMOUS, Meter
from tests.api.public.doubles import Desk, match_id, messages

PROXIED = {"x-forwarded-for": "203.0.113.7"}


def test_everybody_may_ask_as_much_as_the_anonymous_plan_has() -> None:
    desk = Desk(anonymous=structs.replace(ANONYMOUS, rate=0.001, burst=2)).take(messages())
    answers = [desk.ask("/api/v1/matches") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert [each.headers["ratelimit"].partition(";t=")[0] for each in answers] == [
        f'"anonymous";r={left}' for left in (1, 0, 0)
    ]
    assert answers[2].headers["retry-after"]
    assert desk.ask("/health").status_code != 429


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/v1/matches/final"), ("POST", "/api/v1/webhooks"), ("DELETE", "/api/v1/webhooks/w")],
)
def test_what_a_proxy_passed_on_changes_nothing(method: str, path: str) -> None:
    desk = Desk()
    answer = desk.ask(path, method, content=b"{}", headers=PROXIED)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("no-scope")
    assert desk.ask(path, method, content=b"{}").status_code != 403


def test_what_a_proxy_passed_on_is_read() -> None:
    desk = Desk().take(messages())
    assert desk.ask(f"/api/v1/matches/{match_id()}", headers=PROXIED).status_code == 200
    told = b'{"query": "{ matches { nodes { id } } }"}'
    headers = {**PROXIED, "content-type": "application/json"}
    assert "errors" not in desk.ask("/graphql", "POST", content=told, headers=headers).json()


def test_a_connection_is_given_back_when_it_ends() -> None:
    plan, closed, going = structs.replace(ANONYMOUS, connections=1), list[int](), asyncio.Event()

    async def app(*_of: object) -> None:
        await going.wait()

    started = list[dict[bytes, bytes]]()

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.close":
            closed.append(message["code"])
        if message["type"] == "http.response.start":
            started.append(dict(message["headers"]))

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def ask(kind: str = "websocket", path: str = "/api/v1/live") -> None:
        scope = {"type": kind, "path": path, "method": "GET", "headers": [], "query_string": b""}
        await gate(scope, receive, send)

    meter = Meter(AllowancesHere())
    gate = Anonymous(app, meter=meter, plan=plan)

    async def main() -> None:
        first = asyncio.create_task(ask())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await ask()
        assert closed == [4429]
        await ask("http", "/api/v1/live/sse")
        assert [each[b"retry-after"] for each in started] == [b"10"]
        going.set()
        await first
        assert await meter.connect(EVERYBODY, plan) is not None

    asyncio.run(main())
