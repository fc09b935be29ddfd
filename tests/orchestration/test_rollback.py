"""Rollback as one click: files first, the registry where it can follow."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from models.bundle import read_pointer
from models.predictor import CHAMPION
from models.promotion import promote, seed
from orchestration.resources import ModelsResource, TrackingResource
from orchestration.rollback import Rollback, rollback_champion
from tests.models.another import other_bundle

pytestmark = pytest.mark.slow


def roll_back(home: Path) -> dg.ExecuteInProcessResult:
    return rollback_champion.execute_in_process(
        resources={
            "models": ModelsResource(folder=str(home / "models"), is_given=False),
            "tracking": TrackingResource(uri=f"sqlite:///{home / 'none' / 'mlflow.db'}", artifacts=""),
        },
        run_config=dg.RunConfig(ops={"roll_back": Rollback(why="it is worse")}),
        raise_on_error=False,
    )


def test_the_champion_before_is_on_air_again_also_without_a_registry(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    seed(folder, CHAMPION)
    shipped = read_pointer(folder).bundle
    other_bundle(folder, "second")
    promote(folder, "second", who="me", why="it is better", now=datetime.now(UTC))
    result = roll_back(tmp_path)
    assert result.success
    assert result.output_for_node("roll_back") == shipped
    now = read_pointer(folder)
    assert (now.bundle, now.who, now.why) == (shipped, "dagster", "it is worse")


def test_without_a_champion_before_nothing_changes(tmp_path: Path) -> None:
    seed(tmp_path / "models", CHAMPION)
    before = read_pointer(tmp_path / "models")
    assert not roll_back(tmp_path).success
    assert read_pointer(tmp_path / "models") == before
