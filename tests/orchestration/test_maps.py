"""The assets of each map in Dagster: materialised many to a run, told partition by partition, checked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
from clickhouse_connect.driver.exceptions import OperationalError
from msgspec.structs import replace

from adapters.lake import raw
from adapters.lake.partitions import Partition
from adapters.lake.raw import RawEvent
from adapters.lake.tables import DERIVED, RAW_EVENTS
from game.codec import encode
from orchestration.amending import NO_STORE
from orchestration.assets import maps
from orchestration.chain import LINKS, PARITY, Chain, followed, parity_of
from orchestration.checks import verdicts
from orchestration.derivation import Derived, derive, known_maps
from orchestration.jobs import map_chain
from orchestration.parity import DIFFERS, FROM_FILES, HOLDS, UNKNOWN, UNTOLD, Parity
from orchestration.partitions import MAPS
from orchestration.sensors import imported_maps
from orchestration.upkeep import fresh, only_copy, played_once
from tests.orchestration.imported import SEEDS, import_match, resources, told


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed in SEEDS:
        import_match(tmp_path, told(seed))
    return tmp_path


def run(
    root: Path,
    instance: dg.DagsterInstance,
    keys: Sequence[str],
    *,
    raises: bool = True,
    links: Sequence[str] | None = None,
) -> dg.ExecuteInProcessResult:
    instance.add_dynamic_partitions(MAPS.name or "", list(keys))
    defs = dg.Definitions(
        assets=[maps.chain],
        asset_checks=[fresh, only_copy, played_once],
        jobs=[map_chain],
        resources=resources(root),
    )
    tags = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
    return defs.resolve_job_def("map_chain").execute_in_process(
        instance=instance,
        tags=tags,
        raise_on_error=raises,
        asset_selection=None if links is None else list(map(dg.AssetKey, links)),
    )


@pytest.mark.slow
def test_many_maps_are_made_in_one_run_and_told_one_by_one(root: Path, instance: dg.DagsterInstance) -> None:
    keys = [each.key for each in imported_maps(root, ())]
    assert len(keys) == 2
    assert run(root, instance, keys).success
    for table in (RAW_EVENTS, *DERIVED):
        records = instance.fetch_materializations(dg.AssetKey(table.name), limit=10).records
        by_key = {r.partition_key: r.asset_materialization for r in records}
        assert sorted(str(key) for key in by_key) == keys
        told_of = {key: m.metadata for key, m in by_key.items() if m is not None}
        assert all(
            {"dagster/partition_row_count", "bytes", "digest", "seconds"} <= set(m) for m in told_of.values()
        )
        assert len({m["digest"].value for m in told_of.values()}) == 2


@pytest.mark.slow
def test_checks_speak_of_each_map_that_fails(root: Path, instance: dg.DagsterInstance) -> None:
    broken = told(13)
    partition = import_match(root, broken)
    raw.add(root, partition.match_id, [RawEvent(raw=b"no event", file="a")], code_version="test")
    keys = [each.key for each in imported_maps(root, ())]
    result = run(root, instance, keys)
    evaluations = {e.check_name: e for e in result.get_asset_check_evaluations()}
    assert set(evaluations) == {
        "parity",
        "score_against_rounds",
        "readable",
        "gaps",
        "duplicates",
        "late_share",
        "impossible_transitions",
    }
    failing = {name for name, e in evaluations.items() if not e.passed}
    assert failing == {"readable"}
    key = next(key for key in keys if key.startswith(partition.key))
    assert key in str(evaluations["readable"].metadata["which"].value)


def failure(result: dg.ExecuteInProcessResult) -> str:
    """What failed the run, in words."""
    (event,) = (event for event in result.all_events if event.is_step_failure)
    return str(event.step_failure_data.error)


def made(instance: dg.DagsterInstance, asset: str) -> set[str]:
    return instance.get_materialized_partitions(dg.AssetKey(asset))


def test_a_map_that_is_nowhere_fails_by_name(root: Path, instance: dg.DagsterInstance) -> None:
    key = "2026-01-01:nowhere:map"
    result = run(root, instance, [key], raises=False)
    assert not result.success
    assert f"{key}: raw_events: " in failure(result)
    assert "is not in the lake" in failure(result)
    assert made(instance, "raw_events") == set()
    assert result.get_asset_check_evaluations() == []


@pytest.mark.slow
def test_a_map_that_its_match_does_not_have_stops_none_of_the_others_and_is_not_made(
    root: Path, instance: dg.DagsterInstance
) -> None:
    found = imported_maps(root, ())
    keys, gone = {each.key for each in found}, replace(found[0], map_id="gone").key
    result = run(root, instance, [*sorted(keys), gone], raises=False)
    assert f"{gone}: nothing of it in the raw events" in failure(result)
    assert all(known_maps(root, each) for each in found)
    assert all(made(instance, link) == keys for link in LINKS)


@pytest.mark.slow
def test_a_poisoned_match_stops_no_other_and_the_next_run_goes_on(
    root: Path, instance: dg.DagsterInstance
) -> None:
    poisoned, sound = imported_maps(root, ())
    file = next(poisoned.match.folder(root, "raw_events").glob("*.parquet"))
    kept = file.read_bytes()
    file.write_bytes(kept[:-100])
    failed = run(root, instance, [poisoned.key, sound.key], raises=False)
    assert file.name in failure(failed)
    assert known_maps(root, poisoned) == []
    assert all(made(instance, link) == {sound.key} for link in LINKS if link != "raw_events")
    told_of = {e.check_name: e.metadata["partitions"].value for e in failed.get_asset_check_evaluations()}
    assert set(told_of.values()) == {1}
    file.write_bytes(kept)
    assert run(root, instance, [poisoned.key, sound.key]).success
    assert made(instance, "quality") == {poisoned.key, sound.key}


@pytest.mark.slow
def test_a_parity_that_does_not_hold_fails_the_run_once_all_is_made(
    root: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def otherwise(_: Chain, match: Partition, found: Sequence[Derived]) -> list[Parity]:
        return [parity(each.partition, "differs") for each in found]

    monkeypatch.setattr("orchestration.chain.parity_of", otherwise)
    key = imported_maps(root, ())[0].key
    result = run(root, instance, [key], raises=False)
    assert not result.success
    assert [e.check_name for e in result.get_asset_check_evaluations() if not e.passed] == ["parity"]
    assert all(made(instance, link) == {key} for link in LINKS)
    told_of = instance.fetch_materializations(dg.AssetKey("parity_report"), limit=1).records
    assert [
        r.asset_materialization.metadata["verdict"].value for r in told_of if r.asset_materialization
    ] == ["differs"]


@pytest.mark.slow
def test_facts_that_are_made_alone_are_compared_for_their_check(
    root: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def otherwise(_: Chain, match: Partition, found: Sequence[Derived]) -> list[Parity]:
        return [parity(each.partition, DIFFERS) for each in found]

    monkeypatch.setattr("orchestration.chain.parity_of", otherwise)
    key = imported_maps(root, ())[0].key
    result = run(root, instance, [key], raises=False, links=["facts"])
    assert parity_check(result) == (False, "ERROR")
    assert (made(instance, "facts"), made(instance, "parity_report")) == ({key}, set())


@pytest.mark.slow
def test_a_comparison_that_came_to_nothing_is_no_parity(
    root: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> list[Parity]:
        raise OperationalError("connection reset")

    monkeypatch.setattr("orchestration.chain.parity_of", cut_off)
    result = run(root, instance, [imported_maps(root, ())[0].key], raises=False)
    assert "parity_report: connection reset" in failure(result)
    assert parity_check(result) == (False, "WARN")


def parity_check(result: dg.ExecuteInProcessResult) -> tuple[bool, str]:
    """Whether the check `parity` passed, and how severe it is."""
    (found,) = (e for e in result.get_asset_check_evaluations() if e.check_name == "parity")
    return found.passed, found.severity.name


@pytest.mark.slow
def test_one_link_alone_is_made_of_what_the_lake_has(root: Path, instance: dg.DagsterInstance) -> None:
    key = imported_maps(root, ())[0].key
    result = run(root, instance, [key], raises=False, links=["published_quality"])
    assert "nothing of it in the raw events" in failure(result)
    assert run(root, instance, [key]).success
    before = instance.fetch_materializations(dg.AssetKey("facts"), limit=9).records
    assert run(root, instance, [key], links=["published_quality"]).success
    assert instance.fetch_materializations(dg.AssetKey("facts"), limit=9).records == before


@pytest.mark.slow
def test_a_store_that_should_answer_and_does_not_is_wrong_with_what_needs_it(
    root: Path, instance: dg.DagsterInstance
) -> None:
    """As while it starts again: the scorecards in the store stay as they were, and nobody is told that they are new."""
    (root / "store").mkdir()
    key = imported_maps(root, ())[0].key
    result = run(root, instance, [key], raises=False)
    assert f"{key}: published_quality: no store answers" in failure(result)
    assert {link for link in LINKS if made(instance, link) == {key}} == set(LINKS) - {
        "amendments",
        "published_quality",
    }
    assert run(root, instance, [key], links=["facts", "quality"]).success


class Empty:
    """A store in which nothing was published."""

    column_names: tuple[str, ...] = ()
    result_rows: tuple[Any, ...] = ()

    def query(self, sql: str, parameters: Mapping[str, object]) -> "Empty":
        return self


@pytest.mark.parametrize(
    ("is_of_log", "client", "verdict"),
    [
        (True, None, UNKNOWN),
        (True, Empty(), UNTOLD),
        (False, None, FROM_FILES),
        (False, Empty(), FROM_FILES),
    ],
)
def test_the_stream_has_to_have_told_what_came_by_the_log(
    tmp_path: Path, is_of_log: bool, client: Empty | None, verdict: str
) -> None:
    at: dict[str, Any] = {"topic": "log", "partition": 0} if is_of_log else {"file": "a.ndjson"}
    events = told(SEEDS[0], 100)
    given = [RawEvent(raw=encode(e), **at, offset=n if is_of_log else None) for n, e in enumerate(events)]
    match = raw.add(tmp_path, events[0].match_id, given, code_version="test").partition
    chain = Chain(
        root=tmp_path, models=cast("Any", None), append=cast("Any", None), client=cast("Any", client)
    )
    assert {each.verdict for each in parity_of(chain, match, derive(tmp_path, match, None))} == {verdict}


def test_the_parity_of_a_match_of_the_log_is_not_made_without_the_store_that_is_expected(
    tmp_path: Path,
) -> None:
    events = told(SEEDS[0], 100)
    given = [RawEvent(raw=encode(e), topic="log", partition=0, offset=n) for n, e in enumerate(events)]
    match = raw.add(tmp_path, events[0].match_id, given, code_version="test").partition
    maps = [each.partition for each in derive(tmp_path, match, None)]
    chain = Chain(
        root=tmp_path,
        models=cast("Any", None),
        append=cast("Any", None),
        links=frozenset({PARITY}),
        is_store_expected=True,
    )
    done = followed(chain, match, maps)
    assert (done.made, done.wrong) == ({}, [f"{each.key}: {PARITY}: {NO_STORE}" for each in maps])
    assert {each.verdict for each in done.parities} == {UNKNOWN}
    kept = followed(replace(chain, is_store_expected=False), match, maps)
    assert (set(kept.made), kept.wrong) == ({(PARITY, each) for each in maps}, [])


def parity(partition: Partition, verdict: str) -> Parity:
    return Parity(
        partition=partition,
        verdict=verdict,
        batch_digest="one",
        stream_digest=None,
        batch_events=1,
        stream_events=0,
    )


@pytest.mark.parametrize(
    ("told", "passes", "severity"),
    [
        ([HOLDS, FROM_FILES], True, "ERROR"),
        ([HOLDS, DIFFERS, UNKNOWN], False, "ERROR"),
        ([UNTOLD], False, "ERROR"),
        ([HOLDS, UNKNOWN], False, "WARN"),
    ],
)
def test_parity_fails_where_the_stream_said_otherwise_or_nothing_and_warns_where_nobody_can_be_asked(
    told: list[str], passes: bool, severity: str
) -> None:
    maps = [Partition(date="2026-01-18", match_id=str(n), map_id="map") for n in range(len(told))]
    check = next(
        iter(verdicts([], [parity(at, said) for at, said in zip(maps, told, strict=True)], events={}))
    )
    assert (check.check_name, check.passed, check.severity.name) == ("parity", passes, severity)
    named = str(check.metadata.get("which"))
    assert [at.key in named for at in maps] == [said not in {HOLDS, FROM_FILES} for said in told]
