"""What every cache of newest states does; and that an absent Redis is told at once, and asked again later."""

from datetime import UTC, datetime, timedelta

import pytest
import redis

from adapters.cache import redis as redis_cache
from adapters.cache.newest import KEPT_S, CacheAwayError, Newest, NewestHere, Shown
from adapters.cache.redis import Door, RedisNewest
from game.view import MatchView
from tests.ports import free_port
from tests.redis_server import RedisServer

NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


def shown(match_id: str, seq: int, *, is_doubtful: bool = False, prediction: bytes | None = b"{}") -> Shown:
    view = MatchView(
        match_id=match_id,
        seq=seq,
        state={"phase": "live", "players": {"p": {"health": 100}}, "score": [seq, 0]},
        ts_event=NOON + timedelta(seconds=seq),
        is_current=True,
    )
    return Shown(match_id=match_id, view=None if is_doubtful else view, prediction=prediction)


def test_what_was_put_is_what_is_found(newest: Newest) -> None:
    kept = [shown("a", 1, prediction=b'{"seq":1}'), shown("b/c d", 2)]
    newest.put(kept)
    assert [newest.view(each.match_id) for each in kept] == [each.view for each in kept]
    assert newest.prediction("a") == b'{"seq":1}'
    assert newest.view("nobody") is None
    assert newest.prediction("nobody") is None


def test_the_later_takes_the_place_of_the_earlier(newest: Newest) -> None:
    newest.put([shown("a", 1)])
    newest.put([shown("a", 2, prediction=None)])
    assert newest.view("a") == shown("a", 2).view
    assert newest.prediction("a") is None


def test_what_is_in_doubt_goes(newest: Newest) -> None:
    newest.put([shown("a", 1)])
    newest.put([shown("a", 2, is_doubtful=True)])
    assert newest.view("a") is None
    assert newest.recent(10) == []


def test_the_matches_that_moved_last_come_first(newest: Newest) -> None:
    newest.put([shown("old", 1), shown("new", 9), shown("middle", 5)])
    assert [view.match_id for view in newest.recent(2)] == ["new", "middle"]


def test_an_entry_that_nobody_writes_anew_is_over() -> None:
    now_s = [0.0]
    newest = NewestHere(now_s=lambda: now_s[0])
    newest.put([shown("a", 1)])
    now_s[0] = KEPT_S
    assert newest.view("a") is None
    assert newest.prediction("a") is None
    assert newest.recent(1) == []


def test_only_so_many_matches_are_kept() -> None:
    newest = NewestHere(matches_max=2)
    newest.put([shown("a", 1), shown("b", 2), shown("a", 3), shown("c", 4)])
    assert [view.match_id for view in newest.recent(9)] == ["c", "a"]


@pytest.mark.server
def test_entries_lie_under_the_names_that_others_read_and_end_by_themselves(redis_now: RedisServer) -> None:
    RedisNewest(redis_now.url).put([shown("m", 3, prediction=b'{"seq":3}')])
    with redis.Redis.from_url(redis_now.url) as client:
        assert client.get("prediction:m") == b'{"seq":3}'
        assert b'"seq":3' in bytes(client.get("match:m"))
        assert 0 < int(client.ttl("match:m")) <= KEPT_S
        client.set("match:m", b'{"of":"another version"}')
    assert RedisNewest(redis_now.url).view("m") is None


def test_an_absent_redis_is_told_and_then_not_asked_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_cache, "AGAIN_S", 600.0)
    newest = RedisNewest(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(CacheAwayError, match="ConnectionError"):
        newest.view("a")
    with pytest.raises(CacheAwayError, match="a moment ago"):
        newest.put([shown("a", 1)])


def test_a_door_opens_again_after_a_while() -> None:
    now_s = [0.0]
    door, asked = Door(lambda: now_s[0]), 0
    with pytest.raises(CacheAwayError), door.opened():
        raise ConnectionResetError
    for now_s[0] in (1.0, 3.0):
        try:
            with door.opened():
                asked += 1
        except CacheAwayError:
            assert now_s[0] < 2.0
    assert asked == 1


def test_a_question_that_ends_while_another_one_begins_leaves_the_door_open() -> None:
    """As with threads, which share a door."""
    others = [True, False, False]

    def now_s() -> float:
        if others and others.pop():
            with door.opened():
                asked.append("meanwhile")
        return 10.0 if asked else 0.0

    asked = list[str]()
    door = Door(now_s)
    with pytest.raises(CacheAwayError), door.opened():
        raise ConnectionResetError
    asked.append("later")
    for _ in range(2):
        with door.opened():
            asked.append("here")
    assert asked == ["later", "meanwhile", "here", "here"]


def test_who_leaves_while_he_is_the_first_to_ask_again_leaves_that_to_another() -> None:
    now_s = [0.0]
    door = Door(lambda: now_s[0])

    def leave() -> None:
        with door.opened():
            with pytest.raises(CacheAwayError), door.opened():
                pass
            raise KeyboardInterrupt

    with pytest.raises(CacheAwayError), door.opened():
        raise ConnectionResetError
    now_s[0] = 9.0
    with pytest.raises(KeyboardInterrupt):
        leave()
    with door.opened():
        pass
