"""`bench frame`: from the sender to the painted frame of the dashboard in Chromium, through all parts.

The baseline is a WebSocket client of the same match at the same time: the browser adds script, layout and the wait for
its next frame.
"""

import multiprocessing
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import quote

from adapters.settings import Settings
from midround import places
from midround.bench import clients, load
from midround.bench.brokers import configured, name_of
from midround.bench.figures import Report, Watch, at_most, spread
from midround.bench.latency import PREPARE_S, system, waited
from midround.bench.painting import painted

MATCHES, RATE = 5, 100.0
WARM_UP_S, SECONDS = 10.0, 30.0
MORE_MS = 50
Painted = Sequence[tuple[float, float, float]]


def measured(
    settings: Settings,
    *,
    matches: int = MATCHES,
    rate: float = RATE,
    warm_up_s: float = WARM_UP_S,
    seconds: float = SECONDS,
) -> Report:
    """Run the benchmark. Raises BrowserError, MachineError."""
    with (
        tempfile.TemporaryDirectory() as home,
        configured(settings) as found,
        system(found, Path(home)) as (running, supervisor),
        ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        watch = Watch()
        ids = load.match_ids(matches, uuid.uuid4().hex[:8])
        intake, host = places.intake_url(running), f"{running.api.host}:{running.api.port}"
        load.first_events(intake, ids)
        starts_at_s = time.time() + PREPARE_S
        whole_s = warm_up_s + seconds
        sending = pool.submit(
            load.send, intake, ids=ids, rate=rate, starts_at_s=starts_at_s, seconds=whole_s + 1
        )
        from_s = starts_at_s + warm_up_s
        seen = pool.submit(clients.watch, f"ws://{host}", ids=ids[:1], from_s=from_s, seconds=seconds)
        page = f"http://{host}/#/match/{quote(ids[0], safe='')}"
        shown = waited(supervisor, pool.submit(painted, page, from_s=from_s, seconds=seconds))
        heard = waited(supervisor, seen)
        waited(supervisor, sending)
    told = f"{matches} matches, {rate:g} events/s, one of them on the dashboard, {name_of(settings)}"
    return report(shown, heard.total_ms, load=told, watch=watch)


def report(shown: Painted, heard_ms: Sequence[float], *, load: str, watch: Watch) -> Report:
    """Summarize the painted frames beside those of a plain client. Raises ValueError if none was painted."""
    spreads = {
        "painted_ms": spread([at - told for told, _, at in shown]),
        "browser_ms": spread([at - heard for _, heard, at in shown]),
        "websocket_ms": spread(heard_ms),
    }
    more_ms = spreads["painted_ms"].p95 - spreads["websocket_ms"].p95
    return Report(
        bench="frame",
        load=load,
        machine=watch.machine(),
        values={"painted": float(len(shown)), "painted_share": round(len(shown) / len(heard_ms), 3)},
        spreads=spreads,
        targets=(
            at_most("ms p95 more than a WebSocket client of the same run", asked=MORE_MS, found=more_ms),
        ),
    )
