"""Runs all parts on this machine for the length of a `with` block: data folder, ports, processes, readiness, shutdown.

Belongs here: what `up` and `demo` share. Does not belong here: the processes themselves (`midround.supervisor`).
"""

import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from adapters.exit_codes import FOLDER_TAKEN, NOT_STARTED, WRONG_USE
from adapters.ports import PortError, PortTakenError
from adapters.privacy import make_folder
from adapters.settings import Settings
from midround import ports
from midround.parts import NOWHERE, WEBHOOKS, Part, plan, runs_webhooks, webhooks_part
from midround.supervisor import Say, Supervisor

STEP_S = 0.05
ONE_WISH_S = 1.0
"""Signals within this time count as one: a terminal and a wrapper program may each pass on the same Ctrl-C."""
WEBHOOKS_EVERY_S = 2.0
LOCK = "lock"
"""The lock file in the data folder."""


class MachineError(Exception):
    """Why the parts cannot run here; `code` is the command's exit code."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def running(
    settings: Settings,
    *,
    say: Say,
    is_batch: bool = False,
    without: frozenset[str] = frozenset(),
    before: Callable[[], None] = lambda: None,
) -> Iterator[Supervisor]:
    """Start the parts of `settings` except those named in `without`; always stop them at the end. `before` runs once
    the data folder is locked.

    Raises MachineError.
    """
    with _folder(settings.home):
        before()
        parts = [part for part in plan(settings, is_batch=is_batch) if part.name not in without]
        check_ports(parts)
        supervisor = Supervisor(parts, logs=settings.home / "logs", say=say)
        ended = threading.Event()
        try:
            supervisor.start()
            if WEBHOOKS not in {*without, *(part.name for part in parts)}:
                wait = partial(await_webhooks, settings, supervisor.also, ended=ended)
                threading.Thread(target=wait, daemon=True).start()
            yield supervisor
        finally:
            ended.set()
            supervisor.stop()


def await_webhooks(
    settings: Settings,
    begin: Callable[[Part], None],
    *,
    ended: threading.Event,
    every_s: float = WEBHOOKS_EVERY_S,
) -> None:
    """Start the webhooks part as soon as the catalog has a webhook. Blocks until then or until `ended` is set, so run
    it in its own thread: an external catalog may be slow."""
    while not ended.wait(every_s):
        if runs_webhooks(settings):
            begin(webhooks_part(settings))
            return


def until_ready(supervisor: Supervisor, *, stopping: threading.Event, timeout_s: float = 120.0) -> float:
    """Return the seconds until every part was ready or `stopping` was set. Raises MachineError after `timeout_s`."""
    begun_s = time.monotonic()
    while not supervisor.is_ready() and not stopping.is_set():
        supervisor.step()
        if time.monotonic() - begun_s > timeout_s:
            waiting = ", ".join(str(supervisor.log_file(name)) for name in supervisor.waiting_for())
            raise MachineError(f"not ready within {timeout_s:g} s; see {waiting}", code=NOT_STARTED)
        stopping.wait(STEP_S)
    return time.monotonic() - begun_s


def check_ports(parts: Sequence[Part]) -> None:
    """Raises MachineError naming every port that is taken or cannot be bound, and the setting that changes it."""
    found = [(part, error) for part in parts if (error := _trouble(part)) is not None]
    if found:
        lines = [_told(part, error) for part, error in found]
        raise MachineError("\n".join(lines), code=max(error.code for _, error in found))


def free_ports(parts: Sequence[Part]) -> Mapping[str, int]:
    """Return a free port for each setting whose port is taken."""
    taken = [part.setting for part in parts if isinstance(_trouble(part), PortTakenError)]
    return dict(zip(taken, ports.free_ports(len(taken)), strict=True))


def _trouble(part: Part) -> PortError | None:
    return None if part.port == NOWHERE else ports.trouble(part.host, part.port)


def _told(part: Part, error: PortError) -> str:
    if isinstance(error, PortTakenError):
        return f"port {part.port} of the {part.name} is taken: free it or set {part.setting}"
    return f"the {part.name} {error}; see {part.setting} and its host"


@contextmanager
def signals() -> Iterator[threading.Event]:
    """Yield an event that the first SIGINT or SIGTERM sets; a later signal, more than `ONE_WISH_S` after the first,
    raises KeyboardInterrupt. The previous handlers are restored at the end. Main thread only."""
    stopping = threading.Event()
    told_s: list[float] = []

    def stop(*_: object) -> None:
        told_s.append(time.monotonic())
        if told_s[-1] - told_s[0] > ONE_WISH_S:
            raise KeyboardInterrupt
        stopping.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield stopping
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """Lock the data folder for this process. Raises MachineError naming the process that holds it."""
    try:
        make_folder(folder)
        opened = (folder / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        raise MachineError(f"no data folder at {folder}: {error.strerror}", code=WRONG_USE) from error
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = f"process {lock.read().strip()}"
            raise MachineError(
                f"the data folder {folder} is in use by {owner}: set home", code=FOLDER_TAKEN
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
