"""Checks whether ports of this machine are taken or free. Probing sockets are closed at once."""

import socket

from adapters.ports import PortError, bind


def trouble(host: str, port: int) -> PortError | None:
    """Return why `port` cannot be bound now, else None; a port that a stopped process left behind counts as free."""
    try:
        bind(host, port).close()
    except PortError as error:
        return error
    return None


def answers(host: str, port: int, *, timeout_s: float = 0.2) -> bool:
    """Whether anything accepts connections on the port."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Return `count` different ports that are free at this moment."""
    sockets = [bind(host, 0) for _ in range(count)]
    try:
        return [int(probe.getsockname()[1]) for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a listening socket on `port`, which shows other processes that this one is running."""
    return socket.create_server((host, port))
