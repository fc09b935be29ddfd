"""Any id can be addressed: as one percent-encoded segment, without a socket and through a real server."""

from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.public.identifiers import identifier, segment, spelt
from game.messages import Prediction
from tests.api.public.doubles import Desk, messages
from tests.api.public.following import WITHIN_S, play

IDS = (
    "league 7/final",
    "a/events",
    "/",
    "a//b/",
    "100%",
    "a%2Fb",
    "a?from_seq=1",
    "a#b",
    "a;b=1,c+d&e",
    "Финал/決勝 🏆",
    "a\\b'\"\u00a0",
)
"""Ids that a path, a query or a decoder takes apart."""
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=128)


def desk_of(*ids: str) -> Desk:
    desk = Desk()
    for name in ids:
        desk.take([msgspec.structs.replace(m, match_id=name) for m in messages()])
    return desk


@given(TEXT)
def test_a_segment_is_the_id_again_and_one_segment(name: str) -> None:
    sent = segment(name)
    assert identifier(sent) == name
    assert spelt(f"/m/{sent}/live".encode()) == f"/m/{sent}/live"
    assert not set(sent) & set("/?# ")


@given(TEXT, st.data())
def test_what_a_client_encodes_makes_no_difference(name: str, data: st.DataObject) -> None:
    """All bytes encoded, or as few as a client wants: the same segment."""
    eager = "".join(f"%{byte:02x}" for byte in name.encode())
    lazy = quote(name, safe=data.draw(st.sampled_from(("", "~!$&'()*+,;=:@"))))
    assert spelt(eager.encode()) == spelt(lazy.encode()) == segment(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", IDS, ids=ascii)
def test_every_path_of_a_match_takes_its_id(name: str) -> None:
    desk = desk_of(name, "another")
    found = desk.json(f"/api/v1/matches/{quote(name, safe='')}")
    assert found["match"]["match_id"] == name
    receipt_id = [m for m in messages() if isinstance(m, Prediction)][-1].receipt.receipt_id
    links: dict[str, str] = found["links"] | {"receipt": f"{_base(name)}/receipts/{receipt_id}"}
    for part, link in links.items():
        if part != "live":
            assert _ids(desk.json(link)) <= {name}, part
    assert _ids(desk.json(links["state"])) == _ids(desk.json(links["events"])) == {name}


def _base(name: str) -> str:
    return f"/api/v1/matches/{quote(name, safe='')}"


def _ids(answer: Any) -> set[str]:
    items = answer if isinstance(answer, list) else answer.get("items", [answer])
    return {item["match_id"] for item in items if "match_id" in item}


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/api/v1/matches/a/events/state", 404, "path"),
        ("/api/v1/matches/a%2Fevents/state", 200, ""),
        ("/api/v1/matches/a%252Fevents/state", 404, "path.match_id"),
        ("/api/v1/matches/%61%2fevents/%73tate", 200, ""),
        ("/api/v1/matches/a%2Fevents%2Fstate", 404, "path.match_id"),
        ("/api/v1/matches/a%FF/state", 400, "path.match_id"),
        ("/api/v1/matches/%00/state", 400, "path.match_id"),
        ("/api/v1/matches/a%0Ab", 400, "path.match_id"),
        ("/api/v1/matches/a%C2%85b/rounds", 400, "path.match_id"),
        ("/api/v1/matches/a/receipts/%7F", 400, "path.receipt_id"),
        ("/api/v1/matches/" + "%C3%A9" * 128, 404, "path.match_id"),
        ("/api/v1/matches/" + "%C3%A9" * 129, 400, "path.match_id"),
    ],
)
def test_a_segment_is_never_two(path: str, status: int, field: str) -> None:
    answer = desk_of("a/events").ask(path)
    assert answer.status_code == status
    assert answer.json().get("field", "") == field


@pytest.mark.slow
def test_a_real_server_and_the_live_feed_take_any_id() -> None:
    desk = desk_of(*IDS)

    async def scene(base: str) -> None:
        http = base.replace("ws://", "http://").removesuffix("/api/v1/matches")
        async with httpx.AsyncClient(base_url=http, timeout=WITHIN_S) as client:
            for name in IDS:
                links = (await client.get(_base(name))).json()["links"]
                state = (await client.get(links["state"])).json()
                assert state["match_id"] == name
                async with connect(http.replace("http://", "ws://") + links["live"], max_size=None) as socket:
                    first = msgspec.json.decode(await socket.recv())
                assert (first["message"], first["match_id"]) == ("snapshot", name)

    play(desk, scene)


@pytest.mark.parametrize("path", ["a/live", "a%252Fb/live", "a%FF/live"])
def test_the_feed_of_another_id_is_closed(path: str) -> None:
    async def scene(base: str) -> None:
        with pytest.raises(ConnectionClosed) as closed:
            async with connect(f"{base}/{path}") as socket:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4404

    play(desk_of("a/b"), scene)
