"""A match as a file, in each format, is what its pages say."""

import asyncio
import csv
import io
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc, parquet

from api.public.away import AwayError
from api.public.exports import queries
from api.public.exports.resources import FORMATS, attachment
from api.public.exports.tables import TABLES, Columns
from api.public.history import NoHistory, Row
from tests.api.public.doubles import Desk, match_id, messages

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


def written(format_: str, columns: Columns) -> bytes:
    """A file without a row."""
    return FORMATS[format_].begun(columns).close()


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
    empty = parquet.read_table(io.BytesIO(written("parquet", columns)))
    whole = parquet.read_table(io.BytesIO(full))
    assert pa.concat_tables([whole, empty, whole]).num_rows == 2 * whole.num_rows
    assert written("csv", columns).decode().splitlines() == [",".join(f'"{each}"' for each in columns)]
    assert written("ndjson", columns) == b""
    assert ipc.open_stream(written("arrow", columns)).schema == whole.schema
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


@pytest.mark.parametrize("format_", list(FORMATS))
@pytest.mark.parametrize("table", ["rounds", "swings", "players"])
def test_a_file_of_many_pages_is_that_of_one(
    finished: Desk, monkeypatch: pytest.MonkeyPatch, table: str, format_: str
) -> None:
    whole = rows_of(finished, table, format_)
    monkeypatch.setattr(queries, "PAGE", max(7, len(whole) // 9))
    assert rows_of(finished, table, format_) == whole


@pytest.mark.parametrize("table", ["events", "predictions"])
def test_pages_end_where_they_are_full(finished: Desk, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    whole = rows_of(finished, table, "ndjson")
    for page in (len(whole), len(whole) - 1, len(whole) // 2):
        monkeypatch.setattr(queries, "PAGE", page)
        assert rows_of(finished, table, "ndjson") == whole


class Endless(NoHistory):
    """A store with so many events of one match, made when they are asked for."""

    def __init__(self, count: int, *, fails_after: int = 10**9) -> None:
        self.count, self.fails_after = count, fails_after
        self.asked = 0

    async def rows(self, question: str, **values: Any) -> list[Row]:
        self.asked += 1
        if self.asked > self.fails_after:
            raise AwayError("store", "is away")
        first = values["after_seq"] + 1
        seqs = range(first, min(first + values["limit"], self.count + 1))
        return [dict.fromkeys(TABLES["events"]) | {"seq": seq, "payload": "x" * 200} for seq in seqs]


@pytest.mark.parametrize("format_", list(FORMATS))
def test_no_more_is_held_than_a_page(format_: str) -> None:
    """Each part goes before the next page is asked for, and is as large as its page, however many there are."""
    history, pages = Endless(40 * queries.PAGE), 40
    largest, parts = 0, 0

    async def read() -> None:
        nonlocal largest, parts
        async for part in await queries.exported(history, "m", table="events", as_=format_):
            parts += 1
            largest = max(largest, len(part))
            assert history.asked <= parts + 1

    asyncio.run(read())
    assert history.asked == pages + 1
    assert parts >= pages
    assert largest < 2 * queries.PAGE * 600


def test_a_store_that_is_away_is_told_before_a_file_begins() -> None:
    desk = Desk(Endless(9, fails_after=0)).take(messages())
    answer = desk.ask(f"/api/v1/matches/{match_id()}/exports/events")
    assert (answer.status_code, answer.json()["field"]) == (503, "store")


def test_a_file_that_breaks_off_does_not_end_as_a_whole_one() -> None:
    async def read() -> bytes:
        history = Endless(9 * queries.PAGE, fails_after=2)
        parts = await queries.exported(history, "m", table="events", as_="csv")
        return b"".join([part async for part in parts])

    with pytest.raises(AwayError):
        asyncio.run(read())
