"""Reads and changes clients' webhooks and their deliveries in the catalog.

Belongs here: the threads in which it is used. Does not belong here: opening (`opened`), SQL (`adapters.catalog`),
response types (the feature `webhooks`), sending, which is another process (`api.outbox`).
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from api.public.away import AwayError
from api.public.opened import Opened
from api.public.threads import Threads

if TYPE_CHECKING:
    from adapters.catalog.outbox import Outbox
    from adapters.catalog.webhooks import Webhooks

T = TypeVar("T")
AT_ONCE = 2
"""Concurrent queries."""


class Subscriptions:
    """The webhooks in the catalog at `url`. Without a URL, or while the catalog is unavailable, every query raises
    AwayError."""

    def __init__(self, url: str = "") -> None:
        self._url = url
        self._books: Opened[tuple[Webhooks, Outbox]] = Opened(partial(_books, url))
        self._threads = Threads("webhooks", AT_ONCE, part="catalog")

    async def ask(self, question: "Callable[[Webhooks, Outbox], T]") -> T:
        """Run `question` in a thread and return its result. Raises AwayError, and what `question` itself raises."""
        if not self._url:
            raise AwayError("catalog", "there is no catalog")
        return await self._threads.run(lambda: self._books.ask(lambda books: question(*books)))


def _books(url: str) -> "tuple[Webhooks, Outbox]":
    """Open the catalog for writing. SQLAlchemy is imported here, at the first query, since its import takes time."""
    from adapters.catalog.engine import ANSWERS_S
    from adapters.catalog.outbox import Outbox
    from adapters.catalog.store import writable
    from adapters.catalog.webhooks import Webhooks

    engine = writable(url, answers_s=ANSWERS_S)
    return Webhooks(engine), Outbox(engine)
