"""The ticker's process: a ticker knows no more than the tail that it hears."""

from typing import Any

import pytest

from adapters.kafka.connection import BrokerError, connection
from streaming import ticking

NOWHERE = connection("127.0.0.1:9", {}, embedded=True, readers={})


class Broken:
    """A tail whose broker fails."""

    def poll(self, _timeout_s: float) -> list[Any]:
        raise BrokerError("another log")


def test_each_tail_has_a_ticker_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was missed between two tails leaves a hole, and behind the second may be another log."""
    sessions = list[str]()

    def noted(session: str, *_: Any) -> Any:
        sessions.append(session)

    def follow_twice(*_: Any, work: Any, **__: Any) -> None:
        for _time in range(2):
            with pytest.raises(BrokerError):
                work(Broken(), None)

    monkeypatch.setattr(ticking, "Ticker", noted)
    monkeypatch.setattr(ticking, "follow", follow_twice)
    monkeypatch.setattr(ticking, "stop_on_sigterm", lambda _stopping: None)
    ticking.run(NOWHERE, silence_s=1, live_within_s=30, metrics_port=0)
    assert len(set(sessions)) == 2
