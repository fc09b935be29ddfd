"""Ports of this machine: taken or free. Nothing listens here for longer than a question."""

import socket


def is_taken(host: str, port: int) -> bool:
    """Whether something else has `port`; a port that a stopped process left behind counts as free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def answers(host: str, port: int, *, timeout_s: float = 0.2) -> bool:
    """Whether somebody accepts connections."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """`count` different ports that nobody has at this moment."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in sockets:
            probe.bind((host, 0))
        return [int(probe.getsockname()[1]) for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A socket that accepts connections on `port`, which shows others that we are there."""
    return socket.create_server((host, port))
