"""What clients asked, on SQLite and Postgres: added to, summed by month, by several processes at once."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial

import pytest

from adapters.catalog.clients import Made
from adapters.catalog.store import Catalog, open_catalog
from adapters.catalog.usage import MonthLine, Total, Used
from tests.adapters.catalog.conftest import BOTH, url_of
from tests.adapters.catalog.together import at_once

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)
MAY = date(2026, 5, 1)


@pytest.fixture(params=BOTH, scope="module")
def catalog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """One for all tests here: each has clients of its own."""
    opened = open_catalog(url_of(request, tmp_path_factory.mktemp("catalog")))
    yield opened
    opened.close()


def client(catalog: Catalog, name: str) -> str:
    first = Made(key_id=f"key-{name}", secret_hash="h", scopes=("read",), expires_at=None)
    return catalog.clients().create(name, first, plan="trial", matches=None, who="me", now=NOON)


def test_what_is_added_twice_to_a_day_is_added_up(catalog: Catalog) -> None:
    one = client(catalog, "added")
    used = Used(client_id=one, day=NOON.date(), requests=2, connections=1, refused=5, events=7)
    assert catalog.usage().add([used], month=MAY) == {one: Total(asked=3, events=7)}
    assert catalog.usage().add([used], month=MAY) == {one: Total(asked=6, events=14)}
    assert catalog.usage().days(one, since=MAY) == [
        Used(client_id=one, day=NOON.date(), requests=4, connections=2, refused=10, events=14)
    ]


def test_a_month_is_the_sum_of_its_days_alone(catalog: Catalog) -> None:
    one, other = client(catalog, "a month"), client(catalog, "beside it")
    days = [date(2026, 4, 30), MAY, date(2026, 5, 31), date(2026, 6, 1)]
    used = [Used(client_id=one, day=day, requests=10**n) for n, day in enumerate(days)]
    assert catalog.usage().add(used, month=MAY) == {one: Total(asked=110)}
    lines = {line.client_id: line for line in catalog.usage().month(MAY)}
    assert lines[one] == MonthLine(
        client_id=one, name="a month", plan="trial", requests=110, connections=0, refused=0, events=0
    )
    assert lines[other].requests == 0
    assert [each.day for each in catalog.usage().days(one, since=MAY)] == days[:0:-1]


def test_sums_have_more_than_32_bits(catalog: Catalog) -> None:
    one = client(catalog, "large")
    used = [Used(client_id=one, day=date(2026, 5, day), requests=2_000_000_000) for day in (1, 2)]
    assert catalog.usage().add(used, month=MAY) == {one: Total(asked=4_000_000_000)}
    (line,) = [line for line in catalog.usage().month(MAY) if line.client_id == one]
    assert line.requests == 4_000_000_000


def test_processes_that_add_at_once_lose_nothing(catalog: Catalog) -> None:
    both = [client(catalog, name) for name in ("first of two", "second of two")]
    used = [Used(client_id=each, day=NOON.date(), requests=1) for each in both]
    acts: list[Callable[[], None]] = [
        partial(add, catalog, order) for order in (used, used[::-1], used, used[::-1])
    ]
    at_once(catalog, "INSERT INTO client_usage", acts)
    assert [catalog.usage().days(each, since=MAY)[0].requests for each in both] == [4, 4]


def add(catalog: Catalog, used: Sequence[Used]) -> None:
    catalog.usage().add(used, month=MAY)
