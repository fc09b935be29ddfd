"""Recorded matches come to the lake from Dagster's launchpad, once however often it is clicked."""

from itertools import islice
from pathlib import Path

import dagster as dg
import pytest

from adapters.lake.partitions import partitions
from adapters.lake.raw import raw_events
from adapters.lake.tables import RAW_EVENTS
from game.codec import encode
from midround import inputs
from orchestration.importing import Import, import_recordings
from orchestration.resources import LakeResource

pytestmark = pytest.mark.slow


def imported(root: Path, *paths: Path) -> dg.ExecuteInProcessResult:
    return import_recordings.execute_in_process(
        resources={"lake": LakeResource(path=str(root))},
        run_config=dg.RunConfig(ops={"import_into_lake": Import(paths=[str(path) for path in paths])}),
        raise_on_error=False,
    )


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return str(event.step_failure_data.error)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    events = islice(inputs.simulated(seed=41, best_of=1, position_hz=0).events(), 300)
    path = tmp_path / "match.ndjson"
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


def test_a_recording_is_in_the_lake_once(recording: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert imported(tmp_path / "lake", recording).success
    (partition,) = partitions(tmp_path / "lake", RAW_EVENTS.name)
    assert len(raw_events(tmp_path / "lake", partition)) == 300


def test_what_is_none_fails_with_its_name_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"no zip")
    result = imported(tmp_path / "lake", broken)
    assert not result.success
    assert "broken.zip" in failure(result)
    assert list(partitions(tmp_path / "lake", RAW_EVENTS.name)) == []


def test_a_recording_after_a_good_one_that_is_none_keeps_the_good_one(
    recording: Path, tmp_path: Path
) -> None:
    result = imported(tmp_path / "lake", recording, tmp_path / "absent.ndjson")
    assert not result.success
    assert "absent.ndjson" in failure(result)
    assert len(list(partitions(tmp_path / "lake", RAW_EVENTS.name))) == 1


def test_nothing_to_import_is_said_so(tmp_path: Path) -> None:
    assert "names no file" in failure(imported(tmp_path / "lake"))
