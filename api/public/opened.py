"""A catalog connection opened on first use, with the API's error while the catalog is unavailable.

Belongs here: opening, errors. Does not belong here: the queries and their threads (`directory`, `register`,
`subscriptions`), SQL (`adapters.catalog`).
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from adapters.catalog.changes import CatalogAwayError
from api.public.away import AwayError

C = TypeVar("C")
T = TypeVar("T")


class Opened(Generic[C]):
    """Opens with `made` at the first query and keeps the result. If opening fails, the next query tries again.
    Thread-safe. `made` may raise CatalogAwayError."""

    def __init__(self, made: Callable[[], C]) -> None:
        self._made = made
        self._opening = threading.Lock()
        self.held: C | None = None
        """None until the first query."""

    def ask(self, question: Callable[[C], T]) -> T:
        """Return the answer. Raises AwayError while the catalog is unavailable, and what `question` itself raises."""
        try:
            return question(self._open())
        except CatalogAwayError as error:
            raise AwayError("catalog", "the catalog does not answer") from error

    def _open(self) -> C:
        with self._opening:
            if self.held is None:
                self.held = self._made()
            return self.held
