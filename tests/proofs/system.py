"""The true parts as processes on free ports, for proofs. No tests here.

What a proof needs is started by the product's own supervisor from the product's own plan; only the choice of parts is
ours. `step` must be called often: it starts again what fell.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from adapters.configuration import load
from adapters.kafka.connection import Connection
from adapters.settings import Settings
from midround import machine, parts, places
from midround.parts import Part
from midround.plain import Plain
from midround.supervisor import Supervisor
from tests.ports import free_ports

READY_LIMIT_S = 120.0
PORTS = (
    "kafka.port",
    "clickhouse.port",
    "intake.port",
    "api.port",
    "stream.metrics_port",
    "loader.metrics_port",
    "ticker.metrics_port",
)
SECOND_INTAKE = "intake-2"


class System:
    """Parts that run. `said` is what the supervisor told: every fall of a part is a line."""

    def __init__(
        self, settings: Settings, supervisor: Supervisor, *, said: list[str], plan: list[Part]
    ) -> None:
        self.settings = settings
        self.supervisor = supervisor
        self.said = said
        self.parts = {part.name: part for part in plan}

    @property
    def broker(self) -> Connection:
        return places.broker(self.settings)

    def url(self, name: str) -> str:
        """Where the part of that name listens."""
        return f"http://{self.parts[name].host}:{self.parts[name].port}"

    def step(self) -> None:
        self.supervisor.step()

    def kill(self, name: str) -> None:
        """kill -9 of a part, which the supervisor has noticed when this returns; it starts it again at a later step."""
        falls = len(self.said)
        os.kill(self.supervisor.pids()[name], signal.SIGKILL)
        self.until(lambda: len(self.said) > falls, what=f"the fall of {name} to be noticed")

    def hang(self, name: str, for_s: float) -> None:
        """The part stands still from now on and goes on after a while; this returns at once."""
        pid = self.supervisor.pids()[name]
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(for_s, os.kill, (pid, signal.SIGCONT)).start()

    def until(self, met: Callable[[], bool], *, what: str, limit_s: float = READY_LIMIT_S) -> None:
        """Step until it is so."""
        deadline_s = time.monotonic() + limit_s
        while not met():
            assert time.monotonic() < deadline_s, f"waited {limit_s:g} s for {what}; {self.said}"
            self.step()
            time.sleep(0.02)

    def until_ready(self) -> None:
        self.until(self.supervisor.is_ready, what="all parts to be ready")


UNHURRIED = {"fetch.wait.max.ms": "50"}
"""For `kafka.options`: readers of the embedded broker ask twenty times a second and not three hundred times, which took
a sixth of a core of every system that waits."""


def settings_on_free_ports(home: Path, **options: object) -> Settings:
    """Default settings with their own folder and ports, and an unhurried broker; `options` by dotted name."""
    free = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    broker = {} if "kafka.bootstrap_servers" in options else {"kafka.options": UNHURRIED}
    return load({}, options={"home": str(home), **free, **broker, **options}).settings


@contextlib.contextmanager
def running(settings: Settings, names: Sequence[str], *, is_awaited: bool = True) -> Iterator[System]:
    """The parts of these names, ready; stopped at the end whatever happens."""
    plan = [part for part in parts.plan(settings) if part.name in names]
    if SECOND_INTAKE in names:
        plan.append(_second(next(part for part in plan if part.name == "intake")))
    said: list[str] = []
    supervisor = Supervisor(plan, logs=settings.home / "logs", say=said.append)
    system = System(settings, supervisor, said=said, plan=plan)
    try:
        supervisor.start()
        if is_awaited:
            machine.until_ready(supervisor, stopping=threading.Event(), timeout_s=READY_LIMIT_S)
        yield system
    finally:
        supervisor.stop()


def _second(intake: Part) -> Part:
    """Another intake over the same broker: it does not know what the first has seen."""
    [port] = free_ports(1)
    told = replace(msgspec.json.decode(intake.told, type=Plain), name=SECOND_INTAKE, intake_port=port)
    return replace(intake, name=SECOND_INTAKE, port=port, told=msgspec.json.encode(told))
