"""A bad champion on simulated matches: refuted by what is played, told, and rolled back only where that is set."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.bundle import CARD, CARD_TEXT, read_champion, read_pointer
from models.champions import read_refuted
from models.dataset import RecordedMap, map_from
from models.predictor import CHAMPION
from models.promotion import promote, refute, rollback, seed
from orchestration.assets.reports import REFUTED, champion_watch
from orchestration.refutation import champion_refuted
from orchestration.reports import watched_champion
from orchestration.resources import (
    CatalogResource,
    LakeResource,
    ModelsResource,
    TrackingResource,
    WebhookResource,
)
from orchestration.rollback import rollback_champion
from tests.models.another import other_bundle
from tests.orchestration.made_lake import put

pytestmark = pytest.mark.slow
MAPS, FIRST_DAY = 5, date(2026, 6, 1)
BAD = 1.5
"""In log odds: such a champion says .82 of an even round."""


class Heard(WebhookResource):
    """A webhook that remembers."""

    def tell(self, told: Mapping[str, object]) -> None:
        HEARD.append(dict(told))


HEARD: list[dict[str, object]] = []


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    HEARD.clear()
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@cache
def played() -> tuple[RecordedMap, ...]:
    return tuple(
        map_from(
            simulate(Setting(seed=900 + n, best_of=1, position_hz=0, has_shots=False, maps=("de_mirage",))),
            file=f"simulated-{n}",
            day=FIRST_DAY + timedelta(days=n),
        )
        for n in range(MAPS)
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    for map_ in played():
        put(root, map_)
    return root


@pytest.fixture
def resources(lake: Path, tmp_path: Path) -> dict[str, Any]:
    """A lake of simulated matches, and the shipped champion in a folder of models."""
    shutil.copytree(lake, tmp_path / "lake")
    seed(tmp_path / "models", CHAMPION)
    return {
        "lake": LakeResource(path=str(tmp_path / "lake")),
        "models": ModelsResource(folder=str(tmp_path / "models")),
        "catalog": CatalogResource(url=f"sqlite:///{tmp_path / 'catalog.sqlite'}"),
        "tracking": TrackingResource(uri=f"sqlite:///{tmp_path / 'none' / 'mlflow.db'}", artifacts=""),
    }


def put_on_air(
    folder: Path, name: str, shift: float, *, first_day: date | None = None, files: Sequence[str] = ()
) -> str:
    """A champion with another constant, and the shipped one's card, of maps from that day on and those `files` besides;
    its hash."""
    manifest = other_bundle(folder, name, shift=shift)
    for file in (CARD, CARD_TEXT):
        (folder / name / file).write_bytes((read_champion(CHAMPION) / file).read_bytes())
    card = json.loads((folder / name / CARD).read_bytes())
    if first_day is not None:
        card["data"] |= {"from": first_day.isoformat(), "to": first_day.isoformat()}
    card["data"]["files"] += files
    (folder / name / CARD).write_text(json.dumps(card))
    promote(folder, name, who="me", why="a mistake")
    return manifest.model_hash


def watched(instance: dg.DagsterInstance, resources: dict[str, Any]) -> bool:
    """Whether the champion is refuted, by the asset."""
    given = {name: resources[name] for name in ("lake", "models")}
    done = dg.materialize([champion_watch], instance=instance, resources=given)
    return bool(done.asset_materializations_for_node("champion_watch")[0].metadata[REFUTED].value)


def sensed(
    instance: dg.DagsterInstance, *, rolls_back: bool, cursor: str | None = None
) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    found = champion_refuted(rolls_back=rolls_back)(context, webhook=Heard(url="there"))
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def carried_out(request: dg.RunRequest, instance: dg.DagsterInstance, resources: dict[str, Any]) -> bool:
    given = {name: resources[name] for name in ("models", "catalog", "tracking")} | {
        "webhook": Heard(url="there")
    }
    return rollback_champion.execute_in_process(
        instance=instance, resources=given, run_config=request.run_config
    ).success


def test_a_bad_champion_is_told_once_and_rolled_back_for_good(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shipped = read_pointer(folder)
    assert isinstance(sensed(instance, rolls_back=True), dg.SkipReason)
    assert not watched(instance, resources)
    assert isinstance(sensed(instance, rolls_back=True), dg.SkipReason)
    bad = put_on_air(folder, "bad", BAD)
    assert watched(instance, resources)
    found = sensed(instance, rolls_back=True)
    assert isinstance(found, dg.SensorResult)
    assert [told["event"] for told in HEARD] == ["champion_refuted"]
    assert (HEARD[0]["model_hash"], HEARD[0]["follows"]) == (bad, "rollback asked for")
    assert isinstance(sensed(instance, rolls_back=True, cursor=found.cursor), dg.SkipReason)
    [request] = found.run_requests or ()
    assert carried_out(request, instance, resources)
    now = read_pointer(folder)
    assert (now.bundle, now.hash, now.who) == (shipped.bundle, shipped.hash, "dagster")
    assert now.why.startswith("refuted on air: bad: evidence")
    assert carried_out(request, instance, resources), "asked again it changes nothing"
    assert read_pointer(folder) == now
    assert not watched(instance, resources)
    assert isinstance(sensed(instance, rolls_back=True, cursor=found.cursor), dg.SkipReason)
    done = [str(told["message"]) for told in HEARD if told["event"] == "rollback"]
    assert [len(HEARD), len(done)] == [3, 2]
    assert done[0].startswith(f"{shipped.bundle} is champion from ")
    assert done[0].endswith(", instead of bad")
    assert done[1].startswith("nothing to do: ")


def test_one_that_was_promoted_again_is_told_and_rolled_back_again(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    folder, cursor, keys = tmp_path / "models", None, list[str | None]()
    put_on_air(folder, "bad", BAD)
    for _ in range(2):
        assert watched(instance, resources)
        found = sensed(instance, rolls_back=True, cursor=cursor)
        assert isinstance(found, dg.SensorResult)
        [request] = found.run_requests or ()
        cursor, keys = found.cursor, [*keys, request.run_key]
        assert carried_out(request, instance, resources)
        assert read_pointer(folder).bundle != "bad"
        promote(folder, "bad", who="me", why="once more")
    assert len(set(keys)) == 2
    assert [told["event"] for told in HEARD] == ["champion_refuted", "rollback"] * 2


def test_maps_of_days_before_its_own_do_not_refute_a_champion(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    put_on_air(tmp_path / "models", "later", BAD, first_day=FIRST_DAY + timedelta(days=MAPS))
    assert not watched(instance, resources)


def test_unless_it_is_set_the_alarm_is_all(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    put_on_air(tmp_path / "models", "bad", BAD)
    assert watched(instance, resources)
    found = sensed(instance, rolls_back=False)
    assert isinstance(found, dg.SensorResult)
    assert not found.run_requests
    assert [told["follows"] for told in HEARD] == ["decide: midround models rollback"]
    assert read_pointer(tmp_path / "models").bundle == "bad"


def test_it_does_not_go_back_to_one_that_the_same_maps_refute(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    put_on_air(tmp_path / "models", "bad", -1.5 * BAD)
    put_on_air(tmp_path / "models", "worse", BAD)
    assert watched(instance, resources)
    found = sensed(instance, rolls_back=True)
    assert isinstance(found, dg.SensorResult)
    assert not found.run_requests
    assert HEARD[0]["follows"] == "none before that holds: decide"


def test_the_one_before_is_judged_on_maps_that_neither_has_seen(tmp_path: Path) -> None:
    """What it learned from would speak for it, and first of all."""
    seed(tmp_path, CHAMPION)
    put_on_air(tmp_path, "before", 0.1, files=[map_.file for map_ in played()[:3]])
    put_on_air(tmp_path, "bad", BAD, files=[played()[3].file])
    found = watched_champion(played(), tmp_path / "bad", tmp_path / "before")
    assert found.before is not None
    assert (found.watch.maps, found.before.maps, found.can_go_back) == (MAPS - 1, 1, True)
    put_on_air(tmp_path, "of all", 0.2, files=[map_.file for map_ in played()])
    nothing = watched_champion(played(), tmp_path / "bad", tmp_path / "of all")
    assert (nothing.before, nothing.can_go_back) == (None, False), "no map is left to judge it by"


def test_one_before_that_tells_no_maps_of_its_own_silences_no_alarm(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    put_on_air(tmp_path / "models", "before", 0.1)
    put_on_air(tmp_path / "models", "bad", BAD)
    (tmp_path / "models" / "before" / CARD).unlink()
    assert watched(instance, resources)
    assert not requested(instance)
    assert HEARD[0]["follows"] == "none before that holds: decide"


def test_it_does_not_go_back_by_itself_to_one_that_was_refuted_once(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shipped = read_pointer(folder).hash
    refute(folder, shipped, why="evidence 200 after 9 maps")
    bad = put_on_air(folder, "bad", BAD)
    assert watched(instance, resources)
    assert set(read_refuted(folder)) == {shipped, bad}, "kept whatever follows"
    assert not requested(instance)
    sensed(instance, rolls_back=False)
    assert [told["follows"] for told in HEARD] == ["none before that holds: decide"] * 2


def test_a_rollback_asked_for_before_the_one_to_come_was_refuted_is_not_carried_out(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shipped = read_pointer(folder).hash
    put_on_air(folder, "bad", BAD)
    assert watched(instance, resources)
    [request] = requested(instance)
    refute(folder, shipped, why="evidence 200 after 9 maps")
    assert carried_out(request, instance, resources)
    assert read_pointer(folder).bundle == "bad"
    assert str(HEARD[-1]["message"]).startswith("nothing to do: ")


def test_a_person_may_go_back_to_one_that_was_refuted_and_is_told(
    instance: dg.DagsterInstance, resources: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    put_on_air(folder, "bad", BAD)
    assert watched(instance, resources)
    rollback(folder, who="me", why="it is bad")
    assert carried_out(dg.RunRequest(run_config={}), instance, resources)
    assert read_pointer(folder).bundle == "bad"
    assert "bad was refuted on air: " in str(HEARD[-1]["message"])


def requested(instance: dg.DagsterInstance) -> Sequence[dg.RunRequest]:
    found = sensed(instance, rolls_back=True)
    assert isinstance(found, dg.SensorResult)
    return found.run_requests or ()
