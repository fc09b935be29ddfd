"""One setting: the same parts on an Apache Kafka that the supervisor starts and stops."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ports import free_ports

pytestmark = pytest.mark.server

SECTIONS = ("KAFKA", "CLICKHOUSE", "INTAKE", "API")
MEASURED = ("STREAM", "LOADER", "TICKER")


@pytest.fixture
def environment() -> Mapping[str, str]:
    names = [f"MIDROUND_{s}__PORT" for s in SECTIONS] + [f"MIDROUND_{s}__METRICS_PORT" for s in MEASURED]
    free = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    return {**os.environ, **free, "MIDROUND_KAFKA__SERVER": "local"}


def midround(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("midround")), *arguments]


def processes_in(folder: Path) -> list[str]:
    """Command lines of the nodes whose data lie in `folder`."""
    found: list[str] = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            line = path.read_bytes()
            found += [line.decode()] if str(folder).encode() in line else []
    return found


@pytest.mark.proof
def test_the_demo_holds_on_it(environment: Mapping[str, str], tmp_path: Path) -> None:
    command = midround("demo", "--once", "--best-of", "1", "--json", "--home", str(tmp_path))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, done.stderr
    ready, played = (json.loads(line) for line in done.stdout.splitlines())
    assert ready["status"] == "ready"
    assert played["holds"]
    assert all(v["stream_digest"] == v["batch_digest"] and v["predictions"] for v in played["verdicts"])
    assert (tmp_path / "kafka" / "data" / "meta.properties").is_file()
    assert processes_in(tmp_path) == []


def test_it_comes_back_with_its_log_and_ends_with_the_others(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    def once() -> str:
        up = subprocess.Popen(
            midround("up", "--json", "--home", str(tmp_path)),
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert up.stdout is not None
        with up.stdout as said:
            try:
                assert json.loads(said.readline())["status"] == "ready"
                assert len(processes_in(tmp_path / "kafka")) == 1
            finally:
                up.send_signal(signal.SIGINT)
                assert up.wait(180) == 0
        assert processes_in(tmp_path / "kafka") == []
        meta = (tmp_path / "kafka" / "data" / "meta.properties").read_text(encoding="utf-8")
        found = re.search(r"cluster\.id=(\S+)", meta)
        assert found is not None
        return found[1]

    assert once() == once()
