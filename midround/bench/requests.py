"""`bench requests`: requests per second for a match's state from memory, in one process.

The baseline is the smallest possible FastAPI route, in its own process under the same server. Both are measured in
pairs, so that a change of the machine's speed between pairs does not affect the ratio; the median counts.
"""

import statistics

from midround.bench.asking import Answered, Asked, ask, get
from midround.bench.figures import Report, Watch, at_least, spread
from midround.bench.processes import Other, beside
from midround.bench.serving import Plan, served, smallest_route

PAIRS, SECONDS = 5, 4.0
WARM_UP_S = 1.0
CONNECTIONS = 16
MATCH = "bench-requests"
ASKED = 0.6


def measured(*, pairs: int = PAIRS, seconds: float = SECONDS) -> Report:
    """Run the benchmark; also with gzip-compressed responses."""
    watch = Watch()
    with served(Plan(), smallest_route) as base, served(Plan(ids=(MATCH,), updates=1)) as api:
        path = f"/api/v1/matches/{MATCH}/state"
        smallest = Asked(port=base.port, requests=(get("/", base.port),), connections=CONNECTIONS)
        state = Asked(port=api.port, requests=(get(path, api.port),), connections=CONNECTIONS)
        zipped = Asked(
            port=api.port, requests=(get(path, api.port, accept_encoding="gzip"),), connections=CONNECTIONS
        )
        with beside(ask, smallest) as bare, beside(ask, state) as whole:
            _warm(bare, whole)
            found = [(_answered(bare, seconds), _answered(whole, seconds)) for _ in range(pairs)]
        with beside(ask, zipped) as packed:  # started late: idle connections are closed after a while
            _warm(packed)
            gzip = _answered(packed, seconds)
    return report(found, gzip, watch=watch)


def _warm(*others: Other) -> None:
    for other in others:
        other.hear()
        _answered(other, WARM_UP_S)


def report(found: list[tuple[Answered, Answered]], gzip: Answered, *, watch: Watch) -> Report:
    """Summarize the pairs of the smallest route and the state."""
    ratios = [state.per_s / smallest.per_s for smallest, state in found]
    late_ms = [late for _, state in found for late in state.late_ms]
    return Report(
        bench="requests",
        load=f"the state of a match from memory, {CONNECTIONS} connections, {len(found)} pairs, one process",
        machine=watch.machine(),
        values={
            "state_per_s": round(statistics.median(state.per_s for _, state in found), 1),
            "smallest_route_per_s": round(statistics.median(smallest.per_s for smallest, _ in found), 1),
            "state_gzip_per_s": round(gzip.per_s, 1),
            "median_ratio": round(statistics.median(ratios), 3),
            "least_ratio": round(min(ratios), 3),
            "most_ratio": round(max(ratios), 3),
            "clients_share_of_a_core": round(max(state.share for _, state in found), 3),
        },
        spreads={"state_ms": spread(late_ms)},
        targets=(
            at_least(
                "x the smallest route of FastAPI, median of pairs",
                asked=ASKED,
                found=statistics.median(ratios),
            ),
        ),
    )


def _answered(other: Other, seconds: float) -> Answered:
    """Run the client for `seconds`. Raises RuntimeError if a response is not 200, as the result would then be
    meaningless."""
    found: Answered = other.ask(seconds)
    if found.others:
        raise RuntimeError(f"not all is answered: {found.statuses}")
    return found
