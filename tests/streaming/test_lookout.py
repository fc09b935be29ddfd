"""Who looks at the champion: what is due and when again, what is told of trouble, and that nothing ends the look."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.kafka.connection import BacklogError, BrokerError, DeliveryError, connection
from adapters.kafka.records import RAW, Outgoing
from adapters.metrics import metrics
from models.bundle import Champion
from streaming import switching
from streaming.roster import Standing
from streaming.switching import FIRST_WAIT, LIVE, LONGEST_WAIT, Lookout, Switcher, lookout, switch
from tests.streaming.raw_log import NOON, Clock, Log

OLD, NEW = "0" * 64, "1" * 64
PLAYING = Standing(model_hash=OLD, last_ts=NOON, is_over=False, appended_at=NOON)
CHAMPION = Champion(bundle="second", hash=NEW, since=NOON)


def waits(switcher: Switcher, champion: Champion, now: datetime, times: int) -> list[timedelta]:
    """How long each event of a match that never comes back waits for the next."""
    found = list[timedelta]()
    for _ in range(times):
        [event] = switcher.due({"m": PLAYING}, champion, version="second", now=now)
        switcher.sent(event, now)
        wait = switcher._sent["m"].wait
        assert switcher.due({"m": PLAYING}, champion, version="second", now=now + wait * 0.99) == []
        now += wait
        found.append(wait)
    return found


def test_what_does_not_come_back_is_sent_again_ever_more_rarely() -> None:
    found = waits(Switcher(), CHAMPION, NOON, 8)
    assert found[:3] == [FIRST_WAIT, FIRST_WAIT * 2, FIRST_WAIT * 4]
    assert found[-1] == LONGEST_WAIT


def test_another_champion_waits_for_no_event_of_the_one_before() -> None:
    switcher = Switcher()
    assert waits(switcher, CHAMPION, NOON, 3)[-1] > FIRST_WAIT
    assert waits(switcher, replace(CHAMPION, hash="2" * 64), NOON, 1) == [FIRST_WAIT]


def test_a_match_that_was_switched_and_is_behind_again_is_due_at_once() -> None:
    switcher = Switcher()
    [event] = switcher.due({"m": PLAYING}, CHAMPION, version="second", now=NOON)
    switcher.sent(event, NOON)
    assert switcher.due({"m": replace(PLAYING, model_hash=NEW)}, CHAMPION, version="second", now=NOON) == []
    assert switcher.due({"m": PLAYING}, CHAMPION, version="second", now=NOON) == [event]


def test_each_promotion_of_each_match_has_an_event_of_its_own() -> None:
    """Champions come back: the id of a model's first promotion would be known already, and change nothing."""
    later = replace(CHAMPION, since=NOON + timedelta(hours=1))
    told = [("m", CHAMPION), ("n", CHAMPION), ("m", later), ("m", replace(CHAMPION, hash="2" * 64))]
    ids = [switch(match, PLAYING, champion, version="second").event_id for match, champion in told]
    assert len(set(ids)) == len(told)
    assert switch("m", PLAYING, CHAMPION, version="renamed").event_id == ids[0]


@pytest.mark.parametrize(
    ("standing", "is_due"),
    [
        (PLAYING, True),
        (replace(PLAYING, last_ts=None), False),
        (replace(PLAYING, appended_at=NOON - LIVE), True),
        (replace(PLAYING, appended_at=NOON - LIVE - timedelta(milliseconds=1)), False),
    ],
)
def test_a_match_is_switched_while_it_plays(standing: Standing, *, is_due: bool) -> None:
    assert bool(Switcher().due({"m": standing}, CHAMPION, version="second", now=NOON)) is is_due


class OneModel:
    """A lineup whose champion is always the same; its looks go as they are told to."""

    model_version = "second"

    def __init__(self) -> None:
        self.problems: tuple[str, ...] = ()
        self.fails: Exception | None = None
        self.has_looked, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()

    def look(self, _: datetime) -> None:
        if self.fails is not None:
            failure, self.fails = self.fails, None
            raise failure
        self.has_looked.set()
        self.may_go_on.wait(60)

    def champion(self, _: datetime) -> Champion:
        return CHAMPION

    def find(self, _: str) -> "OneModel":
        return self


