"""The backfill's figures come from a lake that it filled itself, and say what they were measured on."""

import pytest

from midround.bench import backfill


@pytest.mark.slow
def test_copies_of_a_simulated_map_are_derived_as_matches_of_their_own() -> None:
    report = backfill.measured([], simulated=3, distinct=1, processes=2)
    assert report.values["matches"] == 3
    assert report.load == "0 recorded maps and 3 simulated ones, 1 of these distinct; 2 processes"
    assert report.values["memory_mb_peak"] >= report.values["memory_mb_early"] > 0
    assert len(report.targets) == 4
