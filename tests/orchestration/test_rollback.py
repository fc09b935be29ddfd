"""Rollback as one click: files first, the registry where it can follow."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import RunFailureReason
from dagster._core.execution.retries import auto_reexecution_should_retry_run

from models.bundle import read_pointer
from models.predictor import CHAMPION
from models.promotion import promote, seed
from orchestration.resources import ModelsResource, TrackingResource, WebhookResource
from orchestration.rollback import Rollback, rollback_champion
from tests.models.another import other_bundle

pytestmark = pytest.mark.slow


def roll_back(home: Path, instance: dg.DagsterInstance | None = None) -> dg.ExecuteInProcessResult:
    return rollback_champion.execute_in_process(
        instance=instance,
        resources={
            "models": ModelsResource(folder=str(home / "models"), is_given=False),
            "tracking": TrackingResource(uri=f"sqlite:///{home / 'none' / 'mlflow.db'}", artifacts=""),
            "webhook": WebhookResource(url=""),
        },
        run_config=dg.RunConfig(ops={"roll_back": Rollback(why="it is worse")}),
        raise_on_error=False,
    )


def followed_by_another(folder: Path) -> str:
    """Put another bundle on air after the shipped one, whose name is given back."""
    seed(folder, CHAMPION)
    shipped = read_pointer(folder).bundle
    other_bundle(folder, "second")
    promote(folder, "second", who="me", why="it is better")
    return shipped


def test_the_champion_before_is_on_air_again_also_without_a_registry(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shipped = followed_by_another(folder)
    result = roll_back(tmp_path)
    assert result.success
    assert result.output_for_node("roll_back") == shipped
    now = read_pointer(folder)
    assert (now.bundle, now.who, now.why) == (shipped, "dagster", "it is worse")


def test_a_damaged_registry_is_told_and_the_rollback_stands(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shipped = followed_by_another(folder)
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "mlflow.db").write_bytes(b"no database" * 1_000)
    assert roll_back(tmp_path).success
    assert read_pointer(folder).bundle == shipped


def test_without_a_champion_before_nothing_changes_and_it_is_not_tried_again(tmp_path: Path) -> None:
    seed(tmp_path / "models", CHAMPION)
    before = read_pointer(tmp_path / "models")
    retries = {"run_retries": {"enabled": True, "max_retries": 1}}
    with dg.DagsterInstance.ephemeral(settings=retries) as instance:
        result = roll_back(tmp_path, instance)
        run = instance.get_run_by_id(result.run_id)
        assert not result.success
        assert run is not None
        assert not auto_reexecution_should_retry_run(instance, run, RunFailureReason.STEP_FAILURE)
    assert read_pointer(tmp_path / "models") == before
