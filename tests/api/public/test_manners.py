"""Manners of HTTP: ids of requests, tags and what may be kept, compression, other origins, stages of routes."""

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from adapters.metrics import metrics
from api.public.app import create_app
from api.public.backends import Backends
from api.public.board import Board
from api.public.heads import ENDLESS
from api.public.history import NoHistory
from api.public.stages import BETA, Leaving, Stage, Staged, Trial
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages
from tests.api.public.test_graphql import Broken

pytestmark = pytest.mark.slow

ID = "x-request-id"
OF_EACH = {ID: "", "ratelimit": ""}
"""Headers in which every answer differs: each request has an id and takes one from the allowance."""


def test_an_id_comes_back_and_one_is_made_where_none_is() -> None:
    desk = Desk()
    assert desk.ask("/health", headers={ID: "order-7.a"}).headers[ID] == "order-7.a"
    made = [desk.ask("/health").headers[ID] for _ in range(2)]
    assert made[0] != made[1]
    assert all(len(each) == 32 for each in made)


@pytest.mark.parametrize("told", [b"a\tb", b"a b", b'a"', b"x" * 65, b"", "é".encode(), b"a,b", b"a\x00"])
def test_an_id_that_could_be_more_than_one_is_not_taken(told: bytes) -> None:
    answer = Desk().send("GET", "http://api/health", headers=[(ID.encode(), told)])
    assert answer.headers[ID].encode() != told
    assert len(answer.headers[ID]) == 32


@given(st.binary(max_size=80))
def test_whatever_is_sent_one_harmless_id_comes_back(told: bytes) -> None:
    answer = Desk().send("GET", "http://api/health", headers=[(ID.encode(), told)])
    [found] = answer.headers.get_list(ID)
    assert found.isascii()
    assert found.isprintable()
    assert 1 <= len(found) <= 64


def test_an_error_of_ours_has_its_id_too() -> None:
    answer = Desk(Broken(messages())).ask(f"/api/v1/matches/{match_id()}/rounds", headers={ID: "mine"})
    assert (answer.status_code, answer.headers[ID]) == (500, "mine")
    assert answer.headers["cache-control"] == "no-store"


def test_a_head_has_the_headers_of_its_get_and_no_body() -> None:
    desk = Desk().take(messages())
    for path in (f"/api/v1/matches/{match_id()}/state", "/api/v1/definitions", "/api/v1/matches/nobody"):
        get, head = desk.ask(path), desk.ask(path, method="HEAD")
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert {**head.headers, **OF_EACH} == {**get.headers, **OF_EACH}


