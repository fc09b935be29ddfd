"""What runs beside the stream goes on after an error of the broker, with a new tail and a new producer."""

import threading
from typing import Any

import pytest

from adapters.kafka.connection import BrokerError, connection
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
    notes, stopping = list[str](), threading.Event()
    monkeypatch.setattr(alongside, "Tail", lambda *_, **__: Opened(notes, "tail"))
    monkeypatch.setattr(alongside, "AcknowledgedProducer", lambda *_, **__: Opened(notes, "producer"))

    def work(_tail: Any, _producer: Any) -> None:
        if notes.count("tail opened") < 3:
            raise BrokerError("another log")
        stopping.set()

    follow(NOWHERE, "topic", gathers_s=0, stopping=stopping, work=work)
    assert notes == ["tail opened", "producer opened", "producer closed", "tail closed"] * 3


def test_nothing_is_opened_after_the_stop() -> None:
    stopping = threading.Event()
    stopping.set()
    follow(NOWHERE, "topic", gathers_s=0, stopping=stopping, work=lambda *_: pytest.fail("told to stop"))
