"""What the reading side answers over a simulated match: the same from memory, from the store, and from both."""

import hashlib
import json
import re
from functools import cache

import msgspec
import pytest
from msgspec.structs import replace

from api.public.desk import Sizes
from game.messages import Message, Prediction, Processed, Retraction, StateDelta, StateSnapshot
from models.digest import valid
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages, records

LEVELS = (0, 3)
PLENTY = Sizes(events=10_000, updates=10_000, predictions=10_000, swings=10_000)
FEW = Sizes(events=40, updates=40, predictions=10, swings=5)


def last_state(level: int) -> dict[str, object]:
    """The state after all messages, through the view that its own test holds to be right."""
    view = Desk().take(messages(level)).board.find(match_id())
    assert view is not None
    return view.view.state


def walked(
    desk: Desk, part: str, *, level: int, limit: int = 97, **parameters: object
) -> list[dict[str, object]]:
    """All pages of a resource."""
    items: list[dict[str, object]] = []
    at = 0
    while True:
        found = desk.of_match(part, from_seq=at, limit=limit, **parameters)
        assert found["is_complete"]
        items += found["items"]
        if found["next_from_seq"] is None:
            return items
        at = found["next_from_seq"]


@cache
def desks(level: int) -> dict[str, Desk]:
    """Everything in memory; everything in the store; the old in the store and the new in memory, overlapping."""
    told = messages(level)
    return {
        "memory": Desk(sizes=PLENTY).take(told),
        "store": Desk(KeptHistory(told)),
        "both": Desk(KeptHistory(told[: _kept_until(told)]), sizes=FEW).take(told[len(told) // 2 :]),
    }


def _kept_until(told: tuple[Message, ...]) -> int:
    """Some messages before the end, where nothing told before is withdrawn any more: the store of this test would not
    hear of it."""
    hits = [at for at, message in enumerate(told) if isinstance(message, Retraction)]
    return max([len(told) - 30, *(at + 1 for at in hits)])


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("place", ["memory", "store"])
def test_events_are_those_still_valid(level: int, place: str) -> None:
    expected = [m.seq for m in valid(messages(level)) if isinstance(m, Processed)]
    found = walked(desks(level)[place], "/events", level=level)
    assert [item["seq"] for item in found] == expected


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("part", ["/events", "/predictions"])
def test_memory_and_store_answer_the_same(level: int, part: str) -> None:
    answers = [walked(desk, part, level=level) for desk in desks(level).values()]
    assert len(answers[0]) > 50
    assert answers[0] == answers[1]
    assert answers[0] == answers[2]


def test_events_by_type_with_payload_and_facts() -> None:
    kills = [m for m in messages() if isinstance(m, Processed) and m.type == "kill"]
    found = walked(desks(0)["both"], "/events", level=0, limit=3, type="kill")
    assert [item["event_id"] for item in found] == [kill.event_id for kill in kills]
    assert found[0]["payload"] == msgspec.to_builtins(kills[0].event)["payload"]
    assert found[0]["facts"] == list(msgspec.to_builtins(kills[0].facts))
    assert str(found[0]["ts_event"]).endswith("Z")
    assert len(str(found[0]["ts_event"])) == len("2026-01-18T12:00:00.123Z")


@pytest.mark.parametrize("level", LEVELS)
def test_the_state_is_the_streams(level: int) -> None:
    found = Desk().take(messages(level)).of_match("/state")
    assert (found["is_current"], found["seq"]) == (True, messages(level)[-1].seq)
    assert found["state"] == msgspec.to_builtins(last_state(level))


def test_a_state_from_the_store_is_its_newest_snapshot() -> None:
    newest = [m for m in messages() if isinstance(m, StateSnapshot)][-1]
    assert Desk(KeptHistory(messages())).of_match("/state")["seq"] == newest.seq


def test_matches_are_those_in_memory_and_in_the_store() -> None:
    desk = Desk(KeptHistory(messages(seed=12))).take(messages())
    found = desk.json("/api/v1/matches")
    assert [each["match_id"] for each in found] == [match_id(), match_id(seed=12)]
    assert found[0]["name_a"] == "Team Aspen"
    assert found[0]["map"]["round_no"] >= 1
    assert len(desk.json("/api/v1/matches", limit=1)) == 1


def test_a_match_names_its_parts_and_they_are_there() -> None:
    desk = Desk().take(messages())
    found = desk.of_match()
    assert found["prediction"]["seq"] == desk.of_match("/predictions/latest")["seq"]
    for name, link in found["links"].items():
        assert name == "live" or desk.ask(link).status_code == 200


def test_rounds_are_those_of_the_state() -> None:
    desk = Desk().take(messages())
    state = desk.of_match("/state")["state"]
    rounds = desk.of_match("/rounds")
    assert [(r["round_no"], r["winner_team"], r["score_a"]) for r in rounds] == [
        (r["number"], r["winner_team"], r["score_a"]) for r in state["map"]["rounds"]
    ]
    assert rounds


@pytest.mark.parametrize("part", ["/events", "/predictions", "/swings"])
def test_a_page_with_items_asks_the_store_once(part: str) -> None:
    history = KeptHistory(messages())
    assert Desk(history).of_match(part)
    assert history.asked == 1


def test_players_have_their_standing_and_statistics() -> None:
    players = Desk().take(messages()).of_match("/players")
    assert len(players) == 10
    assert {player["team"] for player in players} == {"A", "B"}
    for player in players:
        assert player["name"]
        assert player["maps"][0]["rounds"] >= 1
        assert "adr" in player["maps"][0]["stats"]


def test_swings_sum_to_zero() -> None:
    items = Desk(sizes=PLENTY).take(messages()).of_match("/swings", limit=1000)["items"]
    sums = [sum(swing["credits"].values()) for item in items for swing in item["swings"]]
    assert len(sums) > 10
    assert max(map(abs, sums)) < 1e-9


@pytest.mark.parametrize("place", ["memory", "store"])
def test_a_receipt_holds_the_published_bytes(place: str) -> None:
    published = [m for m in messages() if isinstance(m, Prediction)][5]
    answer = desks(0)[place].ask(f"/api/v1/matches/{match_id()}/receipts/{published.receipt.receipt_id}")
    assert answer.json()["digest"] == published.receipt.digest
    assert msgspec.json.encode(published) in answer.content


@pytest.mark.slow
def test_anybody_can_compute_a_digest() -> None:
    """By what docs/API.md says, with nothing of ours."""
    for published in [m for m in messages() if isinstance(m, Prediction)][::25]:
        told = desks(0)["memory"].of_match(f"/receipts/{published.receipt.receipt_id}")["prediction"]
        digest, told["receipt"]["digest"] = told["receipt"]["digest"], ""
        told["received_at"] = told["predicted_at"] = None
        text = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == digest == published.receipt.digest


@pytest.mark.parametrize("place", ["memory", "store"])
def test_a_receipt_can_be_verified(place: str) -> None:
    published = [m for m in messages() if isinstance(m, Prediction)][5]
    found = desks(0)[place].of_match(f"/receipts/{published.receipt.receipt_id}/verify")
    assert (found["holds"], found["problems"]) == (True, [])
    assert (found["seq"], found["previous_seq"]) == (published.seq, published.prev_seq)


def test_one_changed_byte_of_a_prediction_is_named() -> None:
    told = [m for m in messages() if isinstance(m, Prediction)][5]
    forged = replace(told, map=replace(told.map, p_a=round(1 - told.map.p_a, 4)))
    found = Desk(sizes=PLENTY).take([forged]).of_match(f"/receipts/{told.receipt.receipt_id}/verify")
    assert not found["holds"]
    assert [problem.partition(" ")[0] for problem in found["problems"]] == ["digest", "map"]
    assert found["previous_seq"] is None


def test_the_newest_prediction() -> None:
    newest = [m for m in messages() if isinstance(m, Prediction)][-1]
    for desk in desks(0).values():
        found = desk.of_match("/predictions/latest")
        assert (found["seq"], found["round"]["p_a"]) == (newest.seq, newest.round.p_a)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/api/v1/matches/nobody", 404, "path.match_id"),
        ("/api/v1/matches/nobody/events", 404, "path.match_id"),
        *(
            (f"/api/v1/matches/nobody/{part}", 404, "path.match_id")
            for part in (
                "predictions",
                "predictions/history",
                "rounds",
                "swings",
                "highlights",
                "timeline",
                "kills",
            )
        ),
        ("/api/v1/matches/nobody/predictions/latest", 404, "path.match_id"),
        ("/api/v1/matches/{id}/receipts/none", 404, "path.receipt_id"),
        ("/api/v1/matches/{id}/events?limit=0", 400, "query.limit"),
        ("/api/v1/matches/{id}/events?limit=100000", 400, "query.limit"),
        ("/api/v1/matches/{id}/events?from_seq=-1", 400, "query.from_seq"),
        ("/api/v1/matches/{id}/events?from_seq=1e400", 400, "query.from_seq"),
        ("/api/v1/matches/{id}/events?form_seq=5", 400, "query.form_seq"),
        ("/api/v1/matches/{id}/state?at=5", 400, "query.at"),
        ("/api/v1/matches/{id}/predictions?from_seq=" + "9" * 50, 400, "query.from_seq"),
        ("/api/v1/matches/{id}/events?type=kill&type=bomb_planted", 400, "query.type"),
        ("/api/v1/matches/{id}/events?limit=1&type=kill&limit=1", 400, "query.limit"),
        ("/api/v1/leaderboard?definition=no-such", 400, "query.definition"),
        ("/api/v1/nothing", 404, "path"),
    ],
)
def test_errors_are_problems_that_name_the_field(path: str, status: int, field: str) -> None:
    answer = desks(0)["memory"].ask(path.replace("{id}", match_id()))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["field"], problem["status"]) == (field, status)
    assert problem["reason"]


