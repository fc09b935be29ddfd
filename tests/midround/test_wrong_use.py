"""Commands that are told what cannot be: one line that names it, code 2, no traceback."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from midround.cli import app


def run(*words: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Code, and what was said of an error, in one line."""
    result = CliRunner().invoke(app, words, env=environ)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("simulate", "--best-of", "2"), "--best-of 2: one of 1, 3, 5"),
        (("simulate", "--best-of", "0"), "--best-of 0: one of 1, 3, 5"),
        (("simulate", "--positions", "3"), "--positions 3: one of 0, 1, 2, 4, 8"),
        (("simulate", "--speed", "foo"), "--speed foo: a number above 0, or max"),
        (("demo", "--best-of", "4"), "--best-of 4: one of 1, 3, 5"),
        (("replay", "x.ndjson", "--positions", "2"), "--positions 2: one of 0, 1, 8"),
    ],
)
def test_an_option_without_such_a_value_is_named(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    assert run(*words, environ={"MIDROUND_HOME": str(tmp_path)}) == (2, f"midround: {said} ")
