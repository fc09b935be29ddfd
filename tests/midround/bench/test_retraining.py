"""The retraining's figures come from a whole one, gates included, and say what it was made of."""

import pytest

from midround.bench import retraining
from models.candidates import candidates
from tests.models.rows import QUICK, champion_of, made_maps


@pytest.mark.slow
def test_a_whole_retraining_is_measured_beside_one_fit() -> None:
    maps = made_maps(range(1, 7), rounds=14)
    tried = candidates(QUICK)[:2]
    report = retraining.measured(maps, champion_of(maps[:4]), tried=tried, probed_states=20)
    assert report.load.startswith("6 maps, 2 candidates, folds and gates; chose ")
    assert report.values["whole_to_one_fit_ratio"] > 1
    assert 0 <= report.values["gates_passed"] <= report.values["gates"] > 0
    [target] = report.targets
    assert target.found == pytest.approx(report.values["whole_s"], abs=0.01)
