"""A file comes to its name whole, and its folder is on disk then."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.kafka.origin import Origin, _publish
from adapters.whole import replacing


def test_a_file_that_is_not_finished_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    with replacing(path, unfinished=".new") as file:
        file.write(b"one")
    with pytest.raises(RuntimeError, match="amid"):
        break_off(path)
    assert path.read_bytes() == b"one"
    assert names(tmp_path) == ["kept"]


def break_off(path: Path) -> None:
    with replacing(path, unfinished=".new") as file:
        file.write(b"half")
        raise RuntimeError("amid the writing")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def by_hand(folder: Path) -> Path:
    with replacing(folder / "kept", unfinished=".new") as file:
        file.write(b"one")
    return folder / "kept"


def of_an_origin(folder: Path) -> Path:
    _publish(folder, Origin(cluster_id="c", topic_ids={}))
    return folder / "origin.json"


@pytest.mark.parametrize("act", [by_hand, of_an_origin])
def test_the_folder_is_on_disk_with_the_name_in_it(
    act: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, fsync = list[list[str]](), os.fsync

    def noting(handle: int) -> None:
        if os.path.samestat(os.fstat(handle), tmp_path.stat()):
            there.append(names(tmp_path))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    path = act(tmp_path)
    assert there == [[path.name]]
