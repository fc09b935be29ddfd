"""What maps and blocks are worth: figures on the same unseen rows, with intervals that few maps do not flatter."""

import numpy as np
import pytest

from models import worth
from models.calibration import Interval
from models.candidates import candidates
from models.logistic import Matrix
from tests.models.rows import QUICK, made_maps


@pytest.mark.slow
def test_of_few_maps_an_interval_draws_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    maps, drawn = made_maps(range(1, 5)), list[tuple[Matrix, Matrix]]()

    def noted(_values: Matrix, index: Matrix, *, rounds: Matrix) -> Interval:
        drawn.append((index, rounds))
        return Interval(0.0, 0.0, 0.0)

    monkeypatch.setattr(worth, "over_maps", noted)
    candidate = candidates(QUICK)[0]
    worth.learning_curve(maps, candidate)
    worth.block_worth(maps, candidate)
    due = {(float(i), s.round_no) for i, map_ in enumerate(maps) for s in map_.clock()}
    assert len(drawn) > 2 * len(worth.SHARES)
    for index, rounds in drawn:
        pairs = set(zip(index.tolist(), rounds.tolist(), strict=True))
        assert len(pairs) == len(np.unique(rounds)) == len(due)
