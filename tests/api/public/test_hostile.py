"""Clients that mean harm, on real sockets: each is bounded and shown out, and the next one is served."""

import contextlib
import json
import socket
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.sync.connection import Connection

from api import hurried
from api.public.slashes import without_host
from tests.api.public.doubles import Desk, match_id, messages
from tests.midround.client.serving import Served, served

pytestmark = pytest.mark.slow

WITHIN_S = 60
SQL = "' OR '1'='1' --"
ASK = b"GET /health HTTP/1.1\r\nhost: api\r\n"
POST = b"POST /api/v1/matches/x/what-if HTTP/1.1\r\nhost: api\r\ncontent-length: 100\r\n\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with served(Desk().take(messages())) as found:
        client = httpx.Client(transport=httpx.HTTPTransport(retries=8))  # it listens soon
        client.get(f"http://127.0.0.1:{found.port}/health", timeout=WITHIN_S)
        client.close()
        yield found


@pytest.fixture
def hurries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hurried, "HEAD_WITHIN_S", 1.0)
    monkeypatch.setattr(hurried, "BODY_WITHIN_S", 1.0)


def connected(running: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=WITHIN_S)


def opened(url: str) -> ClientConnection:
    """A connection whose request was in time: tried again, should this machine have stood still amid it."""
    for _ in range(10):
        with contextlib.suppress(InvalidHandshake, EOFError, ConnectionError):
            return connect(url, open_timeout=WITHIN_S)
    raise AssertionError("no request is in time")


def rest(client: socket.socket) -> bytes:
    """All that still comes until the server ends the connection."""
    found = b""
    try:
        while part := client.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


def asked(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: api\r\n{more}connection: close\r\n\r\n".encode()


def hear_all(client: Connection) -> None:
    while True:
        client.recv(WITHIN_S)


def is_served(running: Served) -> bool:
    return httpx.get(f"http://127.0.0.1:{running.port}/health", timeout=WITHIN_S).status_code == 200


@pytest.mark.parametrize(
    "begun", [b"", b"GET /hea", ASK, POST, POST + b"{"], ids=["nothing", "line", "headers", "no body", "body"]
)
@pytest.mark.usefixtures("hurries")
def test_who_never_ends_his_request_is_shown_out(running: Served, begun: bytes) -> None:
    with connected(running) as client:
        client.sendall(begun)
        assert rest(client) == b""
    assert is_served(running)


def test_a_later_request_of_a_connection_has_no_longer(
    running: Served, request: pytest.FixtureRequest
) -> None:
    with connected(running) as client:
        client.sendall(ASK + b"\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        request.getfixturevalue("hurries")  # for the second one alone
        client.sendall(ASK)
        rest(client)
    assert is_served(running)


@pytest.mark.usefixtures("hurries")
def test_who_listens_and_says_nothing_more_may_stay(running: Served) -> None:
    """Timers are for requests: a live feed goes on after them."""
    with opened(f"ws://127.0.0.1:{running.port}/api/v1/matches/{match_id()}/live") as client:
        # A beat in 0.05 s: two seconds, twice as long as a request may take.
        heard = [json.loads(client.recv(WITHIN_S))["message"] for _ in range(44)]
    assert heard.count("heartbeat") >= 40


@pytest.mark.parametrize(
    "header", [b"x-long: " + b"a" * 40_000, b"\r\n".join(b"x-%d: a" % n for n in range(9_000))]
)
def test_headers_have_a_bound(running: Served, header: bytes) -> None:
    with connected(running) as client:
        client.sendall(ASK + header + b"\r\n\r\n")
        assert rest(client).startswith(b"HTTP/1.1 400")
    assert is_served(running)


def test_a_frame_that_is_too_large_ends_its_connection(running: Served) -> None:
    with connect(f"ws://127.0.0.1:{running.port}/api/v1/live") as client:
        client.send("a" * 70_000)
        with pytest.raises(ConnectionClosed) as ended:
            hear_all(client)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1009
    assert is_served(running)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/matches?limit=1%0d%0aset-cookie:a=b",
        "/api/v1/matches/x%0d%0aset-cookie:a=b/state",
        "/api/v1/search/matches?team=%0d%0aset-cookie:%20a=b",
    ],
)
def test_nothing_that_is_asked_becomes_a_header(running: Served, path: str) -> None:
    with connected(running) as client:
        client.sendall(asked(path, "x-request-id: a\r\n b\r\n"))
        head, _, _ = rest(client).partition(b"\r\n\r\n")
    assert b"set-cookie" not in head.lower()
    assert head.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/assets/../../../../pyproject.toml",
        "/assets/%2e%2e/%2e%2e/%2e%2e/package.json",
        "/api/v1/maps/..%2F..%2F..%2Fetc%2Fpasswd/outline",
        "/api/v1/maps/..%2F..%2Fetc/radar/upper",
        f"/api/v1/matches/{match_id()}/exports/..%2Fevents",
    ],
)
def test_no_path_leads_out_of_what_is_served(running: Served, path: str) -> None:
    with connected(running) as client:  # as it stands: a client library would tidy it
        client.sendall(asked(path))
        head, _, body = rest(client).partition(b"\r\n\r\n")
    assert head.split()[1] in {b"400", b"404"}
    assert b"root:" not in body
    assert b"[project]" not in body


@pytest.mark.parametrize("host", ["elsewhere.example", "api:9", "a b"])
def test_where_an_answer_leads_is_not_said_by_who_asks(host: str) -> None:
    answer = Desk().ask("/api/v1/matches/?limit=3&status=live", headers={"host": host})
    assert (answer.status_code, answer.headers["location"]) == (307, "/api/v1/matches?limit=3&status=live")


@pytest.mark.parametrize("url", ["http://a//b/c", "//b/c", "http://a/b/c"])
def test_no_path_of_a_location_is_another_host(url: str) -> None:
    assert without_host(url) in {"/b/c", "/c"}


@pytest.mark.parametrize("part", ["state", "events", "rounds", "kills", "players", "predictions", "swings"])
def test_sql_in_an_id_is_an_id_that_nobody_has(part: str) -> None:
    path = f"/api/v1/matches/{quote(SQL, safe='')}/{part}"
    assert Desk().take(messages()).ask(path).status_code == 404
