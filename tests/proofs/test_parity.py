"""The same maps through intake, broker, stream, loader and store give the digests of `midround fold`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.predictor import Predictor, load_champion
from tests.proofs.live import (
    VARIANTS,
    Live,
    duplicated,
    expected_digest,
    interleaved,
    live,
    matches,
    shuffled,
)

SIX = 6
IN_TURN = 4
"""Maps at once: the intake, like the stream, holds them all."""


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return load_champion()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Live]:
    with live(tmp_path) as machine:
        yield machine


def six(recorded: Path) -> list[Path]:
    """Both versions of the format, a map with overtime among them."""
    league = sorted((recorded / "cs2df" / "nju").glob("*.zip"), key=lambda p: p.stat().st_size)
    return [*league[:2], *league[-2:], *sorted((recorded / "cs2df" / "pro").glob("*.zip"))[:2]]


def demand_parity(running: Live, files: list[Path], variant: str, predictor: Predictor) -> None:
    for start in range(0, len(files), IN_TURN):
        told = matches(files[start : start + IN_TURN])
        running.send(VARIANTS[variant](told))
        for events in told:
            match_id = events[0].match_id
            running.await_store(match_id, len(events))
            assert running.digest(match_id) == expected_digest(events, predictor), match_id


@pytest.mark.slow
def test_six_maps_through_the_live_path(running: Live, recorded: Path, predictor: Predictor) -> None:
    files = six(recorded)
    assert len(files) == SIX
    demand_parity(running, files[:2], "duplicated", predictor)
    demand_parity(running, files[2:4], "shuffled", predictor)
    demand_parity(running, files[4:], "interleaved", predictor)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("variant", VARIANTS)
def test_all_maps_through_the_live_path(
    running: Live, recorded: Path, predictor: Predictor, variant: str
) -> None:
    files = sorted((recorded / "cs2df").rglob("*.zip"))
    assert len(files) == 44
    demand_parity(running, files, variant, predictor)


def test_the_variants_keep_every_event() -> None:
    told = [list(simulate(Setting(seed=seed, best_of=1, position_hz=0)))[:300] for seed in (1, 2)]
    ids = {event.event_id for events in told for event in events}
    for variant in VARIANTS.values():
        assert {event.event_id for event in variant(told)} == ids
    assert len(duplicated(told)) > len(interleaved(told))
    assert [e.event_id for e in shuffled(told)] != [e.event_id for e in interleaved(told)]
