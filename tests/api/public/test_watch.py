"""Connections end with their key, whatever one of them, or one question, does."""

import asyncio
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NoReturn

import pytest
from msgspec import structs

from adapters.catalog.clients import KeyLine
from api.public.access.plans import PLANS
from api.public.access.ring import REMEMBERED_S, Ring, Tenant
from api.public.access.watch import UNSURE_S, CutError, Watch
from api.public.away import AwayError
from api.public.directory import Directory
from api.public.threads import ASKS
from api.public.turns import NOBODY
from tests.api.public.doubles import NOON

WITHIN_S = 60


def tenant(name: str) -> Tenant:
    return Tenant(
        client_id=name,
        name=name,
        key_id=name,
        plan=PLANS["trial"],
        scopes=frozenset({"live"}),
        matches=None,
    )


class Keys(Ring):
    """Those that are revoked, and those whose look-up meets an error of ours, once."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.broken: set[str] = set()
        self.asked_for: set[str] = set()

    async def again(self, tenants: Collection[Tenant]) -> dict[Tenant, Tenant | None]:
        self.asked_for.add(ASKS.get())
        if self.broken:
            self.broken.clear()
            raise ZeroDivisionError
        return {each: None if each.key_id in self.revoked else each for each in tenants}


async def soon(_: float) -> None:
    await asyncio.sleep(0)


async def connected(watch: Watch, name: str, *, begun: asyncio.Event, leaves_after_turns: int = 0) -> None:
    ASKS.set(name)
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
    assert keys.asked_for == {NOBODY}


class Away(Directory):
    async def keys(self, key_ids: Sequence[str]) -> NoReturn:
        raise AwayError("catalog", "away")


def test_a_connection_goes_on_for_a_while_without_the_catalog_and_not_without_end() -> None:
    now_s = [0.0]
    watch = Watch(Ring(Away(), now=lambda: NOON, now_s=lambda: now_s[0]), sleep=soon, now_s=lambda: now_s[0])

    async def scene() -> None:
        async with watch.held(tenant("one")):
            for now_s[0] in (0.0, UNSURE_S - 1.0):
                for _ in range(9):
                    await asyncio.sleep(0)
            now_s[0] = UNSURE_S
            await asyncio.sleep(WITHIN_S)

    with pytest.raises(CutError) as cut:
        asyncio.run(scene())
    assert (cut.value.why, now_s[0]) == ("unsure", UNSURE_S)


def test_who_comes_anew_is_not_held_to_what_the_catalog_did_not_say_before() -> None:
    now_s = [0.0]
    watch = Watch(Ring(Away(), now=lambda: NOON, now_s=lambda: now_s[0]), sleep=soon, now_s=lambda: now_s[0])
    stayed = []

    async def scene() -> None:
        for now_s[0] in (0.0, 10 * UNSURE_S):
            async with watch.held(tenant("one")):
                for _ in range(9):
                    await asyncio.sleep(0)
                stayed.append(now_s[0])

    asyncio.run(scene())
    assert stayed == [0.0, 10 * UNSURE_S]


class Rows(Directory):
    """A catalog that counts its questions, and is away now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []
        self.is_away = False

    async def keys(self, key_ids: Sequence[str]) -> Sequence[KeyLine]:
        self.asked.append(list(key_ids))
        if self.is_away:
            raise AwayError("catalog", "away")
        return [line(each) for each in key_ids if each != "gone"]


def line(key_id: str, revoked_at: datetime | None = None) -> KeyLine:
    return KeyLine(
        key_id=key_id,
        client_id=key_id,
        name=key_id,
        secret_hash="h",
        plan="trial",
        matches=None,
        scopes=("live",),
        created_at=NOON,
        expires_at=None,
        revoked_at=revoked_at,
        made_until=None,
    )


def test_all_keys_that_are_due_are_asked_for_at_once() -> None:
    rows, now_s = Rows(), [0.0]
    ring = Ring(rows, now=lambda: NOON, now_s=lambda: now_s[0])
    tenants = [tenant(name) for name in ("a", "b", "gone")]

    async def scene() -> None:
        all_told = dict(zip(tenants, [*tenants[:2], None], strict=True))
        assert await ring.again(tenants) == all_told
        assert await ring.again(tenants[:2]) == dict(zip(tenants[:2], tenants[:2], strict=True))
        now_s[0], rows.is_away = REMEMBERED_S, True
        assert await ring.again(tenants) == {}

    asyncio.run(scene())
    assert rows.asked == [["a", "b", "gone"]] * 2


class Revoked(Directory):
    """A catalog in which every key is revoked from a second on."""

    def __init__(self, now_s: list[float], *, from_s: float) -> None:
        super().__init__()
        self.now_s, self.from_s = now_s, from_s

    async def keys(self, key_ids: Sequence[str]) -> Sequence[KeyLine]:
        return [line(each, NOON if self.now_s[0] >= self.from_s else None) for each in key_ids]


@pytest.mark.parametrize("from_s", [10.0, 10.01, 11.5, 12.99])
def test_a_revocation_ends_connections_within_four_seconds_and_the_time_of_a_question(from_s: float) -> None:
    now_s, ended_s = [0.0], list[float]()

    async def pass_(seconds: float) -> None:
        for _ in range(9):  # what was cut ends before time goes on
            await asyncio.sleep(0)
        now_s[0] += seconds

    ring = Ring(Revoked(now_s, from_s=from_s), now=lambda: NOON, now_s=lambda: now_s[0])
    watch = Watch(ring, sleep=pass_, now_s=lambda: now_s[0])

    async def scene() -> None:
        async with watch.held(tenant("one")):
            try:
                await asyncio.sleep(WITHIN_S)
            finally:
                ended_s.append(now_s[0])

    with pytest.raises(CutError) as cut:
        asyncio.run(scene())
    assert cut.value.why == "over"
    assert from_s <= ended_s[0] <= from_s + 4.0


def test_who_was_unsure_and_is_sure_again_begins_anew() -> None:
    rows, now_s = Rows(), [0.0]
    watch = Watch(Ring(rows, now=lambda: NOON, now_s=lambda: now_s[0]), sleep=soon, now_s=lambda: now_s[0])

    async def scene() -> None:
        async with watch.held(tenant("one")):
            for turn in range(8):
                rows.is_away = turn % 2 == 0
                now_s[0] += UNSURE_S - 1.0
                for _ in range(9):
                    await asyncio.sleep(0)

    asyncio.run(scene())
    assert len(rows.asked) > 8


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
