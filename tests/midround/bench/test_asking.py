"""Answers are told apart by their bytes; what is asked over HTTP comes to figures that say what they are of."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from midround.bench.asking import Answered, Asked, Exchange, answered, get, post, size
from midround.bench.figures import Watch
from midround.bench.neighbours import Turn
from midround.bench.neighbours import report as of_turns
from midround.bench.requests import report as of_pairs
from midround.bench.what_if import questions
from tests.api.public.doubles import Desk, messages

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx: y\r\n\r\n"


@given(st.integers(0, len(HEAD) - 1))
def test_an_answer_has_its_head_and_its_length(cut: int) -> None:
    assert size(HEAD[:cut]) == 0
    assert size(HEAD) == size(HEAD + b"hello") == len(HEAD) + 5
    assert size(b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n") == 38


def test_a_request_is_what_goes_over_the_wire() -> None:
    assert get("/a", 80, x_api_key="k") == b"GET /a HTTP/1.1\r\nhost: 127.0.0.1:80\r\nx-api-key: k\r\n\r\n"
    assert post("/a", 80, b"{}").endswith(b"content-length: 2\r\n\r\n{}")


class Quick(Exchange):
    """Answers every request at once, in turn with 200 and 429."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bytes] = []

    async def ask(self, request: bytes) -> int:
        await asyncio.sleep(0)
        self.asked.append(request)
        return 200 if len(self.asked) % 2 else 429


def test_at_a_rate_the_requests_are_asked_in_turn_over_all_connections() -> None:
    asked = Asked(port=0, requests=(b"a", b"b", b"c"), rate=100.0)
    exchanges = [Quick(), Quick()]
    found = asyncio.run(answered(exchanges, asked, seconds=0.12))
    assert found.statuses == {200: 6, 429: 6}
    assert found.others == 6
    assert len(found.late_ms) == 12
    assert [each.asked for each in exchanges] == [[b"a", b"c", b"b"] * 2, [b"b", b"a", b"c"] * 2]


def an_answer(per_s: float = 100.0, *, late_ms: float = 1.0, status: int = 200) -> Answered:
    return Answered(statuses={status: 10}, late_ms=[late_ms] * 10, per_s=per_s, share=0.1)


def test_the_median_of_pairs_counts_and_the_target_is_of_it() -> None:
    pairs = [(an_answer(100), an_answer(each)) for each in (50, 60, 90)]
    found = of_pairs(pairs, an_answer(), watch=Watch())
    assert (found.values["median_ratio"], found.values["least_ratio"]) == (0.6, 0.5)
    assert found.targets[0].is_met
    assert not of_pairs(pairs[:1], an_answer(), watch=Watch()).targets[0].is_met


def test_a_neighbour_who_is_felt_or_refused_misses_the_target() -> None:
    def turn(over_ms: float, status: int = 200) -> Turn:
        quiet, over = an_answer(), an_answer(late_ms=over_ms, status=status)
        return Turn(quiet=quiet, within=quiet, over=over, refused=3)

    def met(*turns: Turn) -> list[bool]:
        found = of_turns({"memory": [turn(1.0)], "store": turns}, watch=Watch()).targets
        assert all(target.is_met for target in found[:3])
        return [target.is_met for target in found[3:]]

    assert met(turn(1.1), turn(9.0), turn(1.2)) == [True] * 3
    assert met(turn(2.0)) == [True, False, True]
    assert met(turn(1.0, 429)) == [True, True, False]


def test_every_question_is_taken_by_the_api() -> None:
    desk = Desk().take(messages()[:300])
    state = desk.of_match("/state")
    path = f"/api/v1/matches/{state['match_id']}/what-if"
    assert state["state"]["phase"] == "live"
    asked = list(questions(state["state"]))
    assert len(set(asked)) == len(asked) > 15
    assert {desk.ask(path, "POST", content=body).status_code for body in asked} <= {200, 422}
    assert desk.ask(path, "POST", content=asked[0]).status_code == 200
