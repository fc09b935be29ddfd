"""A store that lets questions wait: who waits, who is refused at once, and how it comes back."""

import asyncio
import socket
from contextlib import closing, suppress
from typing import NoReturn

import pytest

from api.public.away import AwayError
from api.public.silence import AWAY_S, PATIENCE_S, Silence
from api.public.store import ClickHouseHistory


class Clock:
    """Time as a test has it pass."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Mute:
    """A server that says nothing: the system takes its connections. `heard` counts them."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._taken: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/midround"

    @property
    def heard(self) -> int:
        with suppress(BlockingIOError):
            while True:
                self._taken.append(self._listener.accept()[0])
        return len(self._taken)

    def close(self) -> None:
        for each in (self._listener, *self._taken):
            each.close()


class Waiting(ClickHouseHistory):
    """The time for which a question waits passes as its connection ends in vain."""

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(url, {"send_receive_timeout": "1"}, clock=clock)
        self._waited = clock

    def _connected(self) -> NoReturn:
        try:
            super()._connected()
        finally:
            self._waited.now_s += PATIENCE_S
        raise AssertionError("it has said something")


def is_refused(silence: Silence) -> bool:
    try:
        silence.begin()
    except AwayError:
        return True
    return False


@pytest.mark.parametrize(("waited_s", "is_answered"), [(0.0, True), (PATIENCE_S, True), (0.0, False)])
def test_after_a_question_in_vain_one_at_a_time_tries_again(waited_s: float, *, is_answered: bool) -> None:
    """Until one is answered, or refused without waiting."""
    clock = Clock()
    silence = Silence(clock)
    for _ in range(3):
        asked_s = silence.begin()
        clock.now_s += PATIENCE_S
        silence.end(asked_s, is_answered=False)
        assert is_refused(silence)
        clock.now_s += AWAY_S
    asked_s = silence.begin()
    assert is_refused(silence), "one tries already"
    clock.now_s += waited_s
    silence.end(asked_s, is_answered=is_answered)
    assert not is_refused(silence)


def test_one_question_in_vain_among_others_that_are_answered_keeps_nobody_away() -> None:
    clock = Clock()
    silence = Silence(clock)
    slow_s = silence.begin()
    clock.now_s += PATIENCE_S
    silence.end(silence.begin(), is_answered=True)
    clock.now_s += PATIENCE_S
    silence.end(slow_s, is_answered=False)
    assert not is_refused(silence)


@pytest.mark.slow
def test_a_store_that_hangs_is_waited_for_by_one_question_and_then_by_one_at_a_time() -> None:
    clock = Clock()
    with closing(Mute()) as server:
        history = Waiting(server.url, clock)

        def ask() -> None:
            with pytest.raises(AwayError):
                asyncio.run(history.view("m"))

        ask()
        first = server.heard
        ask()
        assert asyncio.run(history.trouble()) == "the store does not answer"
        assert server.heard == first
        clock.now_s += AWAY_S
        ask()
        assert server.heard > first > 0
