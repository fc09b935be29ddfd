"""The documentation: links lead somewhere, the README's promises are those that outside users rely on, and docstrings
name what is there."""

import ast
import json
import re
from pathlib import Path

import msgspec

from adapters.settings import Settings
from tests.house import tree

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
MAKE = re.compile(r"`make ([a-z]+)")
CURL = """curl -sS -X POST http://localhost:8081/events -H 'content-type: application/json' -d '{"event_id":"00000000-0000-0000-0000-000000000001","match_id":"11111111-1111-1111-1111-111111111111","map_id":"22222222-2222-2222-2222-222222222222","round_no":1,"ts_event":"2026-01-18T12:00:00.123Z","type":"kill","source":"demo","seq_no":1,"payload":{"killer_player_id":"p1","victim_player_id":"p2","killer_team":"A","weapon":"ak47","is_headshot":true}}'"""  # noqa: E501
NAMED = re.compile(rf"`((?:{'|'.join(tree.PACKAGES)})(?:\.\w+)+(?<!\.toml))`")
ADR_PARTS = ("## Context", "## Decision", "## Consequences")


def pages() -> list[Path]:
    return [name for name in tree.kept_files() if name.suffix == ".md"]


def readme() -> str:
    return (tree.ROOT / "README.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as Git hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return False
    path, _, anchor = target.partition("#")
    there = (tree.ROOT / page).parent / path if path else tree.ROOT / page
    return not there.exists() or (bool(anchor) and there.suffix == ".md" and anchor not in anchors(there))


def test_links_lead_somewhere() -> None:
    found = [(page, link["target"]) for page in pages() for link in LINK.finditer(tree.text(page) or "")]
    assert found
    assert [f"{page}: {target}" for page, target in found if leads_nowhere(page, target)] == []


def test_the_readme_shows_the_curl_that_users_rely_on() -> None:
    assert CURL in readme()


def test_the_body_of_the_curl_is_an_envelope() -> None:
    body = re.search(r"-d '(?P<body>\{.*\})'", CURL)
    assert body is not None
    assert msgspec.json.decode(body["body"])["payload"] == json.loads(body["body"])["payload"]


def test_pages_name_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (tree.ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in pages() for name in MAKE.findall(tree.text(page) or "")}
    assert named - targets == set()


def test_the_readme_maps_every_package() -> None:
    assert [package for package in tree.PACKAGES if f"`{package}/`" not in readme()] == []


def test_decisions_have_their_parts_and_are_listed() -> None:
    folder = tree.ROOT / "docs" / "adr"
    decisions = sorted(page for page in folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert decisions
    for number, page in enumerate(decisions, start=1):
        assert page.name.startswith(f"{number:04}-")
        assert [part for part in ADR_PARTS if part not in page.read_text(encoding="utf-8")] == []
        assert page.name in index


def is_there(dotted: str) -> bool:
    """Whether it is a package, a module, a name in a module's text, or a setting."""
    first, _, rest = dotted.partition(".")
    section = Settings.model_fields.get(first)
    if section is not None and rest in type(section.default).model_fields:
        return True
    folder, _, last = dotted.replace(".", "/").rpartition("/")
    if (tree.ROOT / folder / f"{last}.py").is_file() or (tree.ROOT / folder / last / "__init__.py").is_file():
        return True
    module = tree.text(Path(f"{folder}.py")) if (tree.ROOT / f"{folder}.py").is_file() else None
    return module is not None and re.search(rf"\b{last}\b", module) is not None


def test_docstrings_of_modules_name_what_is_there() -> None:
    said = [(name, ast.get_docstring(tree.syntax(name)) or "") for name in tree.modules()]
    found = [(name, dotted) for name, text in said for dotted in NAMED.findall(text)]
    assert found
    assert [f"{name}: {dotted}" for name, dotted in found if not is_there(dotted)] == []
