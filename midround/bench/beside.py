"""`bench beside`: how a backfill affects live clients if it takes only the CPU time that the live path leaves
(SCHED_IDLE).

Measures pairs of live latency, without and with the backfill, on one running system. The ratio is taken within each
pair, so that a change of the machine's speed between pairs does not affect it. The backfill derives its lake repeatedly
until the pair is measured.
"""

import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from adapters.lake.partitions import partitions
from adapters.lake.tables import RAW_EVENTS
from adapters.settings import Settings
from midround.bench import latency
from midround.bench.backfill import DISTINCT, SIMULATED, fill
from midround.bench.brokers import configured, name_of
from midround.bench.figures import Report, Watch, at_most, spread
from orchestration.derivation import derive_many

MATCHES, RATE, PAIRS = 10, 200.0, 5
SECONDS, SETTLE_S = 20.0, 5.0
MOST = 1.5
JOIN_S = 10.0


def measured(
    settings: Settings,
    *,
    pairs: int = PAIRS,
    rate: float = RATE,
    seconds: float = SECONDS,
    simulated: int = SIMULATED,
) -> Report:
    """Measure the p95 from sender to WebSocket in both states of each pair, and the median of the ratios."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), [], simulated=simulated, distinct=min(DISTINCT, simulated))
        with (
            configured(settings) as found,
            latency.system(found, Path(home)) as (running, supervisor),
            ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool,
        ):
            watch = Watch()

            def p95() -> float:
                times = (SETTLE_S, seconds)
                seen = latency.watched(running, supervisor, pool, matches=MATCHES, rate=rate, times=times)
                return spread(seen.total_ms).p95

            p95()
            quiet, beside = [], []
            for _ in range(pairs):
                quiet.append(p95())
                with _backfill(Path(folder)):
                    beside.append(p95())
    load = (
        f"{MATCHES} matches, {rate:g} events/s, {name_of(settings)}; backfill of {simulated} maps, SCHED_IDLE"
    )
    return report(quiet, beside, load=load, watch=watch)


def report(quiet: Sequence[float], beside: Sequence[float], *, load: str, watch: Watch) -> Report:
    """Summarize pairs of p95 (ms); the result is the median of the ratios within pairs."""
    ratios = [with_ / without for with_, without in zip(beside, quiet, strict=True)]
    return Report(
        bench="beside",
        load=load,
        machine=watch.machine(),
        values={
            "pairs": float(len(ratios)),
            "median_ratio": round(statistics.median(ratios), 3),
            "least_ratio": round(min(ratios), 3),
            "most_ratio": round(max(ratios), 3),
        },
        spreads={"quiet_p95_ms": spread(quiet), "beside_p95_ms": spread(beside)},
        targets=(at_most("x the quiet p95, median of pairs", asked=MOST, found=statistics.median(ratios)),),
    )


@contextmanager
def _backfill(root: Path) -> Iterator[None]:
    child = multiprocessing.get_context("spawn").Process(target=derive_for_ever, args=(root,))
    child.start()
    try:
        yield
    finally:
        child.kill()
        child.join(JOIN_S)


def derive_for_ever(root: Path) -> None:
    """Derive every match of the lake repeatedly, at idle priority. Raises RuntimeError if a match fails."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    matches = partitions(root, RAW_EVENTS.name)
    while True:
        for attempt in derive_many(root, matches, is_forced=True):
            if attempt.error is not None:
                raise RuntimeError(attempt.error)
