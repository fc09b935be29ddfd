"""The catalog as those who administer clients write it, and where usage goes.

Belongs here: in which threads it is asked. Does not belong here: opening (`opened`), SQL (`adapters.catalog`), the
catalog as readers ask it (`directory`).
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
"""Acts under way."""


class Register:
    """The catalog at `url`, open for writing once it is needed. Who asks waits for `answers_s` at most."""

    def __init__(self, url: str = "", *, answers_s: float = ANSWERS_S) -> None:
        self._url = url
        self._catalog: Opened[Catalog] = Opened(partial(_catalog, url))
        self._threads = Threads("register", AT_ONCE, part="catalog", answers_s=answers_s)
        self._for_sums = Threads("usage", 1, part="catalog", answers_s=None)

    async def ask(self, act: "Callable[[Catalog], T]") -> T:
        """What `act` says of the catalog; it runs in a thread. Raises AwayError, and what `act` raises."""
        return await self._threads.run(lambda: self._asked(act))

    async def see_through(self, act: "Callable[[Catalog], T]") -> T:
        """The same for what must not be done twice: once it was begun its end is waited for, however long it takes."""
        return await self._for_sums.run(lambda: self._asked(act))

    def close(self) -> None:
        if self._catalog.held is not None:
            self._catalog.held.close()

    def _asked(self, act: "Callable[[Catalog], T]") -> T:
        if not self._url:
            raise AwayError("catalog", "there is no catalog")
        return self._catalog.ask(act)


def _catalog(url: str) -> "Catalog":
    """SQLAlchemy's import takes time and waits for the first question. Raises CatalogAwayError."""
    from adapters.catalog import engine
    from adapters.catalog.store import open_catalog

    return open_catalog(url, answers_s=engine.ANSWERS_S)
