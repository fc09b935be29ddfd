"""`bench subscriptions`: the newest prediction over graphql-transport-ws to many clients, at the rate of the feed.

The baseline is the live feed to as many clients at the same rate of predictions, in the same run.
"""

from adapters.kafka.records import PREDICTIONS
from midround.bench.crowd import of_graph, of_live
from midround.bench.feed import Carried, Load, carried
from midround.bench.figures import Report, Watch, at_most, spread

LOAD = Load(clients=500, rate=2.0)
MATCHES, SECONDS = 10, 15.0
ASKED_MS = 100


def measured(load: Load = LOAD, *, matches: int = MATCHES, seconds: float = SECONDS) -> Report:
    """Measure the feed, then the subscriptions."""
    watch = Watch()
    feed = carried(load, of_live, matches=matches, seconds=seconds, of=(PREDICTIONS,))
    graph = carried(load, of_graph, matches=matches, seconds=seconds, of=(PREDICTIONS,))
    found = spread(graph.heard.late_ms)
    return Report(
        bench="subscriptions",
        load=f"{load.clients:,} clients x {load.rate:g} predictions/s, {matches} matches, {seconds:g} s, one process",
        machine=watch.machine(),
        values={**_values("subscriptions", graph), **_values("feed", feed)},
        spreads={"subscriptions_ms": found, "feed_ms": spread(feed.heard.late_ms)},
        targets=(
            at_most("clients not on the last prediction", asked=0, found=graph.heard.behind),
            at_most("ms p95", asked=ASKED_MS, found=found.p95),
        ),
    )


def _values(name: str, found: Carried) -> dict[str, float]:
    told = {
        "messages": found.heard.frames,
        "message_us": found.message_us,
        "client_kb": found.client_kb,
        "server_share_of_a_core": found.share,
        "clients_share_of_a_core": found.heard.share,
    }
    return {f"{name}_{of}": round(float(value), 3) for of, value in told.items()}
