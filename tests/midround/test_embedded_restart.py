"""A match goes on over a restart of `midround up` on the embedded broker, whose log does not."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from game.events import AnyEvent
from midround import inputs
from midround.sending import Intake
from tests.midround.test_up import descendants
from tests.ports import free_ports

NAMES = ("KAFKA", "CLICKHOUSE", "INTAKE", "API", "STREAM__METRICS", "LOADER__METRICS", "TICKER__METRICS")
MIDROUND = str(Path(sys.executable).with_name("midround"))
BEFORE, AFTER = 900, 500
LIMIT_S, SLOW_S = 180.0, 6.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ports = {
        f"MIDROUND_{name}{'_' if '__' in name else '__'}PORT": str(port)
        for name, port in zip(NAMES, free_ports(len(NAMES)), strict=True)
    }
    return {**os.environ, **ports, "MIDROUND_HOME": str(tmp_path)}


@contextlib.contextmanager
def up(environment: dict[str, str], *, holds: str = "") -> Iterator[None]:
    """Ready at the beginning, stopped as a person does it at the end; a part that `holds` still stands there, and moves
    again when the five seconds of an idle machine are over."""
    command = [MIDROUND, "up", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["status"] == "ready"
            held = [pid for pid in descendants(process.pid) if name_of(pid) == holds]
            for pid in held:
                os.kill(pid, signal.SIGSTOP)
            yield
            process.send_signal(signal.SIGINT)
            if held:
                time.sleep(SLOW_S)
                os.kill(held[0], signal.SIGCONT)
            assert process.wait(LIMIT_S) == 0
        finally:
            process.kill()


def name_of(pid: int) -> str:
    """What the part is called: the last word of its command."""
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")[-2]


def send(environment: dict[str, str], events: Sequence[AnyEvent]) -> None:
    intake = Intake(f"http://127.0.0.1:{environment['MIDROUND_INTAKE__PORT']}")
    try:
        assert intake.post(events).accepted == len(events)
    finally:
        intake.close()


def get(environment: dict[str, str], path: str) -> Any:
    url = f"http://127.0.0.1:{environment['MIDROUND_API__PORT']}/api/v1/matches/{path}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


def until_told(environment: dict[str, str], match_id: str, event_id: str) -> int:
    """The seq of the event, once the state and the events have come there."""
    deadline_s, seq = time.monotonic() + LIMIT_S, 0
    while time.monotonic() < deadline_s:
        with contextlib.suppress(urllib.error.HTTPError):  # not known yet
            seq = get(environment, f"{match_id}/state")["seq"]
            last = get(environment, f"{match_id}/events?from_seq={max(1, seq - 20)}&limit=100")["items"]
            found = next((item["seq"] for item in last if item["event_id"] == event_id), 0)
            if found:
                return int(found)
        time.sleep(0.1)
    raise AssertionError(f"{event_id} never came out; the match is at {seq}")


def whole_page(environment: dict[str, str], match_id: str, *, from_seq: int) -> list[dict[str, Any]]:
    """Events from there on, once the store has what memory has not."""
    deadline_s = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline_s:
        page = get(environment, f"{match_id}/events?limit=1000&from_seq={from_seq}")
        if page["is_complete"]:
            return list(page["items"])
        time.sleep(0.1)
    raise AssertionError("the store never had what memory has not")


@pytest.mark.slow
def test_seq_goes_on_and_all_that_was_told_stays(environment: dict[str, str]) -> None:
    events = list(islice(inputs.simulated(seed=4, best_of=1, position_hz=0).events(), BEFORE + AFTER))
    match_id = events[0].match_id
    with up(environment, holds="loader"):
        send(environment, events[:BEFORE])
        before = until_told(environment, match_id, events[BEFORE - 1].event_id)
    with up(environment):
        send(environment, events[BEFORE:])
        after = until_told(environment, match_id, events[-1].event_id)
        assert after == before + AFTER
        seqs = [item["seq"] for item in whole_page(environment, match_id, from_seq=before - 10)]
        assert seqs == list(range(before - 10, after + 1))
        state = get(environment, f"{match_id}/state")
        assert state["is_current"]
        verdict = subprocess.run(
            [MIDROUND, "verify", match_id, "--json"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr
