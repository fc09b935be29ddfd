"""Leftovers of a crash are not taken for snapshots; everything that Bytewax resumes from stays."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir
from hypothesis import given
from hypothesis import strategies as st

from streaming.recovery import drop_unclosed


def store(folder: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(next(folder.glob("part-*.sqlite3"))))


def fill(folder: Path, *, resumed_at: int, frontier: int | None, epochs: list[int]) -> None:
    """The store of a second execution that began at `resumed_at`, closed all below `frontier`, and crashed."""
    init_db_dir(folder, 1)  # type: ignore[no-untyped-call]
    with store(folder) as made, made:
        made.execute("INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (0, 1, 1)")
        made.execute("INSERT INTO fronts (ex_num, worker_index, worker_frontier) VALUES (0, 0, 900)")
        made.execute("INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (1, 1, ?)", (resumed_at,))
        if frontier is not None:
            made.execute(
                "INSERT INTO fronts (ex_num, worker_index, worker_frontier) VALUES (1, 0, ?)", (frontier,)
            )
        rows = [("count", f"key-{epoch}", epoch, b"state") for epoch in epochs]
        made.executemany(
            "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)", rows
        )


def kept(folder: Path) -> list[int]:
    with store(folder) as made:
        return [epoch for (epoch,) in made.execute("SELECT snap_epoch FROM snaps ORDER BY snap_epoch")]


@given(st.integers(1, 30), st.none() | st.integers(1, 30), st.sets(st.integers(0, 40)))
def test_only_epochs_that_were_closed_stay(
    tmp_path_factory: pytest.TempPathFactory, resumed_at: int, frontier: int | None, epochs: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("recovery")
    fill(folder, resumed_at=resumed_at, frontier=frontier, epochs=sorted(epochs))
    first_open = max(resumed_at, frontier or 0)
    assert drop_unclosed(folder) == sum(epoch >= first_open for epoch in epochs)
    assert kept(folder) == sorted(epoch for epoch in epochs if epoch < first_open)
    assert drop_unclosed(folder) == 0


def test_a_new_store_has_nothing_to_drop(tmp_path: Path) -> None:
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]
    assert drop_unclosed(tmp_path) == 0


def test_a_folder_without_store_has_nothing_to_drop(tmp_path: Path) -> None:
    assert drop_unclosed(tmp_path) == 0
