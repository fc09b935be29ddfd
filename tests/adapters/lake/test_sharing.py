"""Several use the lake at once: nobody takes from another what he reads, nor finds a match another day."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.lake import raw, upkeep
from adapters.lake.files import locked
from adapters.lake.partitions import partitions
from adapters.lake.raw import RawEvent
from adapters.lake.views import open_lake
from game.codec import encode
from tests.adapters.lake.importer import EVENTS, imported
from tests.adapters.lake.test_crashes import age


def test_who_reads_what_was_compacted_reads_on(tmp_path: Path) -> None:
    """However old the files were: they are swept an hour after they were replaced."""
    imported(tmp_path, 3)
    reader = open_lake(tmp_path)
    age(tmp_path)
    assert upkeep.compact(tmp_path).swept == 0
    assert reader.execute("SELECT count(*) FROM raw_events").fetchone() == (len(EVENTS),)
    age(tmp_path)
    assert upkeep.compact(tmp_path).swept == 3


def test_what_another_sweeps_first_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one sweeps when ours has seen which files there are, and before it has looked at them."""
    folder = imported(tmp_path, 1).partition.folder(tmp_path, "raw_events")
    (folder / ".tmp-7.parquet").write_bytes(b"half")
    age(tmp_path)
    list_files = Path.iterdir

    def after_the_other(of: Path) -> Iterator[Path]:
        monkeypatch.undo()
        found = list(list_files(of))
        assert upkeep.compact(tmp_path).swept == 1
        return iter(found)

    monkeypatch.setattr(upkeep, "locked", lambda _folder: nullcontext())
    monkeypatch.setattr(Path, "iterdir", after_the_other)
    assert upkeep.compact(tmp_path).swept == 0


def test_of_two_that_bring_a_match_first_the_second_takes_the_day_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one comes when ours has found no day and has not locked yet."""
    later = replace(EVENTS[0], ts_event=EVENTS[0].ts_event + timedelta(days=1))

    def after_the_other(folder: Path) -> AbstractContextManager[None]:
        monkeypatch.setattr(raw, "locked", locked)
        imported(tmp_path, 1)
        return locked(folder)

    monkeypatch.setattr(raw, "locked", after_the_other)
    ours = [RawEvent(raw=encode(later), file="b.ndjson")]
    assert raw.add(tmp_path, later.match_id, ours, code_version="test").total == len(EVENTS) + 1
    assert len(partitions(tmp_path, "raw_events")) == 1
