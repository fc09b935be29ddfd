"""The division of a difference: exact sums, symmetry, nothing for what did not change."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from game.features import FEATURE_NAMES, Features
from models.explanation import GROUPS, explained
from models.predictor import load_champion
from tests.models.inputs import any_features

CHAMPION = load_champion()
features = any_features()


def chance(of: Features) -> float:
    return CHAMPION.live(of).p


def test_every_input_is_in_one_group() -> None:
    named = [field for fields in GROUPS.values() for field in fields]
    assert sorted(named) == sorted(FEATURE_NAMES)


@settings(max_examples=25)
@given(before=features, after=features)
def test_the_parts_sum_to_what_was_published_to_the_last_digit(before: Features, after: Features) -> None:
    difference = round(chance(after), 4) - round(chance(before), 4)
    parts = explained(chance, before, after, difference=difference)
    assert sum(round(part * 10_000) for part in parts.values()) == (
        round(difference * 10_000) if parts else 0
    )


@given(before=features)
def test_nothing_changed_is_nothing_explained(before: Features) -> None:
    assert explained(chance, before, before, difference=0.0) == {}


@given(before=features, dead=st.integers(1, 3))
@settings(max_examples=25)
def test_one_group_alone_has_it_all(before: Features, dead: int) -> None:
    after = replace(before, t_alive=max(0, before.t_alive - dead))
    difference = round(chance(after) - chance(before), 4)
    if after != before:
        assert explained(chance, before, after, difference=difference) == {"players": difference}


def test_what_interacts_is_shared_alike() -> None:
    """Of a product of two groups that both went from 0 to 1 each has a half."""
    none = Features(**dict.fromkeys(FEATURE_NAMES, 0))  # type: ignore[arg-type]
    both = replace(none, ct_alive=1, ct_kits=1)
    parts = explained(lambda f: float(f.ct_alive * f.ct_kits), none, both, difference=1.0)
    assert parts == {"players": pytest.approx(0.5), "kits": pytest.approx(0.5)}
