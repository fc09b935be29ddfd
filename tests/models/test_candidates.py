"""The choice among candidates sees inner folds alone, is the same each time, and its shared fits are each one's own."""

import numpy as np
import pytest
from msgspec.structs import replace

from models.calibration import losses
from models.candidates import Candidate, candidates, choose, fit_candidate, inner_losses, searched
from models.contest import contest_by_fold
from models.fitting import inequalities, round_margin, rows_of
from models.folds import units
from models.logistic import sigmoid
from tests.models.rows import QUICK, champion_of, made_maps, turned

TRIED = candidates(QUICK)


def test_the_shipped_recipe_comes_first_and_names_are_unique() -> None:
    assert TRIED[0] == Candidate(name="shipped recipe", recipe=QUICK)
    assert len({candidate.name for candidate in TRIED}) == len(TRIED)
    assert {candidate.recipe.trees for candidate in TRIED} == {0, 4, 8}


@pytest.mark.slow
def test_shared_fits_are_those_that_each_candidate_would_get_alone() -> None:
    maps = made_maps(range(1, 7))
    rows, bounds = rows_of(maps), inequalities(maps, QUICK)
    found = inner_losses(rows, bounds.without(), TRIED, units=units(maps), folds=2)
    is_test = rows.map_index % 2 == 1
    for candidate in TRIED:
        alone = fit_candidate(rows.only(~is_test), bounds.without(), candidate)
        due = losses(sigmoid(round_margin(alone, rows.only(is_test))), rows.y[is_test])
        assert np.allclose(found[candidate.name][is_test], due, atol=1e-6), candidate.name


@pytest.mark.slow
def test_a_recipe_that_is_wrong_is_not_chosen() -> None:
    maps = made_maps(range(1, 9))
    bold, dull, fair = (
        Candidate(name=name, recipe=replace(QUICK, ridge=ridge, trees=0))
        for name, ridge in (("bold", 1e-3), ("dull", 1e7), ("fair", 100.0))
    )
    choice = choose(rows_of(maps), inequalities(maps, QUICK), [bold, dull, fair], units=units(maps))
    assert choice.name == "fair"
    assert choice.losses["fair"] < min(choice.losses["bold"], choice.losses["dull"])
    assert choice.paired["dull"].value > 0


def test_too_few_maps_for_the_folds_are_refused() -> None:
    maps = made_maps((1, 2))
    with pytest.raises(ValueError, match="2 units cannot be split into 3 inner folds"):
        choose(rows_of(maps), inequalities(maps, QUICK), TRIED[:1], units=units(maps))


@pytest.mark.slow
def test_the_choice_never_sees_the_outer_fold() -> None:
    """Turning every outcome of outer fold 0 changes neither its choice nor its chances, but the other folds'."""
    maps = made_maps(range(1, 13))
    champion = champion_of(maps)
    forged = [turned(map_) if i % 2 == 0 else map_ for i, map_ in enumerate(maps)]
    honest, poisoned = (contest_by_fold(some, TRIED, champion, folds=2) for some in (maps, forged))
    assert honest.choices[0] == poisoned.choices[0]
    assert honest.choices[1] != poisoned.choices[1]
    mine = honest.table.map_index % 2 == 0
    for name, values in honest.table.p.items():
        assert np.array_equal(values[mine], poisoned.table.p[name][mine]), name
        if name != "rule":
            assert not np.array_equal(values[~mine], poisoned.table.p[name][~mine]), name


@pytest.mark.slow
def test_the_search_is_bounded_and_finds_the_same_each_time() -> None:
    maps = made_maps(range(1, 7))
    rows, bounds = rows_of(maps), inequalities(maps, QUICK)
    first, again = (
        searched(rows, bounds.without(), base=QUICK, units=units(maps), trials=4) for _ in range(2)
    )
    assert first == again
    both = choose(rows, bounds.without(), [Candidate(name="base", recipe=QUICK), first], units=units(maps))
    assert both.losses["searched"] <= both.losses["base"] + 1e-9
