"""Webhooks of clients and what was sent to them: the catalog as the API asks and changes it.

Belongs here: asking in threads, opening at the first question. Does not belong here: SQL (`adapters.catalog`), shapes
of answers (the feature `webhooks`), sending, which is another process (`api.outbox`).
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from api.public.away import AwayError
from api.public.threads import Threads

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapters.catalog.outbox import Outbox
    from adapters.catalog.webhooks import Webhooks

T = TypeVar("T")
AT_ONCE = 2
"""Questions under way."""


class Subscriptions:
    """Of the catalog at `url`; without one every question raises AwayError, as it does while it is away."""

    def __init__(self, url: str = "") -> None:
        self._url = url
        self._engine: Engine | None = None
        self._opening = threading.Lock()
        self._threads = Threads("webhooks", AT_ONCE, part="catalog")

    async def ask(self, question: "Callable[[Webhooks, Outbox], T]") -> T:
        """Raises AwayError, and what the question raises besides."""
        if not self._url:
            raise AwayError("catalog", "there is no catalog")
        return await self._threads.run(lambda: self._asked(question))

    def _asked(self, question: "Callable[[Webhooks, Outbox], T]") -> T:
        """SQLAlchemy's import takes time and waits for the first question."""
        from adapters.catalog.changes import CatalogAwayError
        from adapters.catalog.engine import ANSWERS_S
        from adapters.catalog.outbox import Outbox
        from adapters.catalog.store import writable
        from adapters.catalog.webhooks import Webhooks

        with self._opening:
            self._engine = self._engine or writable(self._url, answers_s=ANSWERS_S)
        try:
            return question(Webhooks(self._engine), Outbox(self._engine))
        except CatalogAwayError as error:
            raise AwayError("catalog", "the catalog does not answer") from error
