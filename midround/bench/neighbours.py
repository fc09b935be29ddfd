"""`bench neighbours`: what one client of the API feels of another that floods it, within its plan and far over it.

Three states in turn, again and again: quiet, the other at its plan's rate, the other at ten times that rate, most of
which is refused. The baseline is the quiet state of the same turn; the median of the ratios counts.
"""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from adapters.catalog.clients import Made
from adapters.catalog.store import open_catalog
from api.public.access.keys import new_key
from api.public.access.plans import PLANS
from midround.bench.asking import Answered, Asked, ask, get
from midround.bench.figures import Report, Watch, at_most, spread
from midround.bench.processes import Other, beside
from midround.bench.serving import Plan, served

TURNS, SECONDS, SETTLE_S = 5, 4.0, 0.5
RATE = 50.0
"""Requests a second of the client that is looked at, half of what its plan has."""
PLAN = PLANS["broadcast"]
OVER = 10
MATCH = "bench-neighbours"
MOST = 1.2


class Turn(Struct, frozen=True, kw_only=True):
    """What one client was answered while the other was quiet, within its plan, and over it; and what the other was."""

    quiet: Answered
    within: Answered
    over: Answered
    refused: int


def measured(*, turns: int = TURNS, seconds: float = SECONDS) -> Report:
    """The figures of so many turns."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'catalog.sqlite'}"
        looked_at, noisy = clients(url, ("looked-at", "noisy"))
        plan = Plan(ids=(MATCH,), updates=1, catalog_url=url, needs_keys=True)
        with served(plan) as server, beside(ask, _asked(server.port, looked_at, RATE)) as one:
            one.hear()
            one.ask(seconds / 2)
            found = [_turn(one, server.port, noisy, seconds=seconds) for _ in range(turns)]
    return report(found, watch=watch)


def report(found: Sequence[Turn], *, watch: Watch) -> Report:
    """What the turns come to."""
    p95 = {
        name: [spread(getattr(turn, name).late_ms).p95 for turn in found]
        for name in ("quiet", "within", "over")
    }
    ratios = {name: _ratio(p95[name], p95["quiet"]) for name in ("within", "over")}
    others = sum(answered.others for turn in found for answered in (turn.quiet, turn.within, turn.over))
    return Report(
        bench="neighbours",
        load=f"{RATE:g} requests/s of one client, {PLAN.rate:g} and {PLAN.rate * OVER:g} of another, "
        f"{len(found)} turns, one process",
        machine=watch.machine(),
        values={
            "turns": float(len(found)),
            "refused_of_the_noisy": float(sum(turn.refused for turn in found)),
            **{f"median_ratio_{name}": round(ratio, 3) for name, ratio in ratios.items()},
        },
        spreads={f"{name}_p95_ms": spread(values) for name, values in p95.items()},
        targets=(
            at_most("x the quiet p95, the other within its plan", asked=MOST, found=ratios["within"]),
            at_most("x the quiet p95, the other at ten times its plan", asked=MOST, found=ratios["over"]),
            at_most("answers that are refused to who keeps within his plan", asked=0, found=others),
        ),
    )


def _ratio(loud: Sequence[float], quiet: Sequence[float]) -> float:
    return statistics.median(with_ / without for with_, without in zip(loud, quiet, strict=True))


def clients(url: str, names: Sequence[str]) -> list[str]:
    """A key each of new clients of the catalog at `url`, which is made."""
    catalog, now, found = open_catalog(url), datetime.now(UTC), []
    for name in names:
        key = new_key()
        first = Made(key_id=key.key_id, secret_hash=key.secret_hash, scopes=("read", "live"))
        catalog.clients().create(name, first, plan=PLAN.name, matches=None, who="bench", now=now)
        found.append(key.text)
    catalog.close()
    return found


def _turn(one: Other, port: int, key: str, *, seconds: float) -> Turn:
    quiet: Answered = one.ask(seconds)
    with _noise(port, key, rate=PLAN.rate, seconds=seconds) as other:
        within: Answered = one.ask(seconds)
        other.hear()
    with _noise(port, key, rate=PLAN.rate * OVER, seconds=seconds) as other:
        over: Answered = one.ask(seconds)
        noise: Answered = other.hear()
    return Turn(quiet=quiet, within=within, over=over, refused=noise.statuses.get(429, 0))


@contextmanager
def _noise(port: int, key: str, *, rate: float, seconds: float) -> Iterator[Other]:
    """The other client, at it already; what is left of its burst is gone."""
    with beside(ask, replace(_asked(port, key, rate), is_noise=True)) as other:
        other.hear()
        other.ask(max(SETTLE_S, 2 * PLAN.burst / rate) if rate > PLAN.rate else SETTLE_S)
        other.tell(seconds + SETTLE_S)
        yield other


def _asked(port: int, key: str, rate: float) -> Asked:
    request = get(f"/api/v1/matches/{MATCH}/state", port, x_api_key=key)
    return Asked(port=port, requests=(request,), rate=rate)
