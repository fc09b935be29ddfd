"""One uvicorn in one process: binding, signals. Both sides are served by it; no route is known here."""

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from api.framed import Framed
from api.hurried import Hurried

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOGGER = logging.getLogger("midround.api")

STOP_WITHIN_S = 3


class PortTakenError(OSError):
    """Somebody else listens there already."""


def bind(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes any. Raises PortTakenError, which names the address.

    The protocol is named because asyncio sets TCP_NODELAY only then; without it an answer in two writes waits 40 ms for
    the client's ACK of the first.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise PortTakenError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def bind_or_tell(host: str, port: int) -> socket.socket | None:
    """As `bind`; a taken port is one line on stderr and None."""
    try:
        return bind(host, port)
    except PortTakenError as error:
        sys.stderr.write(f"{error}\n")
        return None


def server(app: "ASGIApp") -> uvicorn.Server:
    """A server without lifespan: who makes `app` opens and closes what it needs.

    It logs nothing below a warning: of every socket it would tell the query, with its ticket, and at DEBUG the key.
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
    """uvicorn raises a signal again once it has stopped: here that is no error, so the exit code stays 0."""
    known = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, _ignore) for number in known}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(number: int, _frame: FrameType | None) -> None:
    LOGGER.info("stopped by %s", signal.Signals(number).name)
