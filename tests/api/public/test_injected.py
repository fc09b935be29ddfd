"""SQL in every parameter, over a store and a catalog that run what they are asked: it is a text that nobody has."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import cycle
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from adapters.catalog.schema import METADATA
from adapters.catalog.store import open_catalog
from adapters.clickhouse.client import connect, query_rows
from api.public.directory import Directory
from api.public.history import Row
from api.public.register import Register
from api.public.store import ClickHouseHistory
from api.public.subscriptions import Subscriptions
from midround.contracts.documents import openapi
from tests.api.public.conftest import Kept, whole_match
from tests.api.public.doubles import Desk

pytestmark = pytest.mark.slow

HOSTILE = (
    "' OR '1'='1' --",
    "x'; DROP TABLE game_events; --",
    "x') UNION ALL SELECT * FROM api_keys --",
    "\\' OR {match_id:String} --",
)
NOBODY_S = "nobody-has-this-text"
ENDLESS = "/api/v1/live/sse"
_PART = re.compile(r"\{(\w+)\}")
GRAPH = (
    "query($t: ID!) { match(id: $t) { __typename } }",
    "query($t: ID!) { career(playerId: $t) { __typename } }",
    "query($t: ID!) { team(matchId: $t, letter: A) { name } }",
    "query($t: ID!) { prediction(matchId: $t) { __typename } }",
    "query($t: ID!) { predictionHistory(matchId: $t) { __typename } }",
    "query($t: ID!) { roundMetrics(matchId: $t) { __typename } }",
    "query($t: ID!) { leaderboard(definition: $t) { __typename } }",
    "query($t: String!) { matches(after: $t) { __typename } }",
    "query($t: String!) { calibration(modelVersion: $t) { __typename } }",
    "query($t: ID!, $of: ID!) { player(matchId: $of, id: $t) { name } }",
    "query($t: String!, $of: ID!) { player(matchId: $of, id: $of, scope: $t) { name } }",
    "query($t: ID!, $of: ID!) { roundMetrics(matchId: $of, mapId: $t) { __typename } }",
)


class Executed(ClickHouseHistory):
    """A store that remembers the values of all that it was asked."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.values: list[str] = []

    def _ask(self, question: str, values: Mapping[str, object]) -> list[Row]:
        found = super()._ask(question, values)
        self.values += [str(value) for value in values.values()]
        return found


class Behind:
    """An API over that store and catalog, asked from this machine, and what lies in both."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.history, self.register = Executed(kept.store), Register(kept.catalog)
        self.desk = Desk(
            self.history,
            directory=Directory(kept.catalog),
            register=self.register,
            subscriptions=Subscriptions(kept.catalog),
        )
        self.match_id = whole_match()[0].match_id
        self._values = {"match_id": self.match_id, "player_id": self._player_id(), "seq": "5"}

    def ask(self, path: str, name: str, text: str) -> httpx.Response:
        """A GET with this text as the value of the parameter `name`, all other parts of the path as they may be."""
        values, query = {**self._values, name: text}, {name: text}
        for part in _PART.findall(path):
            path = path.replace(f"{{{part}}}", quote(values.get(part, NOBODY_S), safe=""))
            query.pop(part, None)
        return self.desk.send("GET", path, params=query, headers={"host": "localhost"})

    def graph(self, query: str, text: str) -> Any:
        variables = {"t": text} | ({"of": self.match_id} if "$of" in query else {})
        return self.desk.send("POST", "/graphql", json={"query": query, "variables": variables}).json()

    def held(self) -> dict[str, int]:
        """Rows by table, in both; those of the store as they count, whatever it has merged of them meanwhile."""
        client = connect(self._kept.store)
        tables = (
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
        names = [str(row["name"]) for row in query_rows(client, tables)]
        count = "SELECT count() AS rows FROM {table:Identifier} FINAL"
        found = {name: int(query_rows(client, count, {"table": name})[0]["rows"]) for name in names}
        client.close()
        catalog = open_catalog(self._kept.catalog)
        found |= {name: len(catalog.all(name)) for name in METADATA.tables}
        catalog.close()
        return found

    def _player_id(self) -> str:
        told = self.desk.json(f"/api/v1/matches/{self.match_id}/players")
        return str(told[0]["player_id"])


@pytest.fixture(scope="module")
def behind(kept: Kept) -> Iterator[Behind]:
    made = Behind(kept)
    yield made
    made.register.close()


@cache
def parameters() -> tuple[tuple[str, str], ...]:
    """Each parameter of each path that is read: the path, and the name."""
    return tuple(
        (path, each["name"])
        for path, operations in openapi()["paths"].items()
        for each in operations.get("get", {}).get("parameters", ())
        if each["in"] != "header" and path != ENDLESS
    )


def test_sql_in_any_parameter_is_a_text_that_nobody_has(behind: Behind) -> None:
    before = behind.held()
    for (path, name), text in zip(parameters(), cycle(HOSTILE), strict=False):
        of_that_form = f"a:{NOBODY_S}" if ":" in text else NOBODY_S  # an id elsewhere has a colon
        harmless, answer = behind.ask(path, name, of_that_form), behind.ask(path, name, text)
        assert answer.status_code == 200 or 400 <= answer.status_code < 500, (path, name, text)
        assert (answer.status_code < 400) is (harmless.status_code < 400), (path, name, text)
        if answer.status_code == 200:
            assert answer.content == harmless.content, (path, name, text)
    assert behind.held() == before


def test_sql_in_the_graph_is_a_text_that_nobody_has(behind: Behind) -> None:
    before = behind.held()
    for query, text in zip(GRAPH, cycle(HOSTILE), strict=False):
        harmless, told = behind.graph(query, NOBODY_S), behind.graph(query, text)
        assert told.get("data") == harmless.get("data"), (query, text)
        codes = [[e["extensions"]["code"] for e in each.get("errors", ())] for each in (harmless, told)]
        assert codes[0] == codes[1], (query, text)
    assert behind.held() == before


def test_the_store_is_really_asked_with_it(behind: Behind) -> None:
    """What the tests above compare was run, and not refused before."""
    for text in HOSTILE:
        behind.history.values.clear()
        behind.ask("/api/v1/matches/{match_id}/state", "match_id", text)
        behind.ask("/api/v1/matches/{match_id}/events", "type", text)
        behind.ask("/api/v1/players/{player_id}", "player_id", text)
        assert behind.history.values.count(text) >= 3
