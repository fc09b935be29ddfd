"""Binds the ports of this machine, for every process that listens.

Belongs here: binding, and the errors when it fails. Does not belong here: which process listens where (`settings`),
whether a port answers (`midround.ports`).
"""

import errno
import socket
from typing import ClassVar

from adapters.exit_codes import PORT_TAKEN, WRONG_USE

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""The names of the loopback interface: a server that listens there cannot be reached from other machines."""


class PortError(OSError):
    """The address cannot be bound; the text names it and gives the system's reason. `code` is the exit code of a
    process that wanted to listen there."""

    code: ClassVar[int] = WRONG_USE


class PortTakenError(PortError):
    """Another process listens there already."""

    code = PORT_TAKEN


def address(host: str, port: int) -> str:
    """Host and port as written in a URL: an IPv6 address is put in brackets."""
    return f"[{host}]:{port}" if _is_ipv6(host) else f"{host}:{port}"


def bind(host: str, port: int, *, backlog: int | None = None) -> socket.socket:
    """A bound socket; with `backlog` it also listens. Port 0 takes any free port. A port that a stopped process left
    behind can be bound at once. Raises PortError, PortTakenError.

    The protocol is named because asyncio sets TCP_NODELAY only then; without it, an answer in two writes waits 40 ms
    for the client's ACK of the first.
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
