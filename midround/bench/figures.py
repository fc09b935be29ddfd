"""The report of every benchmark: machine, load, percentiles, absolute values, ratios to the baseline, targets.

Belongs here: measuring the machine, summarizing, the form of the report. Does not belong here: any load.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct


class Machine(Struct, frozen=True, kw_only=True):
    """The machine measured on; `steal_percent` and `load` are from the time of the measurement."""

    cores: int
    model: str
    steal_percent: float
    load: float


class Spread(Struct, frozen=True, kw_only=True):
    """Percentiles of many values."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


class Target(Struct, frozen=True, kw_only=True):
    """A target value, and whether it was met."""

    what: str
    asked: float
    found: float
    is_met: bool


class Report(Struct, frozen=True, kw_only=True):
    """The result of one benchmark. Names include the units."""

    bench: str
    load: str
    machine: Machine
    values: dict[str, float]
    spreads: dict[str, Spread] = {}
    targets: tuple[Target, ...] = ()


class Watch:
    """CPU time of the machine since this was created."""

    def __init__(self) -> None:
        self._before = _ticks()
        self._begun_s = time.monotonic()

    def machine(self) -> Machine:
        """Return the machine, with its steal since then."""
        spent = [b - a for a, b in zip(self._before, _ticks(), strict=True)]
        steal = spent[7] / max(1, sum(spent[:8])) * 100
        return Machine(
            cores=os.cpu_count() or 1,
            model=_model(),
            steal_percent=round(steal, 2),
            load=round(os.getloadavg()[0], 2),
        )


class Span(Struct):
    """Wall-clock seconds of a block, and CPU seconds of this process."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextmanager
def span() -> Iterator[Span]:
    """Measure the block."""
    measured = Span()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    try:
        yield measured
    finally:
        measured.wall_s, measured.cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s


def spread(values: Sequence[float]) -> Spread:
    """Return percentiles by the nearest rank. Raises ValueError if there are no values."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)

    def rank(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 4)

    return Spread(
        count=len(ordered), p50=rank(0.5), p95=rank(0.95), p99=rank(0.99), most=round(ordered[-1], 4)
    )


def at_least(what: str, *, asked: float, found: float) -> Target:
    return Target(what=what, asked=asked, found=round(found, 3), is_met=found >= asked)


def at_most(what: str, *, asked: float, found: float) -> Target:
    return Target(what=what, asked=asked, found=round(found, 3), is_met=found <= asked)


def resident_mb(pid: int | None = None) -> float:
    """Return the resident memory of a process, in 10^6 bytes."""
    name = "self" if pid is None else str(pid)
    pages = int(Path(f"/proc/{name}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_mb(pid: int | None = None) -> float:
    """Return the peak resident memory of a process, in 10^6 bytes. Raises OSError if it has ended."""
    name = "self" if pid is None else str(pid)
    lines = Path(f"/proc/{name}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


def _ticks() -> list[int]:
    line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    return [int(word) for word in line.split()[1:9]]


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
