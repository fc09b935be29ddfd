"""So many times within any minute, and no more."""

from api.public.minute import Minute


def test_so_many_within_any_minute() -> None:
    at_s = [0.0]
    minute = Minute(2, now_s=lambda: at_s[0])
    taken = []
    for at_s[0] in (0.0, 30.0, 59.0, 60.0, 61.0, 90.0):
        taken.append(minute.take())
    assert taken == [True, True, False, True, False, True]
