"""dbt's models as Dagster has them: one run, tests as checks, the lake's tables as what they follow from."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Barrier

import dagster as dg
import pytest

from adapters.lake import raw
from adapters.lake.raw import RawEvent
from game.codec import encode
from midround import inputs
from models.predictor import load_champion
from orchestration.assets import marts
from orchestration.derivation import derive
from orchestration.marts import PROJECT
from orchestration.resources import LakeResource, StoreResource

NOBODY = "http://127.0.0.1:9/midround"
EVENTS = 3_000


pytestmark = pytest.mark.slow


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore:AssetExecutionContext.:DeprecationWarning")
def test_the_marts_are_built_with_their_tests_as_checks(tmp_path: Path) -> None:
    root, target = tmp_path / "lake", tmp_path / "marts" / "marts.duckdb"
    events = list(islice(inputs.simulated(seed=6, best_of=1, position_hz=0).events(), EVENTS))
    given = [RawEvent(raw=encode(event), file="a.ndjson") for event in events]
    derive(root, raw.add(root, events[0].match_id, given, code_version="test").partition, load_champion())
    models, published = marts.assets(target)
    assert {key.path[-1] for key in models.keys} >= {"player_map_stats", "round_metrics"}
    assert {"facts", "quality"} <= {key.path[-1] for key in models.dependency_keys}
    groups = {spec.key.path[-1]: spec.group_name for spec in models.specs}
    assert (groups["player_map_stats"], groups["stg_kills"], groups["int_rounds"]) == (
        "marts",
        "staging",
        "staging",
    )
    resources = {
        "lake": LakeResource(path=str(root)),
        "dbt": marts.resource(),
        "store": StoreResource(url=NOBODY, options={}, ttl_days={}),
    }
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [models, published],
            instance=instance,
            resources=resources,
            selection=dg.AssetSelection.assets(*models.keys),
        )
        assert result.success
        checks = result.get_asset_check_evaluations()
        assert len(checks) > 20
        assert [each.check_name for each in checks if not each.passed] == []
        failed = dg.materialize(
            [models, published],
            instance=instance,
            resources=resources,
            selection=dg.AssetSelection.assets("published_marts"),
            raise_on_error=False,
        )
    assert "the store does not answer" in failure_of(failed)
    assert not (PROJECT / "target").exists()


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    (event,) = (event for event in result.all_events if event.is_step_failure)
    return str(event.step_failure_data.error)


def test_what_was_not_built_to_its_end_is_not_published(tmp_path: Path) -> None:
    target = tmp_path / "marts.duckdb"
    store = StoreResource(url=NOBODY, options={}, ttl_days={})

    def publish() -> str:
        alone = [marts.published(target, [])]
        return failure_of(dg.materialize(alone, resources={"store": store}, raise_on_error=False))

    assert "the last build of the marts failed" in publish()
    with marts.holding(target, is_whole=False):
        pass
    assert "the last build of the marts failed" in publish(), "a part that holds is not all of it"
    for is_whole in (True, False):
        with marts.holding(target, is_whole=is_whole):
            assert "the last build of the marts failed" in publish()
        assert "the store does not answer" in publish()
    with pytest.raises(ValueError, match="a test failed"), marts.holding(target, is_whole=False):
        raise ValueError("a test failed")
    assert "the last build of the marts failed" in publish()


def test_a_manifest_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Path] = []

    def parse(target: Path, into: Path) -> Path:
        parsed.append(target)
        (into / "manifest.json").write_text("{}")
        return into / "manifest.json"

    monkeypatch.setattr(marts, "write_manifest", parse)
    first = marts.manifest(tmp_path / "marts.duckdb")
    assert marts.manifest(tmp_path / "marts.duckdb") == first
    assert len(parsed) == 1


def test_who_parses_at_once_writes_and_reads_whole_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt writes in place: while two of it are half way, neither may see the other's file."""
    half_way = Barrier(2, timeout=60)

    def parsed(target: Path, into: Path) -> Path:
        with (into / "manifest.json").open("x") as file:
            file.write('{"nodes":')
            half_way.wait()
            file.write("{}}")
        return into / "manifest.json"

    monkeypatch.setattr(marts, "write_manifest", parsed)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(marts.manifest, [tmp_path / "marts.duckdb"] * 2)
    assert first == second
    assert first.read_text() == '{"nodes":{}}'
    assert list(first.parent.iterdir()) == [first]
