"""A broker of the tests' own, and requests to the intake without a socket. Not a test."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from adapters.kafka.connection import BrokerError
from adapters.kafka.records import Outgoing
from adapters.metrics import metrics
from api.intake.app import Intake, create_app
from api.intake.bounds import Limits
from api.intake.broker import Broker

JSON = {"content-type": "application/json"}
NOON = datetime(2026, 1, 18, 12, 0, 0, 123_456, tzinfo=UTC)


class KeptBroker(Broker):
    """Keeps records in a list; `failure` is raised instead while it is set."""

    def __init__(self) -> None:
        self.kept: list[Outgoing] = []
        self.failure: BrokerError | None = None
        self.gate: asyncio.Event | None = None

    async def acknowledged(self, records: Sequence[Outgoing], *, timeout_s: float) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.kept += records

    async def trouble(self) -> str | None:
        return None if self.failure is None else str(self.failure)

    @property
    def in_flight(self) -> int:
        return 0


class Door:
    """The intake with its broker, asked from ordinary functions."""

    def __init__(self, limits: Limits | None = None, *, recent_max: int = 1000) -> None:
        self.broker = KeptBroker()
        self.app: Intake = create_app(
            self.broker, metrics(), limits=limits, recent_max=recent_max, now=lambda: NOON
        )

    def post(self, body: bytes, headers: Mapping[str, str] = JSON) -> httpx.Response:
        return self.ask("POST", "/events", content=body, headers=dict(headers))

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return asyncio.run(self.request(method, path, **request))

    async def request(self, method: str, path: str, **request: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            return await client.request(method, path, **request)


def envelope(**changes: object) -> dict[str, object]:
    """A kill with an id of its own."""
    return {
        "event_id": str(uuid.uuid4()),
        "match_id": "11111111-1111-1111-1111-111111111111",
        "map_id": "22222222-2222-2222-2222-222222222222",
        "round_no": 1,
        "ts_event": "2026-01-18T12:00:00.123Z",
        "type": "kill",
        "source": "demo",
        "seq_no": 1,
        "payload": {"killer_player_id": "p1", "victim_player_id": "p2", "killer_team": "A", "weapon": "ak47"},
    } | changes


def as_json(value: object) -> bytes:
    return msgspec.json.encode(value)
