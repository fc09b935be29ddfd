"""The patch changes what decides rounds, and only where it is asked for."""

from itertools import islice

from game import events as e
from game.rules import MR12
from game.simulate.armory import GUNS
from game.simulate.patch import PATCHES, RULE_SETS
from game.simulate.series import simulate
from game.simulate.setting import Setting


def test_the_current_rules_change_nothing() -> None:
    current = PATCHES["current"]
    assert current.rules(MR12) is MR12
    assert all(current.power(gun) == gun.power for gun in GUNS.values())
    assert set(RULE_SETS) == set(PATCHES)


def test_the_patch_shortens_the_bomb_and_strengthens_guns_of_t() -> None:
    patch = PATCHES["patch"]
    assert patch.rules(MR12).bomb_s < MR12.bomb_s
    assert patch.power(GUNS["ak47"]) > GUNS["ak47"].power
    assert patch.power(GUNS["m4a1"]) == GUNS["m4a1"].power


def test_a_patched_bomb_explodes_when_the_patch_says() -> None:
    planted, waits = None, set()
    for event in islice(simulate(Setting(seed=3, best_of=1, position_hz=0, rules="patch")), 40_000):
        if isinstance(event, e.BombPlanted):
            planted = event.ts_event
        elif isinstance(event, e.BombExploded) and planted is not None:
            waits.add(round((event.ts_event - planted).total_seconds(), 2))
    assert waits == {PATCHES["patch"].bomb_s}
