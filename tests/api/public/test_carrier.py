"""One task serves all sockets; one that does not take its text waits by itself, and loses nothing of it."""

import asyncio
from collections.abc import Iterator

import pytest

from api.public.live.carrier import AT_ONCE, END, Carrier, Outlet


class Socket:
    """Takes texts while it is open for them."""

    def __init__(self, carrier: Carrier, *, is_open: bool = True) -> None:
        self.waiting: list[str] = []
        self.got: list[str] = []
        self.open = asyncio.Event()
        if is_open:
            self.open.set()
        self.outlet = Outlet(carrier, self._due, frame=str.encode, put=lambda _frame: False, send=self._send)

    def offer(self, *texts: str) -> None:
        self.waiting += texts
        self.outlet.set()

    def _due(self) -> Iterator[str]:
        while self.waiting:
            yield self.waiting.pop(0)

    async def _send(self, text: str) -> None:
        await self.open.wait()
        if text == "gone":
            raise RuntimeError("the socket is closed")
        if text == "wrong":
            raise LookupError("no such thing")
        self.got.append(text)


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_all_sockets_get_their_texts_in_order() -> None:
    async def run() -> list[list[str]]:
        carrier = Carrier()
        sockets = [Socket(carrier) for _ in range(3 * AT_ONCE)]
        for text in "abc":
            for socket in sockets:
                socket.offer(text)
            await turns()
        return [socket.got for socket in sockets]

    assert asyncio.run(run()) == [["a", "b", "c"]] * 3 * AT_ONCE


def test_a_slow_socket_holds_up_no_other_and_gets_all_in_order_later() -> None:
    async def run() -> tuple[list[str], list[str], list[str]]:
        carrier = Carrier()
        slow, quick = Socket(carrier, is_open=False), Socket(carrier)
        for text in "abc":
            slow.offer(text, text.upper())
            quick.offer(text)
            await turns()
        before = list(slow.got)
        slow.open.set()
        await turns()
        return before, slow.got, quick.got

    before, slow, quick = asyncio.run(run())
    assert (before, quick) == ([], ["a", "b", "c"])
    assert slow == ["a", "A", "b", "B", "c", "C"]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_socket_that_is_gone_is_sent_nothing_more(is_open: bool) -> None:
    async def run() -> list[str]:
        carrier = Carrier()
        socket, other = Socket(carrier, is_open=is_open), Socket(carrier)
        socket.offer("a", "gone", "b")
        other.offer("a")
        await turns()
        socket.open.set()
        await turns()
        socket.offer("c")
        await turns()
        assert other.got == ["a"]
        return socket.got

    assert asyncio.run(run()) == ["a"]


def test_a_closed_outlet_lets_go_of_a_socket_that_never_takes() -> None:
    async def run() -> set[str]:
        carrier = Carrier()
        socket = Socket(carrier, is_open=False)
        socket.offer("a")
        await turns()
        socket.outlet.close()
        await turns()
        socket.offer("b")
        await turns()
        return {task.get_name() for task in asyncio.all_tasks()} - {asyncio.current_task().get_name()}  # type: ignore[union-attr]

    assert asyncio.run(run()) == set()


@pytest.mark.parametrize("is_open", [True, False])
def test_what_cannot_be_told_to_one_ends_it_alone(is_open: bool) -> None:
    """Its socket is closed, so that it comes again; the others go on, also with what is called later."""

    async def run() -> tuple[list[str], list[str]]:
        carrier = Carrier()
        one, other = Socket(carrier, is_open=is_open), Socket(carrier)
        one.offer("wrong", "after")
        other.offer("a")
        await turns()
        one.open.set()
        await turns()
        other.offer("b")
        one.offer("again")
        await turns()
        return one.got, other.got

    assert asyncio.run(run()) == ([END], ["a", "b"])


@pytest.mark.parametrize("error", [LookupError, RuntimeError])
def test_one_whose_texts_cannot_be_made_is_shown_out_and_holds_up_no_other(error: type[Exception]) -> None:
    """Whatever the error looks like: to take one of ours for a closed socket would leave it open and silent."""

    async def run() -> list[str]:
        carrier = Carrier()
        other = Socket(carrier)
        sent: list[str] = []

        async def send(text: str) -> None:
            sent.append(text)

        def due() -> Iterator[str]:
            raise error("a state without its map")

        Outlet(carrier, due, frame=str.encode, put=lambda _frame: False, send=send).set()
        other.offer("a")
        await turns()
        return [*sent, *other.got]

    assert sorted(asyncio.run(run())) == [END, "a"]
