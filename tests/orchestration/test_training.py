"""Retraining in Dagster: from the lake to a champion on air, or to a candidate that its gates refuse."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from msgspec.structs import replace

from adapters.catalog.store import open_catalog
from models import promotion, registry
from models.bundle import read_champion, read_pointer
from models.candidates import candidates
from models.fitting import Recipe
from models.gates import NAMES
from models.predictor import CHAMPION as SHIPPED
from models.predictor import load_champion
from models.registry_record import record_of
from models.retraining import Retrained
from orchestration.assets import training
from orchestration.jobs import retraining
from orchestration.learning import learnable
from orchestration.resources import CatalogResource, LakeResource, ModelsResource, TrackingResource
from orchestration.training_checks import check_name
from orchestration.values import RunValues
from tests.models.another import other_bundle
from tests.models.rows import made_map, made_maps
from tests.orchestration.made_lake import put
from tests.tracking import begun

MAPS = 8
"""Fewer than meet a champion to whom all of them are new as it is on air: its recipe is judged, and is as good."""
TRIED = ["shipped recipe", "terms alone"]
HURRIED = Recipe(probed=60, sought=80, trees=10, refits=2, spread_trees=10)
"""The shipped recipe with fewer trees, held monotone at fewer states."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    for map_ in made_maps(range(MAPS)):
        put(root, map_)
    return root


def models_in(home: Path) -> ModelsResource:
    return ModelsResource(folder=str(home / "models"), is_given=False)


def tracking_in(home: Path) -> TrackingResource:
    return TrackingResource(uri=f"sqlite:///{home / 'mlflow.db'}", artifacts=(home / "artifacts").as_uri())


def catalog_in(home: Path) -> CatalogResource:
    return CatalogResource(url=f"sqlite:///{home / 'catalog.sqlite'}")


def store(home: Path) -> registry.Store:
    return registry.Store(uri=f"sqlite:///{home / 'mlflow.db'}")


def run(lake: Path, home: Path, instance: dg.DagsterInstance, *, version: str) -> dg.ExecuteInProcessResult:
    defs = dg.Definitions(
        assets=[
            training.training_rows,
            training.contest,
            training.fit,
            training.evaluation,
            training.champion,
        ],
        jobs=[retraining],
        resources={
            "lake": LakeResource(path=str(lake)),
            "models": models_in(home),
            "catalog": catalog_in(home),
            "tracking": tracking_in(home),
            "io_manager": RunValues(folder=str(home / "values")),
        },
    )
    config = {
        "contest": {"config": {"candidates": TRIED}},
        "fit": {"config": {"candidates": TRIED}},
        "evaluation": {"config": {"version": version, "probed_states": 200}},
    }
    job = defs.resolve_job_def("retraining")
    return job.execute_in_process(instance=instance, run_config={"ops": config}, raise_on_error=False)


def test_the_rows_of_the_lake_are_those_that_were_put_there(lake: Path) -> None:
    found = [each.map_ for each in learnable(lake)]
    assert all(each.match and each.match in each.file for each in found)
    assert found == [
        replace(made_map(n), file=each.file, match=each.match, ids=f"{each.match}/map")
        for n, each in zip(range(MAPS), found, strict=True)
    ]


