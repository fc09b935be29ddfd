"""The reading side as a process closes all that it opened, whatever becomes of one part."""

import asyncio
import socket
from typing import Any

import pytest

from adapters.cache.allowances import AllowancesHere
from adapters.kafka.connection import connection
from adapters.metrics import metrics
from api import server
from api.public import serve
from api.public.access.usage import Usage
from api.public.announcer import Announcer
from api.public.app import create_app
from api.public.backends import Backends, utc_now
from api.public.board import Board
from api.public.history import NoHistory


class Stopped:
    """A server that is told to stop as soon as all others run."""

    async def serve(self, *, sockets: list[socket.socket]) -> None:
        await asyncio.sleep(0)


class Closing(AllowancesHere, Announcer):
    def __init__(self, *, is_broken: bool = False) -> None:
        super().__init__()
        self.is_broken, self.is_closed = is_broken, False

    async def close(self) -> None:
        self.is_closed = True
        if self.is_broken:
            raise OSError("broken")


class Counting(Usage):
    async def flush_until(self, *_: Any, **_more: Any) -> None:
        raise OSError("broken")


@pytest.mark.parametrize("broken", ["follower", "counting", "allowances"])
def test_all_are_closed_whatever_one_raises(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    async def follow(*_: object, **_more: object) -> None:
        if broken == "follower":
            raise OSError("broken")

    monkeypatch.setattr(server, "server", lambda _app: Stopped())
    monkeypatch.setattr(serve, "follow", follow)
    allowances, announcer = Closing(is_broken=broken == "allowances"), Closing()
    behind = Backends(
        board=(board := Board(metrics())),
        history=NoHistory(),
        metrics=metrics(),
        usage=(Counting if broken == "counting" else Usage)(utc_now),
        announcer=announcer,
    )
    to = connection("127.0.0.1:9", {}, embedded=False)

    async def run() -> None:
        with socket.socket() as listening:
            await serve._serve(
                create_app(behind),
                behind,
                board=board,
                to=to,
                late_s=6,
                allowances=allowances,
                listening=listening,
            )

    with pytest.raises(OSError, match="broken"):
        asyncio.run(run())
    assert (allowances.is_closed, announcer.is_closed) == (True, True)
