"""The catalog as those who administer clients write it, and where usage goes.

Belongs here: asking in threads, opening at the first question. Does not belong here: SQL (`adapters.catalog`), the
catalog as readers ask it (`directory`).
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from api.public.away import AwayError
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
        self._catalog: Catalog | None = None
        self._opening = threading.Lock()
        self._threads = Threads("register", AT_ONCE, part="catalog", answers_s=answers_s)
        self._for_sums = Threads("usage", 1, part="catalog", answers_s=None)

    async def ask(self, act: "Callable[[Catalog], T]") -> T:
        """What `act` says of the catalog; it runs in a thread. Raises AwayError, and what `act` raises."""
        return await self._threads.run(lambda: self._asked(act))

    async def see_through(self, act: "Callable[[Catalog], T]") -> T:
        """The same for what must not be done twice: once it was begun its end is waited for, however long it takes."""
        return await self._for_sums.run(lambda: self._asked(act))

    def close(self) -> None:
        if self._catalog is not None:
            self._catalog.close()

    def _asked(self, act: "Callable[[Catalog], T]") -> T:
        """SQLAlchemy's import takes time and waits for the first question."""
        from adapters.catalog import engine
        from adapters.catalog.changes import CatalogAwayError
        from adapters.catalog.store import open_catalog

        if not self._url:
            raise AwayError("catalog", "there is no catalog")
        try:
            with self._opening:
                self._catalog = self._catalog or open_catalog(self._url, answers_s=engine.ANSWERS_S)
            return act(self._catalog)
        except CatalogAwayError as error:
            raise AwayError("catalog", "the catalog does not answer") from error
