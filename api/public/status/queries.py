"""Index and readiness of the process.

Belongs here: plain functions. Does not belong here: metrics themselves (`adapters.metrics`).
"""

from api.problems import Problem, problem
from api.public.board import Matches
from api.public.history import History

INDEX = {
    "name": "midround",
    "versions": {"v1": "/api/v1"},
    "matches": "/api/v1/matches",
    "definitions": "/api/v1/definitions",
    "search": "/api/v1/search/matches",
    "models": "/api/v1/models",
    "calibration": "/api/v1/calibration",
    "coverage": "/api/v1/coverage",
    "latency": "/api/v1/latency",
    "system": "/api/v1/system",
    "live": "/api/v1/live",
    "graphql": "/graphql",
    "docs": "/api/docs",
    "openapi": "/api/openapi.json",
    "health": "/health",
    "ready": "/ready",
    "metrics": "/metrics",
}


async def trouble(board: Matches, history: History) -> Problem | None:
    """Return why the process is not ready; None if it is."""
    if not board.is_fed:
        return _not_ready("broker", "the topics are not read yet, or not any more")
    reason = await history.trouble()
    return None if reason is None else _not_ready("store", reason)


def _not_ready(field: str, reason: str) -> Problem:
    return problem(503, "not-ready", field=field, reason=reason, retry_after_s=1)
