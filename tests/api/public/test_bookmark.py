"""An id of Server-Sent Events: from there on a client misses nothing, wherever its stream was cut."""

import asyncio
from typing import Any

import msgspec
import pytest

from api.public.live.bookmark import Bookmark, Head, starts_of
from api.public.live.frames import Channel
from api.public.live.operations import Subscribe
from api.public.live.session import Session
from tests.api.public.doubles import NOON, Desk, match_id, messages

FIRST, SECOND = match_id(), match_id(14)
ALL: frozenset[Channel] = frozenset({"state", "predictions", "events"})
DATA = frozenset({"snapshot", "delta", "prediction", "event", "retraction"})


def told(desk: Desk, starts: list[int | None]) -> list[str]:
    """The frames of a stream of both matches that begins there."""

    async def scene() -> list[str]:
        session = Session(desk.board, desk.history, heartbeat_s=60, now=lambda: NOON)
        for each, start in zip((FIRST, SECOND), starts, strict=True):
            await session.take(Subscribe(match_id=each, channels=ALL, from_seq=start))
        frames = list(session.due())
        session.close()
        return frames

    return asyncio.run(scene())


def data_of(frames: list[str]) -> set[tuple[Any, ...]]:
    found = [msgspec.json.decode(text) for text in frames]
    return {(f["message"], f["match_id"], f["seq"], f.get("channel")) for f in found if f["message"] in DATA}


def last_id(frames: list[str], starts: list[int | None]) -> str | None:
    bookmark = Bookmark((FIRST, SECOND), ALL, starts)
    ids = [bookmark.turn(msgspec.json.decode(text, type=Head)) for text in frames]
    return next((each for each in reversed(ids) if each is not None), None)


@pytest.mark.slow
def test_nothing_is_missed_wherever_a_stream_is_cut() -> None:
    desk = Desk().take(messages()).take(messages(3, 14))
    begun: list[int | None] = [desk.board.find(each).view.seq - 60 for each in (FIRST, SECOND)]  # type: ignore[union-attr]
    whole = told(desk, begun)
    assert len(data_of(whole)) > 100
    for cut in range(0, len(whole), 7):
        place = last_id(whole[:cut], begun)
        again = told(desk, begun if place is None else starts_of(place, 2))
        assert data_of(whole[:cut]) | data_of(again) >= data_of(whole), cut


def test_a_match_begins_anew_until_all_its_channels_have_told_something() -> None:
    bookmark = Bookmark(["m", "n"], frozenset({"state", "predictions", "results"}), [None, 7])
    assert bookmark.turn(Head("snapshot", "m", 500)) == "-.7"
    assert bookmark.turn(Head("result", "m", 500)) is None
    assert bookmark.turn(Head("event", "m", 500)) is None
    assert bookmark.turn(Head("prediction", "m", 490)) == "490.7"
    assert bookmark.turn(Head("delta", "m", 501)) == "490.7"
    assert bookmark.turn(Head("retraction", "m", 502, "predictions")) == "501.7"
    assert bookmark.turn(Head("heartbeat")) is None
    assert starts_of("-.7", 2) == [None, 7]


def test_a_stream_of_results_alone_has_no_place() -> None:
    assert Bookmark(["m"], frozenset({"results"}), [None]).turn(Head("result", "m", 3)) is None


@pytest.mark.parametrize("text", ["", "7", "7.8.9", "7.x", "7.-1", "7.²", f"7.{10**30}"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no seq|matches are asked for"):
        starts_of(text, 2)
