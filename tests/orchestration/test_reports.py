"""What the champion is worth on the maps that came since, and what starts a retraining."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import DagsterRun
from msgspec.structs import replace

from models.contest import Reigning, reigning
from models.drift import FeatureDrift
from models.evaluation import predictor_of
from models.predictor import CHAMPION as SHIPPED
from models.predictor import load_champion, load_predictor
from models.promotion import seed
from orchestration.assets.reports import (
    ALARM,
    MODEL_HASH,
    UNSEEN,
    UNSEEN_MATCHES,
    calibration_report,
    drift_report,
    drift_verdict,
)
from orchestration.learning import believed
from orchestration.queueing import WHY
from orchestration.reports import Drifting, calibrated, drifting
from orchestration.resources import LakeResource, ModelsResource
from orchestration.sensors import DRIFT, MORE, UNSEEN_THEN, Asked, Reported, due, retraining_due
from tests.models import rows
from tests.models.rows import FIRST_DAY, made_maps, turned
from tests.orchestration.made_lake import put, told

CHAMPION = load_champion()
LATER = date(2027, 1, 4)
"""After all that the shipped champion has seen."""


def champion_of(files: tuple[str, ...]) -> Reigning:
    (folder,) = [each for each in SHIPPED.iterdir() if each.is_dir()]
    return replace(reigning(folder), seen=files, first_day=FIRST_DAY)


def test_maps_of_the_same_kind_do_not_drift_and_turned_ones_do() -> None:
    maps = made_maps(range(24))
    champion = champion_of(tuple(map_.file for map_ in maps[:12]))
    same = drifting(maps, champion, CHAMPION)
    assert (same.seen, same.unseen, same.alarms) == (12, 12, ())
    assert drift_verdict(same).passed
    other = drifting([*maps[:12], *map(turned, maps[12:])], champion, CHAMPION)
    assert other.watch.is_alarm()
    assert other.watch.peak > same.watch.peak


def test_the_check_of_drift_names_the_features_with_their_figures() -> None:
    feature = FeatureDrift(
        feature="t_hp", psi=0.31, psi_floor=0.1, ks=0.4, p_value=0.0005, holm=0.0125, is_alarm=True
    )
    calm = replace(feature, feature="ct_hp", is_alarm=False)
    found = Drifting(seen=12, unseen=12, unseen_matches=12, features=(feature, calm), alarms=("t_hp",))
    verdict = drift_verdict(found)
    assert not verdict.passed
    assert verdict.metadata["which"].value == "t_hp (PSI 0.310, Holm 0.0125)"
    assert verdict.metadata["tests"].value == 2


def test_few_maps_are_not_compared() -> None:
    maps = made_maps(range(8))
    few = drifting(maps, champion_of(tuple(map_.file for map_ in maps[:5])), CHAMPION)
    assert (few.seen, few.unseen, few.features) == (5, 3, ())
    verdict = drift_verdict(few)
    assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert verdict.metadata["which"].value == (
        "nothing was compared: its own maps in the lake: 5 of 6, maps since: 3 of 6"
    )


@pytest.mark.parametrize(("seen", "unseen"), [(0, 40), (44, 5)])
def test_a_side_that_lacks_maps_is_named_alone(seen: int, unseen: int) -> None:
    verdict = drift_verdict(Drifting(seen=seen, unseen=unseen, unseen_matches=unseen))
    assert not verdict.passed
    named = str(verdict.metadata["which"].value)
    assert ("its own maps in the lake" in named, "maps since" in named) == (seen < 6, unseen < 6)


@pytest.mark.slow
def test_the_game_before_is_not_news_to_a_champion_of_later_maps_alone() -> None:
    maps = made_maps(range(24))
    before, since = [turned(map_) for map_ in maps[:12]], maps[12:]
    champion = rows.champion_of(since)
    found = drifting([*before, *since], champion, predictor_of(champion.files, "since"))
    assert (found.seen, found.unseen, found.is_alarm, found.watch.maps) == (12, 0, False, 0)
    more = made_maps(range(24, 26))
    assert champion.unseen([*more, *before, *since]) == more


def test_calibration_is_of_the_model_that_is_asked_for(tmp_path: Path) -> None:
    for map_ in made_maps(range(4)):
        put(tmp_path, map_)
        told(tmp_path, map_, CHAMPION)
    maps = believed(tmp_path).names
    found = calibrated(tmp_path, CHAMPION.model_hash, maps)
    assert found is not None
    assert found.maps == 4
    assert found.rows == sum(len(map_.clock()) for map_ in made_maps(range(4)))
    assert 0.0 < found.log_loss.value < 2.0
    assert calibrated(tmp_path, "0" * 64, maps) is None
    one = calibrated(tmp_path, CHAMPION.model_hash, list(maps)[:1])
    assert one is not None
    assert one.maps == 1, "the others are not believed"


@pytest.mark.slow
def test_a_report_starts_a_retraining_once(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    later = [replace(map_, day=LATER + (map_.day - FIRST_DAY)) for map_ in made_maps(range(7))]
    for map_ in later:
        put(tmp_path / "lake", map_)
        told(tmp_path / "lake", map_, CHAMPION)
    seed(tmp_path / "models", SHIPPED)
    sensor = retraining_due(after_maps=7)
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)
    resources = {
        "lake": LakeResource(path=str(tmp_path / "lake")),
        "models": ModelsResource(folder=str(tmp_path / "models")),
    }
    done = dg.materialize([drift_report, calibration_report], instance=instance, resources=resources)
    assert done.success
    metadata = done.asset_materializations_for_node("drift_report")[0].metadata
    assert (metadata[UNSEEN].value, metadata["seen_maps"].value) == (7, 0)
    assert ALARM in metadata
    assert metadata[MODEL_HASH].value == CHAMPION.model_hash
    request = asked(sensor, instance)
    assert (request.tags[WHY], request.tags[UNSEEN_THEN]) == (MORE, "7")
    assert asked(sensor, instance).run_key == request.run_key
    ran(instance, request, dg.DagsterRunStatus.STARTED)
    assert "7 of 11 new maps" in str(sensor(dg.build_sensor_context(instance=instance)))


def asked(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> dg.RunRequest:
    request = sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(request, dg.RunRequest)
    return request


def ran(instance: dg.DagsterInstance, request: dg.RunRequest, status: dg.DagsterRunStatus) -> None:
    """The run that was asked for, as far as it has come."""
    instance.add_run(DagsterRun(job_name="retraining", status=status, tags=dict(request.tags)))


def reports(instance: dg.DagsterInstance, *, unseen: int, champion: str = "first") -> None:
    """A drift report of this night, which alarms."""

    @dg.asset(name="drift_report")
    def report(context: dg.AssetExecutionContext) -> None:
        context.add_output_metadata(
            {ALARM: True, UNSEEN: unseen, UNSEEN_MATCHES: unseen, MODEL_HASH: champion}
        )

    assert dg.materialize([report], instance=instance).success


def test_one_report_may_ask_for_two_reasons_and_for_each_of_them_once(instance: dg.DagsterInstance) -> None:
    sensor = retraining_due(after_maps=20)
    reports(instance, unseen=24)
    drift = asked(sensor, instance)
    ran(instance, drift, dg.DagsterRunStatus.SUCCESS)
    more = asked(sensor, instance)
    assert [drift.tags[WHY], more.tags[WHY]] == [DRIFT, MORE]
    assert drift.run_key != more.run_key
    ran(instance, more, dg.DagsterRunStatus.STARTED)
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)
    reports(instance, unseen=35)
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)


def test_a_retraining_that_failed_tested_nothing_and_the_next_report_asks_again(
    instance: dg.DagsterInstance,
) -> None:
    sensor = retraining_due(after_maps=99)
    reports(instance, unseen=12)
    first = asked(sensor, instance)
    ran(instance, first, dg.DagsterRunStatus.FAILURE)
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)
    reports(instance, unseen=12)
    again = asked(sensor, instance)
    assert again.tags[WHY] == DRIFT
    assert again.run_key != first.run_key
    ran(instance, again, dg.DagsterRunStatus.SUCCESS)
    reports(instance, unseen=17)
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)
    reports(instance, unseen=18)
    assert asked(sensor, instance).tags[UNSEEN_THEN] == "18"


def test_another_champion_is_asked_about_anew_however_many_maps_the_one_before_was(
    instance: dg.DagsterInstance,
) -> None:
    sensor = retraining_due(after_maps=20)
    reports(instance, unseen=24)
    for _ in (DRIFT, MORE):
        ran(instance, asked(sensor, instance), dg.DagsterRunStatus.SUCCESS)
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)
    reports(instance, unseen=24, champion="second")
    for why in (DRIFT, MORE):
        request = asked(sensor, instance)
        assert request.tags[WHY] == why
        ran(instance, request, dg.DagsterRunStatus.SUCCESS)
    reports(instance, unseen=35, champion="second")
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason)
    reports(instance, unseen=35)
    assert isinstance(sensor(dg.build_sensor_context(instance=instance)), dg.SkipReason), (
        "gone back to the first"
    )


DUE: list[tuple[Reported, Asked, str | None]] = [
    (Reported(unseen=19, matches=17, is_alarm=False), Asked(), None),
    (Reported(unseen=20, matches=18, is_alarm=False), Asked(), MORE),
    (Reported(unseen=29, matches=27, is_alarm=False), Asked(more=20), None),
    (Reported(unseen=30, matches=28, is_alarm=False), Asked(more=20), MORE),
    (Reported(unseen=11, matches=11, is_alarm=True), Asked(), None),
    (Reported(unseen=19, matches=11, is_alarm=True), Asked(), None),
    (Reported(unseen=12, matches=12, is_alarm=True), Asked(), DRIFT),
    (Reported(unseen=17, matches=15, is_alarm=True), Asked(drift=12), None),
    (Reported(unseen=18, matches=16, is_alarm=True), Asked(drift=12), DRIFT),
    (Reported(unseen=21, matches=19, is_alarm=True), Asked(more=20), DRIFT),
]


@pytest.mark.parametrize(("reported", "asked", "why"), DUE)
def test_the_same_question_is_asked_again_of_half_as_many_maps_more(
    reported: Reported, asked: Asked, why: str | None
) -> None:
    assert due(reported, asked, after_maps=20) == why


def test_the_shipped_champion_can_be_loaded_as_reigning() -> None:
    champion = champion_of(())
    (folder,) = [each for each in SHIPPED.iterdir() if each.is_dir()]
    assert load_predictor(folder).model_version == champion.model_version