def test_a_match_without_a_prediction_is_told_from_one_that_nobody_knows() -> None:
    desk = Desk(KeptHistory([m for m in messages() if not isinstance(m, Prediction)]))
    known, unknown = (
        desk.ask(f"/api/v1/matches/{each}/predictions/latest") for each in (match_id(), "nobody")
    )
    assert (known.status_code, unknown.status_code) == (404, 404)
    assert "no prediction" in known.json()["reason"]
    assert "no match" in unknown.json()["reason"]


def test_other_methods_are_refused() -> None:
    assert Desk().ask("/api/v1/matches", "POST").status_code == 405


def test_without_the_store_what_is_live_is_still_served() -> None:
    history = KeptHistory()
    history.is_away = True
    desk = Desk(history).take(messages())
    for part in ("", "/state", "/rounds", "/players", "/predictions/latest", "/events", "/swings"):
        assert desk.ask(f"/api/v1/matches/{match_id()}{part}").status_code == 200
    answer = desk.ask("/api/v1/matches/another")
    assert (answer.status_code, answer.json()["field"], answer.headers["retry-after"]) == (503, "store", "1")
    assert desk.ask("/ready").json()["field"] == "store"


def test_readiness_needs_the_topics() -> None:
    desk = Desk()
    answer = desk.ask("/ready")
    assert (answer.status_code, answer.json()["field"], answer.headers["retry-after"]) == (503, "broker", "1")
    assert desk.take(messages()).ask("/ready").status_code == 200
    assert desk.ask("/health").status_code == 200


