"""`bench restart`: the reading side is stopped and restarted under its clients, while the matches go on.

Each client reconnects by itself and resumes after the last seq that it has. The baseline is the same process without
clients, from its stop until it is ready again: a lower bound for any client.
"""

import asyncio
import multiprocessing
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection as Line

from msgspec import Struct

from adapters.kafka.connection import Connection
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import Outgoing, Record
from adapters.settings import Settings
from api.public import serve
from midround import ports
from midround.bench.brokers import broker, name_of
from midround.bench.figures import Report, Watch, at_most, spread
from midround.bench.judging import Place
from midround.bench.processes import PATIENCE_S, allow_sockets, beside
from midround.bench.returning import Returned, Returning, follow
from midround.bench.serving import noted
from midround.bench.tellings import paced, tellings, turns

CLIENTS, MATCHES, RATE = 500, 10, 2.0
SECONDS = 3.0
"""Duration of the feed before the stop, and after the start."""
LIMIT_S = 60.0
"""Duration of the whole feed: bounds what is simulated."""
STOP_S = 10.0
ASKED_S = 5.0


class Load(Struct, frozen=True, kw_only=True):
    """Matches that continue with `rate` updates per second each."""

    ids: tuple[str, ...]
    rate: float


def measured(
    settings: Settings,
    *,
    clients: int = CLIENTS,
    matches: int = MATCHES,
    rate: float = RATE,
    seconds: float = SECONDS,
) -> Report:
    """Run the benchmark on an embedded broker, or on the configured one."""
    watch = Watch()
    load = Load(ids=tuple(f"bench-restart-{number}" for number in range(matches)), rate=rate)
    (port,) = ports.free_ports(1)
    with broker(settings) as at, beside(write, at, load) as writer:
        writer.hear()
        with reading_side(at, port) as base:
            bare_s = base.restarted()
        with reading_side(at, port) as api:
            crowd = Returning(port=port, matches=load.ids, clients=clients)
            with beside(follow, crowd) as followers:
                followers.hear()
                writer.tell("go")
                time.sleep(seconds)
                ready_s = api.restarted()
                time.sleep(seconds)
                places: dict[str, Place] = writer.ask("stop")
                found: Returned = followers.ask(places)
    told = f"{matches} matches, {rate:g} updates/s, {name_of(settings)}"
    return report(found, bare_s=bare_s, ready_s=ready_s, load=told, watch=watch)


def report(found: Returned, *, bare_s: float, ready_s: float, load: str, watch: Watch) -> Report:
    """Summarize how the clients came back."""
    stayed = sum(each == 0 for each in found.away_s)
    return Report(
        bench="restart",
        load=f"{len(found.away_s)} clients, {load}",
        machine=watch.machine(),
        values={
            "cuts": float(found.cuts),
            "ready_s": round(ready_s, 3),
            "ready_without_clients_s": round(bare_s, 3),
        },
        spreads={"away_s": spread(found.away_s)},
        targets=(
            at_most("s until all have news again", asked=ASKED_S, found=max(found.away_s)),
            at_most("seq that are missing", asked=0, found=found.holes),
            at_most("clients not where their match stands", asked=0, found=found.behind),
            at_most("clients that were not cut off", asked=0, found=stayed),
        ),
    )


class ReadingSide:
    """The reading side in its own process, on one port."""

    def __init__(self, at: Connection, port: int) -> None:
        self._at, self._port = at, port
        self._process = self._started()
        self._until_ready()

    def restarted(self) -> float:
        """Stop it as a deployment does and start it again; return the seconds from the signal to readiness."""
        begun_s = time.perf_counter()
        self.stop()
        self._process = self._started()
        self._until_ready()
        return time.perf_counter() - begun_s

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(STOP_S)
        self._process.kill()

    def _started(self) -> multiprocessing.process.BaseProcess:
        process = multiprocessing.get_context("spawn").Process(target=read, args=(self._at, self._port))
        process.start()
        return process

    def _until_ready(self) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not _is_ready(self._port):
            if time.monotonic() > deadline_s or not self._process.is_alive():
                raise RuntimeError("the reading side does not get ready")
            time.sleep(0.02)


@contextmanager
def reading_side(at: Connection, port: int) -> Iterator[ReadingSide]:
    """Run the reading side, ready when the block begins, and stop it at the end."""
    found = ReadingSide(at, port)
    try:
        yield found
    finally:
        found.stop()


def read(at: Connection, port: int) -> None:
    """The body of the process."""
    allow_sockets()
    serve.run(
        bootstrap_servers=at.bootstrap_servers,
        is_embedded=at.embedded,
        kafka_options=at.options,
        port=port,
        ticket_secret=b"no ticket is asked for",
    )


def write(line: Line, at: Connection, load: Load) -> None:
    """Write the matches' beginnings and report it; on request, write updates at the rate, and on the next report the
    positions."""
    asyncio.run(_written(line, at, load))


async def _written(line: Line, at: Connection, load: Load) -> None:
    told = tellings(load.ids, updates=round(load.rate * LIMIT_S))
    places: dict[str, Place] = {}
    with closing(AcknowledgedProducer(at)) as producer:
        for each in told:
            await producer.acknowledged([_outgoing(record) for record in each.begun])
        line.send("written")
        await asyncio.to_thread(line.recv)
        async for turn in paced(turns(told), rate=load.rate * len(load.ids), seconds=LIMIT_S):
            await producer.acknowledged([_outgoing(record) for record in turn.records])
            noted(places, turn)
            if line.poll():
                break
        line.recv()
        line.send(places)


def _outgoing(record: Record) -> Outgoing:
    return Outgoing(topic=record.topic, key=record.key, value=record.value)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
