"""When a client of the live feed comes again after a cut, and what it raises instead."""

import msgspec
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from api.problems import problem
from midround.client.live import PAUSES_S, Retrying
from midround.client.refusals import ApiError


def test_pauses_grow_by_chance_until_something_is_heard() -> None:
    retrying = Retrying(lambda: 0.5)
    waited = [retrying.pause_s(OSError()) for _ in range(6)]
    assert waited == pytest.approx([0.75 * pause_s for pause_s in (*PAUSES_S, PAUSES_S[-1])])
    retrying.heard()
    assert retrying.pause_s(ConnectionClosed(Close(4429, ""), None)) == pytest.approx(0.75 * PAUSES_S[-1])
    with pytest.raises(ApiError, match="lacks the scope"):
        retrying.pause_s(ConnectionClosed(Close(4403, ""), None))


def refused_upgrade(status: int, body: bytes = b"", retry_after: str | None = None) -> InvalidStatus:
    headers = Headers() if retry_after is None else Headers({"Retry-After": retry_after})
    return InvalidStatus(Response(status, "no reason", headers, body))


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 410])
def test_an_upgrade_that_is_refused_for_good_is_not_asked_for_again(status: int) -> None:
    with pytest.raises(ApiError, match=f"{status} no reason"):
        Retrying(lambda: 0.5).pause_s(refused_upgrade(status))


def test_the_problem_of_a_refused_upgrade_is_told_in_the_words_of_the_api() -> None:
    told = problem(401, "no-key", field="authorization", reason="no key here")
    with pytest.raises(ApiError, match="no key here"):
        Retrying(lambda: 0.5).pause_s(refused_upgrade(401, msgspec.json.encode(told)))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("retry_after", "pause_s"), [(None, 0.15), ("7", 7.0), ("soon", 0.15), ("999999", 60.0)]
)
def test_an_upgrade_that_may_come_is_asked_for_again_when_the_server_says(
    status: int, retry_after: str | None, pause_s: float
) -> None:
    waited = Retrying(lambda: 0.5).pause_s(refused_upgrade(status, retry_after=retry_after))
    assert waited == pytest.approx(pause_s)
