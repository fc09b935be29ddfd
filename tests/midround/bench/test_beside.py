"""Pairs are compared within themselves, and the idle backfill is one."""

import contextlib
import multiprocessing
import os
from pathlib import Path

import pytest

from adapters.lake.partitions import partitions
from adapters.lake.tables import QUALITY
from midround.bench.backfill import fill
from midround.bench.beside import derive_for_ever, report
from midround.bench.figures import Watch


def test_a_machine_that_slows_down_between_pairs_does_not_move_the_ratio() -> None:
    found = report([10.0, 20.0, 40.0], [12.0, 24.0, 48.0], load="x", watch=Watch())
    assert found.values["median_ratio"] == found.values["most_ratio"] == 1.2
    assert found.targets[0].is_met
    assert not report([10.0], [16.0], load="x", watch=Watch()).targets[0].is_met


@pytest.mark.slow
def test_the_backfill_derives_its_lake_in_idle_time_until_it_is_ended(tmp_path: Path) -> None:
    fill(tmp_path, [], simulated=1, distinct=1)
    child = multiprocessing.get_context("spawn").Process(target=derive_for_ever, args=(tmp_path,))
    child.start()
    try:
        assert child.pid is not None
        while os.sched_getscheduler(child.pid) != os.SCHED_IDLE:
            assert child.is_alive()
            child.join(0.1)
        with contextlib.suppress(
            PermissionError
        ):  # it has shown its manners: beside other tests it would never end
            os.sched_setscheduler(child.pid, os.SCHED_OTHER, os.sched_param(0))
        while not partitions(tmp_path, QUALITY.name):
            assert child.is_alive()
            child.join(0.1)
    finally:
        child.kill()
        child.join(10)
