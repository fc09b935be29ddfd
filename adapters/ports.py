"""Ports of this machine, as every process that listens binds them.

Belongs here: binding, and what is said where that cannot be. Does not belong here: who listens where (`settings`),
whether somebody answers (`midround.ports`).
"""

import errno
import socket
from typing import ClassVar

from adapters.exit_codes import PORT_TAKEN, WRONG_USE

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""What this machine calls itself: who listens there is reached from nowhere else."""


class PortError(OSError):
    """Nobody can listen there; it names the address and says why in the system's words. `code` is what a process ends
    with that was to listen."""

    code: ClassVar[int] = WRONG_USE


class PortTakenError(PortError):
    """Somebody else listens there already."""

    code = PORT_TAKEN


def address(host: str, port: int) -> str:
    """Host and port as they stand in a URL: an address of IPv6 is in brackets."""
    return f"[{host}]:{port}" if _is_ipv6(host) else f"{host}:{port}"


def bind(host: str, port: int, *, backlog: int | None = None) -> socket.socket:
    """A bound socket, which listens already with `backlog`; port 0 takes any. Raises PortError, PortTakenError. A port
    that a stopped process left behind is had at once.

    The protocol is named because asyncio sets TCP_NODELAY only then; without it an answer in two writes waits 40 ms for
    the client's ACK of the first.
    """
    family = socket.AF_INET6 if _is_ipv6(host) else socket.AF_INET
    try:
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _told(error, host, port) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        if backlog is not None:
            bound.listen(backlog)
    except OSError as error:
        bound.close()
        raise _told(error, host, port) from error
    return bound


def _is_ipv6(host: str) -> bool:
    return ":" in host


def _told(error: OSError, host: str, port: int) -> PortError:
    if error.errno == errno.EADDRINUSE:
        return PortTakenError(f"port {port} of {host} is taken")
    return PortError(f"cannot listen on {address(host, port)}: {error.strerror}")
