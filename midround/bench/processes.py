"""Additional processes, for the system under test and for its load: each has a core, and their CPU times are separate.

Belongs here: starting, messaging and ending a process; its CPU time; its limit of sockets. Does not belong here: what
it does.
"""

import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PATIENCE_S = 120.0
JOIN_S = 10.0
SOCKETS = 8_192
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Other:
    """The process and the line to it."""

    def __init__(self, pid: int, line: Connection) -> None:
        self.pid = pid
        self._line = line

    def tell(self, said: object) -> None:
        self._line.send(said)

    def hear(self, within_s: float = PATIENCE_S) -> Any:
        """Return its next message. Raises RuntimeError if there is none in time, or if it ended."""
        if not self._line.poll(within_s):
            raise RuntimeError(f"the process beside said nothing for {within_s:g} s")
        try:
            return self._line.recv()
        except EOFError as error:
            raise RuntimeError("the process beside ended") from error

    def ask(self, said: object, within_s: float = PATIENCE_S) -> Any:
        """Send a message and return the answer. Raises RuntimeError."""
        self.tell(said)
        return self.hear(within_s)


@contextmanager
def beside(body: Callable[..., None], *told: object) -> Iterator[Other]:
    """Run `body(line, *told)` in a fresh process until the end of the `with`; closing the line tells it to stop."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=body, args=(there, *told))
    child.start()
    there.close()
    try:
        assert child.pid is not None
        yield Other(child.pid, here)
    finally:
        here.close()
        child.join(JOIN_S)
        child.terminate()
        child.join(JOIN_S)
        child.kill()


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process: all threads, user and kernel time."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS_PER_S


class Spent:
    """CPU time of a process since this was created."""

    def __init__(self, pid: int) -> None:
        self._pid, self._begun_s, self._before_s = pid, time.perf_counter(), cpu_s(pid)

    @property
    def cpu_s(self) -> float:
        return cpu_s(self._pid) - self._before_s

    @property
    def share(self) -> float:
        """Share of one core."""
        return self.cpu_s / (time.perf_counter() - self._begun_s)


def allow_sockets(count: int = SOCKETS) -> None:
    """Raise this process's limit of open sockets to `count`, as far as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
