"""The champion on air is the registry's from the first start on, and after every change."""

import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import dagster as dg
import pandas as pd
import pytest

from models import registry
from models.bundle import CARD, CHALLENGER, BundleError, read_pointer
from models.following import Problems
from models.monotone import random_features
from models.predictor import CHAMPION, load_champion
from models.promotion import promote, rollback, seed
from models.registry_record import record_of_bundle, round_columns
from orchestration import registering
from orchestration.registering import champion_registering, registering_due
from orchestration.resources import ModelsResource, TrackingResource
from tests.models.another import other_bundle
from tests.tracking import begun

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """MLflow and what it loads warn a lot, and leave engines to the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def tracking(home: Path) -> TrackingResource:
    return TrackingResource(uri=f"sqlite:///{home / 'mlflow.db'}", artifacts=(home / "artifacts").as_uri())


def models(home: Path) -> ModelsResource:
    return ModelsResource(folder=str(home / "models"), is_given=False)


def executed(home: Path, *, raise_on_error: bool = True) -> dg.ExecuteInProcessResult:
    begun(home / "mlflow.db")
    resources = {"models": models(home), "tracking": tracking(home)}
    return champion_registering.execute_in_process(resources=resources, raise_on_error=raise_on_error)


def followed(home: Path) -> dict[str, registry.Version]:
    """The registry's aliases after a run."""
    assert executed(home).success
    return {str(alias): version for alias, version in registry.aliases(tracking(home).store()).items()}


def test_the_champion_that_ships_is_registered_once_and_loads(tmp_path: Path) -> None:
    import mlflow

    found = followed(tmp_path)
    shipped = read_pointer(CHAMPION)
    assert set(found) == {registry.CHAMPION}
    champion = found[registry.CHAMPION]
    assert (champion.model_version, champion.model_hash) == (shipped.bundle, shipped.hash)
    assert (champion.gates, champion.promoted_by, champion.promoted_why) == ("none", "midround", "shipped")
    assert followed(tmp_path) == found
    assert len(registry.versions(tracking(tmp_path).store())) == 1
    mlflow.set_tracking_uri(tracking(tmp_path).uri)
    mlflow.set_registry_uri(tracking(tmp_path).uri)
    states = [random_features(Random(seed)) for seed in range(20)]
    frame = pd.DataFrame([{name: getattr(f, name) for name, _, _ in round_columns()} for f in states])
    told = mlflow.pyfunc.load_model(f"models:/{registry.ROUND_MODEL}@{registry.CHAMPION}").predict(frame)
    assert told["p_ct"].tolist() == [load_champion().live_round(f).p_ct for f in states]


def test_a_bundle_that_was_promoted_by_hand_is_registered_and_the_alias_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    seed(folder, CHAMPION)
    followed(tmp_path)
    other_bundle(folder, "second", with_card=True)
    promote(folder, "second", who="ann", why="better")
    found = followed(tmp_path)
    told = {alias: (version.model_version, version.promoted_by) for alias, version in found.items()}
    assert told == {registry.CHAMPION: ("second", "ann"), registry.PREVIOUS: ("cs2-2026-11", "midround")}
    rollback(folder, who="bob", why="worse")
    assert followed(tmp_path)[registry.CHAMPION].model_hash == read_pointer(CHAMPION).hash
    assert len(registry.versions(tracking(tmp_path).store())) == 2


def test_a_bundle_without_its_card_has_no_alias(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    seed(folder, CHAMPION)
    followed(tmp_path)
    other_bundle(folder, "second")
    with pytest.raises(BundleError, match=CARD):
        record_of_bundle(folder / "second")
    promote(folder, "second", who="ann", why="better")
    assert set(followed(tmp_path)) == {registry.PREVIOUS}


def test_a_registry_that_does_not_follow_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(tmp_path / "models", CHAMPION)
    followed(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(registering, "follow", lambda *_, **__: Problems(champion="MLflow does not answer"))
        assert not executed(tmp_path, raise_on_error=False).success
        other_bundle(tmp_path / "models", "second")
        promote(tmp_path / "models", "second", who="ann", why="better")
        assert not executed(tmp_path, raise_on_error=False).success, (
            "without its card too, while the alias names another one"
        )
    assert executed(tmp_path).success


def test_a_damaged_pointer_of_the_challenger_keeps_no_champion_from_its_alias(tmp_path: Path) -> None:
    seed(tmp_path / "models", CHAMPION)
    (tmp_path / "models" / CHALLENGER).write_text("no pointer")
    assert set(followed(tmp_path)) == {registry.CHAMPION}


def test_the_registry_is_asked_to_follow_once_for_each_champion(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, asked(instance, tmp_path), dg.DagsterRunStatus.SUCCESS)
        assert isinstance(asked(instance, tmp_path), dg.SkipReason)
        folder = tmp_path / "models"
        seed(folder, CHAMPION)
        other_bundle(folder, "second")
        promote(folder, "second", who="ann", why="better")
        run(instance, asked(instance, tmp_path), dg.DagsterRunStatus.STARTED)
        assert isinstance(asked(instance, tmp_path), dg.SkipReason)
        rollback(folder, who="bob", why="worse")
        assert isinstance(asked(instance, tmp_path), dg.RunRequest)
        (folder / "champion.json").write_text("no pointer")
        assert isinstance(asked(instance, tmp_path), dg.SkipReason)


@pytest.mark.parametrize("status", sorted(registering.FAILED, key=str))
def test_what_failed_is_asked_for_again_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: dg.DagsterRunStatus
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, asked(instance, tmp_path), status)
        assert isinstance(asked(instance, tmp_path), dg.SkipReason)
        monkeypatch.setattr(registering, "AGAIN", timedelta(0))
        run(instance, asked(instance, tmp_path), dg.DagsterRunStatus.SUCCESS)
        assert isinstance(asked(instance, tmp_path), dg.SkipReason)


def asked(instance: dg.DagsterInstance, home: Path) -> object:
    return registering_due(dg.build_sensor_context(instance=instance), models=models(home))


def run(instance: dg.DagsterInstance, request: object, status: dg.DagsterRunStatus) -> None:
    """What Dagster makes of the request, up to this status."""
    assert isinstance(request, dg.RunRequest)
    instance.add_run(
        dg.DagsterRun(
            job_name=champion_registering.name, run_id=str(uuid4()), tags=dict(request.tags), status=status
        )
    )
