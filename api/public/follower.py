"""Reads the three outgoing topics for the board, starting some way back, for the lifetime of the process.

Belongs here: start, reconnection, gaps, lag. Does not belong here: the meaning of a record (`board`).
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Protocol

from adapters.kafka.connection import API_GROUP, BrokerError, Connection
from adapters.kafka.origin import Origin
from adapters.kafka.reading import Place
from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE, Gap, Record
from adapters.kafka.tail import Tail
from adapters.metrics import Metrics
from api.public.away import AwayError
from api.public.board import Board
from api.public.history import History
from api.public.threads import Threads
from game.view import MatchView

LOGGER = logging.getLogger("midround.public")
TOPICS = (STATE, PREDICTIONS, PROCESSED)
BACK = 5_000
"""Messages per partition that are read again at startup: they close the gap between the store and the end of the
log."""
POLL_S = 0.1
RETRY_S = 0.3
AFTER_FAULT_S = 2.0
STUCK_S = 2.0
"""Seconds after which an unfinished poll counts as stuck."""
AT_ONCE = 32
"""Messages processed in a row before the clients' sockets get the event loop."""
LAG_EVERY_S = 1.0
RECOVER_EVERY_S = 2.0
ASK_EVERY_S, ANSWERS_WITHIN_S = 2.0, 1.0
"""If no messages arrive, the broker is asked whether it still answers."""
RECENT_MATCHES = 50


class Feed(Protocol):
    """The part of `Tail` that is used here."""

    @property
    def origin(self) -> Origin: ...

    def poll(self, timeout_s: float) -> list[Record]: ...

    def take_gaps(self) -> list[Gap]: ...

    def lag(self) -> Mapping[Place, int]: ...

    def positions(self) -> Mapping[Place, int]: ...

    def done(self, positions: Mapping[Place, int]) -> None: ...

    def answers(self, timeout_s: float) -> bool: ...

    def close(self) -> None: ...


def open_tail(connection: Connection, stopping: threading.Event) -> Tail:
    """Open a tail on the topics: everything that the embedded broker still has, the last `BACK` messages per partition
    on a real one.

    Raises BrokerError, also soon after `stopping` is set while no broker answers.
    """
    if connection.embedded:
        return Tail(connection, TOPICS, start="beginning", group=API_GROUP, stopping=stopping)
    ends = Tail(connection, TOPICS, start="end", stopping=stopping)
    start = {place: max(0, end - BACK) for place, end in ends.positions().items()}
    ends.close()
    return Tail(connection, TOPICS, start=start, stopping=stopping)


async def follow(board: Board, history: History, metrics: Metrics, *, open_feed: Callable[[], Feed]) -> None:
    """Feed `board` until cancelled: from the store first, then from the topics, which are reopened after an error. The
    topics are read in a thread of their own and the store is queried concurrently, so that neither delays the other."""
    thread, gap = Threads("feed", 1, part="store", waits_s=None, answers_s=None), asyncio.Event()
    origin: Origin | None = None
    beside = [asyncio.create_task(_begin(board, history)), asyncio.create_task(_recover(board, history, gap))]
    try:
        while True:
            pause_s = RETRY_S
            try:
                feed = await thread.run(open_feed)
                if origin is not None and feed.origin != origin:
                    board.turn_to_another_log()
                origin = feed.origin
                await _follow_one(board, metrics, feed=feed, thread=thread, gap=gap)
            except BrokerError as error:
                LOGGER.warning("the topics cannot be read: %s", error)
            except Exception:
                LOGGER.exception("the topics are opened anew after a fault")
                pause_s = AFTER_FAULT_S
            board.is_fed = False
            await asyncio.sleep(pause_s)
    finally:
        board.is_fed = False
        for task in beside:
            task.cancel()


async def _begin(board: Board, history: History) -> None:
    """Put the states of recent matches on the board: first from the cache, then from the store once it answers."""
    for ask in (history.recent, partial(_stored, history)):
        try:
            board.begin(await ask(RECENT_MATCHES))
        except Exception:
            LOGGER.exception("the states of recent matches cannot be read")


async def _stored(history: History, limit: int) -> list[MatchView]:
    while True:
        try:
            return await history.views(limit)
        except AwayError:
            await asyncio.sleep(RETRY_S)


async def _recover(board: Board, history: History, gap: asyncio.Event) -> None:
    """After a gap, and periodically, look in the store for a newer state of each match whose view has a gap."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(RECOVER_EVERY_S):
                await gap.wait()
        gap.clear()
        with suppress(AwayError):
            for view in board.doubtful():
                await _recover_one(board, history, view.match_id)


async def _recover_one(board: Board, history: History, match_id: str) -> None:
    try:
        stored = await history.view(match_id)
    except AwayError:
        raise
    except Exception:
        LOGGER.exception("the stored state of %s cannot be read", match_id)
        return
    if stored is not None:
        board.begin([stored])


async def _follow_one(
    board: Board, metrics: Metrics, *, feed: Feed, thread: Threads, gap: asyncio.Event
) -> None:
    """Process records until an error or cancellation; set `gap` when records were missed."""
    loop = asyncio.get_running_loop()
    lag_at = ask_at = loop.time()
    answers = True
    try:
        while True:
            with _unfed_while_stuck(board):
                records = await thread.run(lambda: feed.poll(POLL_S))
            if records:
                answers, ask_at = True, loop.time() + ASK_EVERY_S
            elif loop.time() >= ask_at:
                answers = await thread.run(lambda: feed.answers(ANSWERS_WITHIN_S))
                ask_at = loop.time() + ASK_EVERY_S
            for count, record in enumerate(records, start=1):
                board.take(record)
                if count % AT_ONCE == 0:
                    await asyncio.sleep(0)
            board.is_fed = answers and (board.is_fed or not records or not any(feed.lag().values()))
            if loop.time() >= lag_at:
                _show_lag(feed, metrics)
                feed.done(feed.positions())
                lag_at = loop.time() + LAG_EVERY_S
            if feed.take_gaps():
                gap.set()
    finally:
        await thread.run(feed.close)


@contextmanager
def _unfed_while_stuck(board: Board) -> Iterator[None]:
    """Mark the board as not fed when the enclosed poll takes longer than `STUCK_S`."""

    def lose() -> None:
        board.is_fed = False

    timer = asyncio.get_running_loop().call_later(STUCK_S, lose)
    try:
        yield
    finally:
        timer.cancel()


def _show_lag(feed: Feed, metrics: Metrics) -> None:
    for (topic, partition), lag in feed.lag().items():
        metrics.consumer_lag.labels(topic, str(partition)).set(lag)
