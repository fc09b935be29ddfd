"""What maps and blocks are worth: figures on the same unseen rows, with intervals that few maps do not flatter."""

import numpy as np
import pytest

from models import worth
from models.calibration import Interval
from models.candidates import Candidate, candidates, fit_candidate
from models.fitting import RoundFit, Rows
from models.logistic import Inequalities, Matrix
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


def test_maps_of_a_unit_stay_together_and_no_date_decides_which_come_first() -> None:
    units = np.repeat(np.arange(12), 3)
    orders = [worth.drawn_order(units, seed=seed) for seed in range(40)]
    for order in orders:
        assert sorted(order.tolist()) == list(range(len(units)))
        assert len(set(units[order][::3].tolist())) == 12
        assert (units[order].reshape(12, 3) == units[order][::3, None]).all()
    firsts = [float(units[order][:12].mean()) for order in orders]
    assert abs(float(np.mean(firsts)) - units.mean()) < 1.0
    assert np.array_equal(orders[0], worth.drawn_order(units, seed=0))


@pytest.mark.slow
def test_smaller_fits_of_the_learning_curve_learn_from_drawn_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    maps, learned = made_maps(range(1, 9)), list[tuple[int, ...]]()

    def noted(rows: Rows, bounds: Inequalities, candidate: Candidate) -> RoundFit:
        learned.append(tuple(np.unique(rows.map_index).astype(int).tolist()))
        return fit_candidate(rows, bounds, candidate)

    monkeypatch.setattr(worth, "fit_candidate", noted)
    worth.learning_curve(maps, candidates(QUICK)[0])
    sizes = [len(some) for some in learned]
    assert sizes == sorted(sizes)
    smallest = {some for some in learned if len(some) == sizes[0]}
    assert len(smallest) > worth.FOLDS
