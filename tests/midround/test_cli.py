"""The command line: help of every command, light start, settings shown, wrong use named."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from midround.cli import app

HEAVY = (
    "bytewax",
    "chdb",
    "clickhouse_connect",
    "confluent_kafka",
    "fastapi",
    "lightgbm",
    "numpy",
    "pydantic",
)


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(command, TyperGroup):
        for name, member in command.commands.items():
            yield from commands(member, (*path, name))
    else:
        yield path


@pytest.mark.parametrize("path", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    assert f"midround {' '.join(path)}" in result.output.replace("Usage: midround", "")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from midround.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_config_shows_origin_and_masks_secrets() -> None:
    environ = {"MIDROUND_CLICKHOUSE__URL": "http://me:hidden@store:8123/midround", "MIDROUND_DATA": "ignored"}
    result = CliRunner().invoke(app, ["config", "--json"], env=environ)
    lines = {line["name"]: line for line in map(json.loads, result.output.splitlines())}
    assert lines["clickhouse.url"]["origin"] == "MIDROUND_CLICKHOUSE__URL"
    assert "hidden" not in result.output
    assert lines["api.port"] == {"name": "api.port", "value": 8080, "origin": "default"}


def test_config_shows_a_value_whole_however_long() -> None:
    url = f"http://{'long.' * 30}example:8123/midround"
    result = CliRunner().invoke(app, ["config"], env={"MIDROUND_CLICKHOUSE__URL": url})
    [line] = [line for line in result.output.splitlines() if line.startswith("clickhouse.url")]
    assert line.split() == ["clickhouse.url", url, "MIDROUND_CLICKHOUSE__URL"]


def test_an_unknown_setting_ends_the_command_with_its_name() -> None:
    result = CliRunner().invoke(app, ["config"], env={"MIDROUND_NONSENSE": "1"})
    assert result.exit_code == 2
    assert "MIDROUND_NONSENSE" in result.stderr


def test_an_unknown_part_is_named() -> None:
    result = CliRunner().invoke(app, ["run", "turbine"])
    assert result.exit_code == 2
    assert "turbine" in result.stderr
