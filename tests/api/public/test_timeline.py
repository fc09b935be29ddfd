"""The story of a match and its money, from memory and from the store."""

from typing import Any

import pytest

from api.public.desk import Sizes
from tests.api.public.conftest import whole_match
from tests.api.public.doubles import Desk, KeptHistory, messages


@pytest.fixture(scope="module")
def live() -> Desk:
    return Desk().take(messages())


def test_the_story_has_what_decides_and_no_steps(live: Desk) -> None:
    items = live.of_match("/timeline", limit=1000)["items"]
    assert {"kill", "round_started", "freeze_ended"} <= {item["type"] for item in items}
    assert not {"position_sample", "weapon_fire", "economy"} & {item["type"] for item in items}
    assert [item["seq"] for item in items] == sorted(item["seq"] for item in items)


def test_a_kill_has_the_chances_after_it(live: Desk) -> None:
    by_seq = {p["seq"]: p for p in live.of_match("/predictions", limit=1000, from_seq=300)["items"]}
    kills = [item for item in live.of_match("/kills", limit=1000)["items"] if item["seq"] in by_seq]
    assert kills
    for kill in kills:
        assert kill["round_p_a"] == by_seq[kill["seq"]]["round"]["p_a"]
        assert kill["payload"]["victim_player_id"]


def test_pages_join(live: Desk) -> None:
    whole = live.of_match("/timeline", limit=1000)["items"]
    first = live.of_match("/timeline", limit=7)
    rest = live.of_match("/timeline", limit=1000, from_seq=first["next_from_seq"])
    assert [*first["items"], *rest["items"]] == whole


@pytest.mark.parametrize("path", ["/timeline", "/kills", "/predictions/history"])
def test_without_the_store_memory_says_that_it_is_not_all(path: str) -> None:
    history = KeptHistory()
    history.is_away = True
    desk = Desk(history, sizes=Sizes(events=200, predictions=100)).take(messages())
    assert desk.of_match(path)["is_complete"] is False
    history.is_away = False
    assert desk.of_match(path, from_seq=messages()[-1].seq)["is_complete"] is True


def test_only_some_types(live: Desk) -> None:
    items = live.of_match("/timeline", types="bomb_planted,round_ended", limit=1000)["items"]
    assert {item["type"] for item in items} <= {"bomb_planted", "round_ended"}
    answer = live.ask(f"/api/v1/matches/{messages()[0].match_id}/timeline", types="kill,footstep")
    assert (answer.status_code, answer.json()["field"]) == (400, "query.types")


def test_purses_are_sums_over_the_players_of_a_team(live: Desk) -> None:
    found = live.of_match("/economy")
    players = live.of_match("/state")["state"]["players"].values()
    for team, purse in (("A", found["now_a"]), ("B", found["now_b"])):
        ours = [player for player in players if player["team"] == team]
        assert purse["money"] == sum(player["money"] for player in ours)
        assert purse["alive"] == sum(player["is_alive"] for player in ours)
    assert [r["round_no"] for r in found["rounds"]] == [r["round_no"] for r in live.of_match("/rounds")]


@pytest.mark.slow
def test_the_store_tells_the_whole_story(finished: Desk) -> None:
    base = f"/api/v1/matches/{whole_match()[0].match_id}"
    items: list[dict[str, Any]] = []
    at: int | None = 0
    while at is not None:
        page = finished.json(f"{base}/timeline", limit=100, from_seq=at)
        items += page["items"]
        at = page["next_from_seq"]
    assert items[-1]["series_p_a"] in {0.0, 1.0, None}
    kills = finished.json(f"{base}/kills", limit=1000)["items"]
    assert [k["seq"] for k in kills] == [i["seq"] for i in items if i["type"] == "kill"]
    assert sum(k["round_p_a"] is not None for k in kills) > 0.9 * len(kills)
    economy = finished.json(f"{base}/economy")["rounds"]
    assert {economy[0]["economy_a"], economy[0]["economy_b"]} == {"pistol"}
