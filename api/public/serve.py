"""The process of the read side: opens the store and the topics, serves requests, shuts down.

Belongs here: wiring of one process. Does not belong here: routes and middleware (`app`), reading topics (`follower`).
"""

import asyncio
import gc
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI

from adapters.cache.allowances import RENEWED_S, Allowances, AllowancesHere, AllowancesTogether
from adapters.exit_codes import DONE
from adapters.kafka.connection import STREAM_GROUP, Connection, connection
from adapters.kafka.headway import HeadwayOf
from adapters.kafka.records import RAW
from adapters.metrics import Metrics, metrics
from api import server
from api.public.announcer import KafkaAnnouncer
from api.public.app import create_app
from api.public.backends import Backends
from api.public.board import Board
from api.public.cached import CachedHistory
from api.public.directory import Directory
from api.public.follower import follow, open_tail
from api.public.history import History, NoHistory
from api.public.lags import Lags
from api.public.lateness import late_after_s, watch
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
    ticket_secret: bytes,
    access_log: float = 0.0,
    radar_folder: Path | None = None,
    heartbeat_s: float = 5.0,
    allows_private: bool = False,
    epoch_s: float = 0.8,
) -> int:
    """Serve until SIGTERM or SIGINT and return 0. Return 4 if the port is taken and 2 if the address cannot be listened
    on; both print one line to stderr.

    Without `clickhouse_url` only live matches are known. Without `redis_url` this process counts rate limits on its
    own. `allows_private`: webhooks may target private addresses. `epoch_s`: epoch length of the stream.
    `ticket_secret`: the key with which all API processes seal tickets.
    """
    listening = server.bind_or_tell(host, port)
    if isinstance(listening, int):
        return listening
    to = connection(bootstrap_servers, kafka_options or {}, embedded=is_embedded)
    gc.freeze()
    history = _history(clickhouse_url, clickhouse_options, shared=_shared(redis_url))
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
            ticket_secret=ticket_secret,
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
        serving = partial(_serve, app, behind, board=board, to=to, late_s=late_after_s(epoch_s))
        asyncio.run(serving(allowances=allowances, listening=listening))
    return DONE


def _history(url: str | None, options: Mapping[str, str] | None, *, shared: "Newest | None") -> History:
    return CachedHistory(url, options, shared=shared) if url else NoHistory()


async def _serve(
    app: FastAPI,
    behind: Backends,
    *,
    board: Board,
    to: Connection,
    late_s: float,
    allowances: Allowances,
    listening: socket.socket,
) -> None:
    stopping, counted = threading.Event(), asyncio.Event()
    following = asyncio.create_task(
        follow(board, behind.history, behind.metrics, open_feed=lambda: open_tail(to, stopping))
    )
    asking = partial(HeadwayOf, to, STREAM_GROUP, topic=RAW, stopping=stopping)
    watching = asyncio.create_task(watch(board, asking, after_s=late_s))
    renewing = asyncio.create_task(_renew(allowances))
    counting = asyncio.create_task(behind.usage.flush_until(counted, behind.register))

    async def count_the_last() -> None:
        counted.set()
        await counting

    async with AsyncExitStack() as ending:  # callbacks run in reverse order, even if one of them raises
        ending.push_async_callback(behind.announcer.close)
        ending.push_async_callback(allowances.close)
        ending.push_async_callback(count_the_last)
        ending.push_async_callback(_cancel, renewing)
        ending.push_async_callback(_cancel, following)
        ending.push_async_callback(_cancel, watching)
        ending.callback(stopping.set)
        ending.callback(behind.sandboxes.close)
        ending.callback(board.close)
        await server.server(app).serve(sockets=[listening])


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _shared(redis_url: str) -> "Newest | None":
    """Open the cache that processes share. Its client is imported only where a URL is configured."""
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
