"""The live feed through a real server: a client that follows seq and prev_seq has the state that was published."""

import asyncio
import logging

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.public.desk import Sizes
from game.codec import encode
from game.messages import Prediction, Retraction, StateSnapshot
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages, records
from tests.api.public.following import (
    WITHIN_S,
    Client,
    newest_seqs,
    play,
    published_state,
    read_until,
    served,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize("start", [1, 400])
def test_a_client_converges(level: int, start: int) -> None:
    told = messages(level)
    desk = Desk().take(told[:start])

    async def scene(base: str) -> None:
        client = Client()
        async with connect(f"{base}/{match_id()}/live", max_size=None) as socket:
            for at in range(start, len(told), 40):
                desk.take(told[at : at + 40])
                await asyncio.sleep(0)
            state_seq, prediction_seq = newest_seqs(told)
            await read_until(
                client, socket, lambda: client.seq == state_seq and prediction_seq in client.predictions
            )
        assert not client.is_waiting
        assert client.state == published_state(told)

    play(desk, scene)


@pytest.mark.parametrize("level", [0, 3])
def test_a_client_resumes_where_it_was(level: int) -> None:
    told = messages(level)
    half = len(told) // 2
    desk = Desk().take(told[:half])

    async def scene(base: str) -> None:
        client = Client()
        url = f"{base}/{match_id()}/live"
        async with connect(url, max_size=None) as socket:
            client.take(str(await socket.recv()))
        seen = client.snapshots
        desk.take(told[half : half + 150])
        target, _ = newest_seqs(told[: half + 150])
        async with connect(f"{url}?from_seq={client.seq + 1}", max_size=None) as socket:
            await read_until(client, socket, lambda: client.seq == target and client.heartbeats > 0)
        due = sum(isinstance(m, StateSnapshot) for m in told[half : half + 150])
        assert client.snapshots - seen <= due
        assert client.state == published_state(told[: half + 150])

    play(desk, scene)


def test_a_client_that_was_away_too_long_gets_a_snapshot() -> None:
    desk = Desk().take(messages())

    async def scene(base: str) -> None:
        async with connect(f"{base}/{match_id()}/live?from_seq=1", max_size=None) as socket:
            first = msgspec.json.decode(await socket.recv())
        assert (first["message"], first["seq"]) == ("snapshot", messages()[-1].seq)

    play(desk, scene)


@pytest.mark.parametrize("ahead", [2, 999_999])
def test_a_client_that_is_ahead_gets_a_snapshot_and_converges(ahead: int) -> None:
    """The log was made anew, or this process is behind the one before: the client's seq says nothing here."""
    told = messages()
    half = len(told) // 2
    desk = Desk().take(told[:half])
    here, (target, _) = newest_seqs(told[:half])[0], newest_seqs(told)

    async def scene(base: str) -> None:
        client = Client()
        client.seq, client.is_waiting = here + ahead - 1, False
        async with connect(f"{base}/{match_id()}/live?from_seq={here + ahead}", max_size=None) as socket:
            client.take(str(await socket.recv()))
            assert (client.snapshots, client.seq) == (1, here)
            desk.take(told[half:])
            await read_until(client, socket, lambda: client.seq == target)
        assert client.state == published_state(told)

    play(desk, scene)


def test_predictions_that_run_ahead_of_the_state_are_resumed_whole() -> None:
    told = messages()
    half = len(told) // 2
    early = [m for m in told[half : half + 60] if isinstance(m, Prediction)]
    desk = Desk().take(told[:half]).take(early).board.find(match_id())
    assert desk is not None
    _, heard, *missing = early
    assert desk.view.seq < heard.seq
    seqs = [msgspec.json.decode(text)["seq"] for text in desk.resumed_predictions(heard.seq + 1)]
    assert seqs == [each.seq for each in missing]


@pytest.mark.parametrize("sizes", [Sizes(predictions=5), Sizes(updates=5)])
def test_where_frames_of_either_channel_are_not_held_any_more_the_feed_opens_anew(sizes: Sizes) -> None:
    """A retraction may be among them: the snapshot tells a client to keep no older predictions."""
    told = messages()
    desk = Desk(sizes=sizes).take(told).board.find(match_id())
    assert desk is not None
    from_seq = desk.view.seq - 100
    assert sum(isinstance(m, Prediction) and m.seq >= from_seq for m in told) > 5
    assert desk.resumption(from_seq) == desk.opening()


def test_who_resumes_where_no_prediction_is_held_yet_hears_that_his_are_void() -> None:
    """A process that begins with the store's view has heard none of them."""
    told = messages(3)
    at = next(
        n for n, each in enumerate(told) if isinstance(each, Retraction) and each.from_seq < each.to_seq
    )
    retracted = told[at]
    assert isinstance(retracted, Retraction)
    known = Desk().take(told[:at]).board.find(match_id())
    assert known is not None
    whole = next(n for n, each in enumerate(told) if n > at and isinstance(each, StateSnapshot))
    for through in (whole + 1, whole + 40):
        served = Desk()
        served.board.begin([known.view])
        desk = served.take(told[at:through]).board.find(match_id())
        assert desk is not None
        [first, *_] = desk.resumed_predictions(known.view.seq + 1)
        frame = msgspec.json.decode(first)
        assert (frame["message"], frame["from_seq"], frame["to_seq"]) == (
            "retraction",
            retracted.from_seq,
            retracted.to_seq,
        )


def test_before_the_first_prediction_the_state_is_resumed() -> None:
    told = messages()
    first = next(n for n, message in enumerate(told) if isinstance(message, Prediction))
    desk = Desk().take(told[:first]).board.find(match_id())
    assert desk is not None
    assert desk.resumption(desk.view.seq + 1) == []


def test_a_slow_client_is_conflated_to_the_newest_snapshot() -> None:
    """It reads nothing while far more is said than its queue and its socket hold."""
    told = messages()
    snapshot = next(m for m in told if isinstance(m, StateSnapshot))
    desk = Desk().take([snapshot])
    padded = {f"filler-{n}": {"name": "x" * 200} for n in range(200)}

    async def scene(base: str) -> None:
        async with connect(f"{base}/{match_id()}/live", max_size=None, max_queue=1) as socket:
            await socket.recv()
            found = desk.board.find(match_id())
            assert found is not None
            [subscriber] = found.subscribers
            for seq in range(snapshot.seq + 1, snapshot.seq + 2001):
                message = {"message": "delta", "match_id": match_id(), "seq": seq, "prev_seq": seq - 1}
                message |= {"ts_event": "2026-01-18T12:00:00Z", "set": {"players": padded}}
                record = msgspec.structs.replace(records([snapshot])[0], value=encode(message))
                desk.board.take(record)
                await asyncio.sleep(0)
                assert len(subscriber) <= 512
            client = Client()
            await read_until(client, socket, lambda: client.seq == snapshot.seq + 2000)
            assert client.snapshots >= 1
            assert not client.is_waiting
            assert client.state == found.view.state

    play(desk, scene)


def test_all_clients_get_the_same_text_encoded_once() -> None:
    told = messages()
    desk = Desk().take(told[:300])

    async def scene(base: str) -> None:
        url = f"{base}/{match_id()}/live"
        async with connect(url, max_size=None) as one, connect(url, max_size=None) as other:
            first = [await one.recv(), await other.recv()]
            found = desk.board.find(match_id())
            assert found is not None
            assert found.snapshot_text() is found.snapshot_text()
            assert first[0] == first[1] == found.snapshot_text()

    play(desk, scene)


def test_an_idle_feed_sends_heartbeats() -> None:
    desk = Desk().take(messages())

    async def scene(base: str) -> None:
        client = Client()
        async with connect(f"{base}/{match_id()}/live", max_size=None) as socket:
            await read_until(client, socket, lambda: client.heartbeats == 3)
        assert (client.heartbeats, client.snapshots) == (3, 1)

    play(desk, scene)


def test_a_match_of_the_store_can_be_followed() -> None:
    desk = Desk(KeptHistory(messages()))

    async def scene(base: str) -> None:
        client = Client()
        async with connect(f"{base}/{match_id()}/live", max_size=None) as socket:
            client.take(str(await socket.recv()))
        assert client.state is not None

    play(desk, scene)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/live/", "/api/v1/matches", "/"])
def test_where_nothing_is_no_socket_is_opened(path: str, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(base: str) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(base.replace("/api/v1/matches", path)):
                pass
        answer = refused.value.response
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert msgspec.json.decode(answer.body or b"")["type"] == "urn:midround:problem:no-such-path"

    with caplog.at_level(logging.INFO, logger="midround.access"):
        play(Desk(access_log=1.0), scene)
    lines = [vars(record) for record in caplog.records if record.name == "midround.access"]
    assert [line["status"] for line in lines] == [404] * path.startswith("/api/v1")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("matches/nobody/live", 4404),
        ("matches/{id}/live?from_seq=x", 4400),
        ("matches/{id}/live?from_seq=-1", 4400),
        ("matches/{id}/live?fromseq=1", 4400),
        ("matches/{id}/live?from_seq=1&from_seq=2", 4400),
        ("live?encoding=text", 4400),
        ("live?encode=json", 4400),
        ("live?" + "é" * 200, 4400),
    ],
)
def test_closing_codes(path: str, code: int) -> None:
    async def scene(base: str) -> None:
        url = f"{base.removesuffix('matches')}{path.replace('{id}', match_id())}"
        with pytest.raises(ConnectionClosed) as closed:
            async with connect(url) as socket:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code

    play(Desk().take(messages()), scene)


