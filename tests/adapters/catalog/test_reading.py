"""What is asked of the catalog by those who only read, on both kinds of database."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from adapters.catalog.changes import Upsert, team_id
from adapters.catalog.reading import BROKEN_OFF_AFTER, CatalogReader, Wanted
from adapters.catalog.store import Catalog, open_catalog, writable
from adapters.catalog.transactions import begun

START = datetime(2026, 5, 17, 12, tzinfo=UTC)


def match(number: int, **values: Any) -> Upsert:
    moment = START + timedelta(hours=number)
    told = {"match_id": f"m{number}", "seq": 1, "last_event_at": moment}
    return Upsert(
        table="matches",
        values=told | values,
        once={"first_event_at": moment, "plays_at": moment, "status": "announced"},
    )


@pytest.fixture
def reader(catalog: Catalog, url: str) -> Iterator[CatalogReader]:
    catalog.apply(
        [
            match(0, name_a="50% Oak", team_a_id=team_id("50% Oak"), external_ids={"league.a": "n:1"}),
            match(1, name_b="5000 Elm", external_ids={"league.a": "n:2", "o'ther": "1", 'q"uote': '"'}),
            match(2, status="live", name_a="Ägir ÖDLA"),
        ]
    )
    player = {"player_id": "p", "name": "Cap_tain", "last_match_id": "m1", "last_seen_at": START}
    seen = {"player_id": "p", "match_id": "m1", "team": "B", "seq": 1}
    catalog.apply([Upsert(table="players", values=player), Upsert(table="match_players", values=seen)])
    opened = CatalogReader(url)
    yield opened
    opened.close()


EXPECTED: list[tuple[Wanted, list[str]]] = [
    (Wanted(), ["m2", "m1", "m0"]),
    (Wanted(status="announced"), ["m1", "m0"]),
    (Wanted(team="50%"), ["m0"]),
    (Wanted(team=team_id("50% oak")), ["m0"]),
    (Wanted(team="ägir ödla"), ["m2"]),
    (Wanted(team="ÄGIR"), ["m2"]),
    (Wanted(player="CAP_T"), ["m1"]),
    (Wanted(player="capxt"), []),
    (Wanted(external=("league.a", "n:1")), ["m0"]),
    (Wanted(external=("o'ther", "1")), ["m1"]),
    (Wanted(external=('q"uote', '"')), ["m1"]),
    (Wanted(external=('league.a"', "n:1")), []),
    (Wanted(external=("o'ther", "n:2")), []),
    (Wanted(external=("league", "n:1")), []),
    (Wanted(since=START + timedelta(hours=1), until=START + timedelta(hours=2)), ["m1"]),
    (Wanted(after=(START + timedelta(hours=1), "m1")), ["m0"]),
]


def test_matches_have_all_that_is_wanted(reader: CatalogReader) -> None:
    """In one database: making one takes longer than all the questions."""
    found = [[row["match_id"] for row in reader.matches(wanted, limit=9)] for wanted, _ in EXPECTED]
    assert found == [expected for _, expected in EXPECTED]


def test_players_and_names(reader: CatalogReader) -> None:
    assert [row["player_id"] for row in reader.players("p_T", limit=9)] == ["p"]
    assert reader.names(["p", "nobody"]) == {"p": "Cap_tain"}
    assert reader.player("nobody") is None


def test_matches_from_before_are_played_when_they_were_to_be(url: str) -> None:
    engine, config = writable(url), Config()
    config.set_main_option("script_location", "adapters.catalog:migrations")
    told = "INSERT INTO matches (match_id, status, starts_at, first_event_at, last_event_at, seq) VALUES "
    due = "2026-06-01T18:00:00+02:00"
    rows = (("announced", "announced", due), ("begun", "live", due), ("unannounced", "over", None))
    with begun(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        for match_id, status, starts_at in rows:
            values = {"id": match_id, "status": status, "starts": starts_at, "at": START}
            connection.execute(text(f"{told} (:id, :status, :starts, :at, :at, 1)"), values)
    engine.dispose()
    with closing(open_catalog(url)) as catalog:
        heard = {row["heard_at"] for row in catalog.all("matches")}
        found = {row["match_id"]: (row["plays_at"], row["began_at"]) for row in catalog.all("matches")}
    then = datetime.fromisoformat(due)
    assert heard == {START}
    assert found == {"announced": (then, None), "begun": (then, then), "unannounced": (START, START)}


@pytest.mark.parametrize(
    ("status", "heard_at", "standing"),
    [
        ("live", START, "live"),
        ("live", START - timedelta(microseconds=1), "broken_off"),
        ("live", None, "live"),
        ("announced", START - timedelta(days=9), "announced"),
        ("over", START - timedelta(days=9), "over"),
    ],
)
def test_a_match_that_nobody_has_heard_of_for_long_was_broken_off(
    catalog: Catalog, url: str, status: str, heard_at: datetime | None, standing: str
) -> None:
    catalog.apply([match(0, status=status, heard_at=heard_at)])
    with closing(CatalogReader(url, now=lambda: START + BROKEN_OFF_AFTER)) as opened:
        [found] = opened.matches(Wanted(), limit=9)
        assert found["status"] == standing
        by_standing = {
            each: len(opened.matches(Wanted(status=each), limit=9))
            for each in ("announced", "live", "over", "broken_off")
        }
        counted = {row["status"]: row["matches"] for row in opened.formats()}
    assert {each for each, count in by_standing.items() if count} == {standing}
    assert counted == {standing: 1}
