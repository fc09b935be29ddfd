"""Scorecards of a match as the batch path published them."""

import pytest

from adapters.clickhouse.client import connect
from adapters.clickhouse.marts import served
from adapters.clickhouse.quality import QUALITY
from tests.api.public.conftest import Kept, whole_match
from tests.api.public.doubles import Desk

pytestmark = pytest.mark.slow


def test_a_match_without_a_scorecard_is_not_derived_yet(finished: Desk) -> None:
    found = finished.json(f"/api/v1/matches/{whole_match()[0].match_id}/quality")
    assert (found["maps"], found["is_current"]) == ([], True)
    assert found["seq"] > 100


def test_the_newest_scorecard_of_a_map_is_shown(finished: Desk, kept: Kept) -> None:
    match_id = whole_match()[-1].match_id
    bare = {c.name: None if c.is_nullable else 0 if "Int" in str(c.type) else "" for c in served(QUALITY)}
    client = connect(kept.store)
    for version, finality in enumerate(("provisional", "final"), start=1):
        told = {"match_id": match_id, "map_id": "a", "finality": finality, "rules": '{"late": 2}'}
        row = bare | told | {"is_retracted": 0, "version": version}
        names = list(row)
        client.insert("quality", [[row[name] for name in names]], column_names=names)
    (card,) = finished.json(f"/api/v1/matches/{match_id}/quality")["maps"]
    assert (card["finality"], card["rules"], card["first_at"]) == ("final", {"late": 2}, None)
    client.command("ALTER TABLE quality DELETE WHERE map_id = 'a'", settings={"mutations_sync": 1})
    client.close()


def test_a_match_that_nobody_knows_has_none(finished: Desk) -> None:
    assert finished.ask("/api/v1/matches/no-such/quality").status_code == 404
