"""What a few maps say of teams is not believed where it says that there is nothing to tell."""

import pytest

from models.chain_fit import LEAST_TEAM_SD, fit_chain
from models.map_model import MapModel, Shape
from tests.models.rows import made_maps

SHAPE = Shape(max_rounds=24, overtime_max_rounds=6, first_a_side="ct")


def test_a_strength_that_is_announced_counts_also_where_few_maps_showed_none() -> None:
    """Made maps have no teams: their rounds are as if drawn anew."""
    chain = fit_chain(made_maps(range(1, 6)), seed=1)
    assert chain.team_sd == LEAST_TEAM_SD
    model = MapModel(chain)
    assert model.start(SHAPE, model.edge_of(SHAPE, 0.8)) == pytest.approx(0.8, abs=0.02)
