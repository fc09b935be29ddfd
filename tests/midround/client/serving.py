"""The application on a port of its own, in a thread, for tests of clients."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.ports import bind
from api import server
from game.messages import Message
from tests.api.public.doubles import Desk
from tests.ports import free_port

WITHIN_S = 60


class Served:
    """The application on a port of its own, in a thread; it can be stopped and started again on the same port."""

    def __init__(self, desk: Desk, port: int | None = None) -> None:
        self.desk = desk
        self.port = free_port() if port is None else port
        self._listening: socket.socket = bind("127.0.0.1", self.port)
        self._listening.listen()
        self._serving = server.server(desk.app)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serving.serve(sockets=[self._listening]))

    def take(self, told: tuple[Message, ...]) -> None:
        """As the follower of the topics does: in the loop of the server."""

        async def taken() -> None:
            self.desk.take(told)

        asyncio.run_coroutine_threadsafe(taken(), self._loop).result(WITHIN_S)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile it answers nothing."""
        going_on = threading.Event()
        self._loop.call_soon_threadsafe(going_on.wait, WITHIN_S)
        try:
            yield
        finally:
            going_on.set()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self.desk.board.close)
        self._serving.should_exit = True
        self._thread.join(WITHIN_S)
        self._listening.close()
        self._loop.close()


@contextmanager
def served(desk: Desk) -> Iterator[Served]:
    running = Served(desk)
    try:
        yield running
    finally:
        running.stop()


def published(told: tuple[Message, ...]) -> tuple[int, dict[str, object]]:
    desk = Desk().take(told).board.find(told[0].match_id)
    assert desk is not None
    return desk.view.seq, desk.view.state
