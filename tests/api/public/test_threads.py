"""Who waits behind a part that hangs: for a while, and not for those who ask something else."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.catalog.store import open_catalog
from api.public import store, threads
from api.public.away import AwayError
from api.public.directory import Directory
from api.public.history import Row
from api.public.store import ClickHouseHistory
from api.public.subscriptions import Subscriptions
from api.public.threads import Threads

WITHIN_S = 30


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets go what hangs; set at the end."""
    event = threading.Event()
    yield event
    event.set()


def test_who_has_waited_too_long_is_refused_and_not_asked(release: threading.Event) -> None:
    now_s, asked = 0.0, list[int]()
    pool = Threads("test", 1, part="catalog", clock=lambda: now_s)

    async def scene() -> list[Any]:
        nonlocal now_s
        hanging = asyncio.create_task(pool.run(lambda: release.wait(WITHIN_S)))
        waiting = [asyncio.create_task(pool.run(lambda: asked.append(1))) for _ in range(50)]
        await asyncio.sleep(0)
        now_s = threads.WAITS_S + 1
        release.set()
        assert await hanging
        await pool.run(lambda: asked.append(2))
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = asyncio.run(scene())
    assert {type(answer) for answer in answers} == {AwayError}
    assert {answer.part for answer in answers} == {"catalog"}
    assert asked == [2]


def test_what_hangs_is_waited_for_no_longer_than_promised(release: threading.Event) -> None:
    """Whoever asked is answered while it hangs."""
    asked, ended = list[str](), list[bool]()
    pool = Threads("test", 1, part="catalog", answers_s=0.2)

    async def scene() -> list[Any]:
        acts = [lambda: ended.append(release.wait(WITHIN_S)), *[lambda: asked.append("behind it")] * 3]
        return await asyncio.gather(*[pool.run(act) for act in acts], return_exceptions=True)

    assert [type(answer) for answer in asyncio.run(scene())] == [AwayError] * 4
    assert ended == []
    release.set()
    pool._pool.submit(lambda: None).result(WITHIN_S)  # the thread is done with what hung
    assert asyncio.run(pool.run(lambda: "it goes on")) == "it goes on"
    assert asked == []


def test_nobody_waits_behind_threads_that_all_hang(release: threading.Event) -> None:
    """Whoever does not wait leaves nothing behind either, however long they hang."""
    now_s = 0.0
    pool = Threads("test", 2, part="catalog", answers_s=4.0, clock=lambda: now_s)

    async def scene() -> None:
        nonlocal now_s
        begun = threading.Barrier(3)

        def hang() -> bool:
            begun.wait(WITHIN_S)
            return release.wait(WITHIN_S)

        hanging = [asyncio.create_task(pool.run(hang)) for _ in range(2)]
        await asyncio.to_thread(begun.wait, WITHIN_S)
        now_s = 5.0
        with pytest.raises(AwayError, match="hang"):
            await pool.run(lambda: None)
        assert pool._pool._work_queue.empty()
        release.set()
        assert await asyncio.gather(*hanging) == [True, True]
        await pool.run(lambda: None)

    asyncio.run(scene())


def test_an_act_s_own_time_limit_is_its_own_error() -> None:
    def late() -> None:
        raise TimeoutError("of the act")

    with pytest.raises(TimeoutError, match="of the act"):
        asyncio.run(Threads("test", 1, part="catalog").run(late))


def test_a_poll_of_the_topics_waits_as_long_as_it_takes(release: threading.Event) -> None:
    pool = Threads("test", 1, part="catalog", waits_s=None, answers_s=None)

    async def scene() -> bool:
        hanging = asyncio.create_task(pool.run(lambda: release.wait(WITHIN_S)))
        closing = asyncio.create_task(pool.run(lambda: True))
        await asyncio.sleep(0.1)
        release.set()
        await hanging
        return await closing

    assert asyncio.run(scene())


def test_whether_the_store_answers_is_asked_beside_what_hangs(release: threading.Event) -> None:
    class Stuck(ClickHouseHistory):
        def _ask(self, question: str, values: object) -> list[Row]:
            if question == "hangs":
                release.wait(WITHIN_S)
            return []

    history = Stuck("http://nowhere")

    async def scene() -> None:
        hanging = [asyncio.create_task(history.rows("hangs")) for _ in range(2 * store.AT_ONCE)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(history.trouble(), WITHIN_S) is None
        release.set()
        await asyncio.gather(*hanging)

    asyncio.run(scene())


def test_one_connection_that_hangs_holds_up_no_row_of_others(
    monkeypatch: pytest.MonkeyPatch, release: threading.Event
) -> None:
    """Each who waits would else try for itself, one after the other."""
    monkeypatch.setattr(store, "WAITS_S", 0.05)
    history, tries, ended = ClickHouseHistory("http://nowhere"), list[str](), list[bool]()

    def connect(url: str, options: object) -> None:
        tries.append(url)
        ended.append(release.wait(WITHIN_S))
        raise OSError("it has said nothing")

    monkeypatch.setattr("adapters.clickhouse.client.connect", connect)

    async def scene() -> list[Any]:
        asked = [asyncio.create_task(history.rows("SELECT 1")) for _ in range(store.AT_ONCE)]
        await asyncio.wait(asked, timeout=WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        while sum(each.done() for each in asked) < store.AT_ONCE - 1:
            await asyncio.sleep(0.01)
        assert ended == []
        release.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(scene())
    assert {type(answer) for answer in answers} == {AwayError}
    assert {answer.part for answer in answers} == {"store"}
    assert len(tries) == 1


def test_a_key_waits_for_no_search_and_webhooks_for_nobody_s_threads(
    tmp_path: Any, release: threading.Event
) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    open_catalog(url).close()
    directory, subscriptions = Directory(url), Subscriptions(url)

    async def scene() -> None:
        hanging = [
            asyncio.create_task(directory._ask(lambda _: release.wait(WITHIN_S), False)) for _ in range(8)
        ]
        loop = asyncio.get_running_loop()
        shared = [loop.run_in_executor(None, release.wait, WITHIN_S) for _ in range(64)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(directory.key("none"), WITHIN_S) is None
        assert await asyncio.wait_for(subscriptions.ask(lambda webhooks, _: True), WITHIN_S)
        assert not any(each.done() for each in (*hanging, *shared))
        release.set()
        await asyncio.gather(*hanging, *shared)

    asyncio.run(scene())
