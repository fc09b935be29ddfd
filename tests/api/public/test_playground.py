"""The pages for people: from what was built, under a policy that lets nothing in from elsewhere; or what to do."""

import re
from pathlib import Path

from fastapi import FastAPI

from api.public import playground
from tests.api.public.doubles import Desk
from tests.house.tree import ROOT


def test_without_a_build_the_page_says_what_to_do(tmp_path: Path) -> None:
    answer = playground.page("graphql", built=tmp_path)
    assert answer.status_code == 503
    assert b"make playground" in bytes(answer.body)
    assert re.search(r"^playground:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_a_built_page_and_its_assets_are_served(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "docs.html").write_text("<p>reference</p>")
    (tmp_path / "assets" / "a.js").write_text("1")
    (tmp_path / "secret").write_text("not for others")
    assert playground.page("docs", built=tmp_path).body == b"<p>reference</p>"
    app = FastAPI(routes=[playground.assets(built=tmp_path)])
    desk = Desk()
    desk.app = app
    assert desk.ask("/playground/assets/a.js").text == "1"
    for path in ("../secret", "%2e%2e/secret", "..%2fsecret", "b.js"):
        assert desk.ask(f"/playground/assets/{path}").status_code == 404


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    answer = Desk().ask("/api/docs")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert {word for words in policy.values() for word in words.split()} <= {
        "'none'", "'self'", "'unsafe-inline'", "data:"
    }  # fmt: skip
    assert "unsafe-inline" not in policy["script-src"]


def test_the_sources_of_the_pages_name_no_other_host() -> None:
    folder = ROOT / "api" / "playground"
    sources = [*folder.glob("*.html"), *folder.glob("src/*"), folder / "vite.config.js"]
    assert sources
    assert [file.name for file in sources if re.search(r"https?://", file.read_text())] == []


def test_the_lock_names_no_registry() -> None:
    lock = (ROOT / "api" / "playground" / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
