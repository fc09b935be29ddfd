"""A change of the game, with nobody touching it: drift report, sensor, its run, gates, promotion; and the controls.

Few made maps show that each step hands over to the next; the simulator's matches and its patch (`proof`) show that the
champion changes for the better, that more of the same promotes nothing, and that a slice of shuffled labels is refused.
"""

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from msgspec.structs import replace

from models import promotion, registry
from models.bundle import read_champion, write_bundle
from models.candidates import candidates
from models.contest import Reigning, reigning, split_by_date
from models.dataset import RecordedMap
from models.fitting import Recipe
from models.gates import NAMES
from models.partitions import frozen
from models.predictor import CHAMPION as SHIPPED
from models.retraining import retrain
from orchestration.assets import reports, training
from orchestration.jobs import retraining
from orchestration.learning import learnable
from orchestration.resources import CatalogResource, LakeResource, ModelsResource, TrackingResource
from orchestration.sensors import retraining_due
from orchestration.training_checks import check_name
from orchestration.values import RunValues
from tests.models.rows import QUICK, made_map, made_maps
from tests.models.stories import shuffled_after_the_plant, simulated
from tests.orchestration.made_lake import put

FIRST_DAY = date(2027, 1, 4)
"""Later than all that the shipped champion has seen."""
NEVER = 10_000
TRIED = ["shipped recipe", "terms alone"]
DECIDING = check_name("better than the champion")


