"""A secret in the data folder: one for all processes, for this user's eyes alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.privacy import SECRET_BYTES, kept_secret


def test_all_who_ask_get_the_same_secret_and_nobody_else_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret"
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: kept_secret(path), range(64)))
    assert found == {path.read_bytes()}
    assert [len(each) for each in found] == [SECRET_BYTES]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret"]


def test_another_installation_has_another_secret(tmp_path: Path) -> None:
    assert kept_secret(tmp_path / "a") != kept_secret(tmp_path / "b")


def test_a_file_that_was_cut_off_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(OSError, match="fewer"):
        kept_secret(tmp_path / "secret")
