"""The reading side as a process: opens the store and the topics, serves, stops. Only wiring."""

import asyncio
import gc
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from adapters.kafka.connection import Connection, connection
from adapters.metrics import metrics
from api import server
from api.public.app import create_app
from api.public.board import Board
from api.public.directory import Directory
from api.public.follower import follow, open_tail
from api.public.history import History, NoHistory
from api.public.predictors import Predictors
from api.public.register import Register
from api.public.store import ClickHouseHistory
from models.predictor import CHAMPION

COLLECTIONS = (20_000, 50, 100)
"""Thresholds of Python's cyclic collector. Views live as long as their matches: looking through all of them for cycles
at the default rate held every client up for tenths of a second."""


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
    models: Path = CHAMPION,
    cors_origins: Sequence[str] = (),
    needs_keys: bool = False,
    heartbeat_s: float = 5.0,
) -> int:
    """Serve until SIGTERM or SIGINT; 0, or 4 after one line on stderr when the port is taken.

    Without `clickhouse_url` only what is live is known.
    """
    listening = server.bind_or_tell(host, port)
    if listening is None:
        return server.EXIT_PORT_TAKEN
    to = connection(bootstrap_servers, kafka_options or {}, embedded=is_embedded)
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)
    history = ClickHouseHistory(clickhouse_url, clickhouse_options) if clickhouse_url else NoHistory()
    register = Register(catalog_url)
    with closing(register), listening, server.signals_end_quietly():
        asyncio.run(
            _serve(
                to,
                history,
                listening=listening,
                directory=Directory(catalog_url),
                register=register,
                models=models,
                cors_origins=cors_origins,
                needs_keys=needs_keys,
                heartbeat_s=heartbeat_s,
            )
        )
    return server.EXIT_STOPPED


async def _serve(
    to: Connection,
    history: History,
    *,
    listening: socket.socket,
    directory: Directory,
    register: Register,
    models: Path,
    cors_origins: Sequence[str],
    needs_keys: bool,
    heartbeat_s: float,
) -> None:
    measured = metrics()
    board, stopping = Board(measured), threading.Event()
    following = asyncio.create_task(
        follow(board, history, measured, open_feed=lambda: open_tail(to, stopping))
    )
    serving = server.server(
        create_app(
            board,
            history,
            measured,
            models=Predictors(models),
            directory=directory,
            register=register,
            cors_origins=cors_origins,
            needs_keys=needs_keys,
            heartbeat_s=heartbeat_s,
        )
    )
    try:
        await serving.serve(sockets=[listening])
    finally:
        board.close()
        stopping.set()
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
