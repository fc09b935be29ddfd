"""Threads in which one part of what is behind the API is asked: so many questions of it at a time, and no more.

Belongs here: that who asks one part a lot does not keep another waiting, above all the live feed, as in asyncio's own
threads, which all share. Does not belong here: what is asked, who comes next (`turns`).
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
"""A question that no thread was free for so long is refused: where what is asked hangs, all before it do."""
ANSWERS_S = 5.0
"""Who asks waits no longer than this in all, whether for a turn or an answer."""
ASKS: ContextVar[str] = ContextVar("asks", default=NOBODY)
"""For which client what runs now asks; the gate says it."""


class Threads:
    """At most `count` of them, begun when they are needed; they end with the object and with the process. They ask
    `part`, which an error of theirs names. Clients have their turns in rotation, and a share of the threads each. With
    `waits_s` or `answers_s` None it is waited as long as it takes."""

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
        """By thread, for whom it asks and since when."""

    async def run(self, act: Callable[[], T]) -> T:
        """What `act` says, in a thread, when it is its turn. Raises AwayError where that took too long, or will: an
        act that hangs keeps its thread, and what would wait for it as well is not even queued."""
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
        """A turn whose thread cannot be started is over, and its question failed."""
        try:
            self._pool.submit(self._answer, who, question)
        except RuntimeError as error:
            question.fail(error)
            with self._lock:
                self._turns.end(who)

    def _answer(self, who: str, question: "_Question[Any]") -> None:
        """This one, and in the same thread whatever comes next."""
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
        """Whether every thread, or every one that `who` may have, is at an act that nobody waits for any more."""
        if self._answers_s is None:
            return False
        last_s = self._clock() - self._answers_s
        hanging = [by for by, begun_s in list(self._begun.values()) if begun_s < last_s]
        return len(hanging) >= self._count or hanging.count(who) >= self._turns.room(who)


class _Question(Generic[T]):
    """One that waits, and its answer."""

    def __init__(self, act: Callable[[], T]) -> None:
        self._act = act
        self.answer: Future[T] = Future()

    def fail(self, error: Exception) -> None:
        """It is not asked."""
        if self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(error)

    def settle(self) -> None:
        """Ask it, unless nobody waits for it any more."""
        if not self.answer.set_running_or_notify_cancel():
            return
        try:
            self.answer.set_result(self._act())
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            self.answer.set_exception(error)
