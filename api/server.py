"""One uvicorn server in one process: binding, signals. Both sides use it; it knows no routes."""

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from adapters.ports import PortError, bind
from api.framed import Framed
from api.hurried import Hurried

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOGGER = logging.getLogger("midround.api")

STOP_WITHIN_S = 3


def bind_or_tell(host: str, port: int) -> socket.socket | int:
    """Return a bound socket, or, after one line on stderr, the exit code if binding fails."""
    try:
        return bind(host, port)
    except PortError as error:
        sys.stderr.write(f"{error}\n")
        return error.code


def server(app: "ASGIApp") -> uvicorn.Server:
    """Create a server without lifespan: the creator of `app` opens and closes its resources.

    Only warnings are logged: below that, uvicorn logs the query of every WebSocket with its ticket, and at DEBUG the
    key.
    """
    config = uvicorn.Config(
        app,
        http=Hurried,
        ws=Framed,
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        timeout_keep_alive=30,
        ws_max_size=65_536,
        ws_max_queue=8,
        ws_per_message_deflate=False,
    )
    return uvicorn.Server(config)


@contextmanager
def signals_end_quietly() -> Iterator[None]:
    """Ignore the signal that uvicorn raises again after stopping, so that the exit code stays 0."""
    known = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, _ignore) for number in known}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(number: int, _frame: FrameType | None) -> None:
    LOGGER.info("stopped by %s", signal.Signals(number).name)
