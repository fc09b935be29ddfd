"""`bench latency`: fifty live matches, from the sender to WebSocket clients, by stage, epoch closes included.

The baseline is a bare two-hop loop at the same rate and message size, on the same broker, beside the same processes
while they are idle. Sender, clients and the bare loop each have their own process.
"""

import multiprocessing
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from adapters.kafka.connection import DURABLE_READERS, Connection
from adapters.kafka.records import TOPICS
from adapters.kafka.topics import admin
from adapters.settings import Settings
from midround import machine, parts, places, ports
from midround.bench import clients, hops, load
from midround.bench.brokers import configured, embedded, make_topics, name_of
from midround.bench.figures import Report, Watch, at_most, spread
from midround.supervisor import Supervisor

MATCHES, RATE = 50, 2000.0
PREPARE_S = 20.0
"""Time for sender and clients to start and to simulate their events."""
Found = TypeVar("Found")


def measured(
    settings: Settings,
    *,
    matches: int = MATCHES,
    rate: float = RATE,
    warm_up_s: float = 20.0,
    seconds: float = 60.0,
) -> Report:
    """Run the benchmark; on a real broker use a `warm_up_s` of two minutes, for its JVM."""
    with (
        tempfile.TemporaryDirectory() as home,
        configured(settings) as found,
        system(found, Path(home)) as (running, supervisor),
    ):
        at = places.broker(running)
        size = load.mean_bytes(load.match_ids(matches, "size"))
        watch = Watch()
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            bare = waited(
                supervisor,
                pool.submit(
                    hops.measured,
                    at,
                    rate=rate,
                    size=size,
                    keys=matches,
                    warm_up_s=warm_up_s,
                    seconds=seconds,
                ),
            )
            seen = watched(running, supervisor, pool, matches=matches, rate=rate, times=(warm_up_s, seconds))
    return _report(
        settings, seen, bare, watch=watch, load_=f"{matches} matches, {rate:g} events/s of {size} bytes"
    )


def watched(
    running: Settings,
    supervisor: Supervisor,
    pool: ProcessPoolExecutor,
    *,
    matches: int,
    rate: float,
    times: tuple[float, float],
) -> clients.Seen:
    """Run the load and return what the clients received."""
    ids = load.match_ids(matches, uuid.uuid4().hex[:8])
    url = places.intake_url(running)
    load.first_events(url, ids)
    starts_at_s = time.time() + PREPARE_S
    sending = pool.submit(load.send, url, ids=ids, rate=rate, starts_at_s=starts_at_s, seconds=sum(times) + 1)
    base = f"ws://{running.api.host}:{running.api.port}"
    seen = pool.submit(clients.watch, base, ids=ids, from_s=starts_at_s + times[0], seconds=times[1])
    found = waited(supervisor, seen)
    waited(supervisor, sending)
    return found


def _report(settings: Settings, seen: clients.Seen, bare: list[float], *, watch: Watch, load_: str) -> Report:
    stages = {
        "intake_ms": spread(seen.intake_ms),
        "stream_ms": spread(seen.stream_ms),
        "delivery_ms": spread(seen.delivery_ms),
        "total_ms": spread(seen.total_ms),
        "bare_two_hops_ms": spread(bare),
    }
    p95, base = stages["total_ms"].p95, stages["bare_two_hops_ms"].p95
    return Report(
        bench="latency",
        load=f"{load_}, {name_of(settings)}, intake to WebSocket",
        machine=watch.machine(),
        values={
            "events_measured": float(len(seen.total_ms)),
            "frames": float(seen.frames),
            "p95_to_bare_ratio": round(p95 / base, 2),
        },
        spreads=stages,
        targets=(
            at_most("times the p95 of the bare loop", asked=3, found=p95 / base),
            at_most("ms p95", asked=100, found=p95),
        ),
    )


@contextmanager
def system(settings: Settings, home: Path) -> Iterator[tuple[Settings, Supervisor]]:
    """Run all parts on free ports; the broker also gets the topics of the bare loop."""
    running = on_free_ports(settings.model_copy(update={"home": home}))
    without = frozenset({"broker"}) if places.is_embedded(running) else frozenset[str]()
    with (
        _broker(running),
        machine.signals() as stopping,
        machine.running(running, say=lambda _: None, without=without) as supervisor,
    ):
        machine.until_ready(supervisor, stopping=stopping)
        yield running, supervisor


def on_free_ports(settings: Settings, *, is_batch: bool = False) -> Settings:
    """Return the settings with every part on a port that is free now."""
    names = [part.setting for part in parts.plan(settings, is_batch=is_batch) if part.port != parts.NOWHERE]
    return parts.moved(settings, dict(zip(names, ports.free_ports(len(names)), strict=True)))


@contextmanager
def _broker(settings: Settings) -> Iterator[None]:
    if not places.is_embedded(settings):
        at = places.broker(settings)
        make_topics(at, [t for t in (hops.IN, hops.OUT) if not _is_there(at, t)], settings.kafka.partitions)
        yield
        return
    topics, readers = (*TOPICS, hops.IN, hops.OUT), {**DURABLE_READERS, **hops.READERS}
    with embedded(settings.kafka.port, settings.kafka.partitions, topics=topics, readers=readers):
        yield


def _is_there(at: Connection, topic: str) -> bool:
    return topic in admin(at).list_topics(timeout=10).topics


def waited(supervisor: Supervisor, future: "Future[Found]") -> Found:
    """Return the future's result; steps the supervisor while waiting."""
    pause = threading.Event()
    while not future.done():
        supervisor.step()
        pause.wait(0.2)
    return future.result()
