"""Connections end with their key, whatever one of them, or one question, does."""

import asyncio
import time
from datetime import timedelta
from typing import NoReturn

import pytest
from msgspec import structs

from api.public.access.plans import PLANS
from api.public.access.ring import Ring, Tenant
from api.public.access.watch import CutError, Watch
from api.public.away import AwayError
from api.public.directory import Directory
from tests.api.public.doubles import NOON

WITHIN_S = 10


def tenant(name: str) -> Tenant:
    return Tenant(
        client_id=name,
        name=name,
        key_id=name,
        secret_hash="h",
        plan=PLANS["trial"],
        scopes=frozenset({"live"}),
        matches=None,
    )


class Keys(Ring):
    """Those that are revoked, and those whose look-up meets an error of ours, once."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.broken: set[str] = set()

    async def again(self, held: Tenant) -> Tenant | None:
        if held.key_id in self.broken:
            self.broken.remove(held.key_id)
            raise ZeroDivisionError
        return None if held.key_id in self.revoked else held


async def soon(_: float) -> None:
    await asyncio.sleep(0)


async def connected(watch: Watch, name: str, *, begun: asyncio.Event, leaves_after_turns: int = 0) -> None:
    async with watch.held(tenant(name)):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(leaves_after_turns):
                await asyncio.sleep(0)


@pytest.mark.parametrize("trouble", ["leaves slowly", "an error of the look-up"])
def test_keys_are_asked_for_also_after_trouble_with_one(trouble: str) -> None:
    keys = Keys()
    watch = Watch(keys, sleep=soon)

    async def scene() -> None:
        one, two = asyncio.Event(), asyncio.Event()
        slow = asyncio.create_task(connected(watch, "one", begun=one, leaves_after_turns=50))
        other = asyncio.create_task(connected(watch, "two", begun=two))
        await asyncio.gather(one.wait(), two.wait())
        if trouble == "leaves slowly":
            keys.revoked = {"one"}
            await asyncio.wait((slow,))
        else:
            keys.broken = {"one"}
            while keys.broken:
                await asyncio.sleep(0)
        keys.revoked = {"one", "two"}
        async with asyncio.timeout(WITHIN_S):
            assert [type(each) for each in await asyncio.gather(slow, other, return_exceptions=True)] == [
                CutError,
                CutError,
            ]

    asyncio.run(scene())


class Away(Directory):
    async def key(self, key_id: str) -> NoReturn:
        raise AwayError("catalog", "away")


def test_a_key_that_is_over_ends_its_connections_also_while_the_catalog_is_away() -> None:
    now = [NOON]
    watch = Watch(Ring(Away(), now=lambda: now[0], now_s=time.monotonic), sleep=soon)
    until = structs.replace(tenant("one"), expires_at=NOON + timedelta(minutes=1))

    async def scene() -> None:
        async with watch.held(until):
            for _ in range(9):
                await asyncio.sleep(0)
            now[0] += timedelta(minutes=1)
            await asyncio.sleep(WITHIN_S)

    with pytest.raises(CutError):
        asyncio.run(scene())
    assert now[0] > NOON


def test_who_breaks_off_while_he_is_shown_out_leaves_nothing_behind() -> None:
    keys = Keys()
    watch = Watch(keys, sleep=soon)

    async def scene() -> None:
        async with watch.held(tenant("one")):
            keys.revoked = {"one"}
            try:
                await asyncio.Event().wait()
            finally:
                raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(scene())
    assert not watch._lost
