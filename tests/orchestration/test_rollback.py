"""Rollback as one click: files first, then catalog and registry where they can follow."""

from contextlib import closing
from datetime import UTC
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import RunFailureReason
from dagster._core.execution.retries import auto_reexecution_should_retry_run

from adapters.catalog.store import open_catalog
from models.bundle import read_pointer
from models.predictor import CHAMPION
from models.promotion import promote, seed
from orchestration.resources import CatalogResource, ModelsResource, TrackingResource, WebhookResource
from orchestration.rollback import Rollback, rollback_champion
from tests.models.another import other_bundle

pytestmark = pytest.mark.slow


def catalog_in(home: Path) -> str:
    return f"sqlite:///{home / 'catalog.sqlite'}"


def roll_back(
    home: Path, instance: dg.DagsterInstance | None = None, *, catalog: str = ""
) -> dg.ExecuteInProcessResult:
    return rollback_champion.execute_in_process(
        instance=instance,
        resources={
            "models": ModelsResource(folder=str(home / "models"), is_given=False),
            "catalog": CatalogResource(url=catalog or catalog_in(home)),
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


def test_the_catalog_knows_who_went_back_and_why(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shipped = followed_by_another(folder)
    assert roll_back(tmp_path).success
    with closing(open_catalog(catalog_in(tmp_path))) as catalog:
        [row] = catalog.all("model_versions")
    now = read_pointer(folder)
    assert now.since is not None
    assert (row["model_hash"], row["model_version"]) == (now.hash, shipped)
    assert (row["promoted_by"], row["promoted_why"]) == ("dagster", "it is worse")
    assert row["promoted_at"].replace(tzinfo=UTC) == now.since


def test_a_catalog_that_is_away_is_told_and_the_rollback_stands(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shipped = followed_by_another(folder)
    with dg.DagsterInstance.ephemeral() as instance:
        result = roll_back(tmp_path, instance, catalog=catalog_in(tmp_path / "away"))
        said = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert result.success
    assert read_pointer(folder).bundle == shipped
    assert [each for each in said if "the catalog does not know it: unable to open" in each]
    assert [each for each in said if "the registry does not follow: MLflow at" in each], (
        "it is told all the same"
    )


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
