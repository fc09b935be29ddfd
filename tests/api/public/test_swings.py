"""The largest swings of a match, and why a chance moved."""

from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from api.public.desk import Sizes
from api.public.history import Row
from api.public.predictions.resources import kept_of
from api.public.swings.queries import explained_by
from game.codec import encode
from game.messages import Prediction, Retraction
from models.predictor import load_champion
from tests.api.public.conftest import whole_match
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages


@pytest.fixture(scope="module")
def live() -> Desk:
    return Desk().take(messages())


def predictions(live: Desk) -> list[dict[str, Any]]:
    newest = live.of_match("/predictions/latest")["seq"]
    items: list[dict[str, Any]] = live.of_match("/predictions", limit=1000, from_seq=newest - 200)["items"]
    return items


def test_highlights_are_the_largest_swings_in_order(live: Desk) -> None:
    found = live.of_match("/highlights", limit=5)
    everything = live.of_match("/swings", limit=1000)["items"]
    sizes = sorted(
        (max(abs(s["p_a_after"] - s["p_a_before"]) for s in each["swings"]) for each in everything),
        reverse=True,
    )
    assert [each["size"] for each in found] == pytest.approx(sizes[:5], abs=1e-4)
    assert [each["place"] for each in found] == [1, 2, 3, 4, 5]
    assert all(sum(each["credits"].values()) == pytest.approx(0, abs=1e-9) for each in found)


