"""Pages of other origins before an API that asks for no keys: they read, and do nothing."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from adapters.metrics import metrics
from api.public.app import create_app
from api.public.backends import Backends
from api.public.board import Board
from api.public.history import NoHistory
from tests.api.public.doubles import Desk, match_id, messages
from tests.api.public.following import play

OURS, OTHER = "http://localhost:8080", "https://elsewhere.example"
WISH = b'{"sped":1}'
PATHS = ["/api/v1/sandbox", f"/api/v1/matches/{match_id()}/what-if", "/graphql"]


def is_refused(desk: Desk, path: str, origin: str | None, *, host: str = "localhost:8080") -> bool:
    told = {"host": host} | ({} if origin is None else {"origin": origin})
    answer = desk.ask(path, "POST", content=WISH, headers=told)
    assert answer.status_code < 500
    if answer.status_code == 403:
        assert (answer.json()["type"], answer.json()["field"]) == (
            "urn:midround:problem:page-elsewhere",
            "origin",
        )
    return answer.status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_a_page_from_elsewhere_changes_nothing(path: str) -> None:
    desk = Desk()
    assert [is_refused(desk, path, each) for each in (OTHER, "null")] == [True, True]
    assert [is_refused(desk, path, each) for each in (OURS, None)] == [False, False]


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1:8080", True),
        ("192.168.1.5", True),
        ("[::1]:8080", True),
        ("midround.lan:8080", True),
        ("rebound.example:8080", False),
        ("localhost.rebound.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_a_page_is_ours_by_an_address_or_a_name_that_nobody_else_can_lead_here(
    host: str, *, is_ours: bool
) -> None:
    desk = Desk()
    desk.app = create_app(desk.app.state.backends, host="Midround.lan")
    assert is_refused(desk, PATHS[0], f"http://{host}", host=host) is not is_ours
    assert not is_refused(desk, PATHS[0], None, host=host)


@pytest.mark.parametrize("origin", ["http://[", "[", "", "null"])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    assert is_refused(Desk(), PATHS[0], origin)


def test_it_may_read() -> None:
    assert Desk().ask("/api/v1/matches", headers={"origin": OTHER}).status_code == 200


@pytest.mark.parametrize("welcome", [OTHER, "*"])
def test_those_that_the_setting_names_may_do_more(welcome: str) -> None:
    desk, board = Desk(), metrics()
    behind = Backends(board=Board(board), history=NoHistory(), metrics=board)
    desk.app = create_app(behind, cors_origins=[welcome])
    assert not is_refused(desk, PATHS[0], OTHER)


@pytest.mark.slow
def test_it_opens_no_socket() -> None:
    desk = Desk().take(messages())

    async def scene(base: str) -> None:
        url = f"{base}/{match_id()}/live"
        host = base.split("/")[2]
        for origin in (f"http://{host}", None):
            async with connect(url, origin=origin, max_size=None) as socket:  # type: ignore[arg-type]
                assert "snapshot" in str(await socket.recv())
        for path in (url, base.replace("/matches", "/live"), base.replace("/api/v1/matches", "/graphql")):
            async with connect(path, origin=OTHER) as socket:  # type: ignore[arg-type]
                with pytest.raises(ConnectionClosed) as ended:
                    await socket.recv()
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code == 4403

    play(desk, scene)
