"""What the sensor of maps makes of imports: partitions at once, runs only of maps that were made before."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest
from msgspec.structs import replace

from adapters.lake.files import read
from adapters.lake.partitions import MANIFEST, Partition
from adapters.lake.raw import manifest_of
from adapters.lake.tables import RAW_EVENTS, LakeTable
from orchestration.on_air import EVER, WHOLE_EVERY, look_of
from orchestration.partitions import MAPS
from orchestration.sensors import decided_maps, imported_maps, outgrown_maps
from tests.orchestration.imported import SEEDS, import_match, resources, told
from tests.orchestration.made_lake import carded
from tests.orchestration.stored import said


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed in SEEDS:
        import_match(tmp_path, told(seed))
    return tmp_path


def test_the_sensor_gives_imported_maps_their_partitions_and_asks_for_no_run(
    root: Path, instance: dg.DagsterInstance
) -> None:
    context = dg.build_sensor_context(instance=instance, resources=resources(root))
    result = decided_maps(context)
    assert isinstance(result, dg.SensorResult)
    assert result.run_requests == []
    (request,) = result.dynamic_partitions_requests or ()
    assert list(request.partition_keys) == [each.key for each in imported_maps(root, ())]
    instance.add_dynamic_partitions(MAPS.name or "", list(request.partition_keys))
    known = list(request.partition_keys)
    assert imported_maps(root, known) == []
    assert look_of(result.cursor).imports_at > EVER
    context = dg.build_sensor_context(instance=instance, resources=resources(root), cursor=result.cursor)
    assert isinstance(decided_maps(context), dg.SkipReason)


def test_an_imported_match_that_cannot_be_read_keeps_no_other_from_its_partitions(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    poisoned, sound = imported_maps(root, ())
    file = next(poisoned.match.folder(root, "raw_events").glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-100])
    assert imported_maps(root, ()) == [sound]
    assert file.name in caplog.text


def test_a_match_without_maps_is_read_once_and_then_by_the_hour(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at, match = list[Partition](), import_match(tmp_path, [said("m", datetime.now(UTC), number=1)])

    def noted(root: Path, table: LakeTable, partition: Partition, **more: Any) -> pa.Table:
        looked_at.append(partition)
        return read(root, table, partition, **more)

    monkeypatch.setattr("orchestration.sensors.read", noted)
    os.utime(match.folder(tmp_path, RAW_EVENTS.name) / MANIFEST, (0, 0))
    context = dg.build_sensor_context(instance=instance, resources=resources(tmp_path))
    decided_maps(context)
    decided_maps(context)
    assert looked_at == [match]
    look = look_of(context.cursor)
    context.update_cursor(replace(look, mapless_at=look.mapless_at - WHOLE_EVERY).cursor())
    decided_maps(context)
    assert looked_at == [match, match]


def test_an_imported_match_whose_id_cannot_be_read_keeps_no_other_from_its_partitions(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sound = imported_maps(root, ())
    match = import_match(root, [said("ü" * 200, datetime.now(UTC), number=1, map_id="a")])
    manifest = match.folder(root, "raw_events") / "manifest.json"
    manifest.write_text("no manifest")
    assert imported_maps(root, ()) == sound
    assert str(manifest) in caplog.text


def test_a_map_that_is_imported_into_a_known_match_gets_its_partition(
    root: Path, instance: dg.DagsterInstance
) -> None:
    known = [each.key for each in imported_maps(root, ())]
    instance.add_dynamic_partitions(MAPS.name or "", known)
    context = dg.build_sensor_context(instance=instance, resources=resources(root))
    assert isinstance(decided_maps(context), dg.SkipReason)
    later = said(told(SEEDS[0])[0].match_id, datetime.now(UTC), number=1, map_id="later")
    match = import_match(root, [later])
    assert imported_maps(root, known, since=datetime.now(UTC) + timedelta(minutes=1)) == []
    context = dg.build_sensor_context(instance=instance, resources=resources(root), cursor=context.cursor)
    result = decided_maps(context)
    assert isinstance(result, dg.SensorResult)
    (request,) = result.dynamic_partitions_requests or ()
    assert list(request.partition_keys) == [f"{match.key}:later"]


def test_a_map_that_files_brought_more_of_is_made_again(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    """Once it was made: before that a backfill is due."""
    match = import_match(tmp_path, told(SEEDS[0], 100))
    (at,) = imported_maps(tmp_path, ())
    instance.add_dynamic_partitions(MAPS.name or "", [at.key])
    assert asked(tmp_path, instance) == []
    carded(tmp_path, at, made_from=manifest_of(tmp_path, match).content)
    assert asked(tmp_path, instance) == []
    import_match(tmp_path, told(SEEDS[0], 200))
    content = manifest_of(tmp_path, match).content
    assert asked(tmp_path, instance) == [(at.key, f"{at.key}@{content}/outgrown+0")]
    hour = datetime.now(UTC) + timedelta(hours=1)
    (later,) = outgrown_maps(tmp_path, [at.key], EVER, now=hour).values()
    assert later == f"{content}/outgrown+1", "what failed is asked for again"
    carded(tmp_path, at, made_from=manifest_of(tmp_path, match).content)
    assert asked(tmp_path, instance) == []


def asked(root: Path, instance: dg.DagsterInstance) -> list[tuple[str | None, str | None]]:
    """Partition and key of each run that the sensor asks for."""
    result = decided_maps(dg.build_sensor_context(instance=instance, resources=resources(root)))
    runs = (result.run_requests or ()) if isinstance(result, dg.SensorResult) else ()
    return [(each.partition_key, each.run_key) for each in runs]
