"""A hole is one unless an opening or a conflation explains it; a frame's bytes are read as they were sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from midround.bench.judging import Head, Judge, Place, graph_head, live_head, remembered
from midround.bench.sockets import TEXT, frame_at, masked


def judged(*heads: tuple[str, int, int | None]) -> Judge:
    judge = Judge()
    for message, seq, prev_seq in heads:
        judge.take(Head(message, seq=seq, prev_seq=prev_seq))
    return judge


def test_frames_that_follow_on_each_other_have_no_hole() -> None:
    judge = judged(
        ("snapshot", 7, 3), ("prediction", 6, 2), ("delta", 8, 7), ("prediction", 8, 6), ("delta", 8, 7)
    )
    assert (judge.holes, judge.place) == (0, Place(state=8, predictions=8))


@pytest.mark.parametrize("missing", [("delta", 9, 8), ("prediction", 9, 8)])
def test_a_frame_that_is_missing_is_a_hole_of_its_channel(missing: tuple[str, int, int]) -> None:
    assert judged(("snapshot", 7, 3), ("prediction", 7, 3), missing).holes == 1


def test_a_conflation_explains_one_hole_and_not_the_next() -> None:
    opening = (("snapshot", 7, 3), ("conflated", 20, None), ("snapshot", 20, 19))
    assert judged(*opening).holes == 0
    assert judged(*opening, ("delta", 25, 24)).holes == 1


def test_both_languages_are_read() -> None:
    live = b'{"message":"delta","match_id":"m","seq":4,"prev_seq":3,"processed_at":"2026-01-18T12:00:00.5Z"}'
    graph = (
        b'{"id":"1","type":"next","payload":{"data":{"predictionUpdated":'
        b'{"seq":4,"tsCalc":"2026-01-18T12:00:00.500Z","pTeamAWin":0.5}}}}'
    )
    assert live_head(live) == Head("delta", "m", 4, 3, 1768737600.5)
    assert graph_head(graph) == Head("prediction", seq=4, told_s=1768737600.5)
    assert graph_head(b'{"type":"connection_ack"}') == Head("connection_ack")


def test_a_frame_is_decoded_once() -> None:
    look = remembered(lambda text: Head(text.decode()))
    assert look(b"a") is look(b"a")
    assert look(b"b") == Head("b")


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.integers(1, 40))
def test_frames_are_found_wherever_they_are_cut(contents: list[bytes], missing: int) -> None:
    sent = b"".join(Frame(Opcode.BINARY, each).serialize(mask=False) for each in contents)
    at, found = 0, []
    while (frame := frame_at(sent, at)) is not None:
        _, start, at = frame
        found.append(sent[start:at])
    assert (found, at) == (contents, len(sent))
    if contents:
        last = len(sent) - len(Frame(Opcode.BINARY, contents[-1]).serialize(mask=False))
        assert frame_at(sent[: max(last, len(sent) - missing)], last) is None


@given(st.binary(max_size=65_535))
def test_what_is_said_is_a_masked_frame(content: bytes) -> None:
    sent = masked(TEXT, content)
    code, start, end = frame_at(bytes((sent[0], sent[1] & 127)) + sent[2:], 0) or (0, 0, 0)
    assert (code, sent[1] & 128, sent[start : start + 4]) == (TEXT, 128, bytes(4))
    assert sent[start + 4 : end + 4] == content
