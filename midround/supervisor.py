"""Starts the parts as processes, probes their readiness, restarts those that fall, and stops all.

Belongs here: processes and their lifecycle. Does not belong here: which parts there are (`midround.parts`), what they
do, what a terminal shows. Only `stop` blocks: the owner of the main thread must call `step` often.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

import msgspec

from adapters.exit_codes import FOLDER_TAKEN, PORT_TAKEN, WRONG_USE
from midround import health
from midround.parts import Part

BACK_OFF_FIRST_S, BACK_OFF_MOST_S, HEALTHY_AFTER_S = 0.5, 10.0, 30.0
DOUBLINGS_MOST = 10
STOPPED_BY_S: Mapping[int, float] = {0: 1.6, 1: 3.0, 2: 3.8, 3: 4.6}
"""Seconds after the first SIGTERM at which the last part of a stage is killed; all below five."""
LAST_WORDS_S = 120.0
"""Extra time for parts whose unfinished work would be lost, all together: they end by themselves, but late on a busy
machine."""
BASIS, LOOK_S = max(STOPPED_BY_S), 0.2
"""The stage of broker and store; how often a part that still works is looked at."""
FATAL: Mapping[int, str] = {
    WRONG_USE: "it cannot use what it is told",
    FOLDER_TAKEN: "its folder is taken",
    PORT_TAKEN: "its port is taken",
}
"""Exit codes after which a restart would fail the same way."""
LOG_BYTES_MOST, LOGS_EVERY_S = 20_000_000, 10.0

Command = Callable[[Part], Sequence[str]]
Say = Callable[[str], None]


class PartError(Exception):
    """A part that cannot run. Carries its name, exit code and last log line."""

    def __init__(self, name: str, *, code: int, last_line: str) -> None:
        super().__init__(f"{name} ended with {code} ({FATAL[code]}): {last_line}")
        self.name = name
        self.code = code


def python_command(part: Part) -> Sequence[str]:
    """Return the command that starts a part: this Python runs `midround.part`, which ends with this process."""
    return (sys.executable, "-m", "midround.part", f"--parent={os.getpid()}", part.name)


class Child(msgspec.Struct, kw_only=True):
    """The state of one part's process. Times are seconds of the monotonic clock."""

    part: Part
    process: subprocess.Popen[bytes]
    started_s: float
    is_ready: bool = False
    failures: int = 0
    start_again_s: float | None = None


def pause_after(failures: int) -> float:
    """Return the seconds to wait before a restart after `failures` consecutive failures, of any number."""
    return min(BACK_OFF_MOST_S, BACK_OFF_FIRST_S * 2.0 ** min(failures, DOUBLINGS_MOST))


