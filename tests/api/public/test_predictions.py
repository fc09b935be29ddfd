"""Predictions thinned for charts, and how the chain says that map and series may end."""

from typing import Any

import pytest

from api.public.history import NoHistory, Stored
from api.public.predictions.queries import last_of_each
from api.public.predictions.resources import PointView
from game.messages import Prediction
from tests.api.public.conftest import whole_match
from tests.api.public.doubles import Desk, messages

HISTORY = "/predictions/history"


def everything(desk: Desk) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = desk.of_match("/predictions", limit=1000)["items"]
    return items


@pytest.fixture(scope="module")
def live() -> Desk:
    return Desk().take(messages())


def test_a_point_is_the_last_prediction_of_its_interval(live: Desk) -> None:
    seconds: dict[str, dict[str, Any]] = {}
    held = live.of_match("/predictions", limit=1000, from_seq=live.of_match(HISTORY)["items"][0]["seq"])
    for each in held["items"]:
        seconds[each["ts_event"][:19]] = each
    points = live.of_match(HISTORY, resolution_s=1, limit=1000)["items"]
    assert [p["seq"] for p in points[1:]] == [each["seq"] for each in seconds.values()][1:]
    for point in points[1:]:
        full = seconds[point["ts_event"][:19]]
        assert point["map"] == {name: full["map"][name] for name in ("p_a", "lo", "hi")}


def test_one_horizon_alone(live: Desk) -> None:
    points = live.of_match(HISTORY, horizon="series")["items"]
    assert points
    assert all(p["series"] is not None and p["round"] is None and p["map"] is None for p in points)


def test_coarser_is_fewer_and_pages_join(live: Desk) -> None:
    fine, coarse = (live.of_match(HISTORY, resolution_s=s, limit=1000)["items"] for s in (1, 10))
    assert 0 < len(coarse) < len(fine)
    assert {p["seq"] for p in coarse} <= {p["seq"] for p in fine}
    first = live.of_match(HISTORY, resolution_s=10, limit=2)
    second = live.of_match(HISTORY, resolution_s=10, limit=1000, from_seq=first["next_from_seq"])
    assert [p["seq"] for p in (*first["items"], *second["items"])] == [p["seq"] for p in coarse]


@pytest.mark.parametrize("parameters", [{"resolution_s": 0}, {"resolution_s": "nan"}, {"horizon": "week"}])
def test_a_resolution_that_is_none_is_refused(live: Desk, parameters: dict[str, Any]) -> None:
    answer = live.ask(f"/api/v1/matches/{messages()[0].match_id}{HISTORY}", **parameters)
    assert (answer.status_code, answer.json()["field"]) == (400, f"query.{next(iter(parameters))}")


class OneBehind(NoHistory):
    """A store that has one prediction, of the very second that memory begins in."""

    def __init__(self, ts_event: str) -> None:
        self.ts_event = ts_event

    async def points(
        self, match_id: str, *, from_seq: int, horizon: str, resolution_ms: int, limit: int
    ) -> Stored[PointView]:
        point = PointView(seq=1, ts_event=self.ts_event, map_id="m", round_no=1)
        return Stored(items=[point], through_seq=1)


def test_store_and_memory_meet_in_one_point() -> None:
    """Of an interval that both have, the later prediction is its last."""
    alone = Desk().take(messages()).of_match(HISTORY, limit=1000)["items"]
    both = Desk(OneBehind(alone[0]["ts_event"])).take(messages()).of_match(HISTORY, limit=1000)["items"]
    assert both == alone


def test_intervals_without_predictions_are_left_out() -> None:
    assert last_of_each([], 1.0) == []


def test_scores_are_those_of_the_newest_chances() -> None:
    told = messages()
    last = max(each.seq for each in told if isinstance(each, Prediction))
    live = Desk().take([each for each in told if each.seq <= last])
    found, newest = live.of_match("/predictions/scores"), live.of_match("/predictions/latest")
    assert found["map_p_a"] == newest["map"]["p_a"]
    won = sum(s["p"] for s in found["map_scores"] if s["score_a"] > s["score_b"])
    assert won == pytest.approx(found["map_p_a"], abs=0.01)
    chances = [s["p"] for s in found["map_scores"]]
    assert chances == sorted(chances, reverse=True)
    overs = [line["p"] for line in found["totals"]]
    assert overs == sorted(overs, reverse=True)
    assert {(s["score_a"], s["score_b"]) for s in found["series_scores"]} >= {(2, 0), (2, 1)}


@pytest.mark.slow
def test_a_finished_series_has_one_score() -> None:
    desk = Desk().take(whole_match())
    found = desk.json(f"/api/v1/matches/{whole_match()[0].match_id}/predictions/scores")
    assert [s["p"] for s in found["map_scores"]] == [1.0] == [s["p"] for s in found["series_scores"]]
    assert found["totals"] == found["handicaps"] == []
    state = desk.json(f"/api/v1/matches/{whole_match()[0].match_id}/state")["state"]
    ended = [(s["score_a"], s["score_b"]) for s in found["series_scores"]]
    assert ended == [(state["maps_a"], state["maps_b"])] != [(0, 0)]


@pytest.mark.slow
def test_the_store_thins_as_memory_does(finished: Desk) -> None:
    match_id = whole_match()[0].match_id
    items = finished.json(f"/api/v1/matches/{match_id}{HISTORY}", resolution_s=30, limit=1000)["items"]
    wanted = {"limit": 1000, "from_seq": items[-2]["seq"]}
    last = finished.json(f"/api/v1/matches/{match_id}/predictions", **wanted)["items"]
    assert items[-1]["seq"] == last[-1]["seq"]
    assert len(items) > 30
    assert items[-2]["map"]["p_a"] == last[0]["map"]["p_a"]
