"""The gate before everything that is not public: identifies the client, checks its scopes, and applies its plan.

Belongs here: guarded paths, responses and close codes. Does not belong here: keys (`keys`), limits (`plans`), what a
client then sees (`grants`).
"""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping
from random import uniform
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders

from api.problems import Problem, problem
from api.public.access.plans import Left, Meter, Plan
from api.public.access.ring import Ring, Scope, Tenant
from api.public.access.strangers import CrowdError
from api.public.access.told import counted
from api.public.access.usage import Spent, Usage
from api.public.access.watch import CutError, Watch, Why
from api.public.answers import away, respond
from api.public.away import AwayError
from api.public.graphql.for_people import is_for_people
from api.public.heads import ENDLESS
from api.public.live.bookmark import pass_of
from api.public.minute import MINUTE, Minutes
from api.public.moments import iso
from api.public.threads import ASKS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Asked

GUARDED = ("/api/v1", "/graphql")
WEBHOOKS, READING = "/api/v1/webhooks", frozenset({"GET", "HEAD", "OPTIONS"})
ADMINISTERED = ("/api/v1/tenants", "/api/v1/system")
FOR_ANY_KEY = frozenset({"/api/v1/account", "/api/v1/tickets"})
"""Paths that every key may request, as they are about the key itself."""
TENANT = "midround.tenant"
"""The key in the ASGI scope under which the requesting `Tenant` is stored."""
REFUSED_AFTER_S = (0.1, 0.4)
"""A refusal for a missing key or an exhausted limit (401, 429) is delayed by a random time between these, in seconds.
Immediate retries then slow down only their sender, and clients that were refused together do not return together."""
CONNECT_AGAIN_S = 10
"""When a client with too many connections may retry: it is unknown when it will close one."""
MONTH_S = 31 * 24 * 3600
CLOSE_UNKNOWN, CLOSE_FORBIDDEN, CLOSE_TOO_MANY, CLOSE_AWAY = 4401, 4403, 4429, 4503
CLOSES: Mapping[Why, int] = {
    "over": CLOSE_UNKNOWN,
    "changed": CLOSE_FORBIDDEN,
    "spent": CLOSE_TOO_MANY,
    "unsure": CLOSE_AWAY,
}


class Gate:
    """ASGI middleware. What pages and monitoring need is public: /, /health, /ready, /metrics, schemas and docs."""

    def __init__(
        self,
        app: "ASGIApp",
        *,
        ring: Ring,
        meter: Meter,
        usage: Usage,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._app, self._ring, self._meter, self._usage, self._sleep = app, ring, meter, usage, sleep
        self._watch, self._minutes = Watch(ring, sleep=sleep, is_spent=self._is_told_all), Minutes()

    async def __call__(self, scope: "Asked", receive: "Receive", send: "Send") -> None:
        is_guarded = scope["type"] in {"http", "websocket"} and is_under(scope["path"], *GUARDED)
        if not is_guarded or is_for_people(scope):
            await self._app(scope, receive, send)
            return
        found = await self._admitted(scope)
        if isinstance(found, Problem):
            if found.status in {401, 429}:
                await self._hold_back()
            await refuse(found, scope=scope, receive=receive, send=send)
            return
        scope[TENANT] = found
        ASKS.set(found.client_id)
        spent = self._spent(found, scope)
        if spent is not None:
            over = self._month_over(found, spent)
            told = with_headers(send, month_limits(found.plan, over, spent))
            await self._refused(over, scope=scope, receive=receive, send=told)
        else:
            await self._metered(found, scope=scope, receive=receive, send=send)

    async def _admitted(self, scope: "Asked") -> Tenant | Problem:
        """Return the requesting client if it is admitted, else the problem."""
        try:
            tenant = await self._tenant(scope)
        except AwayError as error:
            return away(error)
        except CrowdError:
            reason = "too many unknown keys come from this address"
            return problem(429, "too-many", field="authorization", reason=reason, retry_after_s=1)
        if tenant is None:
            reason = "is missing, unknown, expired or revoked: send `authorization: Bearer mr_...`"
            return problem(401, "no-key", field="authorization", reason=reason)
        needed = scope_of(scope)
        if needed is not None and needed not in tenant.scopes:
            return problem(
                403, "no-scope", field="authorization", reason=f"the key lacks the scope {needed!r}"
            )
        return tenant

    async def _tenant(self, scope: "Asked") -> Tenant | None:
        headers, peer = Headers(scope=scope), peer_of(scope)
        text = key_text(headers)
        if text is not None:
            return await self._ring.by_key(text, peer=peer)
        tickets = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [])
        if not is_live(scope) or len(tickets) != 1:
            return None
        found = await self._ring.by_ticket(tickets[0], peer=peer)
        pass_ = pass_of(headers.get("last-event-id", ""))
        if found is not None or pass_ is None or scope["path"] != ENDLESS:
            return found
        return await self._ring.by_ticket(pass_, peer=peer, kind="pass")

    async def _metered(self, tenant: Tenant, *, scope: "Asked", receive: "Receive", send: "Send") -> None:
        """Count the request against the rate limit. Opening a live connection counts as a request too."""
        left = await self._meter.ask(tenant.client_id, tenant.plan)
        told = send if scope["type"] == "websocket" else with_headers(send, limits(tenant.plan, left))
        if left.wait_s:
            await self._refused(rate_over(tenant.plan, left), scope=scope, receive=receive, send=told)
        elif is_live(scope):
            await self._connected(tenant, scope=scope, receive=receive, send=told)
        else:
            self._usage.count(tenant.client_id, "requests")
            await self._app(scope, receive, told)

    def _spent(self, tenant: Tenant, scope: "Asked") -> Spent | None:
        """Return which monthly limit is used up, if any. Never for an administrator, who could always raise a plan,
        even their own."""
        if scope_of(scope) == "admin":
            return None
        return self._usage.spent(tenant.client_id, tenant.plan, is_live=is_live(scope))

    def _is_told_all(self, tenant: Tenant) -> bool:
        return self._usage.events_spent(tenant.client_id, tenant.plan) is not None

    def _month_over(self, tenant: Tenant, spent: Spent) -> Problem:
        again = self._usage.begins_again()
        return problem(
            429,
            "month-used",
            field="authorization",
            reason=f"the plan {tenant.plan.name!r} has {spent.limit} {spent.of} a month, "
            f"and they are used; it begins again at {iso(again)}",
            retry_after_s=max(1, math.ceil((again - self._usage.now()).total_seconds())),
        )

    async def _refused(self, told: Problem, *, scope: "Asked", receive: "Receive", send: "Send") -> None:
        """Refuse a known client that exceeds its plan; this counts as refused in its usage."""
        await self._hold_back()
        self._usage.count(scope[TENANT].client_id, "refused")
        await refuse(told, scope=scope, receive=receive, send=send)

    async def _hold_back(self) -> None:
        await self._sleep(uniform(*REFUSED_AFTER_S))

    async def _connected(self, tenant: Tenant, *, scope: "Asked", receive: "Receive", send: "Send") -> None:
        lease = await self._meter.connect(tenant.client_id, tenant.plan)
        if lease is None:
            told = connections_over(tenant.plan)
            await self._refused(told, scope=scope, receive=receive, send=send)
            return
        self._usage.count(tenant.client_id, "connections")
        cut: CutError | None = None
        try:
            with self._minutes.of(tenant.client_id) as scope[MINUTE]:
                async with self._watch.held(tenant):
                    tally = self._usage.tally(tenant.client_id)
                    await self._app(scope, receive, counted(scope, send, tally))
        except CutError as error:
            cut = error
        finally:
            await self._meter.leave(tenant.client_id, lease)
        if cut is not None:  # its lease is released already, since it may not read
            await shown_out(cut, scope=scope, send=send)