class Supervisor:
    """Owns the processes of one machine. Use it from one thread, except `also`; call `stop` in a `finally`."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        logs: Path,
        say: Say,
        command: Command = python_command,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = tuple(parts)
        self._logs = logs
        self._say = say
        self._command = command
        self._monotonic_s = monotonic_s
        self._children: dict[str, Child] = {}
        self._later = SimpleQueue[Part]()
        self._logs_seen_s = monotonic_s()

    def start(self) -> None:
        """Start all parts at once; each waits for what it needs."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for part in self._parts:
            self._begin(part)

    def also(self, part: Part) -> None:
        """Start one more part at the next step. Thread-safe."""
        self._later.put(part)

    def step(self) -> None:
        """Check every part once: added, ready, fallen, or due for a restart. Raises PartError if a vital part can never
        run."""
        while not self._later.empty():
            self._begin(self._later.get())
        for child in self._children.values():
            if child.start_again_s is not None:
                self._again_if_due(child)
            elif child.process.poll() is not None:
                self._fell(child)
            else:
                self._look(child)
        if self._monotonic_s() - self._logs_seen_s > LOGS_EVERY_S:
            self._logs_seen_s = self._monotonic_s()
            for name in self._children:
                _rotate(self.log_file(name))

    def is_ready(self) -> bool:
        """Whether all vital parts are ready."""
        return not self.waiting_for()

    def waiting_for(self) -> list[str]:
        """Return the names of the vital parts that are not ready."""
        return [n for n, c in self._children.items() if c.part.is_vital and not c.is_ready]

    def pids(self) -> dict[str, int]:
        """Return the process ids of the running parts."""
        return {n: c.process.pid for n, c in self._children.items() if c.process.poll() is None}

    def restarts(self) -> int:
        """Return the number of failures since each part was last healthy, summed over all parts."""
        return sum(child.failures for child in self._children.values())

    def log_file(self, name: str) -> Path:
        """Return the path of the part's log."""
        return self._logs / f"{name}.jsonl"

    def stop(self) -> None:
        """Send SIGTERM stage by stage, and SIGKILL to a part that does not exit; leave no process behind. Takes less
        than five seconds, unless a part still has work to finish. A KeyboardInterrupt meanwhile kills the rest at
        once."""
        try:
            self._stop_by_stages()
        except KeyboardInterrupt:
            left = [child.process for child in self._children.values() if child.process.poll() is None]
            for process in left:
                _end_group(process.pid)
            for process in left:
                with suppress(KeyboardInterrupt):  # pressed once more
                    process.wait()
            self._say("killed, with what was not written yet")

    def _stop_by_stages(self) -> None:
        begun_s, late_s = self._monotonic_s(), 0.0
        for stage in sorted({child.part.stage for child in self._children.values()}):
            running = [c for c in self._children.values() if c.start_again_s is None]
            members = [c for c in running if c.part.stage == stage]
            for child in members:
                _signal(child.process, signal.SIGTERM)
            deadline_s = begun_s + STOPPED_BY_S[stage] + late_s
            for child in members:
                self._gone(child, deadline_s, last_s=begun_s + STOPPED_BY_S[stage] + LAST_WORDS_S)
            late_s += max(0.0, self._monotonic_s() - deadline_s)

    def _begin(self, part: Part) -> None:
        self._children[part.name] = Child(part=part, process=self._spawn(part), started_s=self._monotonic_s())

    def _gone(self, child: Child, deadline_s: float, *, last_s: float) -> None:
        is_gone = self._ended_by(child, deadline_s)
        if not is_gone and child.part.has_last_words:
            self._say(f"{child.part.name} still writes what came in: wait, or Ctrl-C once more to lose it")
            is_gone = self._finished_by(child, last_s)
        if not is_gone:
            self._say(f"{child.part.name} did not stop in time: killed")
            _signal(child.process, signal.SIGKILL)
            child.process.wait()
        _end_group(child.process.pid)

    def _finished_by(self, child: Child, last_s: float) -> bool:
        """Whether the part ended by itself. Without a broker or a store it has nothing to finish with."""
        while not self._ended_by(child, min(last_s, self._monotonic_s() + LOOK_S)):
            if self._monotonic_s() >= last_s or self._lacks_a_basis():
                return False
        return True

    def _lacks_a_basis(self) -> bool:
        """Whether a part of the last stage, which the others read from and write to, has died."""
        basis = (c for c in self._children.values() if c.part.stage == BASIS)
        return any(child.process.poll() is not None for child in basis)

    def _ended_by(self, child: Child, deadline_s: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.01, deadline_s - self._monotonic_s()))
        return child.process.poll() is not None

    def _look(self, child: Child) -> None:
        if not child.is_ready:
            child.is_ready = health.is_ready(child.part)
        elif child.failures and self._monotonic_s() - child.started_s > HEALTHY_AFTER_S:
            child.failures = 0

    def _fell(self, child: Child) -> None:
        code = child.process.returncode
        if code in FATAL and child.part.is_vital:
            raise PartError(child.part.name, code=code, last_line=_last_line(self.log_file(child.part.name)))
        self._down(child)
        for other in self._children.values():
            if other.part.leans_on == child.part.name and other.start_again_s is None:
                _signal(other.process, signal.SIGKILL)
                other.process.wait()
                self._down(other)

    def _down(self, child: Child) -> None:
        _end_group(child.process.pid)
        pause_s = pause_after(child.failures)
        child.failures += 1
        child.is_ready = False
        child.start_again_s = self._monotonic_s() + pause_s
        self._say(f"{child.part.name} ended with {child.process.returncode}: again in {pause_s:g} s")

    def _again_if_due(self, child: Child) -> None:
        now_s = self._monotonic_s()
        if child.start_again_s is not None and now_s >= child.start_again_s:
            child.process, child.started_s, child.start_again_s = self._spawn(child.part), now_s, None

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        """Start a part in its own process group, so that the terminal's Ctrl-C reaches only the supervisor, which then
        stops the parts in order."""
        _rotate(self.log_file(part.name))
        with self.log_file(part.name).open("ab") as log:
            process = subprocess.Popen(
                self._command(part), stdin=subprocess.PIPE, stdout=log, stderr=log, process_group=0
            )
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as told:
            told.write(part.told)
        return process


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(number)


def _end_group(leader: int) -> None:
    """Kill everything that a part started, such as the runs of Dagster's code server."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _last_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "no word"


def _rotate(file: Path) -> None:
    """Rotate a log that is too large, and keep one old copy. The part keeps appending to the same file; lines written
    between copy and truncation are lost. A full disk is not an error here."""
    with suppress(OSError):
        if file.stat().st_size > LOG_BYTES_MOST:
            shutil.copyfile(file, file.with_suffix(".1.jsonl"))
            os.truncate(file, 0)
