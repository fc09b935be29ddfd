"""The intake as a plain ASGI application: POST /events, /health, /ready, /metrics.

Belongs here: routes, reading a body, responses. Does not belong here: splitting (`splitting`), validation of events
(`checking`), bounds (`bounds`), the broker (`broker`).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from adapters.kafka.connection import BrokerError
from adapters.metrics import Metrics, kind_of
from api.intake.bounds import Budget, Hold, Limits
from api.intake.broker import Broker, refusal
from api.intake.checking import Checked, check, stamp
from api.intake.recent import Recent
from api.intake.splitting import encoding_of, split
from api.intake.unpacking import too_large, unpack
from api.problems import Problem, ProblemError, Rejected, headers, problem

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

LOGGER = logging.getLogger("midround.intake")
JSON_TYPE = "application/json"
ENCODE = msgspec.json.Encoder().encode


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a 202 response: how many items the broker has acknowledged, how many were duplicates, and which were
    rejected and why."""

    accepted: int
    duplicate: int
    rejected: tuple[Rejected, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    body: bytes
    headers: dict[str, str] = msgspec.field(default_factory=lambda: {"content-type": JSON_TYPE})


Route = Callable[["Scope", "Receive"], Awaitable[Answer]]


def create_app(
    broker: Broker,
    metrics: Metrics,
    *,
    limits: Limits | None = None,
    recent_max: int = 200_000,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> "Intake":
    """Create the application. It opens nothing: the caller connects and closes `broker`."""
    bounds = limits or Limits()
    return Intake(broker, metrics, limits=bounds, recent=Recent(recent_max), now=now)


class Intake:
    """The ASGI 3 application. One instance serves one event loop."""

    def __init__(
        self, broker: Broker, metrics: Metrics, *, limits: Limits, recent: Recent, now: Callable[[], datetime]
    ) -> None:
        self._broker = broker
        self._metrics = metrics
        self._limits = limits
        self._recent = recent
        self._now = now
        self._budget = Budget(limits.in_flight_bytes_max, retry_after_s=limits.retry_after_s)
        self._routes: dict[str, dict[str, Route]] = {
            "/events": {"POST": self._events},
            "/health": {"GET": self._health},
            "/ready": {"GET": self._ready},
            "/metrics": {"GET": self._exposition},
        }

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            raise ValueError(f"the intake speaks HTTP only, not {scope['type']}")
        answer = await self._answer(scope, receive)
        known = scope["path"] if scope["path"] in self._routes else "other"
        self._metrics.api_requests.labels(known, _method(scope), str(answer.status)).inc()
        await _send(send, answer)

    async def _answer(self, scope: "Scope", receive: "Receive") -> Answer:
        try:
            return await self._route(scope)(scope, receive)
        except ProblemError as error:
            return self._refused(error.problem, error.headers)
        except BrokerError as error:
            return self._refused(refusal(error, retry_after_s=self._limits.retry_after_s))
        except Exception:
            LOGGER.exception("a request ended in an error of ours")
            return self._refused(problem(500, "internal", field="$", reason="an error of the intake"))

    def _route(self, scope: "Scope") -> Route:
        methods = self._routes.get(scope["path"])
        if methods is None:
            raise ProblemError(problem(404, "no-such-path", field="path", reason="POST /events is here"))
        route = methods.get(_method(scope))
        if route is None:
            raise _no_method(methods)
        return route

    async def _events(self, scope: "Scope", receive: "Receive") -> Answer:
        begun = time.perf_counter()
        given = _headers(scope)
        if "origin" in given:
            raise _from_a_page()
        encoding = encoding_of(given.get("content-type", ""))
        with self._budget.hold() as hold:
            body = await self._body(receive, given=given, hold=hold)
            items = split(body, encoding)
            marks = stamp(encoding, self._now())
            checked = check(
                items, marks=marks, recent=self._recent, item_bytes_max=self._limits.item_bytes_max
            )
            self._metrics.queue_depth.labels("intake").set(self._broker.in_flight)
            await self._keep(checked)
        self._metrics.ingestion_latency_ms.labels("intake").observe((time.perf_counter() - begun) * 1000)
        return self._taken(checked)

    async def _body(self, receive: "Receive", *, given: dict[str, str], hold: Hold) -> bytes:
        """Read and unpack the body. Its possible size is reserved before reading and before unpacking."""
        most = self._limits.body_bytes_max
        announced = given.get("content-length", "0")
        if announced.isascii() and announced.isdigit():
            if len(announced) > 18 or int(announced) > most:
                raise too_large(most)
            hold.grow_to(int(announced))
        try:
            async with asyncio.timeout(self._limits.body_timeout_s):
                packed = await _read(receive, bytes_max=most, hold=hold)
        except TimeoutError as error:
            reason = f"the body did not come within {self._limits.body_timeout_s:g} s"
            raise ProblemError(problem(408, "timeout", field="$", reason=reason)) from error
        encoding = given.get("content-encoding", "").strip().lower()
        if encoding in {"", "identity"}:
            return packed
        hold.grow_to(len(packed) + most)
        return unpack(packed, encoding, bytes_max=most)

    async def _keep(self, checked: Checked) -> None:
        """Send the records to the broker; mark them as seen only after its acknowledgement."""
        if not checked.records:
            return
        await self._broker.acknowledged(checked.records, timeout_s=self._limits.acknowledge_timeout_s)
        for key in checked.keys:
            self._recent.add(key)

    def _taken(self, checked: Checked) -> Answer:
        accepted, rejected = len(checked.records), checked.rejected
        for outcome, count in (
            ("accepted", accepted),
            ("duplicate", checked.duplicates),
            ("rejected", len(rejected)),
        ):
            self._metrics.ingestion_events.labels(outcome).inc(count)
        if rejected and not accepted and not checked.duplicates:
            first = rejected[0]
            return self._refused(
                problem(400, "all-rejected", field=first.field, reason=first.reason, rejected=rejected)
            )
        taken = Taken(accepted=accepted, duplicate=checked.duplicates, rejected=rejected)
        return Answer(status=202, body=ENCODE(taken))

    def _refused(self, found: Problem, more: Mapping[str, str] = MappingProxyType({})) -> Answer:
        self._metrics.error(kind_of(found.type.rpartition(":")[2])).inc()
        return Answer(status=found.status, body=ENCODE(found), headers={**headers(found), **more})

    async def _health(self, _scope: "Scope", _receive: "Receive") -> Answer:
        return Answer(status=200, body=ENCODE({"status": "ok"}))

    async def _ready(self, _scope: "Scope", _receive: "Receive") -> Answer:
        trouble = await self._broker.trouble()
        if trouble is None:
            return Answer(status=200, body=ENCODE({"status": "ok"}))
        wait_s = self._limits.retry_after_s
        return self._refused(problem(503, "not-ready", field="broker", reason=trouble, retry_after_s=wait_s))

    async def _exposition(self, _scope: "Scope", _receive: "Receive") -> Answer:
        self._metrics.queue_depth.labels("intake").set(self._broker.in_flight)
        text = generate_latest(self._metrics.registry)
        return Answer(status=200, body=text, headers={"content-type": CONTENT_TYPE_LATEST})


async def _read(receive: "Receive", *, bytes_max: int, hold: Hold) -> bytes:
    """Read the raw body. Raises a 413 problem above `bytes_max`, a 400 problem if the client disconnects."""
    parts: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise ProblemError(problem(400, "unreadable", field="$", reason="the client went away"))
        part = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            raise too_large(bytes_max)
        hold.grow_to(size)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(send: "Send", answer: Answer) -> None:
    fields = answer.headers | {"content-length": str(len(answer.body))}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": encoded, "trailers": False}
    )
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def _no_method(methods: Iterable[str]) -> ProblemError:
    """A 405 problem. Every path with GET also accepts HEAD."""
    names = ", ".join("GET, HEAD" if each == "GET" else each for each in methods)
    told = problem(405, "method", field="method", reason=f"only {names} here")
    return ProblemError(told, headers={"allow": names})


def _from_a_page() -> ProblemError:
    """A 403 problem: a browser would send such a request on behalf of any page, whoever made it."""
    reason = "events come from programs, not from a page in a browser"
    return ProblemError(problem(403, "page-elsewhere", field="origin", reason=reason))


def _headers(scope: "Scope") -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _method(scope: "Scope") -> str:
    return "GET" if scope["method"] == "HEAD" else str(scope["method"])
