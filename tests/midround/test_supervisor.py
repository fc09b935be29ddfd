"""The supervisor on small real processes: ready, restart with back-off, order of the end, nothing left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from midround.parts import Part
from midround.supervisor import PartError, Supervisor, pause_after
from tests.ports import free_ports

pytestmark = pytest.mark.slow

LISTENS = """
import signal, socket, sys, threading
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
done.wait()
"""
DEAF = """
import signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)
"""
LATE = """
import signal, socket, sys, threading
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: None)
signal.signal(signal.SIGUSR1, lambda *_: done.set())
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
done.wait()
print("the last word", flush=True)
"""
FAILS = "import sys; sys.stderr.write('no luck\\n'); sys.exit(1)"
TAKEN = "import sys; sys.stderr.write('port is taken by another\\n'); sys.exit(4)"
RUNS_MORE = f"""
import subprocess, sys
print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
{LISTENS}"""
TALKS = f"""
import threading
def talk():
    while True:
        print("x" * 99, flush=True)
        threading.Event().wait(0.001)
threading.Thread(target=talk, daemon=True).start()
{LISTENS}"""
BODIES = {
    "listens": LISTENS,
    "deaf": DEAF,
    "late": LATE,
    "fails": FAILS,
    "taken": TAKEN,
    "runs more": RUNS_MORE,
    "talks": TALKS,
}

Make = Callable[..., Supervisor]


def command(part: Part) -> Sequence[str]:
    return (sys.executable, "-c", BODIES[json.loads(part.told)], str(part.port))


def part(
    kind: str,
    *,
    name: str | None = None,
    stage: int = 0,
    leans_on: str | None = None,
    is_vital: bool = True,
    has_last_words: bool = False,
) -> Part:
    (port,) = free_ports(1)
    return Part(
        name=name or kind,
        told=json.dumps(kind).encode(),
        setting="x.port",
        host="127.0.0.1",
        port=port,
        stage=stage,
        leans_on=leans_on,
        is_vital=is_vital,
        has_last_words=has_last_words,
    )


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervise(tmp_path: Path, said: list[str]) -> Iterator[Make]:
    made: list[Supervisor] = []

    def make(*parts: Part) -> Supervisor:
        supervisor = Supervisor(parts, logs=tmp_path, say=said.append, command=command)
        made.append(supervisor)
        supervisor.start()
        return supervisor

    yield make
    for supervisor in made:
        supervisor.stop()


def step_until(supervisor: Supervisor, condition: Callable[[], bool], *, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never came"
        supervisor.step()
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_ready_when_all_are_and_nothing_left_after_stop(supervise: Make) -> None:
    supervisor = supervise(part("listens", name="a"), part("listens", name="b", stage=1))
    assert not supervisor.is_ready()
    step_until(supervisor, supervisor.is_ready)
    pids = supervisor.pids()
    supervisor.stop()
    assert set(pids) == {"a", "b"}
    assert [pid for pid in pids.values() if is_alive(pid)] == []


def test_a_part_may_come_later_and_is_stopped_with_the_others(supervise: Make) -> None:
    supervisor = supervise(part("listens", name="first"))
    supervisor.also(part("listens", name="later", is_vital=False))
    step_until(supervisor, lambda: supervisor.is_ready() and "later" in supervisor.pids())
    pids = supervisor.pids()
    assert set(pids) == {"first", "later"}
    supervisor.stop()
    assert not any(map(is_alive, pids.values()))


def test_one_that_does_not_listen_to_sigterm_is_killed(supervise: Make, said: list[str]) -> None:
    supervisor = supervise(part("deaf"))
    step_until(supervisor, supervisor.is_ready)
    (pid,) = supervisor.pids().values()
    supervisor.stop()
    assert not is_alive(pid)
    assert said == ["deaf did not stop in time: killed"]


def test_who_has_last_words_says_them_before_the_others_end(
    supervise: Make, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervise(part("late", has_last_words=True), part("listens", stage=3))
    step_until(supervisor, supervisor.is_ready)
    pids = supervisor.pids()

    def hears(line: str) -> None:
        said.append(line)
        assert is_alive(pids["listens"])
        os.kill(pids["late"], signal.SIGUSR1)

    monkeypatch.setattr(supervisor, "_say", hears)
    monkeypatch.setattr("midround.supervisor.STOPPED_BY_S", {0: 0.1, 3: 60.0})
    supervisor.stop()
    assert supervisor.log_file("late").read_text() == "the last word\n"
    assert said == ["late still writes what came in: wait, or Ctrl-C once more to lose it"]


def test_nobody_has_last_words_for_a_broker_that_is_gone(supervise: Make, said: list[str]) -> None:
    supervisor = supervise(part("deaf", has_last_words=True), part("fails", stage=3))
    step_until(supervisor, lambda: supervisor.restarts() > 0 and supervisor.waiting_for() == ["fails"])
    pids = supervisor.pids()
    supervisor.stop()
    assert not any(map(is_alive, pids.values()))
    assert said[-2:] == [
        "deaf still writes what came in: wait, or Ctrl-C once more to lose it",
        "deaf did not stop in time: killed",
    ]


def test_a_second_ctrl_c_waits_for_no_last_words(
    supervise: Make, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervise(part("deaf", has_last_words=True), part("listens", stage=3))
    step_until(supervisor, supervisor.is_ready)
    pids = supervisor.pids()

    def hears(line: str) -> None:
        said.append(line)
        if line.startswith("deaf still writes"):
            raise KeyboardInterrupt

    monkeypatch.setattr(supervisor, "_say", hears)
    supervisor.stop()
    assert not any(map(is_alive, pids.values()))
    assert said[1:] == ["killed, with what was not written yet"]


def test_a_fallen_part_comes_back(supervise: Make, said: list[str]) -> None:
    supervisor = supervise(part("listens"))
    step_until(supervisor, supervisor.is_ready)
    (first,) = supervisor.pids().values()
    os.kill(first, signal.SIGKILL)
    step_until(supervisor, lambda: supervisor.restarts() == 1)
    step_until(supervisor, supervisor.is_ready)
    (second,) = supervisor.pids().values()
    assert first != second
    assert said == ["listens ended with -9: again in 0.5 s"]


def test_what_a_fallen_part_had_started_falls_with_it(supervise: Make) -> None:
    supervisor = supervise(part("runs more"))
    step_until(supervisor, supervisor.is_ready)
    started = int(supervisor.log_file("runs more").read_text())
    assert is_alive(started)
    os.kill(supervisor.pids()["runs more"], signal.SIGKILL)
    step_until(supervisor, lambda: supervisor.restarts() == 1)
    step_until(supervisor, lambda: not is_alive(started))


def test_a_log_has_a_bound_while_its_part_runs(supervise: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("midround.supervisor.LOG_BYTES_MOST", 10_000)
    monkeypatch.setattr("midround.supervisor.LOGS_EVERY_S", 0.1)
    supervisor = supervise(part("talks"))
    log, before = supervisor.log_file("talks"), supervisor.log_file("talks.1")
    step_until(supervisor, lambda: before.is_file() and 200 < log.stat().st_size < before.stat().st_size)
    assert set(log.read_text().splitlines()[:-1]) == {"x" * 99}
    assert before.stat().st_size > 10_000


def test_a_log_that_cannot_be_kept_ends_nothing(supervise: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("midround.supervisor.LOG_BYTES_MOST", 1_000)
    monkeypatch.setattr("midround.supervisor.LOGS_EVERY_S", 0.0)
    supervisor = supervise(part("talks"))
    supervisor.log_file("talks.1").mkdir()
    step_until(supervisor, lambda: supervisor.log_file("talks").stat().st_size > 2_000)
    step_until(supervisor, supervisor.is_ready)
    assert supervisor.restarts() == 0
    assert list(supervisor.log_file("talks.1").iterdir()) == []


def test_the_pause_grows_with_each_fall(supervise: Make, said: list[str]) -> None:
    supervisor = supervise(part("fails"))
    step_until(supervisor, lambda: len(said) == 3)
    assert [line.rpartition("again in ")[2] for line in said] == ["0.5 s", "1 s", "2 s"]


def test_the_pause_has_a_bound_after_any_number_of_falls() -> None:
    assert [pause_after(failures) for failures in (0, 5, 2_000)] == [0.5, 10.0, 10.0]


def test_who_leans_on_a_fallen_part_begins_anew_with_it(supervise: Make) -> None:
    supervisor = supervise(part("listens", name="broker"), part("listens", name="stream", leans_on="broker"))
    step_until(supervisor, supervisor.is_ready)
    before = supervisor.pids()
    os.kill(before["broker"], signal.SIGKILL)
    step_until(supervisor, lambda: supervisor.restarts() == 2)
    step_until(supervisor, supervisor.is_ready)
    assert not set(before.values()) & set(supervisor.pids().values())


def test_a_taken_port_ends_it_with_the_part_s_own_words(supervise: Make) -> None:
    supervisor = supervise(part("taken"))
    with pytest.raises(PartError, match=r"its port is taken.*: port is taken by another"):
        step_until(supervisor, lambda: False)


def test_no_orphan_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    """A parent that starts a part bound to its life, and is killed with SIGKILL."""
    script = (
        "import os, subprocess, sys, time\n"
        "body = 'import os, sys, time; from midround.part import die_with; '\n"
        "body += 'die_with(int(sys.argv[1])); print(os.getpid(), flush=True); time.sleep(600)'\n"
        "subprocess.Popen([sys.executable, '-c', body, str(os.getpid())])\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
    finally:
        parent.kill()
        parent.wait()
        if parent.stdout is not None:
            parent.stdout.close()
    deadline = time.monotonic() + 60
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(child)


@pytest.mark.parametrize("kind", ["fails", "taken"])
def test_a_part_that_is_not_vital_is_not_waited_for_and_ends_nothing(
    supervise: Make, said: list[str], kind: str
) -> None:
    supervisor = supervise(part("listens"), part(kind, name="shadow", is_vital=False))
    step_until(supervisor, supervisor.is_ready)
    assert supervisor.waiting_for() == []
    step_until(supervisor, lambda: sum("shadow ended" in line for line in said) >= 2)
    assert "listens" in supervisor.pids()
