"""Server-Sent Events: the frames of the live feed over plain HTTP, and how a stream goes on after a cut."""

import httpx
import msgspec
import pytest

from tests.api.public.following import WITHIN_S
from tests.api.public.test_live_session import FIRST, SECOND, both, play

pytestmark = pytest.mark.slow


def test_server_sent_events_say_the_same() -> None:
    desk = both()

    async def scene(url: str) -> None:
        base = url.replace("ws://", "http://")
        async with (
            httpx.AsyncClient(timeout=WITHIN_S) as client,
            client.stream("GET", f"{base}/sse", params={"match_id": [FIRST, SECOND]}) as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            kinds: list[str] = []
            seqs: list[int] = []
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                kinds += [value] if name == "event" else []
                seqs += (
                    [msgspec.json.decode(value)["seq"]] if name == "data" and '"snapshot"' in value else []
                )
                if kinds.count("snapshot") == 2 and kinds.count("heartbeat") >= 2:
                    break
        assert {"heartbeat", "subscribed", "snapshot", "prediction"} <= set(kinds)
        assert len(seqs) == 2

    play(desk, scene)


def test_a_stream_goes_on_where_its_last_id_says() -> None:
    """A match that is named twice is followed once, and has one place in the id."""
    desk = both()
    held = desk.board.find(FIRST)
    assert held is not None
    last = held.view.seq - 30

    async def scene(url: str) -> None:
        base = url.replace("ws://", "http://")
        headers = {"last-event-id": str(last)}
        seqs: list[int] = []
        async with (
            httpx.AsyncClient(timeout=WITHIN_S) as client,
            client.stream("GET", f"{base}/sse", params={"match_id": [FIRST] * 2}, headers=headers) as answer,
        ):
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "data" and ('"message":"delta"' in value or '"snapshot"' in value):
                    seqs.append(msgspec.json.decode(value)["seq"])
                if seqs[-1:] == [held.view.seq]:
                    break
        assert seqs == list(range(last, held.view.seq + 1))

    play(desk, scene)


def test_a_stream_of_matches_that_nobody_knows_ends_at_once() -> None:
    answer = both().ask("/api/v1/live/sse?match_id=nope&match_id=neither")
    assert (answer.status_code, answer.json()["field"]) == (404, "query.match_id")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "query.match_id"),
        ("match_id=m&channels=gossip", "query.channels[0]"),
        ("match_id=m&from_seq=x", "query.from_seq"),
    ],
)
def test_a_stream_of_nothing_is_refused(query: str, field: str) -> None:
    answer = both().ask(f"/api/v1/live/sse?{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_an_id_that_is_none_is_refused() -> None:
    answer = both().ask(f"/api/v1/live/sse?match_id={FIRST}", headers={"last-event-id": "yesterday"})
    assert (answer.status_code, answer.json()["field"]) == (400, "header.last-event-id")


def test_a_refused_stream_leaves_nobody_on_a_desk() -> None:
    desk = both()
    for last in ("", "&channels=gossip"):
        assert desk.ask(f"/api/v1/live/sse?match_id={FIRST}&match_id={last}").status_code == 400
    held = desk.board.find(FIRST)
    assert held is not None
    assert not held.subscribers


def test_a_stream_that_is_asked_for_from_ahead_begins_with_a_snapshot() -> None:
    desk = both()
    held = desk.board.find(FIRST)
    assert held is not None

    async def scene(url: str) -> None:
        base = url.replace("ws://", "http://")
        asked = {"match_id": FIRST, "channels": "state", "from_seq": "999999"}
        async with (
            httpx.AsyncClient(timeout=WITHIN_S) as client,
            client.stream("GET", f"{base}/sse", params=asked) as answer,
        ):
            ids = (line async for line in answer.aiter_lines() if line.startswith("id: "))
            first = await anext(ids)
        assert first == f"id: {held.view.seq}"

    play(desk, scene)
