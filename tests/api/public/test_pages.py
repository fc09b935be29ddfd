"""How the dashboard's pages are served: policy, caching, compression, and what is asked for that is not there."""

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest

from adapters.metrics import metrics
from api.public.app import create_app
from api.public.backends import Backends
from api.public.board import Board
from api.public.dashboard.resources import page_file
from api.public.history import NoHistory

PAGE = b"<!doctype html><title>Midround</title><script type=module src=/assets/index-1a2b.js></script>"
SECRET = b"for nobody"
SCRIPT = b"console.log(1);" * 50


class Pages:
    """A folder as the build leaves it, served; beside it lies a file that is nobody's business."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "dist"
        (self.folder / "assets").mkdir(parents=True)
        (self.folder / "index.html").write_bytes(PAGE)
        (self.folder / "favicon.svg").write_bytes(b"<svg/>")
        (self.folder / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
        (self.folder / "assets" / "index-3c4d.css").write_bytes(b"a{}")
        (folder / "secret.js").write_bytes(SECRET)
        measured = metrics()
        self.app = create_app(
            Backends(board=Board(measured), history=NoHistory(), metrics=measured, pages=self.folder)
        )

    def ask(self, path: str, **headers: str) -> httpx.Response:
        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
                return await client.get(path, headers={"accept-encoding": "identity", **headers})

        return asyncio.run(request())


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages(tmp_path)


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in parts}


def test_the_page_is_asked_for_anew_each_time(pages: Pages) -> None:
    answer = pages.ask("/")
    assert answer.status_code == 200
    assert answer.content == PAGE
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_what_has_its_content_in_its_name_is_kept_for_ever(pages: Pages) -> None:
    answer = pages.ask("/assets/index-1a2b.js")
    assert answer.content == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert pages.ask("/assets/index-3c4d.css").headers["content-type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/assets/index-1a2b.js", "/favicon.svg"])
def test_nothing_inline_and_nothing_from_elsewhere_is_allowed(pages: Pages, path: str) -> None:
    answer = pages.ask(path)
    told = policy(answer)
    assert told["default-src"] == "'self'"
    assert told["object-src"] == told["base-uri"] == told["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not any("//" in sources or "*" in sources for sources in told.values())
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_it_is_compressed_for_those_who_take_it(pages: Pages) -> None:
    answer = pages.ask("/assets/index-1a2b.js", **{"accept-encoding": "gzip, br"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT, 9, mtime=0)) < len(SCRIPT)
    assert answer.content == SCRIPT
    assert answer.headers["vary"] == "accept-encoding"
    assert (
        "content-encoding"
        not in pages.ask("/assets/index-1a2b.js", **{"accept-encoding": "gzip;q=0"}).headers
    )


def test_who_has_it_is_told_so(pages: Pages) -> None:
    etag = pages.ask("/").headers["etag"]
    again = pages.ask("/", **{"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert pages.ask("/", **{"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret.js",
        "/assets/..%2Fsecret.js",
        "/assets/..%2F..%2Fsecret.js",
        "/assets/%2e%2e/secret.js",
        "/assets/%252e%252e%252fsecret.js",
        "/assets/..%5Csecret.js",
        "/assets//etc/passwd",
        "/assets/%2Fetc%2Fpasswd",
        "/assets/index-1a2b.js%00.css",
        "/assets/",
        "/assets/index.html",
        "/secret.js",
    ],
)
def test_only_what_was_built_can_be_had(pages: Pages, path: str) -> None:
    answer = pages.ask(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.content


def test_a_new_build_is_seen_without_a_restart(pages: Pages) -> None:
    assert pages.ask("/").content == PAGE
    (pages.folder / "index.html").write_bytes(PAGE + b"<!-- new -->")
    (pages.folder / "assets" / "index-9f9f.js").write_bytes(b"new")
    assert pages.ask("/").content != PAGE
    assert pages.ask("/assets/index-9f9f.js").content == b"new"


def test_without_a_build_a_page_says_how_to_and_all_else_goes_on(pages: Pages) -> None:
    (pages.folder / "index.html").unlink()
    answer = pages.ask("/")
    assert answer.status_code == 503
    assert "make install" in answer.text
    assert policy(answer)["default-src"] == "'self'"
    assert pages.ask("/favicon.svg").status_code == 404
    assert pages.ask("/api").status_code == 200


def test_the_pages_are_no_part_of_the_contract(pages: Pages) -> None:
    paths = pages.ask("/api/openapi.json").json()["paths"]
    assert "/api/v1/maps/{name}/outline" in paths
    assert not [path for path in paths if path == "/" or path.startswith("/assets")]


def test_a_file_of_an_unknown_kind_is_bytes() -> None:
    assert page_file("x.bin", b"").media_type == "application/octet-stream"
    assert page_file("x.js", b"1").etag != page_file("x.js", b"2").etag
