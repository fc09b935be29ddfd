"""Zips of recordings: read within bounds, and refused with the member's name and the reason."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.recordings import MAX_MEMBERS, open_recording, recording_paths
from game.sources.cs2df import Recording, RecordingError
from tests.game.cs2df_writer import members, zipped
from tests.game.scripted import scripted_map

NAME = "2026-03-01_de_mirage_team-a-vs-team-b.zip"
CONTENTS = members(scripted_map(["A"] * 13, 1), "3.0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return zipped(tmp_path / NAME, CONTENTS)


def refused(path: Path) -> RecordingError:
    found = open_recording(path)
    assert isinstance(found, RecordingError)
    assert found.file == path.name
    return found


def test_a_recording_is_read_from_its_zip(path: Path) -> None:
    found = open_recording(path)
    assert isinstance(found, Recording)
    assert (found.file, found.map_name, len(found.rounds)) == (NAME, "de_mirage", 13)


@pytest.mark.parametrize("folder", ["export/", "a/b/", "./", "export\\"])
def test_an_export_may_lie_in_a_folder_of_its_zip(path: Path, folder: str) -> None:
    deeper = {f"export/copy/old/{name}": b"" for name in CONTENTS}
    zipped(path, {folder + name: content for name, content in CONTENTS.items()} | deeper)
    found = open_recording(path)
    assert isinstance(found, Recording), str(found)
    assert len(found.rounds) == 13


def test_two_exports_in_one_zip_are_no_recording(path: Path) -> None:
    both = {f"{folder}/{name}": content for folder in "ab" for name, content in CONTENTS.items()}
    assert refused(zipped(path, both)).reason == "several recordings: a, b"


def test_a_folder_stands_for_its_zips(path: Path) -> None:
    assert list(recording_paths([path.parent])) == [path]
    assert list(recording_paths([path])) == [path]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "2026-01-01_none.zip").reason


def test_a_file_that_is_no_zip(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 but not really")
    assert "not a readable zip" in refused(path).reason


def test_a_zip_cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])
    assert "not a readable zip" in refused(path).reason


def test_a_corrupt_member_is_named(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("kills.json")
    raw = bytearray(path.read_bytes())
    start = info.header_offset + 30 + len("kills.json")
    raw[start + 10 : start + 30] = bytes(20)
    path.write_bytes(bytes(raw))
    found = refused(path)
    assert found.member == "kills.json"
    assert "corrupt" in found.reason


def test_a_zip_bomb_is_not_unpacked(path: Path) -> None:
    found = refused(zipped(path, CONTENTS | {"shots.json": b" " * 120_000_000}))
    assert found.member == "shots.json"
    assert "unpacks to 120000000 bytes" in found.reason


def test_a_zip_that_lies_about_a_size_is_refused(path: Path) -> None:
    honest = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("damages.json").file_size
    lie = honest.replace(size.to_bytes(4, "little"), (size - 50).to_bytes(4, "little"))
    path.write_bytes(lie)
    assert refused(path).member == "damages.json"


def test_too_many_members(path: Path) -> None:
    assert "members" in refused(zipped(path, {f"{i}.json": b"" for i in range(MAX_MEMBERS + 1)})).reason


@given(data=st.data())
@settings(max_examples=60)
def test_no_changed_bytes_break_the_opening(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = zipped(tmp_path_factory.mktemp("zips") / NAME, CONTENTS)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw))
    assert isinstance(open_recording(path), Recording | RecordingError)


def _without(member: str) -> Callable[[], dict[str, bytes]]:
    return lambda: {name: content for name, content in CONTENTS.items() if name != member}


@pytest.mark.parametrize("member", ["manifest.json", "rounds.json", "kills.json"])
def test_a_missing_member_is_named(path: Path, member: str) -> None:
    assert refused(zipped(path, _without(member)())).member == member
