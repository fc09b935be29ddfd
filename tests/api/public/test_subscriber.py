"""One client's queue: bounded, in order, conflated when it cannot keep up."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from api.public.live.subscriber import Subscriber


@given(st.lists(st.one_of(st.text(max_size=12), st.none()), max_size=60))
def test_a_queue_never_grows_above_its_bounds(steps: list[str | None]) -> None:
    """A text is offered; None is the client taking what waits."""
    client = Subscriber(waiting_max=5, characters_max=30)
    expected: list[str] = []
    for text in steps:
        if text is None:
            assert client.take() == expected
            expected = []
        else:
            client.offer(text)
            expected = [] if client.is_behind else [*expected, text]
        assert len(client) <= 5
        assert sum(map(len, expected)) <= 30


def test_a_client_that_is_behind_begins_anew() -> None:
    client = Subscriber(waiting_max=1)
    for text in ("a", "b", "c"):
        client.offer(text)
    assert client.is_behind
    client.catch_up()
    client.offer("d")
    assert (client.is_behind, client.take()) == (False, ["d"])


def test_waiting_ends_by_a_text_by_time_or_by_closing() -> None:
    async def scene() -> list[bool]:
        client = Subscriber()
        timed_out = await client.wait(0.001)
        client.offer("a")
        woken = await client.wait(10)
        client.take()
        client.close()
        return [timed_out, woken, await client.wait(10), client.is_closed]

    assert asyncio.run(scene()) == [False, True, True, True]
