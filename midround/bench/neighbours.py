"""`bench neighbours`: how one client of the API is affected by another that floods it, within its plan and far above
it.

Three states in each turn: quiet, the other client at its plan's rate, the other at ten times that rate, most of which
is refused. The baseline is the quiet state of the same turn; the median of the ratios counts. This is done twice: first
both clients request data in memory; then one requests rounds from the store and the other the history of predictions, a
slower query.
"""

import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct

from adapters.catalog.clients import Made
from adapters.catalog.store import open_catalog
from api.public.access.keys import new_key
from api.public.access.plans import PLANS
from midround.bench.asking import Answered, Asked, ask, get
from midround.bench.figures import Report, Spread, Target, Watch, at_most, spread
from midround.bench.filling import filled
from midround.bench.processes import Other, beside
from midround.bench.queries import QUESTIONS, store
from midround.bench.serving import Plan, served

TURNS, SECONDS, SETTLE_S, ROWS = 5, 4.0, 0.5, 500_000
Asks = Literal["memory", "store"]
RATES: Mapping[Asks, float] = {"memory": 50.0, "store": 10.0}
"""Requests per second of the client under observation, within its plan."""
CONNECTIONS = 32
"""Connections of the noisy client: enough that its store queries queue in the API, not in the client."""
MATCHES = 50
"""Number of matches in the store that are requested, in rotation."""
PLAN = PLANS["broadcast"]
OVER = 10
MATCH = "bench-neighbours"
MOST = 1.2


class Turn(Struct, frozen=True, kw_only=True):
    """One client's responses while the other was quiet, within its plan, and above it; and how many of the other's
    requests were refused."""

    quiet: Answered
    within: Answered
    over: Answered
    refused: int


class Pair(Struct, frozen=True, kw_only=True):
    """Two clients, and the requests of each with its key."""

    port: int
    looked_at: tuple[bytes, ...]
    noisy: tuple[bytes, ...]
    rate: float


def measured(*, turns: int = TURNS, seconds: float = SECONDS, rows: int = ROWS) -> Report:
    """Run that many turns, with a store of at least `rows` rows of events."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder, store(Path(folder)) as clickhouse_url:
        matches = filled(clickhouse_url, rows=rows)[:MATCHES]
        catalog_url = f"sqlite:///{Path(folder) / 'catalog.sqlite'}"
        looked_at, noisy = clients(catalog_url, ("looked-at", "noisy"))
        plan = Plan(
            ids=(MATCH,), updates=1, catalog_url=catalog_url, clickhouse_url=clickhouse_url, needs_keys=True
        )
        found: dict[Asks, list[Turn]] = {}
        with served(plan) as server:
            for asks in RATES:
                pair = _pair(asks, server.port, (looked_at, noisy), matches=matches)
                found[asks] = _turns(pair, turns=turns, seconds=seconds)
    return report(found, watch=watch)


def _pair(asks: Asks, port: int, keys: tuple[str, str], *, matches: Sequence[str]) -> Pair:
    looked_at, noisy = keys
    paths = (
        [f"{MATCH}/state"] if asks == "memory" else [f"{each}{QUESTIONS['rounds'].path}" for each in matches]
    )
    loud = paths if asks == "memory" else [f"{each}{QUESTIONS['history'].path}" for each in matches]
    return Pair(
        port=port,
        looked_at=tuple(get(f"/api/v1/matches/{path}", port, x_api_key=looked_at) for path in paths),
        noisy=tuple(get(f"/api/v1/matches/{path}", port, x_api_key=noisy) for path in loud),
        rate=RATES[asks],
    )


def _turns(pair: Pair, *, turns: int, seconds: float) -> list[Turn]:
    asked = Asked(port=pair.port, requests=pair.looked_at, rate=pair.rate)
    with beside(ask, asked) as one:
        one.hear()
        one.ask(seconds / 2)
        return [_turn(one, pair, seconds=seconds) for _ in range(turns)]


def report(found: Mapping[Asks, Sequence[Turn]], *, watch: Watch) -> Report:
    """Summarize the turns, by kind of request."""
    values, spreads, targets = dict[str, float](), dict[str, Spread](), list[Target]()
    for asks, turns in found.items():
        p95 = {
            name: [spread(getattr(turn, name).late_ms).p95 for turn in turns]
            for name in ("quiet", "within", "over")
        }
        ratios = {name: _ratio(p95[name], p95["quiet"]) for name in ("within", "over")}
        values[f"turns_{asks}"] = float(len(turns))
        values[f"refused_of_the_noisy_{asks}"] = float(sum(turn.refused for turn in turns))
        values |= {f"median_ratio_{name}_{asks}": round(ratio, 3) for name, ratio in ratios.items()}
        spreads |= {f"{name}_{asks}_p95_ms": spread(each) for name, each in p95.items()}
        targets += _targets(asks, turns, ratios)
    return Report(
        bench="neighbours",
        load=f"{' and '.join(f'{rate:g} requests/s of {asks}' for asks, rate in RATES.items())} by one client, "
        f"{PLAN.rate:g} and {PLAN.rate * OVER:g} by another, one process",
        machine=watch.machine(),
        values=values,
        spreads=spreads,
        targets=tuple(targets),
    )


def _targets(asks: Asks, turns: Sequence[Turn], ratios: Mapping[str, float]) -> list[Target]:
    others = sum(answered.others for turn in turns for answered in (turn.quiet, turn.within, turn.over))
    within, over = ratios["within"], ratios["over"]
    return [
        at_most(f"x the quiet p95 of {asks}, the other within its plan", asked=MOST, found=within),
        at_most(f"x the quiet p95 of {asks}, the other at ten times its plan", asked=MOST, found=over),
        at_most(f"answers of {asks} that are refused to who keeps within his plan", asked=0, found=others),
    ]


def _ratio(loud: Sequence[float], quiet: Sequence[float]) -> float:
    return statistics.median(with_ / without for with_, without in zip(loud, quiet, strict=True))


def clients(url: str, names: Sequence[str]) -> list[str]:
    """Create clients in a new catalog at `url`, and return a key for each."""
    catalog, now, found = open_catalog(url), datetime.now(UTC), []
    for name in names:
        key = new_key()
        first = Made(key_id=key.key_id, secret_hash=key.secret_hash, scopes=("read", "live"))
        catalog.clients().create(name, first, plan=PLAN.name, matches=None, who="bench", now=now)
        found.append(key.text)
    catalog.close()
    return found


def _turn(one: Other, pair: Pair, *, seconds: float) -> Turn:
    quiet: Answered = one.ask(seconds)
    with _noise(pair, rate=PLAN.rate, seconds=seconds) as other:
        within: Answered = one.ask(seconds)
        other.hear()
    with _noise(pair, rate=PLAN.rate * OVER, seconds=seconds) as other:
        over: Answered = one.ask(seconds)
        noise: Answered = other.hear()
    return Turn(quiet=quiet, within=within, over=over, refused=noise.statuses.get(429, 0))


@contextmanager
def _noise(pair: Pair, *, rate: float, seconds: float) -> Iterator[Other]:
    """Run the noisy client, which has started and used up its burst when the block begins."""
    asked = Asked(port=pair.port, requests=pair.noisy, connections=CONNECTIONS, rate=rate, is_noise=True)
    with beside(ask, asked) as other:
        other.hear()
        other.ask(max(SETTLE_S, 2 * PLAN.burst / rate) if rate > PLAN.rate else SETTLE_S)
        other.tell(seconds + SETTLE_S)
        yield other
