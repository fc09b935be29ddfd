"""`midround lake`: what each command says, and with which code it ends."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from game.codec import encode
from midround import console, inputs
from midround.cli import app
from tests.game.cs2df_writer import zipped

EVENTS = list(islice(inputs.simulated(seed=6, best_of=1, position_hz=0).events(), 200))


@pytest.fixture
def told(tmp_path: Path) -> Path:
    path = tmp_path / "match.ndjson"
    path.write_bytes(b"".join(encode(event) + b"\n" for event in EVENTS))
    return path


def lake(home: Path, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Code, lines of JSON, and what was said of an error."""
    result = CliRunner().invoke(app, ["lake", *words, "--home", str(home), "--json"])
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_import_verify_and_compact_say_what_they_did(tmp_path: Path, told: Path) -> None:
    home = tmp_path / "home"
    code, [added], _ = lake(home, "import", str(told))
    assert (code, added["added"], added["total"]) == (0, 200, 200)
    assert added["partition"].endswith(EVENTS[0].match_id)
    code, [again], _ = lake(home, "import", str(told))
    assert (code, again["added"], again["content"]) == (0, 0, added["content"])
    code, [checked], _ = lake(home, "verify")
    assert (code, checked["partitions"], checked["rows"], checked["findings"]) == (0, 1, 200, [])
    code, [done], _ = lake(home, "compact")
    assert (code, done["files_before"], done["files_after"], done["swept"]) == (0, 1, 1, 0)


def test_a_flipped_byte_ends_verify_with_1_and_stops_no_other_match(tmp_path: Path, told: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other.ndjson"
    other.write_bytes(b"".join(encode(replace(event, match_id="other")) + b"\n" for event in EVENTS[:3]))
    lake(home, "import", str(told))
    [file] = (home / "lake").rglob("*.parquet")
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    code, [checked], _ = lake(home, "verify")
    assert code == 1
    assert [finding["file"] for finding in checked["findings"]] == [file.name]
    file.write_bytes(whole[:50])
    code, lines, said = lake(home, "import", str(told), str(other))
    assert code == 1
    assert file.name in said.replace("\n", "")
    assert [line["added"] for line in lines] == [3]


def test_a_corrupt_recording_is_named_and_stops_no_other(tmp_path: Path, told: Path) -> None:
    home = tmp_path / "home"
    corrupt = zipped(tmp_path / "corrupt.zip", {"manifest.json": b"{not json"})
    torn = tmp_path / "torn.zip"
    torn.write_bytes(corrupt.read_bytes()[:40])
    for bad, reason in ((corrupt, "manifest.json"), (torn, "not a readable zip")):
        code, lines, said = lake(home, "import", str(bad), str(told))
        assert code == 1
        assert [line["total"] for line in lines] == [200]
        assert bad.name in said
        assert reason in said
    assert lake(home, "verify")[1][0]["rows"] == 200


@pytest.mark.parametrize("command", ["verify", "compact"])
def test_a_lake_that_is_not_there_fails(tmp_path: Path, command: str) -> None:
    code, lines, said = lake(tmp_path / "nowhere", command)
    assert (code, lines) == (1, [])
    assert "there is no lake at" in said


class Silent:
    """A store whose log holds nothing."""

    column_names: tuple[str, ...] = ()
    result_rows: tuple[tuple[object, ...], ...] = ()

    def query(self, sql: str, parameters: object = None) -> "Silent":
        return self


def test_a_match_of_which_the_log_holds_nothing_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "store", lambda _: Silent())
    code, lines, said = lake(tmp_path, "import", "log:nope")
    assert (code, lines, list(tmp_path.iterdir())) == (1, [], [])
    assert "there is no event of match 'nope'" in said
