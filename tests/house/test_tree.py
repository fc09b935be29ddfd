"""Laws of the tree: what may lie in git, and how modules are made."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.house import tree

GENERATED = re.compile(
    r"(^|/)(__pycache__|\.venv|build|dist|var|htmlcov|mlruns|\.hypothesis|\.\w+_cache|node_modules)(/|$)"
    r"|\.(pyc|sqlite3?|duckdb|log|jar)$|(^|/)(uv\.lock|\.coverage.*)$"
)
MACHINE = re.compile(
    r"(?<![\w.~-])/(?:work|root|home/[a-z]\w*|Users|opt)/|\b(?:pypi\.org|pythonhosted\.org|repo1?\.maven)"
)
MERGE = re.compile(r"^(?:<{7}|>{7}|\|{7}) .*$", re.MULTILINE)
GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "misc"}
FEATURES = ("feeds", "matches", "models", "players", "predictions", "quality", "teams", "tenants", "webhooks")
LONGEST_FUNCTION = 40
LONGEST_MODULE = 400


def functions(name: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(tree.syntax(name))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body; the docstring is the contract, not the body."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_nothing_generated_is_kept() -> None:
    assert [str(name) for name in tree.kept_files() if GENERATED.search(str(name))] == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    texts = (
        (name, tree.text(name) or "")
        for name in tree.kept_files()
        if name != Path("tests/house/test_tree.py")
    )
    found = [f"{name}: {match.group()}" for name, text in texts for match in MACHINE.finditer(text)]
    assert found == []


def test_no_merge_is_left_unfinished() -> None:
    assert [str(name) for name in tree.kept_files() if MERGE.search(tree.text(name) or "")] == []


@pytest.mark.parametrize("feature", FEATURES)
def test_features_of_the_api_have_the_same_files(feature: str) -> None:
    folder = Path("api/public") / feature
    names = {name.name for name in tree.kept_files() if name.parent == folder}
    assert names == {"__init__.py", "endpoints.py", "queries.py", "resources.py"}


def test_tests_are_no_packages() -> None:
    assert [
        str(n) for n in tree.kept_files() if n.parts[0] in {"tests", "dbt"} and n.name == "__init__.py"
    ] == []


@pytest.mark.slow
def test_every_module_says_what_belongs_in_it() -> None:
    python = [name for name in tree.kept_files() if name.suffix == ".py"]
    assert [str(name) for name in python if not ast.get_docstring(tree.syntax(name))] == []


def test_init_holds_a_docstring_at_most() -> None:
    inits = [name for name in tree.modules() if name.name == "__init__.py"]
    assert inits
    assert [str(name) for name in inits if len(tree.syntax(name).body) > 1] == []


def test_no_grab_bags() -> None:
    assert [str(name) for name in tree.modules() if GRAB_BAGS & set(name.with_suffix("").parts)] == []


def test_modules_are_small() -> None:
    lengths = {str(n): len((tree.ROOT / n).read_text(encoding="utf-8").splitlines()) for n in tree.modules()}
    assert {name: length for name, length in lengths.items() if length >= LONGEST_MODULE} == {}


@cache
def lengths_of_bodies() -> list[tuple[str, int]]:
    return [(f"{n}:{f.name}", body_lines(f)) for n in tree.modules() for f in functions(n)]


def test_no_function_is_long() -> None:
    assert [(name, length) for name, length in lengths_of_bodies() if length > LONGEST_FUNCTION] == []


def test_most_functions_are_very_small() -> None:
    lengths = sorted(length for _, length in lengths_of_bodies())
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 23


def test_the_game_imports_only_the_standard_library_and_msgspec() -> None:
    allowed = sys.stdlib_module_names | {"game", "msgspec"}
    game = [name for name in tree.modules() if name.parts[0] == "game"]
    imported = {(str(name), root) for name in game for root in _imported_roots(name)}
    assert sorted(pair for pair in imported if pair[1] not in allowed) == []


def _imported_roots(name: Path) -> set[str]:
    roots = set()
    for node in ast.walk(tree.syntax(name)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add((node.module or "").partition(".")[0])
    return roots


def test_ignores_name_their_code_and_what_is_not_checked_its_reason() -> None:
    bare = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!: [A-Z]+\d+ - \w)")
    texts = ((name, tree.text(name) or "") for name in tree.kept_files() if name.suffix == ".py")
    others = [(name, text) for name, text in texts if name.parts[:2] != ("tests", "house")]
    assert [str(name) for name, text in others if bare.search(text)] == []
