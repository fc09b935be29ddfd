"""A state's difference: applied to the state before, it gives the state after."""

from functools import cache

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from game.advance import advance
from game.delta import applied, changes
from game.simulate.mess import mess
from game.simulate.series import simulate
from game.simulate.setting import Setting
from game.state import MatchState, initial_state


@cache
def states() -> tuple[MatchState, ...]:
    events = mess(simulate(Setting(seed=5, best_of=1, position_hz=0)), seed=5, options=3)
    found = [initial_state(events[0].match_id)]
    for event in events:
        found.append(advance(found[-1], event)[0])
    return tuple(found)


def encoded(state: MatchState) -> dict[str, object]:
    told: dict[str, object] = msgspec.json.decode(msgspec.json.encode(state))
    return {k: v for k, v in told.items() if k not in ("seq", "last_ts")}


def through_wire(difference: object) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode(msgspec.json.encode(difference))
    return found


@given(data=st.data())
def test_applying_a_difference_gives_the_state_after(data: st.DataObject) -> None:
    found = states()
    i = data.draw(st.integers(0, len(found) - 2))
    j = data.draw(st.integers(i, min(len(found) - 1, i + 400)))
    assert applied(encoded(found[i]), through_wire(changes(found[i], found[j]))) == encoded(found[j])


def test_every_step_of_a_messy_match_can_be_followed() -> None:
    view = encoded(states()[0])
    for before, after in zip(states(), states()[1:], strict=False):
        view = applied(view, through_wire(changes(before, after)))
    assert view == encoded(states()[-1])


def test_no_difference_is_empty() -> None:
    state = states()[500]
    assert changes(state, state) == {}