class Broker(Log):
    """Notes when it is opened, waited for and closed; has no room for some matches, and acknowledges none of others."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.notes = list[str]()
        self.full_for, self.silent_for = set[bytes](), set[bytes]()

    def opened(self, _stopping: threading.Event) -> "Broker":
        self.notes.append("opened")
        return self

    def send(self, record: Outgoing) -> None:
        if record.key in self.full_for:
            raise BacklogError(RAW, partition=0, reason="no room")
        super().send(record)

    def flush_blocking(self, *, timeout_s: float = 1.0) -> None:
        self.notes.append("waited for")
        if self.records[-1].key in self.silent_for:
            raise DeliveryError(RAW, partition=0, reason="not acknowledged")

    def said_of(self) -> list[bytes]:
        return [record.key for record in self.records]

    def close(self) -> None:
        self.notes.append("closed")


class Looking:
    """A lookout over doubles, and what it counted."""

    def __init__(self) -> None:
        self.clock, self.lineup, self.roster = Clock(), OneModel(), {"m": PLAYING}
        self.broker, self._measured = Broker(self.clock), metrics()
        lineup: Any = self.lineup
        self.lookout = Lookout(
            lineup,
            self.roster,
            producer=self.broker.opened,
            measured=self._measured,
            now=self.clock,
            look_s=0.001,
        )

    def counted(self, name: str, **labels: str) -> float:
        return self._measured.registry.get_sample_value(name, labels) or 0.0

    def errors(self) -> float:
        return self.counted("error_total", kind="champion")


def test_one_producer_is_opened_waited_for_and_closed() -> None:
    looking = Looking()
    for _ in range(2):
        looking.lookout.look()
        looking.clock.now += FIRST_WAIT
    looking.lookout.close()
    assert looking.broker.notes == ["opened", "waited for", "waited for", "closed"]
    assert looking.counted("ingestion_events_total", outcome="model_switched") == 2


def test_what_found_no_room_is_counted_and_due_at_once() -> None:
    looking = Looking()
    looking.broker.is_full = True
    looking.lookout.look()
    assert (looking.errors(), looking.counted("ingestion_events_total", outcome="model_switched")) == (1, 0)
    looking.broker.is_full = False
    looking.lookout.look()
    assert len(looking.broker.records) == 1


def test_what_the_broker_has_is_not_sent_again_with_what_found_no_room() -> None:
    looking = Looking()
    looking.roster |= {"n": PLAYING, "o": PLAYING}
    looking.broker.full_for = {b"n"}
    for _ in range(3):
        looking.lookout.look()
    assert looking.broker.said_of() == [b"m", b"o"]
    assert (looking.errors(), looking.counted("ingestion_events_total", outcome="model_switched")) == (3, 2)
    looking.broker.full_for.clear()
    looking.lookout.look()
    assert looking.broker.said_of() == [b"m", b"o", b"n"]


def test_where_the_broker_does_not_answer_the_rest_waits_for_the_next_look() -> None:
    looking = Looking()
    looking.roster |= {"n": PLAYING, "o": PLAYING}
    looking.broker.silent_for = {b"n"}
    looking.lookout.look()
    looking.broker.silent_for.clear()
    looking.lookout.look()
    assert looking.broker.said_of() == [b"m", b"n", b"n", b"o"]
    assert looking.errors() == 1


def test_trouble_is_told_once_and_again_when_it_comes_back() -> None:
    looking = Looking()
    for problems, errors in ((("spoiled",), 1), (("spoiled",), 1), ((), 1), (("spoiled",), 2)):
        looking.lineup.problems = problems
        looking.lookout.look()
        assert looking.errors() == errors


def test_nothing_that_is_wrong_ends_the_look() -> None:
    looking = Looking()
    looking.lineup.fails = RuntimeError("what nobody thought of")
    looking.lookout.start()
    try:
        assert looking.lineup.has_looked.wait(60)
    finally:
        looking.lookout.close()
    assert looking.errors() == 1


def test_who_closes_waits_for_the_look_that_goes_on() -> None:
    looking = Looking()
    looking.lineup.may_go_on.clear()
    looking.lookout.start()
    assert looking.lineup.has_looked.wait(60)
    going_on = threading.Timer(0.05, looking.lineup.may_go_on.set)
    going_on.start()
    looking.lookout.close()
    going_on.join()
    assert looking.broker.notes == ["opened", "waited for", "closed"]


def test_a_producer_that_finds_no_broker_is_told_of_the_close(monkeypatch: pytest.MonkeyPatch) -> None:
    looking, opening, was_told = Looking(), threading.Event(), list[bool]()

    def opened(_connection: object, *, stopping: threading.Event) -> Broker:
        opening.set()
        was_told.append(stopping.wait(60))
        raise BrokerError("nobody answers")

    monkeypatch.setattr(switching, "AcknowledgedProducer", opened)
    nowhere, lineup = connection("127.0.0.1:9", {}, embedded=True), looking.lineup
    watching: Any = lookout(nowhere, lineup, looking.roster, measured=metrics(), now=looking.clock)  # type: ignore[arg-type]
    watching.start()
    assert opening.wait(60)
    watching.close()
    assert was_told == [True]
