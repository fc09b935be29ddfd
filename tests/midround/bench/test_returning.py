"""A client that comes back misses nothing, and is told so where it does; figures of restart, frame,
replay and queries."""

import pytest

from adapters.configuration import load
from midround.bench import queries, restart
from midround.bench.figures import Report, Watch, spread
from midround.bench.frame import report as of_frames
from midround.bench.judging import Head, Place
from midround.bench.replay import Frames, between
from midround.bench.replay import report as of_replay
from midround.bench.restart import report
from midround.bench.returning import Client, Returned


def told(client: Client, *heads: Head) -> Client:
    for head in heads:
        client._note(head, before=max(client.judge.place.state, client.judge.place.predictions))
    return client


def begun() -> Client:
    opening = (Head("snapshot", seq=7, prev_seq=6), Head("prediction", seq=7, prev_seq=5))
    client = told(Client(0, "m"), *opening)
    client.cut_at_s = 1.0
    return client


def test_what_a_client_has_already_is_no_news() -> None:
    client = told(
        begun(), Head("subscribed"), Head("delta", seq=6, prev_seq=5), Head("delta", seq=7, prev_seq=6)
    )
    assert (client.back_at_s, client.judge.holes) == (None, 0)
    told(client, Head("delta", seq=8, prev_seq=7), Head("prediction", seq=8, prev_seq=7))
    assert client.back_at_s is not None
    assert (client.judge.holes, client.judge.place) == (0, Place(state=8, predictions=8))


def test_a_snapshot_after_a_cut_hides_no_hole() -> None:
    assert told(begun(), Head("snapshot", seq=20, prev_seq=19)).judge.holes == 1


def test_one_client_that_stays_away_or_was_never_cut_misses_a_target() -> None:
    def met(*away_s: float, holes: int = 0) -> list[bool]:
        found = Returned(away_s=list(away_s), cuts=2, holes=holes, behind=0)
        return [t.is_met for t in report(found, bare_s=1, ready_s=1, load="x", watch=Watch()).targets]

    assert met(1.0, 5.0) == [True] * 4
    assert met(1.0, 9.0) == [False, True, True, True]
    assert met(1.0, 0.0, holes=1) == [True, False, True, False]


def test_a_painted_frame_is_compared_with_a_plain_client() -> None:
    painted = [(1_000.0, 1_020.0, 1_060.0)] * 10
    found = of_frames(painted, [20.0] * 10, load="x", watch=Watch())
    assert (found.spreads["painted_ms"].p95, found.spreads["browser_ms"].p95) == (60, 40)
    assert found.targets[0].found == 40
    assert found.targets[0].is_met


def test_frames_of_a_replay_are_compared_with_those_of_an_empty_loop() -> None:
    def found(replay_ms: float) -> Report:
        shown = Frames(empty_ms=[16.0] * 60, replay_ms=[replay_ms] * 60, script_ms=[2.0] * 60)
        return of_replay(shown, load="x", watch=Watch())

    assert found(16.0).targets[0].is_met
    assert found(16.0).values == {"frames_per_s": 62.5, "empty_frames_per_s": 62.5}
    assert not found(20.0).targets[0].is_met
    assert found(20.0).targets[0].found == 0.8
    assert between([0.0, 16.0, 50.0]) == [16.0, 34.0]


def test_the_slowest_question_counts_and_the_baseline_does_not() -> None:
    inside = {"": spread([99.0]), "state": spread([5.0]), "rounds": spread([20.0])}
    http = {"": spread([1.0]), "state": spread([31.0]), "rounds": spread([2.0])}
    found = queries.report(inside, http, values={}, rows=10, watch=Watch())
    assert [target.is_met for target in found.targets] == [True, False]
    assert "in_process_bare_ms" in found.spreads


@pytest.mark.proof
def test_clients_come_back_to_a_restarted_process_and_miss_nothing() -> None:
    found = restart.measured(load({}).settings, clients=4, matches=2, rate=5.0, seconds=0.5)
    assert [target.found for target in found.targets[1:]] == [0, 0, 0]
    assert found.values["cuts"] >= 4


@pytest.mark.proof
def test_a_filled_store_answers_every_question() -> None:
    found = queries.measured(rows=1_500, seconds=0.1, events=400)
    assert found.values["matches"] == 4
    assert set(found.spreads) == {
        f"{way}_{name}_ms" for way in ("in_process", "over_http") for name in ("bare", *queries.QUESTIONS)
    }
