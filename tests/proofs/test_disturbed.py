"""kill -9 of stream and loader at random points of a three-map replay on real Kafka: nothing is lost. Nor where a part
hangs for a while and goes on: the others wait for it, and nobody kills it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from game.events import AnyEvent
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import inputs
from midround.supervisor import Say
from tests.proofs.disturbing import PARTS, SEED, lost
from tests.proofs.system import System

HANGS_S = 12.0
"""Longer than a client waits for an answer of the store, and the intake for one of the broker."""
SERIES = (
    "2026-02-09_de_nuke_team-ash-vs-team-juniper.zip",
    "2026-02-09_de_mirage_team-ash-vs-team-juniper.zip",
    "2026-02-09_de_inferno_team-juniper-vs-team-ash.zip",
)


@pytest.fixture(scope="session")
def three_maps(recorded: Path) -> list[AnyEvent]:
    """Three recorded maps as one match."""
    paths = [recorded / "cs2df" / "pro" / name for name in SERIES]
    return [event for match in inputs.recorded(paths, is_series=True) for event in match.events()]


@pytest.fixture(scope="session")
def simulated_maps() -> Iterator[list[AnyEvent]]:
    """A simulated best of three that took three maps."""
    for seed in range(SEED, SEED + 100):
        events = list(simulate(Setting(seed=seed, best_of=3, position_hz=0)))
        if len({event.map_id for event in events if event.map_id is not None}) == 3:
            yield events
            return


@pytest.mark.proof
def test_two_kills_of_a_simulated_series_lose_nothing(
    simulated_maps: list[AnyEvent], tmp_path: Path, say: Say
) -> None:
    kills = ("stream", "loader")
    assert lost(simulated_maps, kills, disturb=System.kill, falls=2, folder=tmp_path, say=say) == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_eight_kills_of_a_recorded_series_lose_nothing(
    three_maps: list[AnyEvent], tmp_path: Path, say: Say
) -> None:
    kills = ("stream", "loader") * 4
    assert lost(three_maps, kills, disturb=System.kill, falls=8, folder=tmp_path, say=say) == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_eight_kills_of_a_simulated_series_lose_nothing(
    simulated_maps: list[AnyEvent], tmp_path: Path, say: Say
) -> None:
    kills = ("stream", "loader") * 4
    assert lost(simulated_maps, kills, disturb=System.kill, falls=8, folder=tmp_path, say=say) == []


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_parts_that_hang_for_a_while_lose_nothing(
    simulated_maps: list[AnyEvent], tmp_path: Path, say: Say
) -> None:
    hang = partial(System.hang, for_s=HANGS_S)
    assert lost(simulated_maps, PARTS, disturb=hang, falls=0, folder=tmp_path, say=say) == []
