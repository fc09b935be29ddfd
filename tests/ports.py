"""Free ports for what tests start. No tests here.

They lie below those that the system gives to whoever asks for any, and each worker has a range of its own: a port that
was found free is still free when a server, seconds later, takes it.
"""

import itertools
import os

from midround.ports import trouble

_FIRST, _OF_A_WORKER = 10_000, 5_000
_next = itertools.count(_FIRST + _OF_A_WORKER * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]))


def free_port() -> int:
    """One that nobody listens on and that no other test is given."""
    return next(port for port in _next if trouble("127.0.0.1", port) is None)


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]
