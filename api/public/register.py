"""Reads and writes clients, keys and usage in the catalog, for their administration.

Belongs here: the threads in which it is used. Does not belong here: opening (`opened`), SQL (`adapters.catalog`),
reading the catalog (`directory`).
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from api.public.away import AwayError
from api.public.opened import Opened
from api.public.threads import ANSWERS_S, Threads

if TYPE_CHECKING:
    from adapters.catalog.store import Catalog

T = TypeVar("T")
AT_ONCE = 2
"""Concurrent operations."""


class Register:
    """The catalog at `url`, opened for writing on first use. Callers wait for `answers_s` at most."""

    def __init__(self, url: str = "", *, answers_s: float = ANSWERS_S) -> None:
        self._url = url
        self._catalog: Opened[Catalog] = Opened(partial(_catalog, url))
        self._threads = Threads("register", AT_ONCE, part="catalog", answers_s=answers_s)
        self._for_sums = Threads("usage", 1, part="catalog", answers_s=None)

    async def ask(self, act: "Callable[[Catalog], T]") -> T:
        """Run `act` on the catalog in a thread and return its result. Raises AwayError, and what `act` raises."""
        return await self._threads.run(lambda: self._asked(act))

    async def see_through(self, act: "Callable[[Catalog], T]") -> T:
        """As `ask`, for operations that must not be repeated: once started, its end is awaited, however long it
        takes."""
        return await self._for_sums.run(lambda: self._asked(act))

    def close(self) -> None:
        if self._catalog.held is not None:
            self._catalog.held.close()

    def _asked(self, act: "Callable[[Catalog], T]") -> T:
        if not self._url:
            raise AwayError("catalog", "there is no catalog")
        return self._catalog.ask(act)


def _catalog(url: str) -> "Catalog":
    """Open the catalog for writing. SQLAlchemy is imported here, at the first query, since its import takes time.
    Raises CatalogAwayError."""
    from adapters.catalog import engine
    from adapters.catalog.store import open_catalog

    return open_catalog(url, answers_s=engine.ANSWERS_S)