class House:
    """A lake, models, registry and Dagster's definitions over one folder; nobody but its sensor starts a retraining."""

    def __init__(
        self, home: Path, instance: dg.DagsterInstance, *, rows: dg.AssetsDefinition = training.training_rows
    ) -> None:
        self.home, self.instance = home, instance
        self.lake = home / "lake"
        self.resources = {
            "lake": LakeResource(path=str(self.lake)),
            "models": ModelsResource(folder=str(home / "models")),
            "catalog": CatalogResource(url=f"sqlite:///{home / 'catalog.sqlite'}"),
            "tracking": TrackingResource(
                uri=f"sqlite:///{home / 'mlflow.db'}", artifacts=(home / "artifacts").as_uri()
            ),
            "io_manager": RunValues(folder=str(home / "values")),
        }
        self.definitions = dg.Definitions(
            assets=[
                reports.drift_report,
                rows,
                training.contest,
                training.fit,
                training.evaluation,
                training.champion,
            ],
            jobs=[retraining],
            resources=self.resources,
        )

    def recorded(self, maps: Sequence[RecordedMap]) -> list[RecordedMap]:
        """The maps as the lake has them, once they are in it."""
        for map_ in maps:
            put(self.lake, map_)
        return [each.map_ for each in learnable(self.lake)]

    def champion(self) -> Reigning:
        return reigning(read_champion(self.home / "models"))

    def report(self) -> None:
        """What the nightly job does of it."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        assert job.execute_in_process(
            instance=self.instance, asset_selection=[dg.AssetKey("drift_report")]
        ).success

    def asked(self, *, after_maps: int = NEVER) -> dg.RunRequest | dg.SkipReason:
        """What the sensor says to the last report."""
        found = retraining_due(after_maps)(dg.build_sensor_context(instance=self.instance))
        assert isinstance(found, (dg.RunRequest, dg.SkipReason))
        return found

    def run(self, request: dg.RunRequest, *, version: str, probed_states: int = 8_000) -> dict[str, bool]:
        """The gates' verdicts as Dagster's checks. Tests add to the request: fewer candidates, a name."""
        config = {
            "contest": {"config": {"candidates": TRIED}},
            "fit": {"config": {"candidates": TRIED}},
            "evaluation": {"config": {"version": version, "probed_states": probed_states}},
        }
        ops = {**request.run_config["ops"], **config}
        result = self.definitions.resolve_job_def("retraining").execute_in_process(
            instance=self.instance, run_config={"ops": ops}, tags=request.tags
        )
        assert result.success
        found = {each.check_name: each.passed for each in result.get_asset_check_evaluations()}
        return {check_name(name): found[check_name(name)] for name in NAMES}

    def aliases(self) -> dict[str, str]:
        store = registry.Store(uri=f"sqlite:///{self.home / 'mlflow.db'}")
        return {alias: version.model_version for alias, version in registry.aliases(store).items()}


def begun(house: House, maps: Sequence[RecordedMap], recipe: Recipe) -> None:
    """The champion that these maps give, in the models folder."""
    found = retrain(
        house.recorded(maps),
        reigning(read_champion(SHIPPED)),
        version="before",
        tried=candidates(recipe)[:2],
        probed_states=100,
    )
    bundle = house.home / "first" / "before"
    write_bundle(bundle, found.bundle, model_version="before", schema_hash=found.dataset.feature_schema_hash)
    promotion.seed(house.home / "models", SHIPPED)
    folder = house.home / "models"
    promotion.promote(folder, str(bundle), who="a test", why="the first")


def patched(count: int) -> list[RecordedMap]:
    """Made maps of a world that favours CT."""
    later = FIRST_DAY + timedelta(days=200)
    return [
        replace(made_map(100 + n, first_day=later, favour=1.6), file=f"patched-{n:03}") for n in range(count)
    ]


@pytest.fixture
def house(tmp_path: Path, instance: dg.DagsterInstance) -> House:
    """A champion of made maps on air."""
    found = House(tmp_path, instance)
    begun(
        found,
        [replace(map_, day=FIRST_DAY + (map_.day - date(2026, 1, 1))) for map_ in made_maps(range(12))],
        QUICK,
    )
    return found


@pytest.mark.proof
def test_a_drift_starts_a_run_on_the_maps_since_and_its_gates_decide(house: House) -> None:
    house.recorded(patched(6))
    house.report()
    too_few = house.asked()
    assert isinstance(too_few, dg.SkipReason)
    assert "6 of 12 new maps" in str(too_few.skip_message)
    house.recorded(patched(24))
    house.report()
    request = house.asked()
    assert isinstance(request, dg.RunRequest)
    assert request.tags["midround/why"] == "drift"
    verdicts = house.run(request, version="after", probed_states=300)
    assert all(verdicts.values()), verdicts
    assert house.champion().model_version == "after"
    assert len(house.champion().seen) == 24, "the old game was learned again"
    assert house.aliases() == {"champion": "after"}
    house.report()
    calm = house.asked(after_maps=1)
    assert isinstance(calm, dg.SkipReason), "the old game's maps are no news"
    assert "0 of 1 new maps, no drift" in str(calm.skip_message)


@pytest.mark.proof
@pytest.mark.timeout(3_600)
def test_a_patch_of_the_simulator_comes_to_a_new_champion_and_its_controls_do_not(tmp_path: Path) -> None:
    """The stories begin with one champion, so they are one test: it is trained, gated and promoted on unpatched matches
    by the same sensor and job, in the place of the one that ships."""
    promotion.seed(tmp_path / "begun" / "models", SHIPPED)
    with dg.DagsterInstance.ephemeral() as instance:
        house = House(tmp_path / "begun", instance)
        house.recorded(simulated(36, 0, "current", first_day=FIRST_DAY))
        house.report()
        request = house.asked(after_maps=20)
        assert isinstance(request, dg.RunRequest)
        assert all(house.run(request, version="unpatched").values())
        assert house.champion().model_version == "unpatched"
    for name, story in (
        ("same", _more_of_the_same_promotes_nothing),
        ("forged", _shuffled_labels_are_refused_by_their_slice),
        ("patch", _the_patch_promotes),
    ):
        shutil.copytree(tmp_path / "begun", tmp_path / name)
        story(tmp_path / name)


def _more_of_the_same_promotes_nothing(home: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        house = House(home, instance)
        house.recorded(simulated(18, 36, "current", first_day=FIRST_DAY + timedelta(days=30)))
        house.report()
        assert isinstance(house.asked(), dg.SkipReason), "unpatched matches are no drift"
        request = house.asked(after_maps=18)
        assert isinstance(request, dg.RunRequest)
        assert not house.run(request, version="same")[DECIDING]
        assert house.champion().model_version == "unpatched"


def _shuffled_labels_are_refused_by_their_slice(home: Path) -> None:
    """Labels that got past the checks of the rows, which find them when they come by the lake."""
    with dg.DagsterInstance.ephemeral() as instance:
        house = House(home, instance)
        more = simulated(36, 36, "current", first_day=FIRST_DAY + timedelta(days=30))
        maps = house.recorded(more)
        split = split_by_date(maps, house.champion())
        assert split is not None
        forged = (*shuffled_after_the_plant(split.earlier), *split.later)
        frozen_ = training.Frozen(dataset=frozen(maps, "test"), maps=forged, champion=house.champion())

        @dg.asset(group_name=training.GROUP)
        def training_rows(config: training.Selection) -> training.Frozen:
            return frozen_

        house = House(home, instance, rows=training_rows)
        house.report()
        request = house.asked(after_maps=20)
        assert isinstance(request, dg.RunRequest)
        assert not house.run(request, version="forged")[check_name("no slice worse: phase")]
        assert house.champion().model_version == "unpatched"


def _the_patch_promotes(home: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        house = House(home, instance)
        house.recorded(simulated(54, 500, "patch", first_day=FIRST_DAY + timedelta(days=90)))
        house.report()
        request = house.asked()
        assert isinstance(request, dg.RunRequest), "the patch is a drift"
        assert request.tags["midround/why"] == "drift"
        assert all(house.run(request, version="patched").values())
        assert house.champion().model_version == "patched"
        assert house.aliases() == {"champion": "patched", "previous": "unpatched"}
