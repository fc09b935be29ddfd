"""Names of weapons and items, as sources write them."""

import pytest

from game.weapons import is_grenade, is_primary, is_utility, plain_name


@pytest.mark.parametrize(
    "names",
    [
        ("weapon_ak47", "AK-47", "ak47"),
        ("weapon_m4a1_silencer", "M4A1-S"),
        ("weapon_sg556", "SG 553"),
        ("weapon_bizon", "PP-Bizon"),
        ("weapon_incgrenade", "Incendiary Grenade"),
        ("weapon_hegrenade", "High Explosive Grenade"),
        ("weapon_decoy", "Decoy Grenade"),
        ("weapon_smokegrenade", "Smoke Grenade"),
    ],
)
def test_a_weapon_is_one_by_its_entity_and_by_the_name_that_is_shown(names: tuple[str, ...]) -> None:
    assert len({plain_name(name) for name in names}) == 1
    assert {is_primary(name) or is_grenade(name) for name in names} == {True}


def test_fire_is_utility_and_no_grenade() -> None:
    assert is_utility("inferno")
    assert not is_grenade("inferno")
    assert not is_utility(None)
