"""The reading side as a process: opens the store and the topics, serves, stops. Only wiring."""

import asyncio
import gc
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI

from adapters.cache.allowances import RENEWED_S, Allowances, AllowancesHere, AllowancesTogether
from adapters.exit_codes import DONE
from adapters.kafka.connection import Connection, connection
from adapters.metrics import Metrics, metrics
from api import server
from api.public.announcer import KafkaAnnouncer
from api.public.app import create_app
from api.public.backends import Backends
from api.public.board import Board
from api.public.cached import CachedHistory
from api.public.directory import Directory
from api.public.follower import follow, open_tail
from api.public.history import NoHistory
from api.public.lags import Lags
from api.public.predictors import Predictors
from api.public.recent import Recent
from api.public.register import Register
from api.public.subscriptions import Subscriptions
from models.predictor import CHAMPION

if TYPE_CHECKING:
    from adapters.cache.newest import Newest


def run(
    *,
    bootstrap_servers: str,
    is_embedded: bool,
    host: str = "127.0.0.1",
    port: int = 8080,
    kafka_options: Mapping[str, str] | None = None,
    clickhouse_url: str | None = None,
    clickhouse_options: Mapping[str, str] | None = None,
    catalog_url: str = "",
    redis_url: str = "",
    models: Path = CHAMPION,
    cors_origins: Sequence[str] = (),
    needs_keys: bool = False,
    access_log: float = 0.0,
    radar_folder: Path | None = None,
    heartbeat_s: float = 5.0,
    allows_private: bool = False,
) -> int:
    """Serve until SIGTERM or SIGINT; 0, or after one line on stderr 4 when the port is taken, 2 when nobody can
    listen there.

    Without `clickhouse_url` only what is live is known; without `redis_url` this process counts limits alone.
    `allows_private`: webhooks may lead to private addresses.
    """
    listening = server.bind_or_tell(host, port)
    if isinstance(listening, int):
        return listening
    to = connection(bootstrap_servers, kafka_options or {}, embedded=is_embedded)
    gc.freeze()
    shared = _shared(redis_url)
    history = (
        CachedHistory(clickhouse_url, clickhouse_options, shared=shared) if clickhouse_url else NoHistory()
    )
    register, measured = Register(catalog_url), metrics()
    allowances, announcer = _allowances(redis_url, measured), KafkaAnnouncer(to)
    with closing(register), listening, server.signals_end_quietly():
        recent = Recent()
        board = Board(measured, recent=recent)
        behind = Backends(
            board=board,
            history=history,
            metrics=measured,
            models=Predictors(models),
            directory=Directory(catalog_url),
            register=register,
            announcer=announcer,
            subscriptions=Subscriptions(catalog_url),
            allows_private=allows_private,
            radar_folder=radar_folder,
            heartbeat_s=heartbeat_s,
            recent=recent,
            lags=Lags(to),
        )
        app = create_app(
            behind,
            host=host,
            cors_origins=cors_origins,
            needs_keys=needs_keys,
            allowances=allowances,
            access_log=access_log,
        )
        asyncio.run(_serve(app, behind, board=board, to=to, allowances=allowances, listening=listening))
    return DONE


async def _serve(
    app: FastAPI,
    behind: Backends,
    *,
    board: Board,
    to: Connection,
    allowances: Allowances,
    listening: socket.socket,
) -> None:
    stopping, counted = threading.Event(), asyncio.Event()
    following = asyncio.create_task(
        follow(board, behind.history, behind.metrics, open_feed=lambda: open_tail(to, stopping))
    )
    renewing = asyncio.create_task(_renew(allowances))
    counting = asyncio.create_task(behind.usage.flush_until(counted, behind.register))

    async def count_the_last() -> None:
        counted.set()
        await counting

    async with AsyncExitStack() as ending:  # from the last to the first, whatever one of them raises
        ending.push_async_callback(behind.announcer.close)
        ending.push_async_callback(allowances.close)
        ending.push_async_callback(count_the_last)
        ending.push_async_callback(_cancel, renewing)
        ending.push_async_callback(_cancel, following)
        ending.callback(stopping.set)
        ending.callback(behind.sandboxes.close)
        ending.callback(board.close)
        await server.server(app).serve(sockets=[listening])


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _shared(redis_url: str) -> "Newest | None":
    """The cache that processes share, whose client is only imported where there is one."""
    if not redis_url:
        return None
    from adapters.cache.redis import RedisNewest

    return RedisNewest(redis_url)


def _allowances(redis_url: str, measured: Metrics) -> Allowances:
    if not redis_url:
        return AllowancesHere()
    from adapters.cache.redis import RedisAllowances

    counted = measured.error("cache_away")
    return AllowancesTogether(RedisAllowances(redis_url), on_away=counted.inc)


async def _renew(allowances: Allowances) -> None:
    while True:
        await asyncio.sleep(RENEWED_S)
        await allowances.renew()
