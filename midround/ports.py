"""Ports of this machine: taken or free. Nothing listens here for longer than a question."""

import socket

from adapters.ports import PortError, bind


def trouble(host: str, port: int) -> PortError | None:
    """Why nobody can listen on `port` now; a port that a stopped process left behind counts as free."""
    try:
        bind(host, port).close()
    except PortError as error:
        return error
    return None


def answers(host: str, port: int, *, timeout_s: float = 0.2) -> bool:
    """Whether somebody accepts connections."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """`count` different ports that nobody has at this moment."""
    sockets = [bind(host, 0) for _ in range(count)]
    try:
        return [int(probe.getsockname()[1]) for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A socket that accepts connections on `port`, which shows others that we are there."""
    return socket.create_server((host, port))
