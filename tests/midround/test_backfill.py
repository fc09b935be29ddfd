"""What a backfill came to, as the webserver tells it."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import parse, validate

from midround.backfill import LAUNCH, PARTITIONS, STATUS, progress_of


def answer(*runs: Mapping[str, str | None], made: int = 2) -> dict[str, Any]:
    counts = {"numPartitionsTargeted": 2, "numPartitionsMaterialized": made, "numPartitionsFailed": 2 - made}
    return {
        "status": "COMPLETED_SUCCESS",
        "runs": list(runs),
        "assetBackfillData": {
            "assetBackfillStatuses": [{"assetKey": {"path": ["facts"]}, **counts}, None],
        },
    }


def ran(run_id: str, status: str, *, after: str | None = None) -> dict[str, str | None]:
    return {"runId": run_id, "status": status, "parentRunId": after}


def test_what_was_made_by_a_run_that_failed_is_not_whole() -> None:
    """As where a check that blocks did not hold: by then all partitions are told as made."""
    assert progress_of(answer(ran("a", "SUCCESS"), ran("b", "SUCCESS"))).is_whole
    for status in ("FAILURE", "CANCELED"):
        end = progress_of(answer(ran("a", "SUCCESS"), ran("b", status)))
        assert (end.is_whole, end.broken) == (False, ("b",))


def test_a_run_that_another_made_good_is_forgiven() -> None:
    failed = ran("a", "FAILURE")
    assert progress_of(answer(ran("b", "SUCCESS", after="a"), failed)).is_whole
    assert progress_of(answer(ran("b", "FAILURE", after="a"), failed)).broken == ("b",)


def test_what_was_not_made_is_not_whole() -> None:
    end = progress_of(answer(ran("a", "SUCCESS"), made=1))
    assert (end.assets, end.is_whole) == ({"facts": (2, 1, 1)}, False)
    assert not progress_of({**answer(), "assetBackfillData": None}).is_whole


@pytest.mark.slow
@pytest.mark.parametrize("text", [PARTITIONS, LAUNCH, STATUS])
def test_what_is_asked_is_what_the_webserver_answers(text: str) -> None:
    from dagster_graphql.schema import create_schema

    assert validate(create_schema().graphql_schema, parse(text)) == []
