"""A catalog with clients and an API that asks for their keys, for tests of who may do what."""

import asyncio
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from adapters.cache.allowances import Allowances
from adapters.catalog.clients import Clients, Made
from adapters.catalog.store import Catalog, open_catalog
from api.public.access import keys
from api.public.directory import Directory
from api.public.history import History
from api.public.register import Register
from api.public.sandbox.playing import Sandboxes
from api.public.subscriptions import Subscriptions
from tests.api.public.doubles import NOON, Desk, match_id, messages
from tests.api.public.following import WITHIN_S, served

OURS, THEIRS = match_id(), match_id(14)
FIRST = 400
"""Messages of each of the two matches in memory: enough of them for who may read what."""


@cache
def _empty() -> bytes:
    """A catalog that nobody has written to: its tables are made once."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "catalog.sqlite"
        open_catalog(f"sqlite:///{file}").close()
        return file.read_bytes()


class Office:
    """A catalog with clients, and an API that asks for their keys: with two matches in memory, whole or their
    beginnings, or all in `history`."""

    def __init__(
        self,
        folder: Path,
        *,
        sandboxes: Sandboxes | None = None,
        history: History | None = None,
        allowances: Allowances | None = None,
        is_whole: bool = False,
    ) -> None:
        file = folder / "catalog.sqlite"
        if not file.exists():
            file.write_bytes(_empty())
        self.url = f"sqlite:///{file}"
        self.catalog: Catalog = open_catalog(self.url)
        self.clients: Clients = self.catalog.clients()
        self.now: datetime = NOON
        self.register = Register(self.url)
        self.desk = Desk(
            history,
            directory=Directory(self.url),
            register=self.register,
            subscriptions=Subscriptions(self.url),
            sandboxes=sandboxes,
            needs_keys=True,
            allowances=allowances,
            now=lambda: self.now,
        )
        if not history:
            first = None if is_whole else FIRST
            self.desk.take((*messages()[:first], *messages(3, 14)[:first]))

    def close(self) -> None:
        self.register.close()
        self.catalog.close()

    def key(
        self, name: str, *, plan: str = "standard", scopes: tuple[str, ...] = ("read", "live"), **told: Any
    ) -> str:
        """The key of a new client."""
        text, first = _made(scopes, told.get("expires_at"))
        self.clients.create(name, first, plan=plan, matches=told.get("matches"), who="me", now=NOON)
        return text

    def another(self, client_id: str, *, scopes: tuple[str, ...] = ("read",), **told: Any) -> str:
        text, made = _made(scopes, told.get("expires_at"))
        self.clients.add_key(client_id, made, who="me", now=NOON, others_until=told.get("others_until"))
        return text

    def ask(self, path: str, key: str, **parameters: Any) -> httpx.Response:
        return self.desk.ask(path, headers={"x-api-key": key}, **parameters)

    def status(self, path: str, key: str | None = None) -> int:
        headers = None if key is None else {"authorization": f"Bearer {key}"}
        return self.desk.ask(path, headers=headers).status_code


def _made(scopes: tuple[str, ...], expires_at: datetime | None) -> tuple[str, Made]:
    key = keys.new_key()
    kept = Made(key_id=key.key_id, secret_hash=key.secret_hash, scopes=scopes, expires_at=expires_at)
    return key.text, kept


async def code_of(url: str, headers: dict[str, str] | None = None, say: str | None = None) -> int | str:
    """The close code, or the first thing that is said."""
    async with connect(url, max_size=None, additional_headers=headers) as socket:
        try:
            if say is not None:
                await socket.send(say)
            while '"heartbeat"' in (told := str(await socket.recv())):
                continue
        except ConnectionClosed:
            return socket.close_code or 0
        return told


def played(office: Office, scene: Any) -> None:
    async def run() -> None:
        async with served(office.desk) as base:
            await asyncio.wait_for(scene(base.replace("/matches", "/live")), WITHIN_S)

    asyncio.run(run())
