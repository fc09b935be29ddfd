"""`midround up` as a person runs it: ready, an event in and out again, one Ctrl-C, nothing left."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_ports

EVENT = {
    "event_id": "00000000-0000-0000-0000-000000000001",
    "match_id": "11111111-1111-1111-1111-111111111111",
    "map_id": "22222222-2222-2222-2222-222222222222",
    "round_no": 1,
    "ts_event": "2026-01-18T12:00:00.123Z",
    "type": "kill",
    "source": "demo",
    "seq_no": 1,
    "payload": {"killer_player_id": "p1", "victim_player_id": "p2", "killer_team": "A", "weapon": "ak47"},
}
NAMES = ("KAFKA", "CLICKHOUSE", "INTAKE", "API", "STREAM__METRICS", "LOADER__METRICS", "TICKER__METRICS")


@pytest.fixture
def environment() -> dict[str, str]:
    free = free_ports(len(NAMES))
    variables = {
        f"MIDROUND_{name}{'_' if '__' in name else '__'}PORT": str(port)
        for name, port in zip(NAMES, free, strict=True)
    }
    return {**os.environ, **variables}


@pytest.fixture
def up(tmp_path: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    command = [str(Path(sys.executable).with_name("midround")), "up", "--json", "--home", str(tmp_path)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def get(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        error.close()
        return None
    except OSError:
        return None


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children]


@pytest.mark.slow
def test_an_event_goes_in_and_comes_out_and_one_signal_ends_all(
    up: "subprocess.Popen[str]", environment: dict[str, str]
) -> None:
    assert up.stdout is not None
    ready = json.loads(up.stdout.readline())
    assert ready["status"] == "ready"
    body = json.dumps(EVENT).encode()
    intake, api = (f"http://127.0.0.1:{environment[f'MIDROUND_{name}__PORT']}" for name in ("INTAKE", "API"))
    post = urllib.request.Request(f"{intake}/events", body, {"content-type": "application/json"})
    with urllib.request.urlopen(post, timeout=60) as response:
        assert response.status == 202
    url = f"{api}/api/v1/matches/{EVENT['match_id']}/events"
    deadline = time.monotonic() + 120
    while not (found := get(url)) or not found["items"]:
        assert time.monotonic() < deadline, "the kill never came out"
        time.sleep(0.05)
    assert [item["event_id"] for item in found["items"]] == [EVENT["event_id"]]
    parts = descendants(up.pid)
    assert len(parts) == len(ready["parts"])
    up.send_signal(signal.SIGINT)
    assert up.wait(180) == 0
    assert [pid for pid in parts if Path(f"/proc/{pid}").exists()] == []
