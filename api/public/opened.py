"""The catalog as one of those who ask it has it open, and its absence in the API's words.

Belongs here: opening, errors. Does not belong here: what is asked, and in which threads (`directory`, `register`,
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
    """What `made` opens at the first question, and keeps; where that fails the next question tries again. Safe for
    threads. `made` may raise CatalogAwayError."""

    def __init__(self, made: Callable[[], C]) -> None:
        self._made = made
        self._opening = threading.Lock()
        self.held: C | None = None
        """Null until the first question."""

    def ask(self, question: Callable[[C], T]) -> T:
        """Its answer. Raises AwayError while the catalog is away, and what the question raises besides."""
        try:
            return question(self._open())
        except CatalogAwayError as error:
            raise AwayError("catalog", "the catalog does not answer") from error

    def _open(self) -> C:
        with self._opening:
            if self.held is None:
                self.held = self._made()
            return self.held
