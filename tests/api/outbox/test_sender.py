"""Sending: order within a match, nobody waits for another, nothing is lost when the process is killed at any point."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from adapters.catalog.outbox import Asked, Due
from adapters.catalog.webhooks import By
from api.outbox.schedule import Answer, Schedule
from api.outbox.sender import NOT_GRANTED, Limits
from tests.api.outbox.doubles import AT_ONCE, REFUSED, TAKEN, Office, due, sending
from tests.api.public.doubles import NOON


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.catalog.close()


class Killed(BaseException):
    """The process is gone at this point."""


class Target:
    """Takes what it gets, or refuses by webhook; remembers the order."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.refuses: set[str] = set()
        self.hangs: set[str] = set()
        self.most_at_once: dict[str, int] = defaultdict(int)
        self._now: dict[str, int] = defaultdict(int)

    async def post(self, due: Due) -> Answer:
        self.got.append(due.delivery_id)
        self._now[due.webhook_id] += 1
        self.most_at_once[due.webhook_id] = max(self.most_at_once[due.webhook_id], self._now[due.webhook_id])
        if due.webhook_id in self.hangs:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self._now[due.webhook_id] -= 1
        return REFUSED if due.webhook_id in self.refuses else TAKEN


def of(webhook_id: str, match_id: str, *seqs: int) -> list[str]:
    return [f"{webhook_id}/{match_id}/{seq}" for seq in seqs]


def test_a_match_is_told_in_order_and_one_at_a_time(office: Office) -> None:
    target, one = Target(), office.webhook()
    office.queue(one, "m", range(1, 7))
    office.queue(one, "n", range(1, 7))
    asyncio.run(sending(office.sender(target.post), lambda: office.outbox.count("delivered") == 12))
    for match_id in "mn":
        assert [each for each in target.got if f"/{match_id}/" in each] == of(one, match_id, *range(1, 7))


def test_each_attempt_is_kept_with_what_it_took(office: Office) -> None:
    one, seconds = office.webhook(), iter((1.0, 1.25, 2.0, 2.5))
    answers = iter((Answer(http_status=503, error="http 503"), TAKEN))
    office.queue(one, "m", (1,))

    async def post(_due: Due) -> Answer:
        return next(answers)

    sender = office.sender(post, clock=lambda: next(seconds))
    asyncio.run(sending(sender, lambda: office.outbox.count("delivered") == 1))
    tried = office.outbox.attempts(of(one, "m", 1)[0])
    assert [(each.http_status, each.error, each.duration_ms) for each in tried] == [
        (204, None, 500),
        (503, "http 503", 250),
    ]


def test_what_a_client_may_not_see_any_more_is_not_sent(office: Office) -> None:
    target, one = Target(), office.webhook()
    for match_id in ("withdrawn", "granted"):
        office.queue(one, match_id, (1, 2))
    office.catalog.clients().set_matches(office.client_id, ["granted"], who="me", now=NOON)
    asyncio.run(sending(office.sender(target.post), lambda: office.outbox.count("pending") == 0))
    assert target.got == of(one, "granted", 1, 2)
    lines = office.outbox.deliveries(Asked(webhook_id=one, match_id="withdrawn"), limit=9)
    assert {(line.status, line.last_error) for line in lines} == {("dead", NOT_GRANTED)}


@pytest.mark.slow
def test_one_that_is_sent_again_waits_for_what_is_under_way_of_its_match(office: Office) -> None:
    one, begun, answered = office.webhook(), list[str](), asyncio.Event()
    office.queue(one, "m", (1,))
    [first, second] = of(one, "m", 1, 2)

    async def post(due: Due) -> Answer:
        begun.append(due.delivery_id)
        if due.delivery_id == second:
            office.outbox.resend(one, delivery_id=first, by=By(who="me"), now=NOON)
            office.queue(one, "other", (1,))
            await answered.wait()
        return TAKEN

    def is_over() -> bool:
        if begun == [first] and office.outbox.count("pending") == 0:
            office.queue(one, "m", (2,))
        if of(one, "other", 1)[0] in begun:
            answered.set()
        return len(begun) == 4

    asyncio.run(sending(office.sender(post), is_over))
    assert begun == [first, second, *of(one, "other", 1), first]


def test_what_is_refused_bars_its_match_until_it_is_dead_and_no_other(office: Office) -> None:
    target, bad, good = Target(), office.webhook(), office.webhook()
    target.refuses = {bad}
    office.queue(bad, "m", (1, 2))
    office.queue(good, "m", (1, 2))
    asyncio.run(sending(office.sender(target.post), lambda: office.outbox.count("pending") == 0))
    assert [each for each in target.got if bad in each] == [*of(bad, "m", 1, 1, 1), *of(bad, "m", 2, 2, 2)]
    assert [each for each in target.got if good in each] == of(good, "m", 1, 2)
    dead = office.lines(bad, status="dead")
    assert [(line.seq, line.attempts, line.last_status) for line in dead] == [(1, 3, 500), (2, 3, 500)]


def test_a_target_that_hangs_delays_nobody_else(office: Office) -> None:
    """It has more matches due, and longer, than a page of the outbox holds."""
    target, slow, quick = Target(), office.webhook(), office.webhook()
    target.hangs = {slow}
    for match in range(30):
        office.queue(slow, f"match-{match}", (1,))
    for match in range(10):
        office.queue(quick, f"match-{match}", (1, 2))
    sender = office.sender(target.post, limits=Limits(at_once=12, of_webhook=4))
    asyncio.run(sending(sender, lambda: office.outbox.count("delivered") == 20))
    assert target.most_at_once == {slow: 4, quick: 4}


