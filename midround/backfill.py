"""Starts and follows Dagster backfills from the shell, through the GraphQL API that Dagster's UI uses.

Belongs here: requests to the webserver. Does not belong here: what a backfill runs (`orchestration.assets`),
printing.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
from msgspec import Struct

from adapters.lake.tables import DERIVED, RAW_EVENTS

CHAIN = (
    RAW_EVENTS.name,
    *(table.name for table in DERIVED),
    "parity_report",
    "amendments",
    "published_quality",
)
"""The assets of one map, from the raw log to its quality scorecard."""
ASK_EVERY_S = 1.0
PARTITIONS = (
    """query Partitions($keys: [AssetKeyInput!]) { assetNodes(assetKeys: $keys) { partitionKeys } }"""
)
LAUNCH = """
mutation Launch($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
    ... on PartitionKeysNotFoundError { message }
    ... on UnauthorizedError { message }
  }
}
"""
STATUS = """
query Status($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill {
      status
      error { message }
      runs { runId parentRunId status }
      assetBackfillData {
        assetBackfillStatuses {
          ... on AssetPartitionsStatusCounts {
            assetKey { path }
            numPartitionsTargeted numPartitionsMaterialized numPartitionsFailed
          }
        }
      }
    }
  }
}
"""
RUNNING = frozenset({"REQUESTED", "COMPLETING", "CANCELING", "FAILING"})
BROKEN = frozenset({"FAILURE", "CANCELED"})


class BackfillError(Exception):
    """The webserver refused or failed; the message is in its own words."""


class Progress(Struct, frozen=True, kw_only=True):
    """Progress of a backfill. `assets` maps each asset to partitions (requested, materialized, failed). `broken` lists
    the runs that failed and were not retried: Dagster counts a partition as materialized even when a check fails its
    run."""

    status: str
    assets: dict[str, tuple[int, int, int]]
    broken: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.status not in RUNNING

    @property
    def is_whole(self) -> bool:
        """Whether every requested partition was materialized and no run failed for good."""
        are_made = all(made == asked for asked, made, _ in self.assets.values())
        return bool(self.assets) and are_made and not self.broken


class Webserver:
    """Client of Dagster's GraphQL API at `url`, such as `http://127.0.0.1:3070`."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=60.0)
        self._url = url

    def close(self) -> None:
        self._client.close()

    def partitions(self, asset: str) -> list[str]:
        """Return the partition keys of an asset. Raises BackfillError."""
        nodes = self._ask(PARTITIONS, {"keys": [{"path": [asset]}]})["assetNodes"]
        if not nodes:
            raise BackfillError(f"{self._url} knows no asset {asset}")
        return list(nodes[0]["partitionKeys"])

    def launch(self, assets: Sequence[str], partitions: Sequence[str]) -> str:
        """Launch a backfill of these partitions of the assets and return its id. Raises BackfillError."""
        params = {"assetSelection": [{"path": [name]} for name in assets], "partitionNames": list(partitions)}
        answer = self._ask(LAUNCH, {"params": params})["launchPartitionBackfill"]
        if answer["__typename"] != "LaunchBackfillSuccess":
            raise BackfillError(answer.get("message") or answer["__typename"])
        return str(answer["backfillId"])

    def progress(self, backfill_id: str) -> Progress:
        """Return the progress of a backfill. Raises BackfillError."""
        answer = self._ask(STATUS, {"id": backfill_id})["partitionBackfillOrError"]
        if answer["__typename"] != "PartitionBackfill":
            raise BackfillError(f"no backfill {backfill_id}")
        if answer["error"] is not None:
            raise BackfillError(answer["error"]["message"])
        return progress_of(answer)

    def _ask(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        try:
            answer = self._client.post("/graphql", json={"query": query, "variables": variables})
            told: dict[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise BackfillError(f"no webserver answers at {self._url}: {error}") from error
        if told.get("errors"):
            raise BackfillError("; ".join(str(error["message"]) for error in told["errors"]))
        return dict(told["data"])


def progress_of(answer: Mapping[str, Any]) -> Progress:
    """Convert the webserver's `PartitionBackfill` to a `Progress`."""
    data = answer["assetBackfillData"] or {"assetBackfillStatuses": []}
    again = {run["parentRunId"] for run in answer["runs"]}
    return Progress(
        status=answer["status"],
        assets={
            each["assetKey"]["path"][-1]: (
                each["numPartitionsTargeted"],
                each["numPartitionsMaterialized"],
                each["numPartitionsFailed"],
            )
            for each in data["assetBackfillStatuses"]
            if each
        },
        broken=tuple(
            run["runId"] for run in answer["runs"] if run["status"] in BROKEN and run["runId"] not in again
        ),
    )


def awaited(webserver: Webserver, backfill_id: str, told: Callable[[Progress], None]) -> Progress:
    """Poll until the backfill is over, and return its final progress; `told` gets every progress. Raises
    BackfillError."""
    while not (progress := webserver.progress(backfill_id)).is_over:
        told(progress)
        time.sleep(ASK_EVERY_S)
    told(progress)
    return progress
