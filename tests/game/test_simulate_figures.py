"""Simulated maps beside recorded ones: their aggregates lie within the spread of the recorded maps."""

from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.recordings import open_recording, recording_paths
from game import events as e
from game.payloads import Side
from game.rules import MR12
from game.simulate.armory import PISTOL
from game.simulate.economy import buy, plans_of
from game.simulate.fighter import Fighter
from game.simulate.series import simulate
from game.simulate.setting import MAP_POOL, Setting
from game.sources.cs2df import Recording
from game.sources.cs2df_series import match_of, translate
from tests.game.aggregates import (
    Figures,
    MapFigures,
    figures_by_map,
    recorded_figures,
    rounds_of,
    spread,
    spreads,
)

SERIES = 3
"""Times that each map of the pool is played."""
NAMES = MapFigures.__struct_fields__


@cache
def simulated() -> list[MapFigures]:
    found: list[MapFigures] = []
    for seed in range(SERIES):
        for number, name in enumerate(MAP_POOL):
            setting = Setting(seed=100 * seed + number, best_of=1, maps=(name,), position_hz=0)
            found += figures_by_map(simulate(setting))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_mean_over_maps_is_that_of_an_ordinary_recorded_map(name: str) -> None:
    """Within the middle nine tenths, and no further from the recorded mean than the middle half is wide; where most
    maps have one value, than a quarter of the middle nine tenths."""
    real, mean = recorded_figures().spreads[name], spreads(simulated())[name].mean
    assert real.q05 <= mean <= real.q95
    assert abs(mean - real.mean) <= max(real.q75 - real.q25, (real.q95 - real.q05) / 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_single_maps_lie_where_recorded_maps_lie(name: str) -> None:
    real = recorded_figures().spreads[name]
    within = [real.low <= getattr(figures, name) <= real.high for figures in simulated()]
    assert sum(within) >= 0.8 * len(within)


@pytest.mark.proof
def test_the_shipped_figures_are_those_of_the_recorded_maps(recorded: Path) -> None:
    maps: list[MapFigures] = []
    rounds = 0
    for path in recording_paths([recorded / "cs2df"]):
        recording = open_recording(path)
        assert isinstance(recording, Recording)
        events = list(translate(match_of(recording)))
        maps += figures_by_map(events)
        rounds += rounds_of(events)
    shipped = recorded_figures()
    found = Figures(source=shipped.source, maps=len(maps), rounds=rounds, spreads=spreads(maps))
    assert found == shipped


def test_the_armour_of_a_pistol_round_is_never_one_sided() -> None:
    """As in the recorded rounds: three to five of five have armour, seldom two, and nobody a helmet."""
    sides: tuple[Side, Side] = ("ct", "t")
    for side in sides:
        for seed in range(300):
            team = [_beginner(f"{side}{number}", side) for number in range(5)]
            rng = Random(seed)
            plans = plans_of(team, is_pistol=True, is_last_of_half=False, rng=rng)
            for fighter, plan in zip(team, plans, strict=True):
                buy(fighter, plan, rng)
            assert {fighter.armor for fighter in team} <= {0, 100}
            assert 200 <= sum(fighter.armor for fighter in team) <= 500
            assert not any(fighter.has_helmet or fighter.money < 0 for fighter in team)
            assert side == "ct" or not any(fighter.has_kit for fighter in team)


def _beginner(player_id: str, side: Side) -> Fighter:
    """A player as a half begins."""
    fighter = Fighter(player_id=player_id, name=player_id, team="A", skill=0.0)
    fighter.side, fighter.money, fighter.secondary = side, MR12.start_money, PISTOL[side]
    return fighter


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1))
def test_quantiles_are_in_order_and_within_the_values(values: list[float]) -> None:
    found = spread(values)
    quantiles = [found.low, found.q05, found.q25, found.q50, found.q75, found.q95, found.high]
    assert quantiles == sorted(quantiles)
    assert found.low == round(min(values), 4)
    assert found.high == round(max(values), 4)


def test_shares_of_a_map_add_up() -> None:
    (figures,) = figures_by_map(simulate(Setting(seed=1, best_of=1, position_hz=0)))
    ends = (
        figures.ct_win + figures.t_win + figures.bomb_defused + figures.target_bombed + figures.time_ran_out
    )
    buys = figures.buy_pistol + figures.buy_eco + figures.buy_semi + figures.buy_full
    assert ends == pytest.approx(1.0)
    assert buys == pytest.approx(1.0)
    assert figures.ct_win_share == pytest.approx(figures.ct_win + figures.bomb_defused + figures.time_ran_out)


def test_warm_up_and_knife_kills_are_not_counted() -> None:
    with_them = list(simulate(Setting(seed=2, best_of=1, position_hz=0)))
    without = [event for event in with_them if event.round_no is not None or not isinstance(event, e.Kill)]
    assert len(without) < len(with_them)
    assert figures_by_map(with_them) == figures_by_map(without)