def test_a_delivery_that_meets_an_error_of_ours_ends_no_other(office: Office) -> None:
    target, bad, good = Target(), office.webhook(), office.webhook()
    office.queue(bad, "m", (1,))
    office.queue(good, "m", (1, 2))

    async def post(due: Due) -> Answer:
        if due.webhook_id == bad:
            raise ValueError("no base64")
        return await target.post(due)

    asyncio.run(sending(office.sender(post), lambda: office.outbox.count("pending") == 0))
    assert [(line.status, line.last_error) for line in office.lines(bad)] == [
        ("dead", "an error of the sender")
    ]
    assert [line.status for line in office.lines(good)] == ["delivered", "delivered"]


def test_a_webhook_that_goes_amid_a_flight_takes_no_delivery_of_another_with_it(office: Office) -> None:
    target, gone, stays = Target(), office.webhook(), office.webhook()
    office.queue(gone, "m", (1,))
    left = asyncio.Event()

    async def post(due: Due) -> Answer:
        if due.webhook_id == gone:
            office.webhooks.delete(gone, by=By(who="me"), now=NOON)
            office.queue(stays, "m", (1,))
            await left.wait()
        return await target.post(due)

    def is_sent() -> bool:
        if stays in "".join(target.got):
            left.set()
        return left.is_set() and len(target.got) == 2

    asyncio.run(sending(office.sender(post), is_sent))
    assert target.got == [*of(stays, "m", 1), *of(gone, "m", 1)]


def test_a_wait_is_waited(office: Office) -> None:
    target, one = Target(), office.webhook()
    target.refuses = {one}
    office.queue(one, "m", (1,))
    patient = office.sender(target.post, schedule=Schedule(first_s=60.0))
    asyncio.run(sending(patient, lambda: office.lines(one)[0].attempts == 1))
    assert office.lines(one)[0].due_at == NOON + timedelta(seconds=60)
    office.now += timedelta(seconds=61)
    target.refuses = set()
    asyncio.run(sending(office.sender(target.post), lambda: office.outbox.count("delivered") == 1))
    assert target.got == of(one, "m", 1, 1)


class Life:
    """One process over a target; it ends at its second delivery, at the given point."""

    def __init__(self, target: Target, point: str) -> None:
        self._target, self._point = target, point
        self._count = 0

    async def post(self, due: Due) -> Answer:
        self._count += 1
        self._end_at("before the request")
        if self._count > 2:
            await asyncio.Event().wait()  # it is cut off before it gets further, however quick it is
        answer = await self._target.post(due)
        self._end_at("after the request")
        return answer

    def is_over(self) -> bool:
        """Cut off with a delivery kept and the next one somewhere on its way."""
        return self._point == "after it is kept" and self._count >= 2

    def _end_at(self, point: str) -> None:
        if self._point == point and self._count == 2:
            raise Killed


def is_done(office: Office, life: Life) -> bool:
    return life.is_over() or office.outbox.count("pending") == 0


@pytest.mark.parametrize("point", ["before the request", "after the request", "after it is kept"])
def test_killed_at_any_point_nothing_is_lost_and_order_holds(office: Office, point: str) -> None:
    """A receiver that drops the ids that it knows has each delivery once, in order."""
    target, one = Target(), office.webhook()
    office.queue(one, "m", range(1, 6))
    lives = 0
    while office.outbox.count("pending"):
        lives += 1
        assert lives < 12
        life = Life(target, point)
        with contextlib.suppress(BaseExceptionGroup):
            asyncio.run(sending(office.sender(life.post), partial(is_done, office, life)))
    assert lives > 1
    assert list(dict.fromkeys(target.got)) == of(one, "m", *range(1, 6))
    again = len(target.got) - 5
    assert again == 0 if point == "before the request" else again <= lives
    assert [line.status for line in office.lines(one)] == ["delivered"] * 5


def test_waits_grow_with_full_jitter_up_to_a_bound() -> None:
    schedule = Schedule(first_s=2.0, longest_s=60.0, attempts_max=12)

    def wait_s(attempts: int, chance: float) -> float:
        attempt = schedule.after(due("u", attempts=attempts), REFUSED, now=NOON, chance=chance)
        return (attempt.due_at - NOON).total_seconds()

    assert [wait_s(n, 1.0) for n in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    assert [wait_s(n, 0.0) for n in range(7)] == [0] * 7
    assert wait_s(2, 0.25) == 2


def test_a_delivery_is_dead_after_so_many_attempts_or_so_long() -> None:
    def status(attempts: int, waited_s: float, answer: Answer = REFUSED) -> str:
        now = NOON + timedelta(seconds=waited_s)
        return AT_ONCE.after(due("u", attempts=attempts), answer, now=now, chance=1.0).status

    assert [status(n, 1) for n in range(3)] == ["pending", "pending", "dead"]
    assert status(0, AT_ONCE.age_max_s) == "dead"
    assert status(2, AT_ONCE.age_max_s, TAKEN) == "delivered"
    assert status(0, 1, Answer(http_status=307, error="a redirect")) == "pending"
