"""What commands say of names that others chose: each as it is, on one line, also where it looks like markup."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from game.codec import encode
from game.simulate.series import simulate
from game.simulate.setting import Setting
from midround import demo, view
from midround.chains import Chain
from midround.cli import app
from midround.commands import demo as demo_command
from midround.commands import models as models_command
from midround.scene import Scene
from midround.verify import Verdict
from models.lineup import Listed

NAME = "Aspen [/x] [birch]"


@pytest.mark.slow
def test_fold_says_the_names_of_teams_and_files_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / f"{'long' * 10} [red].ndjson"
    events = simulate(Setting(seed=1, best_of=1, position_hz=0, name_a=NAME, name_b="[bold]Birch[/]"))
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    result = CliRunner().invoke(app, ["fold", str(path)])
    assert result.exit_code == 0, result.exception
    [line] = result.stdout.splitlines()
    assert f"{NAME} - [bold]Birch[/]" in line
    assert line.endswith(path.name)


def test_the_demo_says_the_names_of_files_and_matches_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict(
        match_id=NAME,
        events=1,
        not_compared=0,
        dead_letters=0,
        predictions=1,
        stream_digest="0" * 64,
        batch_digest="1" * 64,
        problems=(f"facts of {NAME} differ",),
    )
    chain = Chain(partition=f"of {NAME}", status="SUCCESS", finality="final", facts_digest="0" * 64)
    outcome = demo.Outcome(name=NAME, events=1, seconds=1.0, verdicts=(verdict,), chains=(chain,))
    demo_command._say(outcome, as_json=False)
    assert capsys.readouterr().out.count(NAME) == 3


def test_the_picture_of_a_demo_has_the_name_of_its_file() -> None:
    feed = view.Feed(name=NAME, sent=0, rate=0.0, restarts=0, waiting_for=(), urls={})
    console = Console(file=StringIO(), record=True, width=120)
    console.print(view.drawn(Scene(), feed))
    assert NAME in console.export_text()


@pytest.mark.parametrize("problem", ["", f"no {NAME}"])
def test_a_reason_or_a_problem_of_a_model_is_told_as_it_is(
    capsys: pytest.CaptureFixture[str], problem: str
) -> None:
    line = Listed(
        bundle="a",
        model_version="a",
        model_hash="0" * 64,
        since=datetime(2026, 1, 1, tzinfo=UTC),
        who="ann",
        why=f"no {NAME}",
        problem=problem,
    )
    models_command._say_listed(line, as_json=False)
    assert f"no {NAME}" in capsys.readouterr().out


def test_what_is_wrong_with_results_is_told_as_it_is(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["strength", str(tmp_path / f"{NAME}.csv".replace("/", ""))])
    assert result.exit_code == 2
    assert "Aspen [x] [birch].csv" in result.stderr
