"""Every part stops by itself, with 0, while the broker is absent. That no question to the broker is waited out is held
by `tests/adapters/kafka/test_waiting.py`, where a question may take hours: here a loaded machine has its time."""

import contextlib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.configuration import load
from midround import parts
from midround.part import BODIES
from tests.ports import free_port
from tests.stores import embedded_store

STOPPED_WHILE_IT_STARTS = """
import signal, sys, time
from adapters.configuration import Settings
from midround import part, parts

def starting(plain):
    signal.raise_signal(signal.{name})
    time.sleep(60)
    return 1

part.BODIES["webhooks"] = starting
sys.exit(part.run(parts.plain(Settings(), "webhooks", index=0)))
"""
NEEDS_A_BROKER = sorted(set(BODIES) - {"broker", "store", *parts.BATCH})
MEASURED = ("STREAM", "LOADER", "TICKER", "SHADOW", "WEBHOOKS")
START_LIMIT_S = 60
STOP_LIMIT_S = 60


@contextlib.contextmanager
def part_without_a_broker(kind: str, folder: Path, store_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """The part as `midround up` runs it, once its process answers."""
    environ = {
        "MIDROUND_HOME": str(folder),
        "MIDROUND_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "MIDROUND_CLICKHOUSE__URL": store_url,
        **{f"MIDROUND_{name}__PORT": str(free_port()) for name in ("INTAKE", "API")},
        **{f"MIDROUND_{name}__METRICS_PORT": str(free_port()) for name in MEASURED},
        "MIDROUND_SHADOW__RUN": "always",
        "MIDROUND_WEBHOOKS__RUN": "always",
    }
    planned = parts.plan(load(environ, file=None, options={}).settings)
    part = next(part for part in planned if parts.kind_of(part.name) == kind)
    process = subprocess.Popen([sys.executable, "-m", "midround.part"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        with process.stdin as told:
            told.write(part.told)
        _await_health(process, f"http://{part.host}:{part.port}/health")
        yield process
    finally:
        process.kill()
        process.wait()


def _await_health(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        assert process.poll() is None, f"ended with {process.returncode}"
        assert time.monotonic() < deadline, "does not answer"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The loader needs one before it asks for the broker."""
    with embedded_store(tmp_path_factory.mktemp("store")) as running:
        yield running.url


@pytest.mark.slow
@pytest.mark.parametrize("kind", NEEDS_A_BROKER)
def test_a_part_stops_without_a_broker(kind: str, tmp_path: Path, store_url: str) -> None:
    with part_without_a_broker(kind, tmp_path, store_url) as process:
        process.terminate()
        assert process.wait(STOP_LIMIT_S) == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_part_ends_with_0_also_before_it_has_handlers_of_its_own(name: str) -> None:
    program = STOPPED_WHILE_IT_STARTS.format(name=name)
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=STOP_LIMIT_S).returncode == 0
