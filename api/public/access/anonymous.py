"""Access to an API without keys: all clients together share one plan, and may only read.

Belongs here: what this shared client may request, and how much. Does not belong here: pages from other origins
(`elsewhere`), administration (`administrator`), clients with keys (`gate`).

Programs on this machine may also announce matches. A request forwarded by a proxy does not count as theirs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from api.problems import Problem, problem
from api.public.access.administrator import is_sent_here
from api.public.access.gate import (
    GUARDED,
    REFUSED_AFTER_S,
    connections_over,
    is_live,
    is_under,
    limits,
    peer_of,
    rate_over,
    refuse,
    scope_of,
    with_headers,
)
from api.public.access.plans import Meter, Plan
from api.public.graphql.for_people import is_for_people

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Send
    from starlette.types import Scope as Asked

EVERYBODY = ""
"""The id of the shared client, which has no key; `asking.client_of` returns it too."""
CHANGES = frozenset({"announce", "webhooks"})


class Anonymous:
    """ASGI middleware. Reads are limited by `plan`; changes are accepted only from this machine."""

    def __init__(
        self,
        app: "ASGIApp",
        *,
        meter: Meter,
        plan: Plan,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._app, self._meter, self._plan, self._sleep = app, meter, plan, sleep

    async def __call__(self, scope: "Asked", receive: "Receive", send: "Send") -> None:
        is_guarded = scope["type"] in {"http", "websocket"} and is_under(scope["path"], *GUARDED)
        if not is_guarded or is_for_people(scope):
            await self._app(scope, receive, send)
        elif scope_of(scope) in CHANGES and not is_of_this_machine(scope):
            reason = "without a key this API may be changed from this machine only, and not through a proxy"
            told = problem(403, "no-scope", field="authorization", reason=reason)
            await refuse(told, scope=scope, receive=receive, send=send)
        else:
            await self._metered(scope, receive, send)

    async def _metered(self, scope: "Asked", receive: "Receive", send: "Send") -> None:
        left = await self._meter.ask(EVERYBODY, self._plan)
        told = send if scope["type"] == "websocket" else with_headers(send, limits(self._plan, left))
        if left.wait_s:
            await self._refused(rate_over(self._plan, left), scope, receive=receive, send=told)
        elif is_live(scope):
            await self._connected(scope, receive, told)
        else:
            await self._app(scope, receive, told)

    async def _refused(self, told: Problem, scope: "Asked", *, receive: "Receive", send: "Send") -> None:
        await self._sleep(uniform(*REFUSED_AFTER_S))
        await refuse(told, scope=scope, receive=receive, send=send)

    async def _connected(self, scope: "Asked", receive: "Receive", send: "Send") -> None:
        lease = await self._meter.connect(EVERYBODY, self._plan)
        if lease is None:
            await self._refused(connections_over(self._plan), scope, receive=receive, send=send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            await self._meter.leave(EVERYBODY, lease)


def is_of_this_machine(scope: "Asked") -> bool:
    return is_sent_here(peer_of(scope), Headers(scope=scope))
