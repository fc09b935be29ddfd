"""`bench queries`: queries about a match, in a store with ten million rows of events.

Each is measured twice: as a statement in the engine's own process, and as a request to the reading side over HTTP,
which in turn queries the store over HTTP. The baseline is `SELECT 1` in both ways (over HTTP through `/ready`): a lower
bound for any query.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from msgspec import Struct

from adapters.clickhouse.client import ping
from adapters.clickhouse.engine import Engine
from adapters.clickhouse.wire import Statement
from api.public import sql
from midround import ports
from midround.bench.asking import Answered, Asked, ask, get
from midround.bench.figures import Report, Spread, Watch, at_most, span, spread
from midround.bench.filling import filled
from midround.bench.processes import PATIENCE_S, beside
from midround.bench.serving import Plan, Served, served

ROWS, SECONDS = 10_000_000, 5.0
MATCHES = 200
"""How many of all matches are queried, in rotation."""
ASKED_MS, HTTP_MS = 20, 30
MEMORY_BYTES = 2_000_000_000
STOP_S = 60.0
WARM_UP_S = 1.0


class Question(Struct, frozen=True, kw_only=True):
    """One of the API's statements with its values, and the path that runs it for a match."""

    statement: str
    values: Mapping[str, str] = {}
    path: str = ""


QUESTIONS: Mapping[str, Question] = {
    "state": Question(statement=sql.VIEW, path="/state"),
    "rounds": Question(statement=sql.ROUNDS, path="/rounds"),
    "players": Question(statement=sql.PLAYERS, values={"scope": "map"}, path="/players?scope=map"),
    "events": Question(
        statement=sql.EVENTS,
        values={"from_seq": "2000", "type": "", "limit": "200"},
        path="/events?from_seq=2000&limit=200",
    ),
    "predictions": Question(
        statement=sql.PREDICTIONS,
        values={"from_seq": "2000", "limit": "200"},
        path="/predictions?from_seq=2000&limit=200",
    ),
    "history": Question(
        statement=sql.THINNED,
        values={"from_seq": "0", "resolution_ms": "10000", "limit": "500"},
        path="/predictions/history?resolution_s=10&limit=500",
    ),
}
BARE = "SELECT 1"


def measured(*, rows: int = ROWS, seconds: float = SECONDS, events: int | None = None) -> Report:
    """Measure each query in both ways for `seconds`; filling the store takes minutes. `events` bounds the simulated
    match, for small runs."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        with store(folder) as url, span() as filling:
            matches = filled(url, rows=rows, events=events)
        asked = random.Random(0).sample(matches, min(MATCHES, len(matches)))
        watch = Watch()
        with beside(answer, folder, asked) as engine:
            inside = {name: spread(engine.ask((name, seconds))) for name in ("", *QUESTIONS)}
        with store(folder) as url, served(Plan(clickhouse_url=url)) as api:
            http = {name: _over_http(api, asked, name, seconds=seconds) for name in ("", *QUESTIONS)}
        disk_mb = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) / 1e6
    values = {
        "matches": float(len(matches)),
        "filled_s": round(filling.wall_s, 1),
        "disk_mb": round(disk_mb, 1),
    }
    return report(inside, http, values=values, rows=rows, watch=watch)


def report(
    inside: Mapping[str, Spread],
    http: Mapping[str, Spread],
    *,
    values: Mapping[str, float],
    rows: int,
    watch: Watch,
) -> Report:
    """Summarize the queries; the slowest one counts. The empty name is the baseline."""
    ways = {"in_process": inside, "over_http": http}
    spreads = {
        f"{way}_{name or 'bare'}_ms": told for way, found in ways.items() for name, told in found.items()
    }
    slowest = {way: max(told.p95 for name, told in found.items() if name) for way, found in ways.items()}
    return Report(
        bench="queries",
        load=f"{rows:,} rows of events or more, {len(QUESTIONS)} questions, one at a time",
        machine=watch.machine(),
        values=dict(values),
        spreads=spreads,
        targets=(
            at_most("ms p95 in process, the slowest question", asked=ASKED_MS, found=slowest["in_process"]),
            at_most("ms p95 over HTTP, the slowest question", asked=HTTP_MS, found=slowest["over_http"]),
        ),
    )


@contextmanager
def store(folder: Path) -> Iterator[str]:
    """Run the embedded store over `folder` in its own process, and yield its URL."""
    (port,) = ports.free_ports(1)
    options = ["--path", str(folder), "--port", str(port), "--max-memory-bytes", str(MEMORY_BYTES)]
    process = subprocess.Popen([sys.executable, "-m", "adapters.clickhouse.embedded", *options])
    url = f"http://127.0.0.1:{port}/midround"
    try:
        deadline_s = time.monotonic() + PATIENCE_S
        while not ping(url):
            if time.monotonic() > deadline_s or process.poll() is not None:
                raise RuntimeError("the store does not answer")
            time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait(STOP_S)


def answer(line: Connection, folder: Path, matches: Sequence[str]) -> None:
    """The engine's own process: for each query and number of seconds, report the latency of each execution in
    milliseconds."""
    engine = Engine(folder / "chdb", database="midround", max_memory_bytes=MEMORY_BYTES)
    try:
        while True:
            name, seconds = line.recv()
            line.send([_taken_ms(engine, each) for each in _statements(name, matches, seconds=seconds)])
    except EOFError:
        engine.close()


def _taken_ms(engine: Engine, statement: Statement) -> float:
    with span() as taken:
        engine.execute(statement)
    return taken.wall_s * 1000


def _statements(name: str, matches: Sequence[str], *, seconds: float) -> Iterator[Statement]:
    """Yield the query for one match after the other until the time is up, but at least once."""
    question = QUESTIONS.get(name, Question(statement=BARE))
    ends_s, number = time.perf_counter() + seconds, 0
    while not number or time.perf_counter() < ends_s:
        values = {**question.values, "match_id": matches[number % len(matches)]} if name else {}
        yield Statement(sql=question.statement, parameters=values, default_format="Native")
        number += 1


def _over_http(api: Served, matches: Sequence[str], name: str, *, seconds: float) -> Spread:
    """Measure the query over HTTP. Raises RuntimeError if a response is not 200."""
    asked = Asked(port=api.port, requests=tuple(_requests(api.port, matches, name)), connections=1)
    with beside(ask, asked) as client:
        client.hear()
        client.ask(WARM_UP_S)
        found: Answered = client.ask(seconds)
    if found.others:
        raise RuntimeError(f"{name}: not all is answered: {found.statuses}")
    return spread(found.late_ms)


def _requests(port: int, matches: Sequence[str], name: str) -> Iterator[bytes]:
    """Yield the requests of a query; for the baseline `/ready`, which only runs `SELECT 1`."""
    if not name:
        yield get("/ready", port)
        return
    for match_id in matches:
        yield get(f"/api/v1/matches/{match_id}{QUESTIONS[name].path}", port)
