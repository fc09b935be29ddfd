"""Whose turn it is: who asks a lot waits behind himself."""

from hypothesis import given
from hypothesis import strategies as st

from api.public.turns import NOBODY, Turns, share_of


def begun(turns: Turns[int]) -> list[tuple[str, int]]:
    """All that may begin now."""
    found = []
    while (next_one := turns.begin()) is not None:
        found.append(next_one)
    return found


def test_clients_are_served_in_rotation_and_each_in_its_own_order() -> None:
    turns = Turns[int](1)
    for number in range(3):
        turns.wait("noisy", number)
    turns.wait("quiet", 0)
    served = []
    while (next_one := turns.begin()) is not None:
        served.append(next_one)
        turns.end(next_one[0])
    assert served == [("noisy", 0), ("quiet", 0), ("noisy", 1), ("noisy", 2)]


def test_one_client_has_its_share_under_way_and_leaves_the_rest_to_others() -> None:
    turns = Turns[int](8)
    for number in range(20):
        turns.wait("noisy", number)
    assert begun(turns) == [("noisy", number) for number in range(4)]
    turns.wait("quiet", 0)
    assert begun(turns) == [("quiet", 0)]
    turns.end("noisy")
    assert begun(turns) == [("noisy", 4)]


def test_what_is_asked_for_no_client_has_all() -> None:
    turns = Turns[int](3)
    for number in range(5):
        turns.wait(NOBODY, number)
    assert len(begun(turns)) == 3


@given(st.integers(1, 8), st.lists(st.tuples(st.sampled_from(["a", "b", "c", NOBODY]), st.booleans())))
def test_nothing_that_may_begin_waits_and_nothing_is_lost(
    at_once: int, steps: list[tuple[str, bool]]
) -> None:
    """One `begin` after each wait and each end is enough."""
    turns, waiting, under_way, served = Turns[int](at_once), 0, list[str](), 0
    for number, (who, is_end) in enumerate(steps):
        if is_end and under_way:
            turns.end(under_way.pop(0))
        else:
            turns.wait(who, number)
            waiting += 1
        if (next_one := turns.begin()) is not None:
            under_way.append(next_one[0])
            served += 1
        assert turns.begin() is None
        assert len(turns) == waiting - served
        assert len(under_way) <= at_once
        assert all(under_way.count(each) <= share_of(at_once) for each in "abc")
