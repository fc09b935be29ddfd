"""`bench what-if`: what-if predictions for a changed round, requested over HTTP at a steady rate, in one process.

Each request makes a different change: a player, the clock, the bomb, the buys. The baseline is the state of the same
matches at the same rate, which needs no model.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import msgspec

from midround.bench.asking import Answered, Asked, ask, get, post
from midround.bench.feed import state
from midround.bench.figures import Report, Watch, at_most, spread
from midround.bench.processes import beside
from midround.bench.serving import Plan, Served, served

RATE, SECONDS = 100.0, 20.0
WARM_UP_S = 2.0
CONNECTIONS = 8
MATCHES = tuple(f"bench-what-if-{number}" for number in range(3))
ASKED_MS = 20


def measured(*, rate: float = RATE, seconds: float = SECONDS) -> Report:
    """Measure `rate` requests per second."""
    watch = Watch()
    with served(Plan(ids=MATCHES, updates=1)) as server:
        bodies = {match_id: list(questions(state(server, match_id))) for match_id in MATCHES}
        asked = tuple(
            post(f"/api/v1/matches/{match_id}/what-if", server.port, body)
            for match_id, told in bodies.items()
            for body in told
        )
        plain = tuple(get(f"/api/v1/matches/{each}/state", server.port) for each in MATCHES)
        base = _answered(server, plain, rate=rate, seconds=seconds / 2)
        found = _answered(server, asked, rate=rate, seconds=seconds)
    late = spread(found.late_ms)
    return Report(
        bench="what-if",
        load=f"{len(asked)} questions of {len(MATCHES)} matches in turn, {rate:g} a second, {seconds:g} s, one process",
        machine=watch.machine(),
        values={
            "answers": float(found.statuses.get(200, 0)),
            "outside_support": float(found.statuses.get(422, 0)),
            "clients_share_of_a_core": round(found.share, 3),
        },
        spreads={"what_if_ms": late, "state_ms": spread(base.late_ms)},
        targets=(
            at_most("ms p99", asked=ASKED_MS, found=late.p99),
            at_most("answers that are neither chances nor a refusal", asked=0, found=_others(found)),
        ),
    )


def questions(state_: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield possible requests for a round in live play, each with a single change."""
    players = [name for name, player in state_["players"].items() if player.get("team")]
    deaths = ({"players": {name: {"is_alive": False}}} for name in players)
    clocks = ({"round_left_s": left_s} for left_s in (20.0, 40.0, 60.0, 80.0))
    bombs = ({"bomb": {"is_planted": True, "left_s": left_s}} for left_s in (10.0, 20.0, 30.0))
    buys = ({f"equipment_{team}": 4_000} for team in "ab")
    return map(msgspec.json.encode, chain(deaths, clocks, bombs, buys))


def _answered(server: Served, requests: tuple[bytes, ...], *, rate: float, seconds: float) -> Answered:
    asked = Asked(port=server.port, requests=requests, connections=CONNECTIONS, rate=rate)
    with beside(ask, asked) as clients:
        clients.hear()
        clients.ask(WARM_UP_S)
        found: Answered = clients.ask(seconds)
    return found


def _others(found: Answered) -> int:
    return sum(count for status, count in found.statuses.items() if status not in {200, 422})
