"""Who waits behind a part that hangs: for a while, and not for those who ask something else."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.catalog.store import open_catalog
from api.public import store, threads
from api.public.away import AwayError
from api.public.directory import Directory
from api.public.history import Row
from api.public.store import ClickHouseHistory
from api.public.subscriptions import Subscriptions
from api.public.threads import Threads
from tests.api.public.office import Office

WITHIN_S = 60


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets go what hangs; set at the end."""
    event = threading.Event()
    yield event
    event.set()


def test_who_has_waited_too_long_is_refused_and_not_asked(release: threading.Event) -> None:
    now_s, asked, begun = 0.0, list[int](), threading.Event()
    pool = Threads("test", 1, part="catalog", waits_s=5.0, clock=lambda: now_s)

    def hang() -> bool:
        begun.set()
        return release.wait(WITHIN_S)

    async def scene() -> list[Any]:
        nonlocal now_s
        hanging = asyncio.create_task(pool.run(hang))
        waiting = [asyncio.create_task(pool.run(lambda: asked.append(1))) for _ in range(50)]
        assert await asyncio.to_thread(begun.wait, WITHIN_S)
        now_s = 6.0
        release.set()
        assert await hanging
        await pool.run(lambda: asked.append(2))
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = asyncio.run(scene())
    assert {type(answer) for answer in answers} == {AwayError}
    assert {answer.part for answer in answers} == {"catalog"}
    assert asked == [2]


def test_a_thread_that_cannot_be_started_costs_one_answer_and_no_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = Threads("test", 1, part="catalog")

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    async def scene() -> int:
        with monkeypatch.context() as patch:
            patch.setattr(ThreadPoolExecutor, "submit", refuse)
            with pytest.raises(RuntimeError, match="new thread"):
                await pool.run(lambda: 1)
        return await asyncio.wait_for(pool.run(lambda: 2), WITHIN_S)

    assert asyncio.run(scene()) == 2


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
    pool._answers_s = WITHIN_S
    assert asyncio.run(pool.run(lambda: "it goes on")) == "it goes on"
    assert asked == []


def test_nobody_waits_behind_threads_that_all_hang(release: threading.Event) -> None:
    """Whoever does not wait leaves nothing behind either, however long they hang."""
    now_s = 0.0
    pool = Threads("test", 2, part="catalog", answers_s=WITHIN_S, clock=lambda: now_s)

    async def scene() -> None:
        nonlocal now_s
        begun = threading.Barrier(3)

        def hang() -> bool:
            begun.wait(WITHIN_S)
            return release.wait(WITHIN_S)

        hanging = [asyncio.create_task(pool.run(hang)) for _ in range(2)]
        await asyncio.to_thread(begun.wait, WITHIN_S)
        now_s = WITHIN_S + 1
        with pytest.raises(AwayError, match="hang"):
            await pool.run(lambda: None)
        assert len(pool._turns) == 0
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


class OneSlow(ClickHouseHistory):
    """A store that knows nothing, and does not say so of the match `slow` before it is let go."""

    def __init__(self, release: threading.Event) -> None:
        super().__init__("http://nowhere")
        self._release = release
        self.slow_begun = threading.Semaphore(0)

    def _ask(self, question: str, values: Mapping[str, object]) -> list[Row]:
        if values.get("match_id") == "slow":
            self.slow_begun.release()
            self._release.wait(WITHIN_S)
        return []


def test_a_client_with_many_slow_questions_keeps_no_other_waiting(
    tmp_path: Path, release: threading.Event
) -> None:
    history = OneSlow(release)
    office = Office(tmp_path, history=history)
    noisy, quiet = office.key("noisy"), office.key("quiet")

    async def scene() -> None:
        transport = httpx.ASGITransport(office.desk.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:

            def ask(match_id: str, key: str) -> asyncio.Task[httpx.Response]:
                path = f"/api/v1/matches/{match_id}/state"
                return asyncio.create_task(client.get(path, headers={"x-api-key": key}))

            slow = [ask("slow", noisy) for _ in range(2 * store.AT_ONCE)]
            for _ in range(store.AT_ONCE // 2):
                assert await asyncio.to_thread(history.slow_begun.acquire, timeout=WITHIN_S)
            answer = await asyncio.wait_for(ask("other", quiet), WITHIN_S)
            assert answer.status_code == 404
            assert not any(each.done() for each in slow)
            release.set()
            assert {each.status_code for each in await asyncio.gather(*slow)} == {404}

    asyncio.run(scene())
    office.close()


def test_a_client_whose_share_hangs_is_refused_and_another_is_not(release: threading.Event) -> None:
    now_s, begun = 0.0, threading.Semaphore(0)
    pool = Threads("test", 4, part="catalog", answers_s=WITHIN_S, clock=lambda: now_s)

    def hang() -> bool:
        begun.release()
        return release.wait(WITHIN_S)

    async def asked(who: str, act: Callable[[], bool]) -> bool:
        threads.ASKS.set(who)
        return await pool.run(act)

    async def scene() -> None:
        nonlocal now_s
        hanging = [asyncio.create_task(asked("noisy", hang)) for _ in range(2)]
        for _ in hanging:
            assert await asyncio.to_thread(begun.acquire, timeout=WITHIN_S)
        now_s = WITHIN_S + 1
        with pytest.raises(AwayError, match="hang"):
            await asyncio.create_task(asked("noisy", lambda: True))
        assert await asyncio.create_task(asked("quiet", lambda: True))
        release.set()
        assert await asyncio.gather(*hanging) == [True, True]

    asyncio.run(scene())


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
