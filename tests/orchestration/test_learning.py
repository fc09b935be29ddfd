"""Maps as training takes them: each under a name of its own, whatever their recordings are called."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.lake import raw
from adapters.lake.partitions import partitions
from adapters.lake.raw import RawEvent
from adapters.lake.tables import RAW_EVENTS
from game.codec import encode
from models.partitions import frozen
from orchestration.learning import learnable
from tests.models.rows import made_map
from tests.orchestration.made_lake import put
from tests.orchestration.stored import said

FILES = {"first": "demo.zip", "second": "demo.zip", "third": "other.zip"}


def recorded(root: Path, files: Mapping[str, str]) -> None:
    """Matches of one map each, from these recordings."""
    for number, (match, file) in enumerate(files.items()):
        map_ = replace(made_map(number), file=match)
        put(root, map_)
        at = datetime(map_.day.year, map_.day.month, map_.day.day, tzinfo=UTC)
        event = RawEvent(raw=encode(said(match, at, number=0, map_id="map")), file=file)
        raw.add(root, match, [event], code_version="test")


def test_a_map_is_called_by_its_recording_unless_another_match_s_has_that_name(tmp_path: Path) -> None:
    recorded(tmp_path, FILES)
    found = [each.map_ for each in learnable(tmp_path)]
    assert {map_.match: map_.file for map_ in found} == {
        "first": "2026-01-01:first:map",
        "second": "2026-01-02:second:map",
        "third": "other.zip",
    }
    assert frozen(found, "test").keys() == tuple(sorted(map_.file for map_ in found))


def test_a_map_that_was_on_air_besides_keeps_its_name(tmp_path: Path) -> None:
    recorded(tmp_path, {"third": "other.zip"})
    (match,) = partitions(tmp_path, RAW_EVENTS.name)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    (known,) = raw.raw_events(tmp_path, match)
    late = encode(said("third", at, number=1, map_id="map"))
    on_air = [
        RawEvent(raw=told, topic="raw-game-events", partition=0, offset=offset, published_at=at)
        for offset, told in enumerate((known.raw, late))
    ]
    assert raw.add(tmp_path, "third", on_air, code_version="test").total == 2
    assert [(each.map_.file, each.map_.ids) for each in learnable(tmp_path)] == [("other.zip", "third/map")]


@pytest.mark.parametrize("match", ["first", "third"])
def test_a_recording_that_is_alone_gives_its_name(tmp_path: Path, match: str) -> None:
    recorded(tmp_path, {match: FILES[match]})
    assert [each.map_.file for each in learnable(tmp_path)] == [FILES[match]]
