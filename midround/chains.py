"""The result of the batch path for a match: the Dagster chain of each decided map.

Belongs here: waiting for the chains of a match, and their results. Does not belong here: starting them (a sensor does),
what they do (`orchestration.assets`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
from msgspec import Struct

from adapters.ports import address
from adapters.settings import Settings
from midround.places import clickhouse_url

if TYPE_CHECKING:
    from orchestration.derivation import Derived

RUNS = """
query Runs($key: String!) {
  runsOrError(filter: {tags: [{key: "dagster/partition", value: $key}]}) {
    ... on Runs { results { status } }
  }
}
"""
OVER = frozenset({"SUCCESS", "FAILURE", "CANCELED"})


class Chain(Struct, frozen=True, kw_only=True):
    """The chain of one map. `status` is that of its run, which blocking checks fail, parity among them; `facts_digest`
    is that of the facts in the lake."""

    partition: str
    status: str
    finality: str
    facts_digest: str

    @property
    def holds(self) -> bool:
        return self.status == "SUCCESS" and self.finality in {"final", "amended"}


def chains(settings: Settings, match_id: str, *, wait: Callable[[Callable[[], bool]], None]) -> list[Chain]:
    """Return the chains of the match's decided maps. `wait` must return once its predicate is true, or give up."""
    from adapters.clickhouse.client import connect
    from orchestration.on_air import decided

    client = connect(clickhouse_url(settings), settings.clickhouse.options)
    maps = decided(client, settings.lake_path, [match_id])
    webserver = f"http://{address(settings.dagster.host, settings.dagster.port)}/graphql"
    wait(lambda: all(_status(webserver, each.key) in OVER for each in maps))
    found = {each.partition: each for each in _known(settings, match_id)}
    return [
        Chain(
            partition=each.key,
            status=_status(webserver, each.key),
            finality=found[each].finality if each in found else "missing",
            facts_digest=found[each].card.facts_digest if each in found else "",
        )
        for each in maps
    ]


def _known(settings: Settings, match_id: str) -> "list[Derived]":
    from adapters.lake.partitions import of_match
    from orchestration.derivation import known_maps

    match = of_match(settings.lake_path, "raw_events", match_id)
    return [] if match is None else known_maps(settings.lake_path, match)


def _status(webserver: str, key: str) -> str:
    """Return the status of the partition's latest run, or `NOT_STARTED` if there is none."""
    try:
        answer = httpx.post(webserver, json={"query": RUNS, "variables": {"key": key}}, timeout=30.0)
        runs = answer.raise_for_status().json()["data"]["runsOrError"]["results"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return "NOT_STARTED"
    return str(runs[0]["status"]) if runs else "NOT_STARTED"
