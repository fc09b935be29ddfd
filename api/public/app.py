"""The FastAPI application of the read side: its routes, its middleware stack and the request counter.

Belongs here: wiring, and the middleware `Counting`. Does not belong here: routes (the feature packages), shared state
(`backends`), any other middleware (one module each).
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from adapters.cache.allowances import Allowances, AllowancesHere
from adapters.metrics import Metrics
from api.public import answers, playground
from api.public.access import endpoints as access
from api.public.access.anonymous import Anonymous
from api.public.access.elsewhere import Elsewhere
from api.public.access.gate import Gate
from api.public.access.plans import ANONYMOUS, Meter, Plan
from api.public.access.ring import Ring
from api.public.access_log import AccessLog
from api.public.announcements import endpoints as announcements
from api.public.backends import Backends
from api.public.calibration import endpoints as calibration
from api.public.careers import endpoints as careers
from api.public.dashboard import endpoints as dashboard
from api.public.definitions import endpoints as definitions
from api.public.document import Documented
from api.public.encodings import Encodings
from api.public.events import endpoints as events
from api.public.exports import endpoints as exports
from api.public.feeds import endpoints as feeds
from api.public.freshness import Freshness
from api.public.graphql.door import Door
from api.public.heads import Heads
from api.public.identifiers import AsSent
from api.public.live import endpoints as live
from api.public.maps import endpoints as maps
from api.public.matches import endpoints as matches
from api.public.memory import FromMemory
from api.public.models import endpoints as model_versions
from api.public.players import endpoints as players
from api.public.predictions import endpoints as predictions
from api.public.preflights import Preflights
from api.public.quality import endpoints as quality
from api.public.request_ids import HEADER, RequestIds
from api.public.rounds import endpoints as rounds
from api.public.sandbox import endpoints as sandbox
from api.public.search import endpoints as search
from api.public.slashes import Slashes
from api.public.stages import BETA, STAGES, Staged
from api.public.status import endpoints as status
from api.public.swings import endpoints as swings
from api.public.teams import endpoints as teams
from api.public.tenants import endpoints as tenants
from api.public.timeline import endpoints as timeline
from api.public.webhooks import endpoints as webhooks
from api.public.what_if import endpoints as what_if

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/api/v1"
GZIP_FROM, GZIP_LEVEL = 1_024, 4
"""Smallest response body in bytes that is compressed for clients that accept gzip, and the compression level: higher
levels cost CPU time for little gain in size."""
FEATURES = (
    matches,
    announcements,
    search,
    events,
    timeline,
    rounds,
    players,
    careers,
    teams,
    predictions,
    swings,
    what_if,
    quality,
    model_versions,
    calibration,
    access,
    webhooks,
    tenants,
    definitions,
    exports,
    maps,
    feeds,
    live,
    sandbox,
)


def create_app(
    behind: Backends,
    *,
    host: str = "127.0.0.1",
    cors_origins: Sequence[str] = (),
    needs_keys: bool = False,
    allowances: Allowances | None = None,
    access_log: float = 0.0,
    anonymous: Plan = ANONYMOUS,
) -> FastAPI:
    """Build the application. It opens no connection: the caller creates the board and feeds it. No page loads anything
    from another host.

    `anonymous`: the plan that all clients share where no keys are required.
    """
    app = Documented(
        title="Midround",
        summary="Live state and win probabilities of Counter-Strike 2 matches",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.backends = behind
    answers.install(app)
    known = [Depends(answers.known_parameters)]
    app.include_router(status.ROUTER, dependencies=known)
    for feature in FEATURES:
        app.include_router(feature.ROUTER, prefix=PREFIX, dependencies=known)
    app.include_router(playground.ROUTER, dependencies=known)
    app.router.routes.insert(0, FromMemory(PREFIX, behind))
    app.router.routes += [playground.assets(), Door("/graphql", behind)]
    app.include_router(dashboard.ROUTER)
    meter = Meter(allowances or AllowancesHere())
    if needs_keys:
        ring = Ring(
            behind.directory, now=behind.now, now_s=time.monotonic, ticket_secret=behind.ticket_secret
        )
        app.add_middleware(Gate, ring=ring, meter=meter, usage=behind.usage)
    else:
        app.add_middleware(Anonymous, meter=meter, plan=anonymous)
        app.add_middleware(Elsewhere, host=host, welcome=cors_origins)
    _surround(app, behind.metrics, cors_origins, access_log=access_log)
    return app


def _surround(app: FastAPI, metrics: Metrics, cors_origins: Sequence[str], *, access_log: float) -> None:
    """Add the middleware around every request, innermost first."""
    app.add_middleware(Slashes)
    app.add_middleware(Freshness)
    app.add_middleware(Staged, stages=STAGES)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM, compresslevel=GZIP_LEVEL)
    app.add_middleware(Encodings)
    app.add_middleware(Counting, metrics=metrics)
    app.add_middleware(AccessLog, share=access_log)
    if cors_origins:
        app.add_middleware(
            Preflights,
            allow_origins=cors_origins,
            allow_methods=("GET", "POST", "PUT", "DELETE"),
            allow_headers=("content-type", "authorization", "x-api-key", "if-none-match", HEADER, BETA),
            expose_headers=(
                "etag",
                "link",
                "ratelimit",
                "ratelimit-policy",
                "retry-after",
                "deprecation",
                "sunset",
                HEADER,
                BETA,
            ),
        )
    app.add_middleware(Heads)
    app.add_middleware(AsSent)
    app.add_middleware(RequestIds)


class Counting:
    """Count requests by route, method and status. Plain ASGI, so that the live feed is not wrapped."""

    def __init__(self, app: "ASGIApp", metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        statuses: list[int] = []

        async def counted(message: "Message") -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            status = str(statuses[0] if statuses else 500)
            self._metrics.api_requests.labels(route, scope["method"], status).inc()
