"""What a person names, as matches: files, folders of them, several matches of one file; nothing there is told."""

import json
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from game.codec import encode
from game.events import AnyEvent
from midround import inputs
from midround.cli import app
from midround.fold import FoldedMatch
from models.predictor import load_champion
from tests.game.cs2df_writer import members, zipped
from tests.game.scripted import scripted_map

FIRST, SECOND = (
    list(islice(inputs.simulated(seed=seed, best_of=1, position_hz=0).events(), 400)) for seed in (3, 4)
)


def told(path: Path, events: list[AnyEvent]) -> Path:
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


def folded(events: list[AnyEvent]) -> list[tuple[int, str]]:
    """How many events and which digest each map has, for the match alone."""
    ids = [event.map_id for event in events if event.map_id is not None]
    lines = FoldedMatch(events, load_champion(), files=dict.fromkeys(ids, "alone")).lines()
    return [(line.events, line.facts_digest) for line in lines]


def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Code, lines of JSON, and what was said of an error."""
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_a_folder_stands_for_its_zips_and_its_files_of_envelopes(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    zipped(tmp_path / "b.zip", members(scripted_map(["A"] * 13, 1), "3.0"))
    told(tmp_path / "a.ndjson", FIRST)
    told(tmp_path / "more" / "c.jsonl", SECOND)
    (tmp_path / "notes.txt").write_bytes(b"of another kind")
    assert [match.name for match in inputs.recorded([tmp_path])] == ["a.ndjson", "b.zip", "c.jsonl"]
    assert [match.name for match in inputs.recorded([tmp_path], is_series=True)] == ["b.zip"]


@pytest.mark.parametrize("is_series", [False, True])
def test_a_folder_with_nothing_in_it_is_named(tmp_path: Path, *, is_series: bool) -> None:
    with pytest.raises(inputs.InputError, match=f"{tmp_path}: no recording in it"):
        list(inputs.recorded([tmp_path], is_series=is_series))


@pytest.mark.parametrize("content", [b"", b"\n\n"])
@pytest.mark.parametrize(("command", "code"), [("fold", 2), ("lake import", 1), ("replay", 1)])
def test_a_file_with_nothing_in_it_is_named(tmp_path: Path, content: bytes, command: str, code: int) -> None:
    path = tmp_path / "empty.ndjson"
    path.write_bytes(content)
    found, lines, said = run(*command.split(), str(path))
    assert (found, lines) == (code, [])
    assert "empty.ndjson: no recording in it" in said.replace("\n", "")


def test_a_file_that_cannot_be_folded_costs_no_other(tmp_path: Path) -> None:
    files = [told(tmp_path / "a.ndjson", FIRST), tmp_path / "b.zip", told(tmp_path / "c.ndjson", SECOND)]
    files += [tmp_path / "d.ndjson", zipped(tmp_path / "e.zip", members(scripted_map(["A"] * 13, 1), "3.0"))]
    files[1].write_bytes(b"no zip")
    files[3].write_bytes(encode(FIRST[0]) + b"\n{}\n")
    code, lines, said = run("fold", *map(str, files))
    assert (code, [line["file"] for line in lines]) == (2, ["a.ndjson", "c.ndjson", "e.zip"])
    assert [name for name in ("a.ndjson", "b.zip", "c.ndjson", "d.ndjson") if f"{name}: " in said] == [
        "b.zip",
        "d.ndjson",
    ]


def test_matches_that_share_a_file_are_folded_each_for_itself(tmp_path: Path) -> None:
    path = told(tmp_path / "both.ndjson", list(chain(*zip(FIRST, SECOND, strict=True))))
    code, lines, _ = run("fold", str(path), "--predictions", str(tmp_path / "predictions.jsonl"))
    alone = [line for events in (FIRST, SECOND) for line in folded(events)]
    assert (code, [(line["events"], line["facts_digest"]) for line in lines]) == (0, alone)
    rows = [json.loads(row) for row in (tmp_path / "predictions.jsonl").read_bytes().splitlines()]
    assert {row["match_id"] for row in rows} == {FIRST[0].match_id, SECOND[0].match_id}


def test_a_folder_of_envelopes_is_folded_and_imported(tmp_path: Path) -> None:
    (tmp_path / "matches").mkdir()
    told(tmp_path / "matches" / "first.ndjson", FIRST)
    code, lines, _ = run("fold", str(tmp_path / "matches"))
    assert (code, [line["file"] for line in lines]) == (0, ["first.ndjson"])
    code, lines, _ = run("lake", "import", str(tmp_path / "matches"), "--home", str(tmp_path / "home"))
    assert (code, [line["added"] for line in lines]) == (0, [400])
