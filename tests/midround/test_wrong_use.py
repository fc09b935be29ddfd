"""Commands that are told what cannot be: one line that names it, code 2, no traceback."""

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@pytest.mark.parametrize("command", [("simulate",), ("replay", "match:7")])
@pytest.mark.parametrize("url", ["http://h:99999", "http://h:abc", "http://[::1", "ftp://h"])
def test_an_address_that_no_intake_has_is_named(command: tuple[str, ...], url: str) -> None:
    assert run(*command, "--to", url) == (2, f"midround: {url} is no http:// address of an intake ")


def test_a_match_of_a_store_that_is_away_is_not_looked_for() -> None:
    code, said = run(
        "replay", "match:7", environ={"MIDROUND_CLICKHOUSE__URL": "http://me:hidden@127.0.0.1:9/x"}
    )
    assert (code, said) == (
        1,
        "midround: no store answers at http://me:********@127.0.0.1:9/x: is `midround up` running? ",
    )


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "--best-of", "1", "--out", "{file}/x"),
        ("maps", "build", "{absent}"),
        ("maps", "build", "{file}"),
        ("clients", "list", "--home", "{file}"),
        ("webhooks", "list", "--home", "{file}"),
        ("up", "--home", "{file}"),
        ("verify", "--home", "{absent}"),
        ("verify", "--home", "{file}"),
        ("models", "challenge", "--stop", "--home", "{file}"),
        ("models", "compare", "a", "b", "--home", "{file}"),
    ],
)
def test_a_path_that_cannot_be_used_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file").write_bytes(b"no zip")
    places = {"file": tmp_path / "file", "absent": tmp_path / "absent"}
    code, said = run(*(word.format(**places) for word in words))
    assert code == 2
    assert "file" in said or "absent" in said


@pytest.mark.parametrize("url", ["nonsense", "mysql://me@db/x", "postgresql://h:abc/x"])
def test_a_catalog_that_cannot_be_is_named(url: str) -> None:
    code, said = run("clients", "list", environ={"MIDROUND_CATALOG__URL": url})
    assert code == 2
    assert "catalog.url in MIDROUND_CATALOG__URL" in said


class Refusing(BaseHTTPRequestHandler):
    """Answers `/ping`, and lets nobody in."""

    def do_GET(self) -> None:
        is_ping = self.path == "/ping"
        body = b"Ok.\n" if is_ping else b"Code: 516. DB::Exception: me: Authentication failed"
        self.send_response(200 if is_ping else 403)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"] or 0))
        self.do_GET()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent."""


@pytest.fixture
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "command", [("verify", "--home", "."), ("replay", "match:7"), ("lake", "import", "log:")]
)
def test_a_store_that_lets_nobody_in_is_named(command: tuple[str, ...], refusing: str) -> None:
    code, said = run(*command, environ={"MIDROUND_CLICKHOUSE__URL": f"http://me:hidden@{refusing}/x"})
    assert code == 1
    assert f"the store at http://me:********@{refusing}/x refuses: " in said
    assert "Authentication failed" in said
    assert "hidden" not in said