@pytest.fixture(scope="module")
def refused(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dg.ExecuteInProcessResult]:
    """A home after one run, and the run: what is learned from made maps is no better than what plays on them."""
    home = tmp_path_factory.mktemp("home")
    begun(home / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setattr(training, "tried", lambda names: [c for c in candidates(HURRIED) if c.name in names])
        return home, run(lake, home, instance, version="made-1")


def passing(refused: tuple[Path, dg.ExecuteInProcessResult], *, version: str) -> Retrained:
    """The candidate of that run as every gate would have let it pass."""
    found: Retrained = refused[1].output_for_node("evaluation")
    verdicts = tuple(replace(verdict, passed=True) for verdict in found.verdicts)
    return replace(found, model_version=version, verdicts=verdicts)


def decided(candidate: Retrained, home: Path) -> None:
    """What the asset does of it."""
    begun(home / "mlflow.db")
    with dg.build_asset_context() as context:
        training.champion(
            context,
            evaluation=candidate,
            models=models_in(home),
            catalog=catalog_in(home),
            tracking=tracking_in(home),
        )


def recorded(home: Path) -> list[tuple[str, str, str, str, datetime]]:
    """What the catalog has of promotions: version, hash, by whom, why, since when."""
    with closing(open_catalog(catalog_in(home).url)) as catalog:
        rows = catalog.all("model_versions")
    names = ("model_version", "model_hash", "promoted_by", "promoted_why")
    return [(*(str(row[name]) for name in names), row["promoted_at"].replace(tzinfo=UTC)) for row in rows]


@pytest.mark.slow
def test_what_is_no_better_is_registered_with_its_verdicts_and_challenges_the_champion(
    refused: tuple[Path, dg.ExecuteInProcessResult],
) -> None:
    home, result = refused
    assert result.success
    verdicts = {e.check_name: e.passed for e in result.get_asset_check_evaluations()}
    assert set(verdicts) >= {check_name(name) for name in NAMES}
    assert not verdicts[check_name("better than the champion")]
    known = registry.aliases(store(home))
    assert [version.model_version for version in registry.versions(store(home))] == ["made-1"]
    assert set(known) == {registry.CHALLENGER}
    assert known[registry.CHALLENGER].gates == "refused"
    assert read_champion(home / "models") == home / "models" / read_pointer(SHIPPED).bundle
    challenger = promotion.read_challenger(home / "models")
    assert challenger is not None
    assert (challenger.bundle, challenger.hash) == ("made-1", known[registry.CHALLENGER].model_hash)
    assert "better than the champion" in challenger.why


@pytest.mark.slow
def test_what_computes_wrongly_does_not_challenge(
    refused: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    _, result = refused
    found: Retrained = result.output_for_node("evaluation")
    unfit = replace(
        found,
        verdicts=tuple(
            replace(v, passed=v.passed and v.name != "receipts reproduced") for v in found.verdicts
        ),
    )
    assert not record_of(unfit).is_fit
    assert training.put_in_shadow(models_in(tmp_path), unfit, why="refused") == "no: it is not fit to run"
    assert not (tmp_path / "models").exists()


@pytest.mark.slow
def test_what_passes_every_gate_is_on_air(
    refused: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    passed = passing(refused, version="made-2")
    decided(passed, tmp_path)
    champion = registry.aliases(store(tmp_path))[registry.CHAMPION]
    assert (champion.model_version, champion.model_hash) == ("made-2", passed.model_hash)
    assert read_champion(tmp_path / "models").name == "made-2"
    assert load_champion(tmp_path / "models").model_hash == passed.model_hash
    on_air = read_pointer(tmp_path / "models")
    assert on_air.since is not None
    assert recorded(tmp_path) == [("made-2", on_air.hash, "dagster", on_air.why, on_air.since)]


@pytest.mark.slow
def test_a_run_that_broke_off_at_the_registry_goes_on_where_it_was(
    refused: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = passing(refused, version="made-3")

    def locked(to: registry.Store, *_: object, **__: object) -> registry.Version:
        raise registry.RegistryError(to.uri, "is locked")

    with monkeypatch.context() as patched:
        patched.setattr(registry, "promote", locked)
        decided(passed, tmp_path)
    on_air = read_pointer(tmp_path / "models")
    assert on_air.hash == passed.model_hash
    assert registry.aliases(store(tmp_path)) == {}, "it challenges nobody, and is not the champion yet"
    (tmp_path / "catalog.sqlite").unlink()
    decided(passed, tmp_path)
    assert read_pointer(tmp_path / "models") == on_air
    assert [version for version, *_ in recorded(tmp_path)] == ["made-3"], "what was not told on is told now"
    assert set(registry.aliases(store(tmp_path))) == {registry.CHAMPION}
    assert len(registry.versions(store(tmp_path))) == 1


@pytest.mark.slow
def test_what_was_judged_against_a_champion_that_has_gone_challenges_the_one_on_air(
    refused: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    promotion.seed(folder, SHIPPED)
    other_bundle(folder, "sooner")
    promotion.promote(folder, "sooner", who="me", why="it came first")
    decided(passing(refused, version="made-4"), tmp_path)
    assert read_pointer(folder).bundle == "sooner"
    challenger = promotion.read_challenger(folder)
    assert challenger is not None
    assert challenger.bundle == "made-4"
    assert "but sooner is champion" in challenger.why
    assert set(registry.aliases(store(tmp_path))) == {registry.CHALLENGER}


@pytest.mark.slow
def test_who_cannot_challenge_has_no_alias_and_who_challenges_keeps_it(
    refused: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    folder, first = tmp_path / "models", refused[1].output_for_node("evaluation")
    decided(first, tmp_path)
    promotion.seed(folder, SHIPPED)
    other_bundle(folder, "made-6")
    decided(replace(first, model_version="made-6"), tmp_path)
    assert len(registry.versions(store(tmp_path))) == 2
    challenger = promotion.read_challenger(folder)
    assert challenger is not None
    assert challenger.bundle == "made-1", "a bundle of another model has the name of the second"
    assert registry.aliases(store(tmp_path))[registry.CHALLENGER].model_version == "made-1"


@pytest.mark.slow
def test_what_was_refuted_on_air_before_goes_into_shadow(
    refused: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    folder, passed = tmp_path / "models", passing(refused, version="made-5")
    promotion.seed(folder, SHIPPED)
    shipped = read_pointer(folder)
    promotion.refute(folder, passed.model_hash, why="evidence 200 after 9 maps")
    decided(passed, tmp_path)
    assert read_pointer(folder) == shipped
    challenger = promotion.read_challenger(folder)
    assert challenger is not None
    assert challenger.why == "made-5 was refuted on air: evidence 200 after 9 maps"


@pytest.mark.slow
def test_without_a_registry_nothing_goes_on_air(
    refused: tuple[Path, dg.ExecuteInProcessResult], tmp_path: Path
) -> None:
    _, result = refused
    found: Retrained = result.output_for_node("evaluation")
    passed = replace(found, verdicts=tuple(replace(verdict, passed=True) for verdict in found.verdicts))
    tracking = tracking_in(tmp_path / "gone")
    with (
        dg.build_asset_context() as context,
        pytest.raises(registry.RegistryError, match="there is no store"),
    ):
        training.champion(
            context,
            evaluation=passed,
            models=models_in(tmp_path),
            catalog=catalog_in(tmp_path),
            tracking=tracking,
        )
    assert not (tmp_path / "models").exists()


@pytest.mark.slow
def test_a_poisoned_map_stops_training_at_its_rows(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    sound, poisoned = made_map(1), made_map(2)
    broken = replace(poisoned, samples=tuple(replace(s, ct_won=not s.ct_won) for s in poisoned.samples))
    put(tmp_path / "lake", sound)
    put(tmp_path / "lake", broken)
    promotion.seed(tmp_path / "models", SHIPPED)
    result = run(tmp_path / "lake", tmp_path, instance, version="never")
    assert not result.success
    failures = [event for event in result.all_events if event.is_step_failure]
    assert [event.step_key for event in failures] == ["training_rows"]
    assert "outcome is not their round's" in str(failures[0].step_failure_data.error)
    evaluations = result.get_asset_check_evaluations()
    assert {e.check_name for e in evaluations if not e.passed} == {"ranges", "label_leakage"}
    assert not (tmp_path / "mlflow.db").exists()
