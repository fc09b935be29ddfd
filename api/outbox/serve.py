"""The webhook sender as a process: opens the catalog, follows the log, sends, stops. Only wiring.

One process for the whole installation: two would not keep the order of deliveries.
"""

import asyncio
import logging
import random
import signal
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from adapters.catalog.changes import CatalogAwayError
from adapters.kafka.connection import Connection
from adapters.metrics import Exporter, Metrics, metrics
from api.outbox.noting import follow
from api.outbox.posting import Poster
from api.outbox.schedule import Schedule
from api.outbox.sender import Limits, Sender
from api.outbox.targets import resolver

if TYPE_CHECKING:
    from adapters.catalog.outbox import Outbox
    from adapters.catalog.store import Catalog

LOGGER = logging.getLogger("midround.outbox")
PAUSE_S, COUNTED_EVERY_S, FORGOTTEN_EVERY_S = 0.5, 5.0, 3600.0
KEPT = timedelta(days=30)
"""How long finished deliveries stay in the delivery log."""


class Manner(Struct, frozen=True, kw_only=True):
    """How deliveries are sent; see the settings of `webhooks`."""

    is_private_allowed: bool = False
    timeout_s: float = 10.0
    schedule: Schedule = Schedule()


def run(connection: Connection, *, catalog_url: str, metrics_port: int, manner: Manner) -> int:
    """Send until SIGTERM or SIGINT. Returns 0."""
    measured, ready = metrics(), threading.Event()
    with closing(Exporter(measured.registry, port=metrics_port, is_ready=ready.is_set)):
        asyncio.run(_until_a_signal(connection, catalog_url, measured=measured, ready=ready, manner=manner))
    return 0


def quiet() -> None:
    """Silence httpx' request log: it holds URLs, which may contain a token."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


async def _until_a_signal(
    connection: Connection, catalog_url: str, *, measured: Metrics, ready: threading.Event, manner: Manner
) -> None:
    stopping = threading.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    catalog = await asyncio.to_thread(_opened, catalog_url, stopping)
    if catalog is not None:
        with closing(catalog):
            outbox = catalog.outbox()
            await serve(
                connection, outbox, measured=measured, manner=manner, stopping=stopping, on_ready=ready.set
            )


async def serve(
    connection: Connection,
    outbox: "Outbox",
    *,
    measured: Metrics,
    manner: Manner,
    stopping: threading.Event,
    on_ready: Callable[[], None],
) -> None:
    """Store notices and send deliveries until `stopping` is set. Raises any error that neither task handles."""
    quiet()
    loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor(Limits().at_once, "resolve")
    allowed = manner.is_private_allowed
    try:
        async with Poster(
            resolver(threads), is_private_allowed=allowed, timeout_s=manner.timeout_s, now=_now
        ) as poster:
            sender = Sender(
                outbox,
                poster.post,
                schedule=manner.schedule,
                measured=measured,
                now=_now,
                chance=random.random,
            )

            def woken() -> None:
                loop.call_soon_threadsafe(sender.wake)

            following = asyncio.to_thread(
                follow,
                connection,
                outbox,
                measured=measured,
                now=_now,
                stopping=stopping,
                on_new=woken,
                on_ready=on_ready,
            )
            await _beside(following, sender.run(), upkeep(outbox, measured))
    finally:
        stopping.set()
        threads.shutdown(wait=False, cancel_futures=True)


async def upkeep(outbox: "Outbox", measured: Metrics) -> None:
    """Count pending deliveries and delete old ones, until cancelled."""
    forgets_at = 0.0
    loop = asyncio.get_running_loop()
    while True:
        with suppress(CatalogAwayError):
            waiting = await asyncio.to_thread(outbox.count, "pending")
            measured.queue_depth.labels("webhooks").set(waiting)
            if loop.time() >= forgets_at:
                forgets_at = loop.time() + FORGOTTEN_EVERY_S
                await asyncio.to_thread(outbox.forget, _now() - KEPT)
        await asyncio.sleep(COUNTED_EVERY_S)


async def _beside(first: Coroutine[None, None, None], *others: Coroutine[None, None, None]) -> None:
    """Run all until `first` ends, or one of the others fails."""
    leading = asyncio.create_task(first)
    beside = [asyncio.create_task(other) for other in others]
    try:
        done, _ = await asyncio.wait((leading, *beside), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


def _opened(url: str, stopping: threading.Event) -> "Catalog | None":
    """Return the catalog once it answers; None if stopped before."""
    from adapters.catalog.store import open_catalog

    while not stopping.is_set():
        try:
            return open_catalog(url)
        except CatalogAwayError as error:
            LOGGER.info("waiting for the catalog: %s", error)
            stopping.wait(PAUSE_S)
    return None


def _now() -> datetime:
    return datetime.now(UTC)
