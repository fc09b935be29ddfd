"""What memory answers in front of the framework is what the framework would answer."""

import pytest

from api.public.answers import ResourceResponse
from api.public.matches.resources import state
from api.public.memory import FromMemory
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages

PATH = f"/api/v1/matches/{match_id()}/state"


def without_memory(desk: Desk) -> Desk:
    """The same desk with the framework's routes alone."""
    desk.app.router.routes[:] = [each for each in desk.app.router.routes if not isinstance(each, FromMemory)]
    return desk


def test_the_answer_is_the_same_byte_for_byte() -> None:
    desk = Desk().take(messages()[:300])
    quick = desk.ask(PATH)
    slow = without_memory(desk).ask(PATH)
    assert quick.content == slow.content
    same = {"content-type", "etag", "cache-control", "content-length"}
    assert {name: quick.headers[name] for name in same} == {name: slow.headers[name] for name in same}


def test_it_follows_the_match() -> None:
    desk = Desk()
    for count in (100, 200, 300):
        desk.take(messages()[:count])
        found = desk.board.find(match_id())
        assert found is not None
        assert desk.ask(PATH).content == ResourceResponse(state(found.view)).body


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (f"{PATH}?full=1", "GET", 400),
        (PATH, "POST", 405),
        (f"{PATH}/", "GET", 307),
        ("/api/v1/matches/unknown/state", "GET", 404),
        ("/api/v1/matches/a/b/state", "GET", 404),
        ("/api/v1/matches//state", "GET", 404),
    ],
)
def test_all_else_is_left_to_the_framework(path: str, method: str, status: int) -> None:
    desk = Desk().take(messages()[:300])
    answers = [each.send(method, path) for each in (desk, without_memory(desk))]
    assert [answer.status_code for answer in answers] == [status, status]


def test_what_only_the_store_knows_is_asked_of_it() -> None:
    history = KeptHistory(messages())
    assert Desk(history).ask(PATH).status_code == 200
    assert history.asked == 1