def test_an_unreadable_record_is_counted_and_harms_nothing() -> None:
    desk = Desk().take(messages())
    before = desk.of_match("/state")
    for record in records(messages()[:1]):
        for value in (b"", b"{", b"null", b'{"message":"delta"}', b'{"message":"dance"}', b"\xff"):
            desk.board.take(msgspec.structs.replace(record, value=value))
    assert desk.of_match("/state") == before
    assert 'error_total{kind="unreadable_message"} 6.0' in desk.ask("/metrics").text


def test_latency_by_stage_is_measured() -> None:
    text = Desk().take(messages()).ask("/metrics").text
    told = sum(isinstance(m, StateSnapshot | StateDelta) for m in messages())
    for stage, passed_ms in {"stream": 0, "publish": 5, "api": 15, "end_to_end": 20}.items():
        assert f'ingestion_latency_ms_count{{stage="{stage}"}} {told}.0' in text
        summed = re.search(rf'ingestion_latency_ms_sum{{stage="{stage}"}} (\S+)', text)
        assert summed is not None
        assert float(summed[1]) == pytest.approx(told * passed_ms, abs=0.1)


def test_the_schema_describes_every_answer_and_loads_nothing_from_outside() -> None:
    schema = Desk().json("/api/openapi.json")
    paths = {path for path in schema["paths"] if path.startswith("/api/v1")}
    assert {"/api/v1/matches", "/api/v1/matches/{match_id}/state", "/api/v1/calibration"} <= paths
    files = {
        path for path in paths if path.endswith(("/card", "/live/sse", "/exports/{table}", "/radar/{level}"))
    }
    routes = [(path, route) for path in paths - files for route in schema["paths"][path].values()]
    for path, route in routes:
        status, answer = next(told for told in route["responses"].items() if told[0].startswith("2"))
        if status == "204":
            assert "content" not in answer, path
            continue
        shown = answer["content"]["application/json"]["schema"]
        shown = schema["components"]["schemas"].get(shown.get("$ref", "").rpartition("/")[2], shown)
        assert shown.get("properties") or shown.get("items"), path
    assert Desk().ask("/docs").status_code == 404
