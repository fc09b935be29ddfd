"""Reads the three outgoing topics for the board, from some way back and then for as long as the process lives.

Belongs here: start, reconnection, gaps, lag. Does not belong here: what a record means (`board`).
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from adapters.kafka.connection import BrokerError, Connection
from adapters.kafka.reading import Place
from adapters.kafka.records import PREDICTIONS, PROCESSED, STATE, Gap, Record
from adapters.kafka.tail import Tail
from adapters.metrics import Metrics
from api.public.board import Board
from api.public.history import History, HistoryAwayError

LOGGER = logging.getLogger("midround.public")
TOPICS = (STATE, PREDICTIONS, PROCESSED)
BACK = 5_000
"""Messages of each partition that are read again at a start: they close the gap between the store and the end."""
POLL_S = 0.1
RETRY_S = 0.3
AT_ONCE = 32
"""Messages taken in a row before the clients' sockets get their turn."""
LAG_EVERY_S = 1.0
RECOVER_EVERY_S = 2.0
ASK_EVERY_S, ANSWERS_WITHIN_S = 2.0, 1.0
"""Where nothing comes, the broker is asked whether it is still there."""
RECENT_MATCHES = 50


class Feed(Protocol):
    """What of a tail is used here."""

    def poll(self, timeout_s: float) -> list[Record]: ...

    def take_gaps(self) -> list[Gap]: ...

    def lag(self) -> Mapping[Place, int]: ...

    def answers(self, timeout_s: float) -> bool: ...

    def close(self) -> None: ...


def open_tail(connection: Connection, stopping: threading.Event) -> Tail:
    """A tail on the topics: all that the embedded broker still has, `BACK` messages of a partition on a real one.

    Raises BrokerError; also soon after `stopping` is set while no broker answers.
    """
    if connection.embedded:
        return Tail(connection, TOPICS, start="beginning", stopping=stopping)
    ends = Tail(connection, TOPICS, start="end", stopping=stopping)
    start = {place: max(0, end - BACK) for place, end in ends.positions().items()}
    ends.close()
    return Tail(connection, TOPICS, start=start, stopping=stopping)


async def follow(board: Board, history: History, metrics: Metrics, *, open_feed: Callable[[], Feed]) -> None:
    """Feed `board` until cancelled: from the store first, then from the topics, opened anew after an error."""
    begin = asyncio.create_task(_begin(board, history))
    try:
        while True:
            try:
                await _follow_one(board, history, metrics, feed=await asyncio.to_thread(open_feed))
            except BrokerError as error:
                board.is_fed = False
                LOGGER.warning("the topics cannot be read: %s", error)
                await asyncio.sleep(RETRY_S)
    finally:
        board.is_fed = False
        begin.cancel()


async def _begin(board: Board, history: History) -> None:
    """Put the states of recent matches on the board: what a cache has at once, then until the store has answered."""
    for view in reversed(await history.recent(RECENT_MATCHES)):
        board.put(view)
    while True:
        try:
            for view in reversed(await history.views(RECENT_MATCHES)):
                board.put(view)
            return
        except HistoryAwayError:
            await asyncio.sleep(RETRY_S)


async def _follow_one(board: Board, history: History, metrics: Metrics, *, feed: Feed) -> None:
    loop = asyncio.get_running_loop()
    lag_at = recover_at = ask_at = loop.time()
    answers = True
    try:
        while True:
            records = await asyncio.to_thread(feed.poll, POLL_S)
            if records:
                answers, ask_at = True, loop.time() + ASK_EVERY_S
            elif loop.time() >= ask_at:
                answers = await asyncio.to_thread(feed.answers, ANSWERS_WITHIN_S)
                ask_at = loop.time() + ASK_EVERY_S
            for count, record in enumerate(records, start=1):
                board.take(record)
                if count % AT_ONCE == 0:
                    await asyncio.sleep(0)
            board.is_fed = answers and (board.is_fed or not records or not any(feed.lag().values()))
            if loop.time() >= lag_at:
                _show_lag(feed, metrics)
                lag_at = loop.time() + LAG_EVERY_S
            if feed.take_gaps() or loop.time() >= recover_at:
                await _recover(board, history)
                recover_at = loop.time() + RECOVER_EVERY_S
    finally:
        await asyncio.to_thread(feed.close)


async def _recover(board: Board, history: History) -> None:
    """Look in the store for a newer state of each match whose view has a hole."""
    with suppress(HistoryAwayError):
        for view in board.doubtful():
            stored = await history.view(view.match_id)
            if stored is not None:
                board.put(stored)


def _show_lag(feed: Feed, metrics: Metrics) -> None:
    for (topic, partition), lag in feed.lag().items():
        metrics.consumer_lag.labels(topic, str(partition)).set(lag)
