"""So many times within any minute, and no more; coming back gives nobody more."""

from contextlib import ExitStack

from api.public.minute import Minute, Minutes


def test_so_many_within_any_minute() -> None:
    at_s = [0.0]
    minute = Minute(2, now_s=lambda: at_s[0])
    taken = []
    for at_s[0] in (0.0, 30.0, 59.0, 60.0, 61.0, 90.0):
        taken.append(minute.take())
    assert taken == [True, True, False, True, False, True]


def used_up(minute: Minute) -> int:
    count = 0
    while minute.take():
        count += 1
    return count


def test_a_client_has_as_many_minutes_as_connections_at_a_time() -> None:
    at_s = [0.0]
    minutes = Minutes(5, now_s=lambda: at_s[0])

    def come(client_id: str, at_once: int) -> int:
        with ExitStack() as open_:
            return sum(used_up(open_.enter_context(minutes.of(client_id))) for _ in range(at_once))

    assert [come("one", 1), come("one", 1), come("one", 2), come("one", 2)] == [5, 0, 5, 0]
    assert come("two", 1) == 5
    at_s[0] = 60.0
    assert come("one", 2) == 10


def test_clients_that_stay_away_are_forgotten() -> None:
    at_s = [0.0]
    minutes = Minutes(5, now_s=lambda: at_s[0])
    for at_s[0] in range(1_000):
        with minutes.of(f"client {at_s[0]}") as minute:
            assert minute.take()
    assert len(minutes) <= 61
