"""Results of a match that is met amid its course: parts of a state decide nothing, the whole one all of it."""

import msgspec
import pytest

from api.public.live.frames import Channel
from api.public.live.session import Start, opened
from api.public.live.subscriber import Subscriber
from game.messages import Message, StateDelta, StateSnapshot
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages

RESULTS: frozenset[Channel] = frozenset({"results"})
ANEW = Start(from_seq=None, events_from=0)


def from_the_middle() -> tuple[list[Message], StateSnapshot]:
    """The deltas before a late snapshot, none of which has the whole map, and that snapshot."""
    told = [each for each in messages() if isinstance(each, StateDelta | StateSnapshot)]
    places = [place for place, each in enumerate(told) if isinstance(each, StateSnapshot)]
    snapshot = told[places[-1]]
    assert isinstance(snapshot, StateSnapshot)
    return list(told[places[-2] + 1 : places[-1]]), snapshot


def decided(snapshot: StateSnapshot) -> list[int]:
    assert snapshot.state.map is not None
    return [each.number for each in snapshot.state.map.rounds]


def rounds_told(texts: list[str]) -> list[int]:
    return [frame["round_no"] for frame in map(msgspec.json.decode, texts) if frame["horizon"] == "round"]


def test_parts_of_a_state_decide_nothing_and_the_whole_one_all() -> None:
    deltas, snapshot = from_the_middle()
    assert any("rounds" in each.set.get("map", {}) for each in deltas if isinstance(each, StateDelta))
    desk = Desk().take(deltas[:1])
    found = desk.board.find(match_id())
    assert found is not None
    client = Subscriber(channels=RESULTS)
    found.subscribers.add(client)
    desk.take(deltas[1:])
    assert client.take() == opened(found, RESULTS, ANEW) == []
    desk.take([snapshot])
    assert rounds_told(client.take()) == decided(snapshot) != []
    assert rounds_told(opened(found, RESULTS, ANEW)) == decided(snapshot)


def test_what_the_store_had_is_told_too() -> None:
    deltas, snapshot = from_the_middle()
    desk = Desk().take(deltas[:1])
    found = desk.board.find(match_id())
    assert found is not None
    client = Subscriber(channels=RESULTS)
    found.subscribers.add(client)
    stored = Desk().take([snapshot]).board.find(match_id())
    assert stored is not None
    desk.board.put(stored.view)
    assert rounds_told(client.take()) == decided(snapshot)


def test_rounds_of_a_match_that_is_known_in_part_are_the_store_s() -> None:
    deltas, snapshot = from_the_middle()
    desk = Desk(KeptHistory([snapshot])).take(deltas)
    assert desk.of_match("/rounds") == []


@pytest.mark.parametrize("path", ["", f"/{match_id()}", f"/{match_id()}/state", f"/{match_id()}/rounds"])
def test_a_match_that_is_known_in_part_is_answered_by_the_store(path: str) -> None:
    deltas, snapshot = from_the_middle()
    answer = Desk(KeptHistory([snapshot])).take(deltas).ask(f"/api/v1/matches{path}")
    assert answer.status_code == 200, answer.text


def test_a_match_that_is_known_in_part_goes_on_from_what_the_store_has() -> None:
    """Which is older, and stays in doubt until the next snapshot."""
    told = [each for each in messages() if isinstance(each, StateDelta | StateSnapshot)]
    [older, *_] = [each for each in told if isinstance(each, StateSnapshot)]
    deltas, snapshot = from_the_middle()
    desk = Desk().take(deltas[:1])
    stored = Desk().take([older]).board.find(match_id())
    assert stored is not None
    found = desk.board.put(stored.view)
    assert (found.view.state, found.view.seq) == (stored.view.state, deltas[0].seq)
    desk.take(deltas[1:])
    assert not found.view.is_current
    desk.take([snapshot])
    whole = Desk().take([snapshot]).board.find(match_id())
    assert whole is not None
    assert (found.view.state, found.view.is_current) == (whole.view.state, True)
