"""A series whose earlier maps only the store has, while that is away: an answer is whole, or says that it cannot be."""

from collections.abc import Sequence
from functools import cache

import pytest

from api.public.desk import Sizes
from game.facts import MapBegan
from game.messages import Message, Processed
from game.simulate.series import simulate
from game.simulate.setting import Setting
from models.fold import fold_events
from tests.api.public.doubles import Desk, KeptHistory

pytestmark = pytest.mark.slow

PLENTY = Sizes(statistics=1_000)
PARTS = ("/rounds", "/economy", "/players", "/players?scope=side:ct", "/players?scope=round:1")


@cache
def series() -> tuple[Message, ...]:
    """Two maps or three, without predictions."""
    return tuple(fold_events(simulate(Setting(seed=10, position_hz=0, has_shots=False)), None))


@cache
def first_map() -> tuple[Message, ...]:
    """All before the second map begins."""
    begins = [
        number
        for number, message in enumerate(series())
        if isinstance(message, Processed) and any(isinstance(fact, MapBegan) for fact in message.facts)
    ]
    return series()[: begins[1]]


def alone(told: Sequence[Message], *, sizes: Sizes | None = None) -> Desk:
    """An API that has heard this and whose store does not answer."""
    history = KeptHistory()
    history.is_away = True
    return Desk(history, sizes=sizes).take(told)


@cache
def of_series() -> Desk:
    """One that has heard the series. It is asked and not changed."""
    return alone(series())


@cache
def of_first_map() -> Desk:
    return alone(first_map())


@cache
def with_plenty() -> Desk:
    """One whose memory has room for all statistics of the series."""
    return alone(series(), sizes=PLENTY)


def path(part: str) -> str:
    return f"/api/v1/matches/{series()[0].match_id}{part}"


@pytest.mark.parametrize("part", PARTS)
def test_what_memory_has_in_part_alone_is_not_answered(part: str) -> None:
    answer = of_series().ask(path(part))
    assert (answer.status_code, answer.json()["field"]) == (503, "store")


@pytest.mark.parametrize("part", PARTS[:2])
def test_the_rounds_of_a_first_map_are_all_in_memory(part: str) -> None:
    assert of_first_map().ask(path(part)).status_code == 200


@pytest.mark.parametrize("part", PARTS[2:])
def test_statistics_of_all_maps_that_are_in_memory_are_answered(part: str) -> None:
    players = with_plenty().json(path(part))
    maps = {line["map_id"] for player in players for line in player["maps"]}
    finished = of_series().json(path(""))["finished_maps"]
    assert maps == {each["map_id"] for each in finished}
    assert len(maps) > 1


@pytest.mark.parametrize(
    "query",
    [
        '{ match(id: "%s") { rounds { number } } }',
        '{ match(id: "%s") { players { id } } }',
        '{ roundMetrics(matchId: "%s") { number } }',
    ],
)
def test_the_graph_says_who_is_away(query: str) -> None:
    answer = of_series().send("POST", "/graphql", json={"query": query % series()[0].match_id}).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["STORE_AWAY"]
