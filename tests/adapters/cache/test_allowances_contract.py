"""What every count of clients' use does; that processes share the one in Redis, and go on alone without it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from adapters.cache import redis as redis_cache
from adapters.cache.allowances import Allowances, AllowancesHere, AllowancesTogether
from adapters.cache.newest import CacheAwayError
from adapters.cache.redis import RedisAllowances
from tests.ports import free_port
from tests.redis_server import RedisServer

T = TypeVar("T")
WITHIN_S = 60


async def taken(allowances: Allowances, count: int, *, rate: float = 0.001, burst: int = 3) -> list[bool]:
    """Whether each of `count` requests was within."""
    return [(await allowances.take("c", rate=rate, burst=burst))[0] for _ in range(count)]


def run(scene: Coroutine[Any, Any, T], *counts: Allowances) -> T:
    """The scene's answer; the counts are closed in the loop that they were used in."""

    async def closed() -> T:
        try:
            return await scene
        finally:
            for each in counts:
                await each.close()

    return asyncio.run(closed())


def test_a_bucket_has_its_burst_and_no_more(allowances: Allowances) -> None:
    assert run(taken(allowances, 5), allowances) == [True, True, True, False, False]


def test_a_bucket_fills_with_its_rate(allowances: Allowances) -> None:
    async def scene() -> float:
        """What is left of the first that is within again."""
        await taken(allowances, 1, rate=50.0, burst=1)
        async with asyncio.timeout(WITHIN_S):
            while True:
                is_within, level = await allowances.take("c", rate=50.0, burst=1)
                if is_within:
                    return level
                await asyncio.sleep(0.005)

    assert run(scene(), allowances) == 0.0, "however long it filled, it held one"


def test_clients_do_not_take_from_each_other(allowances: Allowances) -> None:
    async def scene() -> tuple[bool, float]:
        await taken(allowances, 5)
        return await allowances.take("another", rate=1.0, burst=2)

    assert run(scene(), allowances) == (True, 1.0)


def test_connections_are_so_many_at_a_time(allowances: Allowances) -> None:
    async def scene() -> list[bool]:
        leases = [await allowances.enter("c", at_most=2) for _ in range(3)]
        assert leases[0] is not None
        await allowances.leave("c", leases[0])
        await allowances.renew()
        return [lease is not None for lease in (*leases, await allowances.enter("c", at_most=2))]

    assert run(scene(), allowances) == [True, True, False, True]


def test_a_connection_that_is_open_already_counts_whatever_the_bound(allowances: Allowances) -> None:
    async def scene() -> list[bool]:
        for _ in range(2):
            await allowances.hold("c", "from elsewhere")
        assert await allowances.enter("c", at_most=1) is None
        first = await allowances.enter("c", at_most=2)
        await allowances.hold("c", "one more")
        await allowances.leave("c", "one more")
        await allowances.leave("c", "from elsewhere")
        await allowances.renew()
        return [first is not None, await allowances.enter("c", at_most=2) is not None]

    assert run(scene(), allowances) == [True, True]


class Repeating(RedisAllowances):
    """Everything reaches Redis twice, as after an answer that came too late."""

    async def _asked(self, question: Callable[[], Awaitable[Any]]) -> Any:
        await super()._asked(question)
        return await super()._asked(question)


@pytest.mark.server
def test_a_connection_that_is_asked_for_again_is_one(redis_now: RedisServer) -> None:
    allowances = Repeating(redis_now.url)

    async def scene() -> list[bool]:
        return [await allowances.enter("c", at_most=2) is not None for _ in range(3)]

    assert run(scene(), allowances) == [True, True, False]


class Interleaving(RedisAllowances):
    """Something else happens right after the next question."""

    then: Callable[[], Awaitable[None]] | None = None

    async def _asked(self, question: Callable[[], Awaitable[Any]]) -> Any:
        answer = await super()._asked(question)
        then, self.then = self.then, None
        if then is not None:
            await then()
        return answer


@pytest.mark.server
def test_who_leaves_while_connections_are_renewed_has_left(redis_now: RedisServer) -> None:
    allowances = Interleaving(redis_now.url)

    async def scene() -> list[bool]:
        _, last = [await allowances.enter("c", at_most=2) for _ in range(2)]
        assert last is not None
        allowances.then = partial(allowances.leave, "c", last)
        await allowances.renew()
        return [await allowances.enter("c", at_most=2) is not None for _ in range(2)]

    assert run(scene(), allowances) == [True, False]


