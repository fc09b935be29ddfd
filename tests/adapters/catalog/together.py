"""What several do to one catalog at once. No tests here."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

from sqlalchemy import event

from adapters.catalog.store import Catalog

WAIT_S = 0.3


def at_once(catalog: Catalog, statement: str, acts: Sequence[Callable[[], None]]) -> None:
    """All of them, each in a thread: none makes a statement that begins so before all have come to theirs, or before
    one of them was held up for a while."""
    together = Barrier(len(acts))

    def look(*told: Any) -> None:
        if told[2].startswith(statement):
            with suppress(BrokenBarrierError):
                together.wait(WAIT_S)

    event.listen(catalog._engine, "before_cursor_execute", look)
    try:
        with ThreadPoolExecutor(len(acts)) as threads:
            for done in [threads.submit(act) for act in acts]:
                done.result()
    finally:
        event.remove(catalog._engine, "before_cursor_execute", look)