def test_a_feed_without_end_has_no_head() -> None:
    answer = Desk().take(messages()).ask(f"/api/v1/live/sse?match_id={match_id()}", method="HEAD")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_method_that_is_not_there_is_told_with_those_that_are() -> None:
    desk, methods = Desk(), {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    for path, operations in desk.json("/api/openapi.json")["paths"].items():
        here = {name.upper() for name in operations}
        also = {"HEAD"} if "GET" in here and path != ENDLESS else set()
        for method in methods - here:
            answer = desk.ask(path.replace("{", "").replace("}", ""), method=method)
            assert (answer.status_code, answer.json()["type"]) == (405, "urn:midround:problem:method"), path
            assert set(answer.headers["allow"].split(", ")) == here | also, path


def test_a_path_that_is_not_there_is_named_as_on_the_other_side() -> None:
    answer = Desk().ask("/api/v1/nothing")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:midround:problem:no-such-path")


@pytest.mark.parametrize("path", ["/live", "/live?encoding=json", f"/matches/{match_id()}/live?from_seq=1"])
def test_a_socket_that_is_asked_for_as_a_page_says_what_it_is(path: str) -> None:
    answer = Desk().ask(f"/api/v1{path}")
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
    assert answer.headers["connection"] == "upgrade"
    assert (answer.json()["type"], answer.json()["field"]) == ("urn:midround:problem:upgrade", "path")
    assert Desk().ask("/api/v1/livid").status_code == 404


def test_an_answer_that_the_client_has_is_not_sent_again() -> None:
    desk = Desk().take(messages()[:300])
    path = f"/api/v1/matches/{match_id()}"
    first = desk.ask(path)
    tag = first.headers["etag"]
    for told in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = desk.ask(path, headers={"if-none-match": told})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert desk.ask(path, headers={"if-none-match": '"other"'}).content == first.content
    desk.take(messages()[300:])
    changed = desk.ask(path, headers={"if-none-match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


def test_how_long_an_answer_may_be_kept() -> None:
    desk = Desk(KeptHistory(messages())).take(messages())
    receipt = desk.of_match("/predictions/latest")["receipt_id"]
    of_match = f"/api/v1/matches/{match_id()}"
    kept = {
        path: desk.ask(path).headers["cache-control"] for path in (of_match, f"{of_match}/receipts/{receipt}")
    }
    assert kept == {
        of_match: "private, no-cache",
        f"{of_match}/receipts/{receipt}": "private, max-age=86400, immutable",
    }
    missing = desk.ask("/api/v1/matches/nobody")
    assert missing.headers["cache-control"] == "no-store"
    assert "etag" not in missing.headers


def test_what_is_long_is_compressed_for_those_who_take_it() -> None:
    desk = Desk().take(messages())
    path = f"/api/v1/matches/{match_id()}/state"
    plain = desk.ask(path, headers={"accept-encoding": "identity"})
    packed = desk.ask(path, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.json() == plain.json()
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.headers["etag"] == plain.headers["etag"]
    assert "content-encoding" not in desk.ask("/health", headers={"accept-encoding": "gzip"}).headers


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.001", True),
        ("x-gzip", True),
        ("gzip;q=0", False),
        ("gzip ; Q=0.000, identity", False),
        ("br;q=0, deflate", False),
        ("not-gzip", False),
        ("", False),
    ],
)
def test_who_refuses_gzip_does_not_get_it(accepted: str, is_packed: bool) -> None:
    headers = {"accept-encoding": accepted}
    answer = Desk().take(messages()).ask(f"/api/v1/matches/{match_id()}/state", headers=headers)
    assert ("content-encoding" in answer.headers) is is_packed
    assert "accept-encoding" in answer.headers["vary"].lower()


def asked(app: FastAPI, method: str, path: str, **headers: str) -> httpx.Response:
    desk = Desk()
    desk.app = app
    return desk.ask(path, method, headers=headers)


def test_other_origins_are_let_in_by_setting_alone() -> None:
    board = metrics()
    closed = Desk().ask("/health", headers={"origin": "https://a.example"})
    assert "access-control-allow-origin" not in closed.headers
    app = create_app(
        Backends(board=Board(board), history=NoHistory(), metrics=board), cors_origins=["https://a.example"]
    )
    let_in = asked(app, "GET", "/health", origin="https://a.example")
    assert let_in.headers["access-control-allow-origin"] == "https://a.example"
    assert ID in let_in.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in let_in.headers
    other = asked(app, "GET", "/health", origin="https://b.example")
    assert "access-control-allow-origin" not in other.headers
    headers = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    before = asked(app, "OPTIONS", "/graphql", origin="https://a.example", **headers)
    assert (before.status_code, ID in before.headers) == (200, True)


@pytest.mark.parametrize(
    ("status", "field", "told"),
    [
        (403, "origin", {"origin": "https://b.example"}),
        (400, "access-control-request-method", {"access-control-request-method": "PATCH"}),
        (400, "access-control-request-headers", {"access-control-request-headers": "x-other"}),
    ],
)
def test_a_preflight_is_refused_with_a_problem(status: int, field: str, told: dict[str, str]) -> None:
    board = metrics()
    app = create_app(
        Backends(board=Board(board), history=NoHistory(), metrics=board), cors_origins=["https://a.example"]
    )
    usual = {"origin": "https://a.example", "access-control-request-method": "GET"}
    answer = asked(app, "OPTIONS", "/api/v1/matches", **usual | told)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert "Origin" in answer.headers["vary"]
    let_in = answer.headers.get("access-control-allow-origin")
    assert let_in == (None if field == "origin" else "https://a.example")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/nothing", "/ready"])
def test_no_error_is_kept(path: str) -> None:
    answer = Desk().ask(path)
    assert (answer.status_code >= 400, answer.headers["cache-control"]) == (True, "no-store")


def test_routes_say_where_in_their_life_they_stand() -> None:
    app = FastAPI()

    @app.get("/old")
    async def old() -> None: ...

    @app.get("/new")
    async def new() -> None: ...

    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    stages: dict[str, Stage] = {
        "/old": Leaving(since=since, until=until, instead="/new"),
        "/new": Trial(feature="new"),
    }
    app.add_middleware(Staged, stages=stages)
    leaving = asked(app, "GET", "/old").headers
    assert leaving["deprecation"] == f"@{int(since.timestamp())}"
    assert leaving["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert leaving["link"] == '</new>; rel="successor-version"'
    assert asked(app, "GET", "/new").headers[BETA] == "new"
