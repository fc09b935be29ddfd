"""A process that is killed, fills the disk or meets another leaves the lake whole; the next import completes it."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.lake import raw, upkeep
from adapters.lake.files import UNFINISHED
from adapters.lake.partitions import partitions
from adapters.lake.tables import RAW_EVENTS
from adapters.lake.views import open_lake
from tests.adapters.lake import importer
from tests.adapters.lake.importer import EVENTS, imported

PIECES = 3


def started(root: Path, *options: int, count: int = PIECES) -> "subprocess.Popen[str]":
    command = [sys.executable, importer.__file__, str(root), str(count), *map(str, options)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_whole(root: Path) -> None:
    """Whatever is visible is so whole, and the next import makes it complete."""
    assert upkeep.verify(root).findings == ()
    seen = open_lake(root).execute("SELECT count(*) FROM raw_events").fetchone()
    assert seen in {(len(EVENTS) * done // PIECES,) for done in range(PIECES + 1)}
    added, clean = imported(root, PIECES), imported(root / "clean", PIECES)
    assert (added.total, added.content) == (len(EVENTS), clean.content)
    assert [event.raw for event in raw.raw_events(root, added.partition)] == [
        event.raw for event in raw.raw_events(root / "clean", clean.partition)
    ]


def age(root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))


@pytest.mark.slow
@pytest.mark.parametrize("die_at", range(1, 7))
def test_killed_at_any_write_an_import_leaves_no_half_file(tmp_path: Path, die_at: int) -> None:
    with started(tmp_path, die_at) as process:
        process.communicate(timeout=120)
    assert process.returncode == -9
    is_whole(tmp_path)
    age(tmp_path)
    upkeep.compact(tmp_path)
    assert not list(tmp_path.rglob(f"{UNFINISHED}*"))
    assert upkeep.verify(tmp_path).findings == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_a_random_moment_an_import_leaves_no_half_file(tmp_path: Path, seed: int) -> None:
    with started(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(random.Random(seed).random() * 0.15)
        process.kill()
    is_whole(tmp_path)


@pytest.mark.slow
def test_two_imports_of_a_match_at_once_both_succeed_and_keep_it_once(tmp_path: Path) -> None:
    both = [started(tmp_path), started(tmp_path)]
    for process in both:
        with process:
            _, said = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, "")
    assert len(partitions(tmp_path, RAW_EVENTS.name)) == 1
    is_whole(tmp_path)


@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    first = imported(tmp_path, 1).content
    elsewhere = tmp_path / "more"
    with started(elsewhere, 0, 2_000) as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "cannot be written: File too large" in said
    assert partitions(elsewhere, RAW_EVENTS.name) == []
    assert not list(tmp_path.rglob(f"{UNFINISHED}*"))
    assert not list(elsewhere.rglob("*.parquet"))
    assert imported(elsewhere, 1).content == first
