"""Webhooks of clients and what was sent to them: the catalog as the API asks and changes it.

Belongs here: in which threads it is asked. Does not belong here: opening (`opened`), SQL (`adapters.catalog`), shapes
of answers (the feature `webhooks`), sending, which is another process (`api.outbox`).
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
"""Questions under way."""


class Subscriptions:
    """Of the catalog at `url`; without one every question raises AwayError, as it does while it is away."""

    def __init__(self, url: str = "") -> None:
        self._url = url
        self._books: Opened[tuple[Webhooks, Outbox]] = Opened(partial(_books, url))
        self._threads = Threads("webhooks", AT_ONCE, part="catalog")

    async def ask(self, question: "Callable[[Webhooks, Outbox], T]") -> T:
        """Raises AwayError, and what the question raises besides."""
        if not self._url:
            raise AwayError("catalog", "there is no catalog")
        return await self._threads.run(lambda: self._books.ask(lambda books: question(*books)))


def _books(url: str) -> "tuple[Webhooks, Outbox]":
    """SQLAlchemy's import takes time and waits for the first question."""
    from adapters.catalog.engine import ANSWERS_S
    from adapters.catalog.outbox import Outbox
    from adapters.catalog.store import writable
    from adapters.catalog.webhooks import Webhooks

    engine = writable(url, answers_s=ANSWERS_S)
    return Webhooks(engine), Outbox(engine)
