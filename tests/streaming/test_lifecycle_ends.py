"""Ends of maps and series in the catalog, and how they are taken back."""

from typing import Any

import pytest
from msgspec.structs import replace

from adapters.catalog.store import Catalog, open_catalog
from adapters.kafka.records import PROCESSED
from game.facts import AnyFact, MapDecided, SeriesDecided, Withdrawn
from streaming import lifecycle, rows
from tests.streaming import messages as m
from tests.streaming.test_lifecycle import BOT, MAP_BEGAN, SERIES, SERIES_OVER, told

FIRST_MAP = MapDecided(score_a=13, score_b=9, winner_team="A", reason="score", maps_a=1, maps_b=0)
SECOND_MAP = MapDecided(score_a=13, score_b=5, winner_team="A", reason="score", maps_a=2, maps_b=0)
BACK = Withdrawn(reason="restore", from_round=17, score_a=11, score_b=5)


def on(map_id: str, seq: int, *facts: AnyFact) -> rows.Told:
    """The same on another map of the series."""
    found = rows.load(m.on_topic(PROCESSED, replace(m.processed(seq, *facts), map_id=map_id))).told
    assert found is not None
    return found


ABANDONED = SeriesDecided(winner_team=None, maps_a=1, maps_b=0, reason="abandoned")
OF_THE_OTHERS = MapDecided(score_a=11, score_b=13, winner_team="B", reason="ended", maps_a=1, maps_b=1)
OVER = (
    on("map-1", 2, MAP_BEGAN),
    on("map-1", 10, FIRST_MAP),
    on("map-2", 11, replace(MAP_BEGAN, map_number=2)),
    on("map-2", 20, SECOND_MAP, SERIES_OVER),
)


@pytest.mark.parametrize("times", [1, 2])
def test_going_back_behind_the_end_takes_the_winner_back(times: int) -> None:
    """Also where all of it comes again."""
    catalog = open_catalog("sqlite://")
    for message in [*OVER, on("map-2", 30, BACK)] * times:
        catalog.apply(list(lifecycle.changes(message)))
    assert standing(catalog) == (("live", None, 1, 0, None), [("over", "A", 13), ("live", None, 11)])
    for message in (on("map-2", 40, SECOND_MAP, SERIES_OVER), *OVER):
        catalog.apply(list(lifecycle.changes(message)))
    assert standing(catalog)[0] == ("over", "A", 2, 0, m.moment(40))
    catalog.close()


@pytest.mark.parametrize("times", [1, 2])
def test_an_end_that_is_retracted_is_none(times: int) -> None:
    catalog = open_catalog("sqlite://")
    for _ in range(times):
        for message in OVER:
            catalog.apply(list(lifecycle.changes(message)))
        catalog.apply([lifecycle.withdrawal(m.retraction(21, from_seq=15, to_seq=20))])
    assert standing(catalog) == (("live", None, 1, 0, None), [("over", "A", 13), ("live", None, 13)])
    catalog.close()


@pytest.mark.parametrize("times", [1, 2])
def test_the_end_of_a_series_alone_may_be_retracted(times: int) -> None:
    catalog = open_catalog("sqlite://")
    for _ in range(times):
        for message in (
            *OVER[:3],
            on("map-2", 20, SECOND_MAP),
            on("map-2", 25, replace(ABANDONED, maps_a=2)),
        ):
            catalog.apply(list(lifecycle.changes(message)))
        catalog.apply([lifecycle.withdrawal(m.retraction(26, from_seq=25, to_seq=25))])
    assert standing(catalog) == (("live", None, 2, 0, None), [("over", "A", 13), ("over", "A", 13)])
    catalog.close()


@pytest.mark.parametrize("times", [1, 2])
def test_a_map_that_ended_otherwise_opens_the_series_that_it_decided(times: int) -> None:
    catalog = open_catalog("sqlite://")
    for message in [*OVER, on("map-2", 30, OF_THE_OTHERS)] * times:
        catalog.apply(list(lifecycle.changes(message)))
    assert standing(catalog) == (("live", None, 1, 1, None), [("over", "A", 13), ("over", "B", 11)])
    catalog.close()


def test_a_map_that_ended_otherwise_leaves_what_the_source_decided() -> None:
    catalog = open_catalog("sqlite://")
    given_up = replace(SECOND_MAP, winner_team=None, reason="abandoned", maps_a=1)
    for message in (told(1, SERIES), *OVER[:3], on("map-2", 20, given_up, ABANDONED)):
        catalog.apply(list(lifecycle.changes(message)))
    catalog.apply(list(lifecycle.changes(on("map-2", 30, OF_THE_OTHERS))))
    assert standing(catalog)[0] == ("over", None, 1, 1, m.moment(20))
    catalog.close()


def test_maps_that_decide_a_series_after_its_source_did_may_end_otherwise_too() -> None:
    catalog = open_catalog("sqlite://")
    early = replace(SERIES_OVER, maps_a=1, reason="ended")
    for message in (told(1, SERIES), *OVER[:3], on("map-2", 15, early), on("map-2", 20, SECOND_MAP)):
        catalog.apply(list(lifecycle.changes(message)))
    assert standing(catalog)[0] == ("over", "A", 2, 0, m.moment(15))
    catalog.apply(list(lifecycle.changes(on("map-2", 30, OF_THE_OTHERS))))
    assert standing(catalog)[0] == ("live", None, 1, 1, None)
    catalog.close()


def test_a_series_that_goes_on_after_it_was_taken_for_over_has_no_winner() -> None:
    """As where nobody told how many maps it has."""
    catalog = open_catalog("sqlite://")
    for message in (*OVER, on("map-3", 21, replace(MAP_BEGAN, map_number=3))):
        catalog.apply(list(lifecycle.changes(message)))
    assert standing(catalog)[0] == ("live", None, 2, 0, None)
    catalog.close()


def test_an_end_before_what_is_retracted_stays() -> None:
    catalog = open_catalog("sqlite://")
    for message in (*OVER, told(22, BOT)):
        catalog.apply(list(lifecycle.changes(message)))
    catalog.apply([lifecycle.withdrawal(m.retraction(30, from_seq=21, to_seq=29))])
    assert standing(catalog)[0] == ("over", "A", 2, 0, m.moment(20))
    catalog.close()


def test_going_back_in_a_map_that_runs_leaves_the_maps_before() -> None:
    catalog = open_catalog("sqlite://")
    for message in (*OVER[:3], on("map-2", 30, BACK)):
        catalog.apply(list(lifecycle.changes(message)))
    assert standing(catalog) == (("live", None, 1, 0, None), [("over", "A", 13), ("live", None, 11)])
    catalog.close()


def standing(catalog: Catalog) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """How the match and its maps stand."""
    [match] = catalog.all("matches")
    names = ("status", "winner_team", "maps_a", "maps_b", "ended_at")
    maps = [(each["status"], each["winner_team"], each["score_a"]) for each in catalog.maps(m.MATCH)]
    return tuple(match[name] for name in names), maps
