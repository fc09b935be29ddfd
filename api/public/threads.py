"""Thread pools for blocking queries, one per part behind the API, with a bounded number of queries at a time.

Belongs here: isolation, so that queries to one part delay neither other parts nor, above all, the live feed, as they
would in asyncio's shared pool. Does not belong here: the queries, whose turn it is (`turns`).
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from api.public.away import AwayError, Part
from api.public.turns import NOBODY, Turns

T = TypeVar("T")
WAITS_S = 5.0
"""A query that got no thread within this time is refused: if the part hangs, so do all queries before it."""
ANSWERS_S = 5.0
"""A caller waits no longer than this in total, for its turn and for the answer."""
ASKS: ContextVar[str] = ContextVar("asks", default=NOBODY)
"""The client on whose behalf the current task runs; set by the gate."""


class Threads:
    """At most `count` threads, started when needed; they end with the object and with the process. They query `part`,
    which their errors name. Clients take turns, and each may use only a share of the threads. `waits_s` or `answers_s`
    None: no timeout."""

    def __init__(
        self,
        name: str,
        count: int,
        *,
        part: Part,
        waits_s: float | None = WAITS_S,
        answers_s: float | None = ANSWERS_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._part: Part = part
        self._pool = ThreadPoolExecutor(count, name)
        self._waits_s, self._answers_s, self._clock = waits_s, answers_s, clock
        self._count, self._turns, self._lock = count, Turns[_Question[Any]](count), threading.Lock()
        self._begun: dict[int, tuple[str, float]] = {}
        """By thread, the client it works for and the start time."""

    async def run(self, act: Callable[[], T]) -> T:
        """Run `act` in a thread when its turn comes and return its result. Raises AwayError if that took too long or is
        certain to: an act that hangs keeps its thread, and once they all hang, further acts are refused without
        queueing."""
        who, asked_s = ASKS.get(), self._clock()
        if self._all_hang(who):
            raise AwayError(self._part, "all that was asked before hangs")

        def in_time() -> T:
            if self._waits_s is not None and self._clock() - asked_s > self._waits_s:
                raise AwayError(self._part, "too many questions wait for an answer")
            return self._done(who, act)

        try:
            async with asyncio.timeout(self._answers_s) as limit:
                return await asyncio.wrap_future(self._in_line(who, in_time))
        except TimeoutError:
            if limit.expired():
                raise AwayError(self._part, "there was no answer in time") from None
            raise

    def _in_line(self, who: str, act: Callable[[], T]) -> "Future[T]":
        question = _Question(act)
        with self._lock:
            self._turns.wait(who, question)
            next_one = self._turns.begin()
        if next_one is not None:
            self._submit(*next_one)
        return question.answer

    def _submit(self, who: str, question: "_Question[Any]") -> None:
        """Submit a question to the pool. If no thread can be started, its turn ends and it fails."""
        try:
            self._pool.submit(self._answer, who, question)
        except RuntimeError as error:
            question.fail(error)
            with self._lock:
                self._turns.end(who)

    def _answer(self, who: str, question: "_Question[Any]") -> None:
        """Answer this question, then in the same thread whichever comes next."""
        next_one: tuple[str, _Question[Any]] | None = (who, question)
        while next_one is not None:
            who, question = next_one
            question.settle()
            with self._lock:
                self._turns.end(who)
                next_one = self._turns.begin()

    def _done(self, who: str, act: Callable[[], T]) -> T:
        thread = threading.get_ident()
        self._begun[thread] = (who, self._clock())
        try:
            return act()
        finally:
            del self._begun[thread]

    def _all_hang(self, who: str) -> bool:
        """Whether every thread, or every one that `who` may use, is in an act whose caller has given up."""
        if self._answers_s is None:
            return False
        last_s = self._clock() - self._answers_s
        hanging = [by for by, begun_s in list(self._begun.values()) if begun_s < last_s]
        return len(hanging) >= self._count or hanging.count(who) >= self._turns.room(who)


class _Question(Generic[T]):
    """A queued question and its answer."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._act = act
        self.answer: Future[T] = Future()

    def fail(self, error: Exception) -> None:
        """Fail it without asking."""
        if self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(error)

    def settle(self) -> None:
        """Ask it, unless its caller has given up."""
        if not self.answer.set_running_or_notify_cancel():
            return
        try:
            self.answer.set_result(self._act())
        except BaseException as error:  # noqa: BLE001 - raised where the answer is awaited
            self.answer.set_exception(error)