@pytest.mark.server
@pytest.mark.parametrize("leaves", ["later", "meanwhile"])
def test_who_came_while_redis_was_away_is_counted_once_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leaves: str
) -> None:
    monkeypatch.setattr("adapters.cache.redis.AGAIN_S", 0.0)
    server = RedisServer(tmp_path)
    shared, other = Interleaving(server.url), RedisAllowances(server.url)
    together = AllowancesTogether(shared, on_away=lambda: None)

    async def scene() -> None:
        lease = await together.enter("c", at_most=1)
        assert lease is not None
        await together.renew()
        server.start()
        shared.then = partial(together.leave, "c", lease) if leaves == "meanwhile" else None
        await together.renew()
        if leaves == "later":
            assert [await each.enter("c", at_most=1) for each in (other, together)] == [None, None]
            await together.leave("c", lease)
        await together.renew()
        assert await other.enter("c", at_most=1) is not None

    try:
        run(scene(), together, other)
    finally:
        server.stop()


@pytest.mark.server
def test_processes_share_what_is_left(redis_now: RedisServer) -> None:
    one, other = RedisAllowances(redis_now.url), RedisAllowances(redis_now.url)

    async def scene() -> tuple[list[bool], list[bool]]:
        held = await one.enter("c", at_most=1)
        assert (held is not None, await other.enter("c", at_most=1)) == (True, None)
        return await taken(one, 2), await taken(other, 2)

    assert run(scene(), one, other) == ([True, True], [True, False])


def test_without_the_shared_count_a_process_counts_alone() -> None:
    away: list[None] = []
    shared = RedisAllowances(f"redis://127.0.0.1:{free_port()}/0")
    together = AllowancesTogether(shared, on_away=lambda: away.append(None))

    async def scene() -> list[bool]:
        lease = await together.enter("c", at_most=1)
        assert lease is not None
        assert await together.enter("c", at_most=1) is None
        await together.leave("c", lease)
        await together.renew()
        assert await together.enter("c", at_most=1) is not None
        return await taken(together, 4)

    assert run(scene(), together) == [True, True, True, False]
    assert len(away) == 7


class Leaving(AllowancesHere):
    """A shared count that is away now and then."""

    is_away = False

    async def enter(self, client_id: str, *, at_most: int) -> str | None:
        if self.is_away:
            raise CacheAwayError("away")
        return await super().enter(client_id, at_most=at_most)


def test_a_count_that_comes_and_goes_lets_nobody_have_more_connections() -> None:
    shared = Leaving()
    together = AllowancesTogether(shared, on_away=lambda: None)

    async def scene() -> int:
        found = []
        for turn in range(6):
            shared.is_away = turn % 2 == 0
            found += [await together.enter("c", at_most=2) for _ in range(3)]
            await together.renew()
        for lease in filter(None, found):
            await together.leave("c", lease)
        shared.is_away = True
        assert await together.enter("c", at_most=1) is not None
        return sum(lease is not None for lease in found)

    assert run(scene(), together) == 2


@pytest.mark.server
def test_many_who_ask_at_once_are_all_counted(redis_now: RedisServer) -> None:
    allowances = RedisAllowances(redis_now.url)

    async def scene() -> int:
        told = await asyncio.gather(
            *(allowances.take("c", rate=0.001, burst=3) for _ in range(300)), return_exceptions=True
        )
        assert {type(each) for each in told} <= {tuple, CacheAwayError}
        assert sum(isinstance(each, tuple) and each[0] for each in told) == 3
        return len(await taken(allowances, 1))

    assert run(scene(), allowances) == 1


def test_a_redis_that_hangs_is_asked_by_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_cache, "AGAIN_S", 0.0)
    monkeypatch.setattr(redis_cache, "LIMITS_WITHIN_S", 0.2)
    come: list[asyncio.StreamWriter] = []

    async def scene() -> list[int]:
        serving = await asyncio.start_server(lambda _reader, writer: come.append(writer), "127.0.0.1", 0)
        allowances = RedisAllowances(f"redis://127.0.0.1:{serving.sockets[0].getsockname()[1]}/0")
        counts = list[int]()
        async with serving:
            for many in (1, 20, 20):
                asked = (allowances.take("c", rate=1.0, burst=1) for _ in range(many))
                told = await asyncio.gather(*asked, return_exceptions=True)
                assert {type(each) for each in told} == {CacheAwayError}
                async with asyncio.timeout(WITHIN_S):
                    while len(come) <= len(counts):  # who gave up may not have been let in yet
                        await asyncio.sleep(0.001)
                counts.append(len(come))
            await allowances.close()
            for writer in come:
                writer.close()
        return counts

    assert asyncio.run(scene()) == [1, 2, 3]


def test_idle_clients_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.cache.allowances.CLIENTS_MAX", 1)

    async def scene() -> list[bool]:
        here = AllowancesHere()
        await taken(here, 5)
        await here.take("another", rate=1.0, burst=2)
        return await taken(here, 1)

    assert asyncio.run(scene()) == [True]
