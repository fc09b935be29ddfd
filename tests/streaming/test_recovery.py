"""Leftovers of a crash are not taken for snapshots; everything that Bytewax resumes from stays."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from bytewax.recovery import init_db_dir
from hypothesis import given
from hypothesis import strategies as st

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import connection
from adapters.kafka.records import RAW
from streaming.recovery import drop_unclosed, forget_offsets, open_recovery


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


def test_only_the_sources_offsets_are_forgotten(tmp_path: Path) -> None:
    fill(tmp_path, resumed_at=1, frontier=9, epochs=[3, 5])
    with store(tmp_path) as made, made:
        row = ("midround.raw", "raw-game-events:0", 5, b"offset")
        made.execute(
            "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)", row
        )
    forget_offsets(tmp_path, "midround.raw")
    assert kept(tmp_path) == [3, 5]


@pytest.mark.slow
def test_what_was_told_in_a_log_that_is_gone_is_carried_over_once(tmp_path: Path) -> None:
    """A store that cannot be read is dropped instead: nobody knows what it says."""
    folder = tmp_path / "state"
    for is_damaged in (False, True):
        with EmbeddedBroker() as broker:
            there = connection(broker.bootstrap_servers, {}, embedded=True)
            found, again = (
                open_recovery(there, folder, topics=(RAW,), source="midround.raw") for _ in range(2)
            )
        assert (found.is_carried, again.is_carried) == (False, False)
        assert (folder / "origin.json").is_file()
        if is_damaged:
            next(folder.glob("part-*.sqlite3")).write_bytes(b"no database" * 100)
        with EmbeddedBroker() as broker:
            there = connection(broker.bootstrap_servers, {}, embedded=True)
            found = open_recovery(there, folder, topics=(RAW,), source="midround.raw")
            assert found.is_carried is not is_damaged
            assert not open_recovery(there, folder, topics=(RAW,), source="midround.raw").is_carried
        shutil.rmtree(folder)