def test_a_client_that_leaves_is_forgotten() -> None:
    desk = Desk().take(messages())

    async def scene(base: str) -> None:
        found = desk.board.find(match_id())
        assert found is not None
        async with connect(f"{base}/{match_id()}/live", max_size=None) as socket:
            await socket.recv()
            await socket.send("what a client says is not looked at")
            assert len(found.subscribers) == 1
        while found.subscribers:
            await asyncio.sleep(0.005)

    play(desk, scene)


def test_the_server_stops_with_clients_waiting() -> None:
    desk = Desk().take(messages())
    codes: list[int] = []

    async def stay(url: str) -> None:
        async with connect(url, max_size=None) as socket:
            try:
                while True:
                    await socket.recv()
            except ConnectionClosed as closed:
                codes.append(closed.rcvd.code if closed.rcvd is not None else 0)

    async def run() -> None:
        async with served(desk) as base:
            clients = [asyncio.create_task(stay(f"{base}/{match_id()}/live")) for _ in range(5)]
            found = desk.board.find(match_id())
            assert found is not None
            while len(found.subscribers) < 5:
                await asyncio.sleep(0.005)
        await asyncio.wait_for(asyncio.gather(*clients), WITHIN_S)

    asyncio.run(run())
    assert len(codes) == 5
    assert set(codes) <= {1001, 1012}
