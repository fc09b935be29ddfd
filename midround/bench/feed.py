"""`bench feed`: the live feed of many matches to crowds of clients, in one process.

The baseline is a bare send loop in its own process: the same server and library, the same sockets, the same bytes,
nothing else. It is measured before and after the feed, so that changes of the machine's speed affect both alike.
Clients run in their own process; its share of a core is reported, because it must not be the bottleneck.
"""

import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from midround.bench.crowd import Crowd, Heard, gather, of_bare, of_live
from midround.bench.figures import Report, Spread, Target, Watch, at_most, resident_mb, spread
from midround.bench.processes import Spent, beside
from midround.bench.serving import Fed, Feed, Plan, Served, bare_loop, served
from midround.bench.tellings import SHOWN, Topics

MATCHES, SECONDS = 10, 10.0
SETTLE_S = 0.5


class Load(Struct, frozen=True, kw_only=True):
    """`clients` that get `rate` updates per second each."""

    clients: int
    rate: float

    @property
    def name(self) -> str:
        return f"{self.clients}x{self.rate:g}"


LOADS = (Load(clients=1000, rate=10.0), Load(clients=2000, rate=4.0))


class Carried(Struct, frozen=True, kw_only=True):
    """One load through one server: what was received, and what it cost the server."""

    heard: Heard
    message_us: float
    """CPU time of the server per message in microseconds, heartbeats included."""
    share: float
    client_kb: float
    wrong: int
    """Matches whose client folded to a state other than the server's."""


def measured(loads: Sequence[Load] = LOADS, *, matches: int = MATCHES, seconds: float = SECONDS) -> Report:
    """Measure every load, each between two runs of the bare loop."""
    watch = Watch()
    values: dict[str, float] = {}
    spreads: dict[str, Spread] = {}
    targets: list[Target] = []
    for load in loads:
        before = carried(load, of_bare, matches=matches, seconds=seconds / 2)
        found = carried(load, of_live, matches=matches, seconds=seconds)
        after = carried(load, of_bare, matches=matches, seconds=seconds / 2)
        bare_us = (before.message_us + after.message_us) / 2
        values |= {f"{load.name}_{name}": value for name, value in _values(found, bare_us).items()}
        spreads[f"{load.name}_ms"] = spread(found.heard.late_ms)
        spreads[f"{load.name}_bare_ms"] = spread(before.heard.late_ms + after.heard.late_ms)
        targets += _targets(load, found, bare_us)
    told = " and ".join(f"{load.clients:,} clients x {load.rate:g} updates/s" for load in loads)
    return Report(
        bench="feed",
        load=f"{told}, {matches} matches, {seconds:g} s each, one process",
        machine=watch.machine(),
        values=values,
        spreads=spreads,
        targets=tuple(targets),
    )


def carried(
    load: Load, kind: Callable[[Crowd], Crowd], *, matches: int, seconds: float, of: Topics = SHOWN
) -> Carried:
    """Run the load through the reading side, or through the bare send loop; every record of the topics `of` is an
    update."""
    ids = tuple(f"bench-feed-{number}" for number in range(matches))
    plan = Plan(ids=ids, updates=round(load.rate * seconds) + 1, of=of)
    with served(plan, bare_loop if kind is of_bare else None) as server:
        crowd = kind(Crowd(port=server.port, matches=ids, clients=load.clients))
        before_mb = resident_mb(server.process.pid)
        with beside(gather, crowd) as clients:
            clients.hear()
            time.sleep(SETTLE_S)
            client_kb = (resident_mb(server.process.pid) - before_mb) * 1000 / load.clients
            clients.ask("listen")
            spent = Spent(server.process.pid)
            fed: Fed = server.process.ask(Feed(rate=load.rate * matches, seconds=seconds))
            cpu_s, share = spent.cpu_s, spent.share
            heard: Heard = clients.ask(fed.places)
        wrong = sum(state(server, each) != heard.states[each] for each in heard.states)
    return Carried(
        heard=heard,
        message_us=cpu_s / max(1, heard.messages) * 1e6,
        share=share,
        client_kb=client_kb,
        wrong=wrong,
    )


def state(server: Served, match_id: str) -> Any:
    """Return the match's state from the server's REST API."""
    with urllib.request.urlopen(
        f"http://127.0.0.1:{server.port}/api/v1/matches/{match_id}/state", timeout=10
    ) as answer:
        return json.load(answer)["state"]


def _values(found: Carried, bare_us: float) -> dict[str, float]:
    heard = found.heard
    told = {
        "frames": heard.frames,
        "conflated": heard.conflated,
        "messages": heard.messages,
        "message_us": found.message_us,
        "bare_message_us": bare_us,
        "client_kb": found.client_kb,
        "server_share_of_a_core": found.share,
        "clients_share_of_a_core": heard.share,
    }
    return {name: round(float(value), 3) for name, value in told.items()}


def _targets(load: Load, found: Carried, bare_us: float) -> list[Target]:
    heard, of = found.heard, f"at {load.name}"
    return [
        at_most(f"clients not on the final state, {of}", asked=0, found=heard.behind + found.wrong),
        at_most(f"holes without a reason, {of}", asked=0, found=heard.holes),
        at_most(f"ms p95, {of}", asked=100, found=spread(heard.late_ms).p95),
        at_most(f"KB a client, {of}", asked=60, found=found.client_kb),
        at_most(f"x the processor time of a bare send, {of}", asked=1.2, found=found.message_us / bare_us),
    ]
