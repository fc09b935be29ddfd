"""What runs beside the stream goes on after an error of the broker, with a new tail and a new producer."""

import threading
from typing import Any

import pytest

from adapters.kafka.connection import BrokerError, DeliveryError, connection
from adapters.metrics import metrics
from streaming import alongside
from streaming.alongside import follow

NOWHERE = connection("127.0.0.1:9", {}, embedded=True, readers={})


class Opened:
    """A tail or a producer that notes when it is closed."""

    def __init__(self, notes: list[str], name: str) -> None:
        self._notes, self._name = notes, name
        notes.append(f"{name} opened")

    def close(self, **_: Any) -> None:
        self._notes.append(f"{self._name} closed")


def test_an_error_of_the_broker_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    notes, stopping, ready = list[str](), threading.Event(), threading.Event()
    monkeypatch.setattr(alongside, "PAUSE_S", 0)
    monkeypatch.setattr(alongside, "Tail", lambda *_, **__: Opened(notes, "tail"))
    monkeypatch.setattr(alongside, "AcknowledgedProducer", lambda *_, **__: Opened(notes, "producer"))

    def work(_tail: Any, _producer: Any) -> None:
        assert ready.is_set()
        if notes.count("tail opened") < 3:
            raise BrokerError("another log")
        stopping.set()

    follow(NOWHERE, "topic", gathers_s=0, stopping=stopping, ready=ready, measured=metrics(), work=work)
    assert notes == ["tail opened", "producer opened", "producer closed", "tail closed"] * 3


def test_what_lasts_is_told_once_and_nobody_is_ready_meanwhile(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stopping, ready, was_ready = threading.Event(), threading.Event(), list[bool]()
    monkeypatch.setattr(alongside, "PAUSE_S", 0)
    monkeypatch.setattr(alongside, "AcknowledgedProducer", lambda *_, **__: Opened([], "producer"))

    def tail(*_: Any, **__: Any) -> Opened:
        was_ready.append(ready.is_set())
        if len(was_ready) in {2, 3, 4}:
            raise BrokerError("no broker")
        return Opened([], "tail")

    def work(_tail: Any, _producer: Any) -> None:
        if len(was_ready) > 1:
            stopping.set()
            return
        raise BrokerError("another log")

    monkeypatch.setattr(alongside, "Tail", tail)
    counted = metrics()
    follow(NOWHERE, "topic", gathers_s=0, stopping=stopping, ready=ready, measured=counted, work=work)
    assert was_ready == [False] * 5
    told = [record.message for record in caplog.records]
    assert told == [f"waiting for the broker: {error}" for error in ("another log", "no broker")]
    assert counted.registry.get_sample_value("error_total", {"kind": "broker_away"}) == 4


@pytest.mark.parametrize(("worked_s", "times"), [(0.0, 1), (2 * alongside.SOUND_AFTER_S, 3)])
def test_the_same_is_told_again_once_it_worked_for_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, worked_s: float, times: int
) -> None:
    stopping, now_s, errors = threading.Event(), [0.0], list[str]()
    monkeypatch.setattr(alongside, "PAUSE_S", 0)
    monkeypatch.setattr(alongside, "Tail", lambda *_, **__: Opened([], "tail"))
    monkeypatch.setattr(alongside, "AcknowledgedProducer", lambda *_, **__: Opened([], "producer"))
    monkeypatch.setattr("streaming.alongside.time.monotonic", lambda: now_s[0])

    def work(_tail: Any, _producer: Any) -> None:
        now_s[0] += worked_s
        errors.append("another log")
        if len(errors) == 3:
            stopping.set()
        raise BrokerError("another log")

    follow(
        NOWHERE,
        "topic",
        gathers_s=0,
        stopping=stopping,
        ready=threading.Event(),
        measured=metrics(),
        work=work,
    )
    assert len(caplog.records) == times


def test_nothing_is_opened_after_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping, ready = threading.Event(), threading.Event()
    stopping.set()
    monkeypatch.setattr(alongside, "Tail", lambda *_, **__: pytest.fail("told to stop"))
    follow(
        NOWHERE,
        "topic",
        gathers_s=0,
        stopping=stopping,
        ready=ready,
        measured=metrics(),
        work=lambda *_: pytest.fail("told to stop"),
    )
    assert not ready.is_set()


def test_a_lost_message_is_counted_and_each_reason_told_once_until_none_was_lost_for_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stopping, counted, now_s = threading.Event(), metrics(), [0.0]
    monkeypatch.setattr(alongside, "PAUSE_S", 0)
    monkeypatch.setattr(alongside, "Tail", lambda *_, **__: Opened([], "tail"))
    monkeypatch.setattr("streaming.alongside.time.monotonic", lambda: now_s[0])
    losers = list[Any]()

    def producer(*_: Any, on_lost: Any, **__: Any) -> Opened:
        losers.append(on_lost)
        return Opened([], "producer")

    def work(_tail: Any, _producer: Any) -> None:
        for reason, size_bytes in (("late", 300), ("late", 400), ("refused", 300)):
            losers[-1](DeliveryError("topic", partition=1, reason=reason, size_bytes=size_bytes))
        if len(losers) == 3:
            stopping.set()
            return
        now_s[0] += 1 if len(losers) == 1 else alongside.SOUND_AFTER_S
        raise BrokerError("another log")

    monkeypatch.setattr(alongside, "AcknowledgedProducer", producer)
    follow(
        NOWHERE, "topic", gathers_s=0, stopping=stopping, ready=threading.Event(), measured=counted, work=work
    )
    assert counted.registry.get_sample_value("error_total", {"kind": "lost_message"}) == 9
    told = [record.message for record in caplog.records if record.message.startswith("lost")]
    assert [text.split(": ")[-1] for text in told] == [
        "late (record of 300 bytes)",
        "refused (record of 300 bytes)",
    ] * 2
