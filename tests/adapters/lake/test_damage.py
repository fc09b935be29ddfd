"""Damage to the lake is told by file and reason, where it is, and changes nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from adapters import whole
from adapters.lake import files, raw, upkeep
from adapters.lake.files import LOCK, withdraw
from adapters.lake.partitions import MANIFEST, LakeError, partition_of
from adapters.lake.raw import RawEvent
from adapters.lake.tables import DERIVED, RAW_EVENTS
from adapters.lake.views import open_lake
from orchestration.derivation import derive
from tests.adapters.lake.importer import EVENTS, imported, pieces


def folder_of(root: Path, added: raw.Added) -> Path:
    return added.partition.folder(root, RAW_EVENTS.name)


def truncated(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def foreign(whole: bytes) -> bytes:
    return b"PAR1" + bytes(len(whole) - 8) + b"PAR1"


def empty(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [truncated, foreign, empty])
def test_a_damaged_file_is_named_by_whoever_reads_it(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    added = imported(tmp_path, 2)
    file = sorted(folder_of(tmp_path, added).glob("*.parquet"))[0]
    file.write_bytes(damage(file.read_bytes()))
    for use in (
        lambda: raw.raw_events(tmp_path, added.partition),
        lambda: derive(tmp_path, added.partition, None),
        lambda: upkeep.compact(tmp_path),
        lambda: raw.add(tmp_path, EVENTS[0].match_id, [RawEvent(raw=b"new")], code_version="test"),
    ):
        with pytest.raises(LakeError, match=file.name):
            use()
    assert [finding.file for finding in upkeep.verify(tmp_path).findings] == [file.name]
    assert raw.manifest_of(tmp_path, added.partition).rows == added.total


def test_one_flipped_byte_is_found(tmp_path: Path) -> None:
    [file] = folder_of(tmp_path, imported(tmp_path, 1)).glob("*.parquet")
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    [finding] = upkeep.verify(tmp_path).findings
    assert finding.file == file.name
    assert finding.reason.startswith("has SHA-256")


def test_a_file_of_other_rows_is_no_part_of_the_partition(tmp_path: Path) -> None:
    added = imported(tmp_path, 2)
    one, other = sorted(folder_of(tmp_path, added).glob("*.parquet"), key=lambda path: path.stat().st_size)
    shorter = imported(tmp_path / "other", 5)
    other.write_bytes(max(folder_of(tmp_path / "other", shorter).glob("*.parquet")).read_bytes())
    with pytest.raises(LakeError, match=f"{other.name}: has 60 rows, the manifest says 150"):
        raw.raw_events(tmp_path, added.partition)
    assert one.exists()


@pytest.mark.parametrize(
    "content", [b"{", b'{"table":"\xff"}', b'{"more":' + b"[" * 10_000 + b"]" * 10_000 + b"}"]
)
def test_a_damaged_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    added = imported(tmp_path, 1)
    (folder_of(tmp_path, added) / MANIFEST).write_bytes(content)
    with pytest.raises(LakeError, match=f"{MANIFEST}: is no manifest"):
        raw.manifest_of(tmp_path, added.partition)


def test_a_part_that_is_missing_from_the_middle_is_told(tmp_path: Path) -> None:
    added = imported(tmp_path, 3)
    path = folder_of(tmp_path, added) / MANIFEST
    manifest = msgspec.json.decode(path.read_bytes())
    del manifest["parts"][1]
    path.write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(LakeError, match="missing in the middle"):
        raw.raw_events(tmp_path, added.partition)
    assert [finding.file for finding in upkeep.verify(tmp_path).findings] == [MANIFEST]


@pytest.mark.parametrize(
    ("field", "value", "file", "reason"),
    [
        ("rows", 301, MANIFEST, "says 301 rows, its files have 300"),
        ("content", "0" * 64, MANIFEST, "says another content than that of the events"),
        ("parts", 299, "part-", "has 300 rows, the manifest says 299"),
    ],
)
def test_a_manifest_that_says_what_its_files_do_not_is_found(
    tmp_path: Path, field: str, value: object, file: str, reason: str
) -> None:
    path = folder_of(tmp_path, imported(tmp_path, 1)) / MANIFEST
    manifest = msgspec.json.decode(path.read_bytes())
    if field == "parts":
        manifest["parts"][0]["rows"] = manifest["rows"] = value
    else:
        manifest[field] = value
    path.write_bytes(msgspec.json.encode(manifest))
    [finding] = upkeep.verify(tmp_path).findings
    assert (finding.file.startswith(file), finding.reason) == (True, reason)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("schema_version", 99, "schema_version 99 is later than 1"),
        ("table", "facts", "table is facts, the folder is of raw_events"),
        ("rows", "many", "is no manifest"),
        ("colour", "blue", "is no manifest"),
    ],
)
def test_a_manifest_that_is_not_ours_is_refused_and_left_alone(
    tmp_path: Path, field: str, value: object, reason: str
) -> None:
    added = imported(tmp_path, 1)
    path = folder_of(tmp_path, added) / MANIFEST
    path.write_bytes(msgspec.json.encode({**msgspec.json.decode(path.read_bytes()), field: value}))
    before = sorted(path.parent.iterdir()), path.read_bytes()
    for use in (
        lambda: imported(tmp_path, 2),
        lambda: raw.raw_events(tmp_path, added.partition),
        lambda: open_lake(tmp_path),
        lambda: upkeep.compact(tmp_path),
    ):
        with pytest.raises(LakeError, match=reason):
            use()
    assert [finding.file for finding in upkeep.verify(tmp_path).findings] == [MANIFEST]
    assert (sorted(path.parent.iterdir()), path.read_bytes()) == before


def test_a_manifest_of_something_else_is_refused(tmp_path: Path) -> None:
    path = folder_of(tmp_path, imported(tmp_path, 1)) / MANIFEST
    for content in (b"", b"[]", b"\xff", b'{"table": "raw_events"}'):
        path.write_bytes(content)
        with pytest.raises(LakeError, match="is no manifest"):
            imported(tmp_path, 1)


def test_what_is_replaced_stays_for_those_who_read_it(tmp_path: Path) -> None:
    imported(tmp_path, 3)
    reader = open_lake(tmp_path)
    assert upkeep.compact(tmp_path).swept == 0
    assert reader.execute("SELECT count(*) FROM raw_events").fetchone() == (len(pieces(1)[0]),)
    [newest] = raw.manifest_of(tmp_path, imported(tmp_path, 1).partition).parts
    old = [path for path in tmp_path.rglob("*.parquet") if path.name != newest.file]
    assert len(old) == 3
    for path in old:
        os.utime(path, (0, 0))
    assert upkeep.compact(tmp_path).swept == 3
    assert open_lake(tmp_path).execute("SELECT count(*) FROM raw_events").fetchone() == (len(EVENTS),)
    assert upkeep.verify(tmp_path).findings == ()


def test_what_follows_from_raw_events_that_are_gone_or_others_is_found(tmp_path: Path) -> None:
    added = imported(tmp_path, 1)
    derive(tmp_path, added.partition, None)
    assert upkeep.verify(tmp_path).findings == ()
    raw.add(tmp_path, EVENTS[0].match_id, [RawEvent(raw=b"one more")], code_version="test")
    found = upkeep.verify(tmp_path).findings
    assert [(each.table, each.reason) for each in found] == [(of.name, upkeep.OTHERS) for of in DERIVED]
    derive(tmp_path, added.partition, None)
    assert upkeep.verify(tmp_path).findings == ()
    withdraw(tmp_path, RAW_EVENTS, added.partition)
    found = upkeep.verify(tmp_path).findings
    assert [(each.table, each.reason) for each in found] == [(of.name, upkeep.GONE) for of in DERIVED]
    assert {each.partition.rpartition(":")[0] for each in found} == {added.partition.key}


def test_raw_events_that_cannot_be_read_are_found_once(tmp_path: Path) -> None:
    added = imported(tmp_path, 1)
    derive(tmp_path, added.partition, None)
    (folder_of(tmp_path, added) / MANIFEST).write_text("no manifest")
    assert [each.table for each in upkeep.verify(tmp_path).findings] == [RAW_EVENTS.name]


def three(root: Path) -> list[raw.Added]:
    """Three matches of three files each."""
    return [
        raw.add(root, match_id, [RawEvent(raw=b"%d" % number)], code_version="test")
        for match_id in ("a", "b", "c")
        for number in range(3)
    ][2::3]


def test_one_damaged_partition_holds_up_no_other(tmp_path: Path) -> None:
    damaged, *others = [folder_of(tmp_path, added) for added in three(tmp_path)]
    next(damaged.glob("part-*")).write_bytes(b"broken")
    with pytest.raises(LakeError, match="match=a"):
        upkeep.compact(tmp_path)
    assert [len(raw.manifest_of(tmp_path, partition_of(each)).parts) for each in others] == [1, 1]
    assert len(raw.manifest_of(tmp_path, partition_of(damaged)).parts) == 3


def test_what_is_left_where_nothing_is_published_is_swept_when_it_is_old(tmp_path: Path) -> None:
    withdrawn, killed, *_ = three(tmp_path)
    withdraw(tmp_path, RAW_EVENTS, withdrawn.partition)
    folders = [folder_of(tmp_path, each) for each in (withdrawn, killed)]
    (folders[1] / MANIFEST).unlink()  # as a first writer leaves it that is killed
    (folders[1] / ".tmp-7.parquet").write_bytes(b"half")
    assert upkeep.compact(tmp_path).swept == 0
    for path in (path for folder in folders for path in folder.iterdir()):
        os.utime(path, (0, 0))
    assert upkeep.compact(tmp_path).swept == 7
    assert [path.name for folder in folders for path in folder.iterdir()] == [LOCK, LOCK]


def test_a_folder_that_is_made_is_on_disk_with_all_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk, sync = list[Path](), whole.synced

    def noted(folder: Path) -> None:
        on_disk.append(folder)
        sync(folder)

    for module in (files, whole):
        monkeypatch.setattr(module, "synced", noted)
    root = tmp_path / "above" / "lake"
    folder = folder_of(root, imported(root, 1))
    made = [parent for parent in folder.parents if parent.is_relative_to(tmp_path)]
    assert set(on_disk) == {folder, *made}
    on_disk.clear()
    raw.add(root, EVENTS[0].match_id, [RawEvent(raw=b"new")], code_version="test")
    assert on_disk == [folder]
