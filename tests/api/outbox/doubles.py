"""A client with webhooks in a catalog of the test's own, and deliveries that are due. No tests here."""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from adapters.catalog.clients import Made
from adapters.catalog.outbox import Asked, Batch, Delivery, Due, New, Outbox
from adapters.catalog.store import open_catalog
from adapters.catalog.webhooks import By
from adapters.metrics import Metrics, metrics
from api.outbox.events import TYPES
from api.outbox.noting import Noter
from api.outbox.schedule import Answer, Schedule
from api.outbox.sender import Limits, Post, Sender
from api.outbox.signing import new_secret
from tests.api.public.doubles import NOON

WITHIN_S = 60
TAKEN, REFUSED = Answer(http_status=204), Answer(http_status=500, error="http 500")
AT_ONCE = Schedule(first_s=0.0, attempts_max=3)
"""Tries again without a wait."""


def due(url: str, **told: object) -> Due:
    usual = Due(
        delivery_id="d-1",
        webhook_id="w",
        match_id="m",
        url=url,
        body='{"type":"ping"}',
        attempts=0,
        queued_at=NOON,
        secrets=(new_secret(),),
    )
    return msgspec.structs.replace(usual, **told)


class Office:
    """One client, its webhooks, the outbox."""

    def __init__(self, folder: Path, *, matches: list[str] | None = None) -> None:
        self.url = f"sqlite:///{folder / 'catalog.sqlite'}"
        self.catalog = open_catalog(self.url)
        self.outbox, self.webhooks = self.catalog.outbox(), self.catalog.webhooks()
        clients = self.catalog.clients()
        first = Made(key_id="key", secret_hash="h", scopes=("read",))
        self.client_id = clients.create("desk", first, plan="trial", matches=matches, who="me", now=NOON)
        self.now = NOON

    def webhook(self, url: str = "https://there/", *types: str, secret: str = "") -> str:
        made = self.webhooks.create(
            self.client_id,
            url=url,
            types=types or TYPES,
            secret=secret or new_secret(),
            by=By(who="me"),
            now=NOON,
        )
        return made.webhook_id

    def queue(self, webhook_id: str, match_id: str, seqs: Iterable[int]) -> None:
        new = [
            New(
                delivery_id=f"{webhook_id}/{match_id}/{seq}",
                webhook_id=webhook_id,
                type="round.ended",
                body=f'{{"seq":{seq}}}',
                match_id=match_id,
                seq=seq,
            )
            for seq in seqs
        ]
        self.outbox.note(Batch(origin="log", positions={}, deliveries=new), now=NOON)

    def noter(
        self,
        notes: Outbox | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        measured: Metrics | None = None,
        origin: str = "log",
    ) -> Noter:
        measured = measured or metrics()
        return Noter(notes or self.outbox, origin, measured=measured, now=self.moment, clock=clock)

    def sender(
        self,
        post: Post,
        *,
        schedule: Schedule = AT_ONCE,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> Sender:
        return Sender(
            self.outbox,
            post,
            schedule=schedule,
            measured=metrics(),
            now=self.moment,
            chance=lambda: 1.0,
            limits=limits,
            clock=clock,
        )

    def lines(self, webhook_id: str, **asked: str) -> list[Delivery]:
        """The log of a webhook, the oldest first."""
        found = self.outbox.deliveries(
            msgspec.convert({"webhook_id": webhook_id, **asked}, Asked), limit=10_000
        )
        return found[::-1]

    def moment(self) -> datetime:
        return self.now


async def sending(sender: Sender, until: Callable[[], bool]) -> None:
    """Send until something is so; then the sender is cut off amid whatever it does."""
    running = asyncio.create_task(sender.run())
    try:
        async with asyncio.timeout(WITHIN_S):
            while not until() and not running.done():
                await asyncio.sleep(0.005)
        if running.done():
            await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
