"""Maps as the notebooks learn from them are those that the champion knows."""

from pathlib import Path

import pytest

from adapters.lake import raw
from adapters.lake.partitions import partitions
from adapters.lake.raw import RawEvent
from adapters.lake.tables import RAW_EVENTS
from game.codec import encode
from midround import inputs
from midround.examples import fill, training_maps
from models.bundle import read_champion
from models.contest import reigning
from models.predictor import CHAMPION
from orchestration.derivation import derive_many
from tests.midround.test_models import shortest

pytestmark = [pytest.mark.slow, pytest.mark.recorded]


@pytest.fixture
def recordings(recorded: Path) -> list[Path]:
    return sorted(shortest(recorded, 2))


def test_the_champion_knows_its_own_maps_in_a_lake_of_recordings(
    recordings: list[Path], tmp_path: Path
) -> None:
    fill(tmp_path, recordings, maps=3)
    maps, champion = training_maps(tmp_path), reigning(read_champion(CHAMPION))
    assert [map_.file for map_ in maps] == [*(path.name for path in recordings), "simulated match 0"]
    assert champion.own(maps) == maps[:2]
    assert champion.absent(maps) == tuple(sorted(set(champion.seen) - {path.name for path in recordings}))


def test_the_champion_knows_its_own_maps_where_they_were_on_air(
    recordings: list[Path], tmp_path: Path
) -> None:
    for match in inputs.recorded(recordings[:1]):
        told = list(match.events())
        given = [
            RawEvent(raw=encode(event), topic="raw-game-events", partition=0, offset=offset)
            for offset, event in enumerate(told)
        ]
        raw.add(tmp_path, told[0].match_id, given, code_version="test")
    assert not [
        each.error for each in derive_many(tmp_path, partitions(tmp_path, RAW_EVENTS.name)) if each.error
    ]
    maps, champion = training_maps(tmp_path), reigning(read_champion(CHAMPION))
    assert len(maps) == 1
    assert maps[0].file not in champion.seen
    assert champion.own(maps) == maps
