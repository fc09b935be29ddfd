"""`midround strength`: figures, ratings and the chance that an announcement takes; bad input is named."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from midround.cli import app
from midround.results import NEEDED
from tests.models.test_strength import world


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.csv"
    rows = [
        (m.match_id, m.day.isoformat(), m.map_name, m.team_a, m.team_b, m.team_a if m.a_won else m.team_b)
        for m in world(200)
    ]
    path.write_text("\n".join(",".join(row) for row in (NEEDED, *rows)) + "\n")
    return path


def test_it_tells_the_chance_that_an_announcement_takes(results: Path) -> None:
    teams = ("--team", "alder", "--team", "elder")
    told = CliRunner().invoke(app, ["strength", str(results), *teams, "--map", "Nuke", "--json"])
    assert told.exit_code == 0, told.output
    answer = json.loads(told.stdout)
    assert 0.5 < answer["map_chance_a"] < 1
    assert [figure["name"] for figure in answer["figures"]] == [
        "ranks and ratings",
        "ranks alone",
        "ratings alone",
    ]
    assert next(iter(answer["ratings"])) == "alder"


def test_it_tells_people(results: Path) -> None:
    told = CliRunner().invoke(app, ["strength", str(results), "--team", "alder", "--team", "elder"])
    assert told.exit_code == 0
    assert "map_chance_a 0." in told.stdout
    assert "alder" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"), [(("--team", "alder"), "expected two, got 1"), ((), "no column winner")]
)
def test_bad_input_is_named(results: Path, arguments: tuple[str, ...], reason: str) -> None:
    if not arguments:
        results.write_text(results.read_text().replace("winner", "won", 1))
    told = CliRunner().invoke(app, ["strength", str(results), *arguments])
    assert told.exit_code == 2
    assert reason in " ".join(told.stderr.split())
