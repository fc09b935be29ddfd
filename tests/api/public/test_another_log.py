"""The board where the broker comes back with another log: which matches begin anew in it, and which go on."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import closing

import msgspec
import pytest

from adapters.embedded_broker import EmbeddedBroker
from adapters.kafka.connection import BrokerError
from adapters.kafka.guard import PERIOD_S
from adapters.kafka.producer import AcknowledgedProducer
from adapters.kafka.records import Record
from api.public import follower
from api.public.follower import open_tail
from game.messages import Message, Processed, StateDelta, StateSnapshot
from tests.adapters.kafka.unpaced import reached
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages, records
from tests.api.public.test_follower import (
    Silence,
    newest_state,
    publish,
    seq_of,
    until,
    with_following,
)
from tests.ports import free_port


class Returning(Silence):
    """The next feed of a broker that comes back with another log; it tells what `told` has, then an error."""

    def __init__(self, opened: list["Returning"], told: Sequence[Sequence[Message]]) -> None:
        super().__init__(str(len(opened)))
        opened.append(self)
        self.rest = [records(told[len(opened) - 1])]
        self.is_last = len(opened) == len(told)

    def poll(self, timeout_s: float) -> list[Record]:
        if self.rest or self.is_last:
            return self.rest.pop() if self.rest else super().poll(timeout_s)
        raise BrokerError("unknown topic or partition")


def test_another_log_begins_matches_anew_whatever_told_of_it() -> None:
    desk, opened = Desk(), list[Returning]()
    told = messages(), messages()[:20]

    async def scene() -> None:
        await until(lambda: len(opened) == 2 and seq_of(desk) == newest_state(told[1]))

    asyncio.run(with_following(desk, lambda: Returning(opened, told), scene))
    assert (len(opened), seq_of(desk)) == (2, newest_state(told[1]))


@pytest.mark.slow
def test_a_match_that_goes_on_in_another_log_keeps_what_was_told_of_it() -> None:
    desk, told = Desk(), messages()

    async def published(broker: EmbeddedBroker, part: Sequence[Message]) -> None:
        with closing(AcknowledgedProducer(reached(broker))) as producer:
            await publish(producer, part)

    async def scene() -> None:
        await published(opened[0], told[:400])
        await until(lambda: seq_of(desk) == newest_state(told[:400]) and desk.board.is_fed)
        before = desk.board.find(match_id())
        assert before is not None
        opened.pop().close()
        opened.append(EmbeddedBroker(port=port, partitions=2))
        await published(opened[0], told[400:440])
        await until(lambda: seq_of(desk) == newest_state(told[:440]))
        await asyncio.sleep(PERIOD_S + 2 * follower.RETRY_S)  # beyond the next look at the broker
        assert desk.board.find(match_id()) is before
        assert {m.seq for m in told[:440] if isinstance(m, Processed)} == {
            m.seq for m in before.events.since(0)
        }

    port = free_port()
    opened = [EmbeddedBroker(port=port, partitions=2)]
    to = reached(opened[0])
    try:
        asyncio.run(with_following(desk, lambda: open_tail(to, threading.Event()), scene))
    finally:
        opened[0].close()


def test_the_store_does_not_bring_back_what_another_log_began_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state is of the match before, with a higher seq."""
    monkeypatch.setattr(follower, "RECOVER_EVERY_S", 0.01)
    history = KeptHistory(messages())
    desk, opened = Desk(history), list[Returning]()
    [event, *_] = [m for m in messages() if not isinstance(m, StateDelta | StateSnapshot)]
    told = messages(), [event]

    async def scene() -> None:
        await until(lambda: len(opened) == 2 and desk.board.is_fed)
        asked = history.asked
        desk.take([msgspec.structs.replace(event, match_id="that is asked for")])
        await until(lambda: history.asked > asked + 2)
        desk.take(messages()[:20])

    asyncio.run(with_following(desk, lambda: Returning(opened, told), scene))
    assert seq_of(desk) == newest_state(messages()[:20])
