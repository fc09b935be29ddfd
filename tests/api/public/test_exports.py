"""A match as a file, in each format, is what its pages say."""

import csv
import io
import json
from typing import Any

import pytest
from pyarrow import ipc, parquet

from tests.api.public.doubles import Desk, match_id

pytestmark = pytest.mark.slow
MATCH = f"/api/v1/matches/{match_id(21)}"
BASE = f"{MATCH}/exports"


def rows_of(finished: Desk, table: str, format_: str) -> list[dict[str, Any]]:
    answer = finished.ask(f"{BASE}/{table}", format=format_)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].endswith(f'.{format_}"')
    content = io.BytesIO(answer.content)
    if format_ == "csv":
        return list(csv.DictReader(io.StringIO(answer.text)))
    if format_ == "ndjson":
        return [json.loads(line) for line in answer.text.splitlines()]
    found: list[dict[str, Any]] = (
        parquet.read_table(content) if format_ == "parquet" else ipc.open_stream(content).read_all()
    ).to_pylist()
    return found


@pytest.mark.parametrize("table", ["events", "predictions", "rounds", "players", "swings"])
def test_all_formats_hold_the_same_rows(finished: Desk, table: str) -> None:
    lines = rows_of(finished, table, "ndjson")
    assert len(lines) > 10
    for format_ in ("csv", "parquet", "arrow"):
        found = rows_of(finished, table, format_)
        assert len(found) == len(lines)
        assert list(found[0]) == list(lines[0])


def test_predictions_are_those_of_the_pages(finished: Desk) -> None:
    page = finished.json(f"{MATCH}/predictions", limit=5)["items"]
    for row, item in zip(rows_of(finished, "predictions", "parquet"), page, strict=False):
        assert (row["seq"], row["round_p_a"], row["receipt_id"]) == (
            item["seq"],
            item["round"]["p_a"],
            item["receipt_id"],
        )


def test_what_is_no_table_or_format_is_refused(finished: Desk) -> None:
    assert finished.ask(f"{BASE}/secrets").json()["field"] == "path.table"
    assert finished.ask(f"{BASE}/events", format="xls").json()["field"] == "query.format"
    assert finished.ask("/api/v1/matches/nobody/exports/events").status_code == 404
