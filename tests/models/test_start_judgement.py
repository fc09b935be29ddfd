"""The map model is judged on maps that its chain has not seen, at the start of each round."""

import numpy as np
import pytest
from msgspec.structs import replace

from models.chain_fit import fit_chain
from models.map_model import KINDS, MapModel
from models.start_judgement import EVEN, chances, start_figures, starts_judged
from models.tables import OURS
from tests.models.rows import made_maps, turned

MAPS = made_maps(range(1, 7))
FOLDS = np.arange(len(MAPS), dtype=np.int64) % 2


def test_the_chance_follows_the_score_and_ends_near_the_outcome() -> None:
    map_ = next(m for m in MAPS if abs(m.starts[-1].score_a - m.starts[-1].score_b) >= 4)
    told = chances(MapModel(fit_chain(MAPS, seed=1)), map_)
    assert len(told) == len(map_.starts)
    assert told[0] == pytest.approx(0.5, abs=0.1)
    last = map_.starts[-1]
    assert (told[-1] > 0.5) == (last.score_a > last.score_b)
    is_open = np.array([max(start.score_a, start.score_b) < 13 for start in map_.starts])
    assert np.array_equal((told > 0.0) & (told < 1.0), is_open)


def test_a_map_joined_late_is_seen_from_the_side_that_its_round_names() -> None:
    model = MapModel(fit_chain(MAPS, seed=1))
    whole = MAPS[0]
    late = replace(whole, starts=whole.starts[13:])
    assert np.array_equal(chances(model, late), chances(model, whole)[13:])


def test_no_map_is_judged_by_a_chain_that_has_seen_it() -> None:
    forged = [turned(map_) if fold == 0 else map_ for map_, fold in zip(MAPS, FOLDS, strict=True)]
    found, other = (starts_judged(maps, FOLDS, seed=1) for maps in (MAPS, forged))
    mine = FOLDS[found.map_index.astype(int)] == 0
    assert np.array_equal(found.p[OURS][mine], other.p[OURS][mine])
    assert not np.array_equal(found.p[OURS][~mine], other.p[OURS][~mine])


def test_a_map_that_nobody_won_is_not_judged() -> None:
    level = [replace(map_, a_won=None) if index == 2 else map_ for index, map_ in enumerate(MAPS)]
    found, other = (starts_judged(maps, FOLDS, seed=1) for maps in (MAPS, level))
    rest = found.map_index != 2
    assert np.array_equal(other.map_index, found.map_index[rest])
    assert np.array_equal(other.y, found.y[rest])
    assert np.array_equal(other.p[OURS], found.p[OURS][rest])


def test_maps_that_nobody_won_say_nothing_of_the_map_model() -> None:
    with pytest.raises(ValueError, match="nobody won any of the maps"):
        starts_judged([replace(map_, a_won=None) for map_ in MAPS], FOLDS, seed=1)


def test_figures_stand_beside_even_rounds_and_whoever_is_named() -> None:
    chain = fit_chain(MAPS, seed=1)
    sure = replace(chain, ct_wins=(0.95,) * len(KINDS))
    found = start_figures(starts_judged(MAPS, FOLDS, seed=1, beside={"sure": sure}, only=[1]))
    assert [figures.model for figures in found] == [OURS, "sure", EVEN]
    assert {figures.rows for figures in found} == {
        sum(len(m.starts) for m, f in zip(MAPS, FOLDS, strict=True) if f and m.a_won is not None)
    }
    assert found[0].paired is None
    paired = found[1].paired
    assert paired is not None
    assert paired.value < 0.0
