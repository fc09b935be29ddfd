"""What training takes of the recordings that it is given."""

from pathlib import Path

import pytest
import typer

from game.payloads import MapStartedData
from midround.commands.train import recordings
from tests.game.cs2df_writer import members, zipped
from tests.models.stories import told_of

LONG = MapStartedData(max_rounds=30)


def written(folder: Path, name: str, settings: MapStartedData) -> Path:
    return zipped(folder / name, members(told_of(settings), "3.0", map_name="de_nuke"))


def test_a_map_by_other_rules_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [written(tmp_path, name, of) for name, of in (("a.zip", MapStartedData()), ("b.zip", LONG))]
    assert [recording.file for recording in recordings(paths)] == ["a.zip"]
    why = (
        "b.zip is left out: it was played over 30 rounds with overtimes of 6, not over 24 with overtimes of 6"
    )
    assert why in " ".join(capsys.readouterr().err.split())
    with pytest.raises(typer.Exit):
        recordings(paths[1:])
