"""Routes of the process's status: /api, /health, /ready, /metrics.

Belongs here: the routes. Does not belong here: the checks (`queries`).
"""

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from api.public.answers import ResourceResponse, respond, shows, shows_text
from api.public.backends import Behind
from api.public.status import queries

ROUTER = APIRouter(tags=["status"])


@ROUTER.get("/api", responses=shows(dict[str, Any]))
async def get_index() -> ResourceResponse:
    """Index of the API's entry points."""
    return ResourceResponse(queries.INDEX)


@ROUTER.get("/health", responses=shows(dict[str, str]))
async def get_health() -> ResourceResponse:
    """200 while the process is alive."""
    return ResourceResponse({"status": "ok"})


@ROUTER.get("/ready", responses=shows(dict[str, str]))
async def get_ready(behind: Behind) -> Response:
    """200 once the topics are being read and the store answers."""
    trouble = await queries.trouble(behind.board, behind.history)
    return ResourceResponse({"status": "ok"}) if trouble is None else respond(trouble)


@ROUTER.get("/metrics", responses=shows_text(CONTENT_TYPE_LATEST), response_class=Response)
async def get_metrics(behind: Behind) -> Response:
    """Metrics in the Prometheus text format."""
    return Response(generate_latest(behind.metrics.registry), media_type=CONTENT_TYPE_LATEST)
