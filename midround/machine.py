"""All parts on this machine for the length of a `with`: folder, ports, processes, readiness, the end.

Belongs here: what `up` and `demo` share. Does not belong here: processes themselves (`midround.supervisor`).
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
"""Signals within this are one: a terminal and a program between it and us may each pass on the same Ctrl-C."""
WEBHOOKS_EVERY_S = 2.0
LOCK = "lock"
"""The file in the data folder that whoever has the folder holds."""


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
    """The parts of `settings` but those named in `without`, started; stopped at the end whatever happens. `before` is
    done once the folder is ours alone.

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
    """Have the part that sends to webhooks begin once the catalog has one. For a thread of its own, until `ended`: a
    catalog elsewhere may take its time."""
    while not ended.wait(every_s):
        if runs_webhooks(settings):
            begin(webhooks_part(settings))
            return


def until_ready(supervisor: Supervisor, *, stopping: threading.Event, timeout_s: float = 120.0) -> float:
    """Seconds until every part was ready, or was asked to stop. Raises MachineError after `timeout_s`."""
    begun_s = time.monotonic()
    while not supervisor.is_ready() and not stopping.is_set():
        supervisor.step()
        if time.monotonic() - begun_s > timeout_s:
            waiting = ", ".join(str(supervisor.log_file(name)) for name in supervisor.waiting_for())
            raise MachineError(f"not ready within {timeout_s:g} s; see {waiting}", code=NOT_STARTED)
        stopping.wait(STEP_S)
    return time.monotonic() - begun_s


def check_ports(parts: Sequence[Part]) -> None:
    """Raises MachineError that names every port that is taken or cannot be had, and the setting that moves it."""
    found = [(part, error) for part in parts if (error := _trouble(part)) is not None]
    if found:
        lines = [_told(part, error) for part, error in found]
        raise MachineError("\n".join(lines), code=max(error.code for _, error in found))


def free_ports(parts: Sequence[Part]) -> Mapping[str, int]:
    """By setting, another port for each one that is taken."""
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
    """An event that the first SIGINT or SIGTERM sets; one that comes a second later or more is a KeyboardInterrupt. The
    old handlers come back at the end. Main thread only."""
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
    """The data folder for us alone. Raises MachineError that names who has it."""
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
