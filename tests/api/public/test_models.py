"""Models of the stream's folder, their cards, and shadows."""

from pathlib import Path

import pytest

from api.problems import ProblemError
from api.public.models import queries
from models.predictor import CHAMPION, load_champion
from tests.api.public.doubles import Desk


def test_the_champion_is_listed_with_the_hash_that_is_in_receipts() -> None:
    (found,) = Desk().json("/api/v1/models")
    assert found["roles"] == ["champion"]
    assert found["model_hash"] == load_champion().model_hash
    assert found["problem"] == ""


@pytest.mark.parametrize("name", ["cs2-2026-11"])
def test_a_model_has_its_card_for_machines_and_people(name: str) -> None:
    card = Desk().json(f"/api/v1/models/{name}")["card"]
    assert card["data"]["maps"] > 0
    assert card["figures"]
    text = Desk().ask(f"/api/v1/models/{name}/card")
    assert text.headers["content-type"].startswith("text/markdown")
    assert card["model_version"] in text.text


@pytest.mark.parametrize("name", ["no-such", "..", "champion.json", "%2e%2e%2fchampion.json"])
def test_a_name_is_no_path(name: str) -> None:
    assert Desk().ask(f"/api/v1/models/{name}/card").status_code == 404


def test_a_folder_without_a_champion_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as raised:
        queries.models(tmp_path)
    assert (raised.value.problem.status, raised.value.problem.field) == (503, "model")


def test_a_bundle_without_a_card_is_said_so(tmp_path: Path) -> None:
    bundle = tmp_path / "cs2-2026-11"
    bundle.mkdir()
    (tmp_path / "champion.json").write_bytes((CHAMPION / "champion.json").read_bytes())
    (bundle / "manifest.json").write_bytes((CHAMPION / "cs2-2026-11" / "manifest.json").read_bytes())
    with pytest.raises(ProblemError) as raised:
        queries.card(tmp_path, "cs2-2026-11")
    assert raised.value.problem.status == 404


@pytest.mark.slow
def test_nobody_challenges_where_nobody_was_named(finished: Desk) -> None:
    assert finished.json("/api/v1/models/shadow") == []