def is_under(path: str, *roots: str) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in roots)


def is_live(scope: "Asked") -> bool:
    """Whether the connection is long-lived: a WebSocket, or Server-Sent Events, which browsers also open without
    headers."""
    return bool(scope["type"] == "websocket" or scope["path"] == ENDLESS)


def scope_of(scope: "Asked") -> Scope | None:
    """Return the scope that the key needs; None if any key will do."""
    path = scope["path"]
    if path in FOR_ANY_KEY:
        return None
    if is_under(path, *ADMINISTERED):
        return "admin"
    if is_live(scope):
        return "live"
    if scope["method"] == "PUT":
        return "announce"
    return "webhooks" if is_under(path, WEBHOOKS) and scope["method"] not in READING else "read"


def key_text(headers: Headers) -> str | None:
    """Return the key of a request, from `authorization` or `x-api-key`."""
    kind, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else headers.get("x-api-key")


def peer_of(scope: "Asked") -> str:
    """Return the address of the request's sender as the server sees it; empty if unknown."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def limits(plan: Plan, left: Left) -> dict[str, str]:
    """Return the remaining quota, in the IETF draft's rate limit headers."""
    window_s = max(1, math.ceil(plan.burst / plan.rate))
    return {
        "ratelimit-policy": f'"{plan.name}";q={plan.burst};w={window_s}',
        "ratelimit": f'"{plan.name}";r={left.requests};t={left.reset_s}',
    }


def month_limits(plan: Plan, over: Problem, spent: Spent) -> dict[str, str]:
    """Return the same headers for an exhausted month: a policy of its own, of at most 31 days."""
    policy = f"{plan.name}-{'events' if spent.of == 'events' else 'month'}"
    return {
        "ratelimit-policy": f'"{policy}";q={spent.limit};w={MONTH_S}',
        "ratelimit": f'"{policy}";r=0;t={over.retry_after_s}',
    }


def with_headers(send: "Send", told: Mapping[str, str]) -> "Send":
    """Wrap `send` to add these headers to every response."""

    async def say(message: "Message") -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(told)
        await send(message)

    return say


def rate_over(plan: Plan, left: Left) -> Problem:
    reason = f"the plan {plan.name!r} has {plan.rate:g} requests a second"
    wait_s = math.ceil(left.wait_s)
    return problem(429, "too-many", field="authorization", reason=reason, retry_after_s=wait_s)


def connections_over(plan: Plan) -> Problem:
    reason = f"the plan {plan.name!r} has {plan.connections} connections at a time"
    return problem(429, "too-many", field="authorization", reason=reason, retry_after_s=CONNECT_AGAIN_S)


async def refuse(told: Problem, *, scope: "Asked", receive: "Receive", send: "Send") -> None:
    """Send a problem, or for a WebSocket a close code: browsers do not expose the status of a refused handshake."""
    if scope["type"] == "http":
        answer = respond(told)
        if told.status == 401:
            answer.headers["www-authenticate"] = "Bearer"
        await answer(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    code = {401: CLOSE_UNKNOWN, 403: CLOSE_FORBIDDEN, 429: CLOSE_TOO_MANY}.get(told.status, CLOSE_AWAY)
    await send({"type": "websocket.close", "code": code, "reason": told.detail[:120]})


async def shown_out(error: CutError, *, scope: "Asked", send: "Send") -> None:
    """End an open connection: with a close code, or the end of the stream."""
    with contextlib.suppress(RuntimeError):  # closed already
        if scope["type"] == "http":
            await send({"type": "http.response.body", "body": b""})
            return
        code = CLOSES[error.why]
        await send({"type": "websocket.close", "code": code, "reason": str(error)})
