"""`bench cold`: from the command to readiness of all parts, and to the first prediction that a client can read.

The baseline is a bare Python process that imports what the API imports: no start can be much faster.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from adapters.settings import Settings
from game.events import AnyEvent, ClockTick
from midround import inputs, places, ports
from midround.bench.figures import Report, Watch, at_most
from midround.sending import Intake

RUNS = 3
TIMEOUT_S = 90.0
PORTS = (
    "MIDROUND_KAFKA__PORT",
    "MIDROUND_CLICKHOUSE__PORT",
    "MIDROUND_STREAM__METRICS_PORT",
    "MIDROUND_LOADER__METRICS_PORT",
    "MIDROUND_TICKER__METRICS_PORT",
    "MIDROUND_INTAKE__PORT",
    "MIDROUND_API__PORT",
)


def measured(settings: Settings, *, runs: int = RUNS) -> Report:
    """Measure the median of `runs` starts, each with its own ports and folder; `settings` may name a configured
    broker."""
    watch = Watch()
    base_s = _import_s()
    found = [_run(settings) for _ in range(runs)]
    ready_s, first_s = (sorted(values)[len(values) // 2] for values in zip(*found, strict=True))
    return Report(
        bench="cold",
        load=f"{runs} starts of `midround up`, embedded parts, the median",
        machine=watch.machine(),
        values={
            "ready_s": round(ready_s, 3),
            "first_prediction_s": round(first_s, 3),
            "bare_import_s": round(base_s, 3),
            "ready_to_bare_import_ratio": round(ready_s / base_s, 2),
        },
        targets=(
            at_most("s to ready", asked=5, found=ready_s),
            at_most("s from the first event to its prediction at a client", asked=5, found=first_s),
        ),
    )


def _import_s() -> float:
    begun_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import api.public.serve"], check=True)
    return time.perf_counter() - begun_s


def _run(settings: Settings) -> tuple[float, float]:
    """Return the seconds from the command to readiness, and from the first event to the first prediction at the API."""
    free = ports.free_ports(len(PORTS))
    environment = {**os.environ, **dict(zip(PORTS, map(str, free), strict=True))}
    if not places.is_embedded(settings):
        environment["MIDROUND_KAFKA__BOOTSTRAP_SERVERS"] = settings.kafka.bootstrap_servers
    with tempfile.TemporaryDirectory() as home, _up(Path(home), environment) as lines:
        begun_s = time.perf_counter()
        next(line for line in lines if json.loads(line).get("status") == "ready")
        ready_s = time.perf_counter() - begun_s
        begun_s = time.perf_counter()
        _first_prediction(intake=free[5], api=free[6])
        return ready_s, time.perf_counter() - begun_s


@contextmanager
def _up(home: Path, environment: Mapping[str, str]) -> Iterator[Iterator[str]]:
    command = [str(Path(sys.executable).with_name("midround")), "up", "--json", "--home", str(home)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        with process.stdout as lines:
            yield iter(lines.readline, "")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _first_prediction(*, intake: int, api: int) -> None:
    events = _until_live()
    sender = Intake(f"http://127.0.0.1:{intake}")
    sender.post(events)
    sender.close()
    match_id = quote(events[0].match_id, safe="")
    url = f"http://127.0.0.1:{api}/api/v1/matches/{match_id}/predictions/latest"
    deadline_s = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline_s:
        if _get(url):
            return
        time.sleep(0.01)
    raise TimeoutError(f"no prediction at {url} within {TIMEOUT_S:g} s")


def _until_live() -> list[AnyEvent]:
    """Return the events of a simulated match before its first clock tick."""
    events = inputs.simulated(seed=1, best_of=1, position_hz=0).events()
    return list(takewhile(lambda event: not isinstance(event, ClockTick), events))


def _get(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return json.load(response)
    except (urllib.error.URLError, OSError):
        return None
