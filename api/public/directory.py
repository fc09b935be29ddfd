"""Reads matches, players and teams from the catalog; without a catalog it is empty.

Belongs here: the queries, and the threads they run in. Does not belong here: opening (`opened`), SQL
(`adapters.catalog`), response types (the features).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from api.public.opened import Opened
from api.public.threads import Threads

if TYPE_CHECKING:
    from adapters.catalog.clients import KeyLine
    from adapters.catalog.reading import CatalogReader, Place, Wanted
    from adapters.catalog.store import Row

T = TypeVar("T")
AT_ONCE = 4
"""Concurrent queries."""


class Directory:
    """The catalog at `url`; without a URL nothing is known. Every query may raise AwayError."""

    def __init__(self, url: str = "") -> None:
        self._url = url
        self._reader: Opened[CatalogReader] = Opened(partial(_reader, url))
        self._threads = Threads("catalog", AT_ONCE, part="catalog")
        self._for_keys = Threads("keys", 1, part="catalog")

    async def matches(self, wanted: "Wanted", *, limit: int) -> "Sequence[Row]":
        """Return matches, latest first."""
        return await self._ask(lambda reader: reader.matches(wanted, limit=limit), [])

    async def maps(self, match_ids: Sequence[str]) -> "Sequence[Row]":
        """Return the maps of these matches in the order of play."""
        return await self._ask(lambda reader: reader.maps(match_ids), [])

    async def decided(self, match_ids: Sequence[str]) -> "Sequence[Row]":
        """Return the number of rounds that each team of these matches won on each side."""
        return await self._ask(lambda reader: reader.decided(match_ids), [])

    async def formats(self) -> "Sequence[Row]":
        """Return the number of matches by status and format, with their first and last time."""
        return await self._ask(lambda reader: reader.formats(), [])

    async def players(self, name: str, *, limit: int, after: "Place | None" = None) -> "Sequence[Row]":
        """Return players by a part of their name, last seen first, after `after`."""
        return await self._ask(lambda reader: reader.players(name, limit=limit, after=after), [])

    async def player(self, player_id: str) -> "Row | None":
        return await self._ask(lambda reader: reader.player(player_id), None)

    async def names(self, player_ids: Sequence[str]) -> dict[str, str | None]:
        """Return the last known name of each player."""
        return await self._ask(lambda reader: reader.names(player_ids), {})

    async def teams(self, name: str, *, limit: int, after: "Place | None" = None) -> "Sequence[Row]":
        """Return teams by a part of their name, last seen first, after `after`."""
        return await self._ask(lambda reader: reader.teams(name, limit=limit, after=after), [])

    async def team(self, team_id: str) -> "Row | None":
        return await self._ask(lambda reader: reader.team(team_id), None)

    async def key(self, key_id: str) -> "KeyLine | None":
        """Return an API key with its client. Runs in a separate thread, so that it does not wait for searches."""
        return await self._ask(lambda reader: reader.key(key_id), None, threads=self._for_keys)

    async def keys(self, key_ids: Sequence[str]) -> "Sequence[KeyLine]":
        """Return the keys with these IDs, as far as they exist, in one query."""
        return await self._ask(lambda reader: reader.keys(key_ids), [], threads=self._for_keys)

    async def _ask(
        self, question: "Callable[[CatalogReader], T]", nothing: T, *, threads: Threads | None = None
    ) -> T:
        if not self._url:
            return nothing
        return await (threads or self._threads).run(lambda: self._reader.ask(question))


def _reader(url: str) -> "CatalogReader":
    """Open the catalog for reading. SQLAlchemy is imported here, at the first query, since its import takes time."""
    from adapters.catalog.reading import CatalogReader

    return CatalogReader(url)
