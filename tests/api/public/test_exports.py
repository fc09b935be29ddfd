"""A match as a file, in each format, is what its pages say."""

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc, parquet

from api.public.exports.resources import FORMATS, attachment
from api.public.exports.tables import TABLES
from tests.api.public.doubles import Desk, match_id

pytestmark = pytest.mark.slow
MATCH = f"/api/v1/matches/{match_id(21)}"
BASE = f"{MATCH}/exports"


def rows_of(finished: Desk, table: str, format_: str) -> list[dict[str, Any]]:
    answer = finished.ask(f"{BASE}/{table}", format=format_)
    assert answer.status_code == 200, answer.text
    name = f"{table}-{match_id(21)}.{format_}"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
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
        assert list(found[0]) == list(lines[0]) == list(TABLES[table])


def test_predictions_are_those_of_the_pages(finished: Desk) -> None:
    page = finished.json(f"{MATCH}/predictions", limit=5)["items"]
    rows = rows_of(finished, "predictions", "parquet")[:5]
    assert len(rows) == 5
    assert [(row["seq"], row["round_p_a"], row["receipt_id"]) for row in rows] == [
        (item["seq"], item["round"]["p_a"], item["receipt_id"]) for item in page
    ]


@pytest.mark.parametrize("table", list(TABLES))
def test_a_match_without_rows_goes_with_one_that_has_them(finished: Desk, table: str) -> None:
    columns, full = TABLES[table], finished.ask(f"{BASE}/{table}", format="parquet").content
    empty = parquet.read_table(io.BytesIO(FORMATS["parquet"].write([], columns)))
    whole = parquet.read_table(io.BytesIO(full))
    assert pa.concat_tables([whole, empty, whole]).num_rows == 2 * whole.num_rows
    assert FORMATS["csv"].write([], columns).decode().splitlines() == [
        ",".join(f'"{each}"' for each in columns)
    ]
    assert FORMATS["ndjson"].write([], columns) == b""
    assert ipc.open_stream(FORMATS["arrow"].write([], columns)).schema == whole.schema
    assert pa.null() not in whole.schema.types


@given(st.text(max_size=128))
def test_a_name_of_a_file_is_one_harmless_header(name: str) -> None:
    told = attachment(f"events-{name}.csv")
    assert told.isascii()
    assert told.isprintable()
    assert told.count('"') == 2
    assert not set(told.partition('filename="')[2].partition('"')[0]) & set("/\\;")


def test_what_is_no_table_or_format_is_refused(finished: Desk) -> None:
    assert finished.ask(f"{BASE}/secrets").json()["field"] == "path.table"
    assert finished.ask(f"{BASE}/events", format="xls").json()["field"] == "query.format"
    assert finished.ask("/api/v1/matches/nobody/exports/events").status_code == 404