def test_swings_that_are_withdrawn_are_told_no_more() -> None:
    desk = Desk().take(messages())
    before = [each["seq"] for each in desk.of_match("/swings", limit=1000)["items"]]
    middle, last = before[len(before) // 2], messages()[-1].seq
    void = Retraction(match_id=match_id(), seq=last + 1, from_seq=middle, to_seq=last, reason="restore")
    desk.take([void])
    after = [each["seq"] for each in desk.of_match("/swings", limit=1000)["items"]]
    assert after == [seq for seq in before if seq < middle] != []


def test_parts_sum_to_the_change_of_every_prediction_that_can_be_compared(live: Desk) -> None:
    base, told = f"/api/v1/matches/{messages()[0].match_id}/explanations", 0
    for item in predictions(live)[-60:]:
        answer = live.ask(f"{base}/{item['seq']}")
        if answer.status_code == 409:
            continue
        found = answer.json()
        told += 1
        units = sum(round(part * 10_000) for part in found["parts"].values())
        assert units == round((found["p_a_after"] - found["p_a_before"]) * 10_000)
        assert found["p_a_after"] == item["round"]["p_a"]
    assert told > 20


def test_a_kill_is_explained_by_players_first(live: Desk) -> None:
    base = f"/api/v1/matches/{messages()[0].match_id}/explanations"
    kills = {item["seq"] for item in live.of_match("/kills", limit=1000)["items"]}
    explained = [live.ask(f"{base}/{item['seq']}") for item in predictions(live) if item["seq"] in kills]
    parts = [answer.json()["parts"] for answer in explained if answer.status_code == 200]
    first = [next(iter(each)) for each in parts if each and "decision" not in each]
    assert first.count("players") > len(first) / 2


def test_a_seq_without_a_prediction_is_not_found(live: Desk) -> None:
    answer = live.ask(f"/api/v1/matches/{messages()[0].match_id}/explanations/999999")
    assert (answer.status_code, answer.json()["field"]) == (404, "path.seq")


def test_the_first_prediction_has_none_before_it() -> None:
    desk = Desk(sizes=Sizes(predictions=5_000)).take(messages())
    first = desk.of_match("/predictions", limit=1)["items"][0]["seq"]
    answer = desk.ask(f"/api/v1/matches/{messages()[0].match_id}/explanations/{first}")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:midround:problem:not-comparable")


def test_after_a_withdrawal_a_chance_is_compared_with_the_one_that_stands() -> None:
    told = messages(3, 14)
    withdrawn = [each for each in told if isinstance(each, Retraction)]
    desk, base = Desk(sizes=Sizes(predictions=5_000)).take(told), f"/api/v1/matches/{told[0].match_id}"
    standing = desk.json(f"{base}/predictions", limit=1000)["items"]
    behind = [
        pair
        for pair in pairwise(standing)
        if any(pair[0]["seq"] < w.seq <= pair[1]["seq"] for w in withdrawn)
    ]
    answers = [desk.ask(f"{base}/explanations/{after['seq']}") for _, after in behind]
    compared = [
        (answer.json()["previous_seq"], before["seq"])
        for (before, _), answer in zip(behind, answers, strict=True)
        if answer.status_code == 200
    ]
    assert compared
    assert all(named == stands for named, stands in compared)
    same_round = [(b["map_id"], b["round_no"]) == (a["map_id"], a["round_no"]) for b, a in behind]
    assert len(compared) <= sum(same_round)


def test_a_chance_is_compared_with_the_one_before_it_or_not_yet() -> None:
    """Memory begins with it, and the store, which lags behind, has an older one of the same round."""
    told = [each for each in messages() if isinstance(each, Prediction) and each.receipt.features]
    triples = zip(told, told[1:], told[2:], strict=False)
    older, before, after = next(
        (a, b, c)
        for a, b, c in triples
        if (a.seq, b.seq) == (b.prev_seq, c.prev_seq) and a.round_no == c.round_no
    )
    path = f"/api/v1/matches/{match_id()}/explanations/{after.seq}"
    behind = Desk(Older([older])).take([after]).ask(path)
    assert (behind.status_code, behind.json()["field"]) == (503, "store")
    there = Desk(Older([older, before])).take([after]).ask(path)
    assert (there.status_code, there.json()["previous_seq"]) == (200, before.seq)


class Older(KeptHistory):
    """Has an answer to what is asked in SQL: the newest prediction that it has."""

    async def rows(self, question: str, **values: object) -> list[Row]:
        found = [each for each in self.told if isinstance(each, Prediction)]
        return [{"message": encode(found[-1]).decode()}]


def pair() -> tuple[Prediction, Prediction]:
    """Two predictions of a round with A on T, a player's death between them."""
    told = [m for m in messages(seed=4) if isinstance(m, Prediction) and m.receipt.score["a_side"] == "t"]
    live = [(a, b) for a, b in pairwise(told) if a.receipt.features and b.receipt.features]
    return next((a, b) for a, b in live if alive(a) != alive(b) and a.round_no == b.round_no)


def alive(prediction: Prediction) -> int:
    assert prediction.receipt.features is not None
    return prediction.receipt.features.t_alive


def parts_of(before: Prediction, after: Prediction) -> dict[str, float]:
    kept = [kept_of(encode(each)) for each in (before, after)]
    assert kept[0] is not None
    assert kept[1] is not None
    found = explained_by(load_champion(), kept[0], kept[1], is_same_model=True)
    units = sum(round(part * 10_000) for part in found.parts.values())
    assert units == round((found.p_a_after - found.p_a_before) * 10_000)
    return found.parts


def at(prediction: Prediction, p_a: float) -> Prediction:
    p_b = round(1 - p_a, 4)
    return replace(prediction, round=replace(prediction.round, p_a=p_a, p_b=p_b, p_ct=p_b))


def test_sides_are_known_also_where_both_have_the_same_chance() -> None:
    """What is left over from rounding, and from the chance set here, goes to the largest part."""
    before, after = pair()
    even, beside = parts_of(before, at(after, 0.5)), parts_of(before, at(after, 0.4999))
    assert even.keys() == beside.keys()
    assert all(abs(even[what] - beside[what]) < 0.0002 for what in even)


def test_what_another_model_told_before_is_a_part_of_its_own() -> None:
    before, after = pair()
    told = round(before.round.p_a + 0.03, 4)
    other = replace(at(before, told), receipt=replace(before.receipt, model_hash="0" * 64))
    assert parts_of(other, after) == {**parts_of(before, after), "model": -0.03}


@pytest.mark.slow
def test_highlights_and_explanations_of_the_store(finished: Desk) -> None:
    base = f"/api/v1/matches/{whole_match()[0].match_id}"
    found = finished.json(f"{base}/highlights", limit=3)
    assert [each["size"] for each in found] == sorted((each["size"] for each in found), reverse=True)
    assert found[0]["size"] > 0.2
    answers = [finished.ask(f"{base}/explanations/{each['seq']}") for each in found]
    assert any(answer.status_code == 200 for answer in answers)
