"""The catalogue of errors in docs/API.md has every problem that the code answers with, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

API = Path(__file__).parents[2] / "api"
PAGE = API.parent / "docs" / "API.md"
LINE = re.compile(r"^\| `(?P<name>[a-z-]+)` \| (?P<status>\d{3}) \|", re.MULTILINE)


def answered() -> Iterator[tuple[str, int]]:
    """Name and status of each call of `problem` whose arguments are literal; those of others' exceptions are no new
    names."""
    for file in sorted(API.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "problem":
                status, name = node.args[:2]
                assert isinstance(name, ast.Constant), f"{file}:{node.lineno}: the name is literal"
                if isinstance(status, ast.Constant):
                    yield str(name.value), int(str(status.value))
                else:
                    assert name.value == "invalid", f"{file}:{node.lineno}: the status is literal"


def catalogue() -> str:
    return PAGE.read_text(encoding="utf-8").partition("### Errors")[2].partition("\n## ")[0]


def test_the_catalogue_has_every_problem_and_no_other() -> None:
    told = [(line["name"], int(line["status"])) for line in LINE.finditer(catalogue())]
    assert len(told) == len(set(told))
    assert set(told) == set(answered())
