"""`bench finals`: from the last event of a match until the API reports its statistics as final, with Dagster running.

Belongs here: the matches, and the time until the API reports their maps as final. Does not belong here: how that
happens (a Dagster sensor sees the decided map, and its chain folds it, compares it and publishes its scorecard).

The baseline is a manual backfill of the same maps, one after the other: Dagster's time for a run, without the wait for
the sensor and the live path's tables.
"""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import quote

import httpx

from adapters.lake.tables import RAW_EVENTS
from adapters.ports import address
from adapters.settings import Settings
from midround import inputs, machine, places, sending
from midround.backfill import CHAIN, Webserver, awaited
from midround.bench.brokers import name_of
from midround.bench.figures import Report, Watch, at_most, spread
from midround.bench.latency import on_free_ports
from midround.supervisor import Supervisor

MATCHES = 3
ASKED_S = 60.0
LIMIT_S = 600.0
READY_S = 300.0
LOOK_EVERY_S = 0.2
FINAL = frozenset({"final", "amended"})


def measured(settings: Settings, *, matches: int = MATCHES) -> Report:
    """Measure simulated matches of one map, played one after the other as fast as the intake accepts them."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as home, _system(settings, Path(home)) as (running, supervisor):
        told = [_played(running, supervisor, seed) for seed in range(1, matches + 1)]
        by_hand = _by_hand(running)
    return report(
        [each for each, _ in told],
        by_hand,
        load=f"{matches} matches of one map, {sum(n for _, n in told):,} events, {name_of(settings)}",
        watch=watch,
    )


def report(finals_s: Sequence[float], by_hand_s: Sequence[float], *, load: str, watch: Watch) -> Report:
    """Summarize the waiting times; the longest one counts."""
    return Report(
        bench="finals",
        load=load,
        machine=watch.machine(),
        values={
            "median_s": round(median(finals_s), 2),
            "backfill_by_hand_s": round(median(by_hand_s), 2),
            "median_to_backfill_ratio": round(median(finals_s) / median(by_hand_s), 2),
        },
        spreads={"final_s": spread(finals_s)},
        targets=(at_most("s until the statistics are final", asked=ASKED_S, found=max(finals_s)),),
    )


@contextmanager
def _system(settings: Settings, home: Path) -> Iterator[tuple[Settings, Supervisor]]:
    running = on_free_ports(settings.model_copy(update={"home": home}), is_batch=True)
    with (
        machine.signals() as stopping,
        machine.running(running, say=lambda _: None, is_batch=True) as supervisor,
    ):
        machine.until_ready(supervisor, stopping=stopping, timeout_s=READY_S)
        yield running, supervisor


def _played(running: Settings, supervisor: Supervisor, seed: int) -> tuple[float, int]:
    """Return (seconds from the last event's acknowledgement until the API reports all maps as final, events)."""
    events = list(inputs.simulated(seed=seed, best_of=1, position_hz=0).events())
    with closing(sending.Intake(places.intake_url(running))) as intake:
        sending.play(intake, events, speed=None, told=lambda _: None)
    begun_s, pause = time.perf_counter(), threading.Event()
    base = f"http://{address(running.api.host, running.api.port)}"
    url = f"{base}/api/v1/matches/{quote(events[0].match_id, safe='')}/quality"
    with httpx.Client(timeout=30.0) as client:
        while not is_final(client.get(url)):
            if time.perf_counter() - begun_s > LIMIT_S:
                raise TimeoutError(f"{url}: nothing final within {LIMIT_S:g} s")
            supervisor.step()
            pause.wait(LOOK_EVERY_S)
    return time.perf_counter() - begun_s, len(events)


def is_final(answer: httpx.Response) -> bool:
    """Whether every map of the match has a final scorecard; False for a problem response."""
    maps = answer.json()["maps"] if answer.is_success else []
    return bool(maps) and all(each["finality"] in FINAL for each in maps)


def _by_hand(running: Settings) -> list[float]:
    """Return the seconds of a backfill of each map, as `midround backfill` starts it."""
    found = []
    with closing(Webserver(f"http://{address(running.dagster.host, running.dagster.port)}")) as webserver:
        for key in webserver.partitions(RAW_EVENTS.name):
            begun_s = time.perf_counter()
            end = awaited(webserver, webserver.launch(CHAIN, [key]), lambda _: None)
            if not end.is_whole:
                raise RuntimeError(f"{key}: the backfill by hand is not whole")
            found.append(time.perf_counter() - begun_s)
    return found
