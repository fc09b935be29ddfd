"""What the bench feeds is a match as it is published; a small crowd ends where it stands, without a hole."""

from itertools import islice

import pytest

from adapters.kafka.records import PREDICTIONS, STATE
from adapters.metrics import metrics
from api.public.board import Board
from midround.bench.crowd import of_live
from midround.bench.feed import Load, carried
from midround.bench.tellings import MARK, stamped, tellings, turns


def test_the_updates_of_a_match_are_whole_and_of_now() -> None:
    told, board = tellings(["m1", "m2"], updates=30), Board(metrics())
    for each in told:
        for record in each.begun:
            board.take(record)
    for turn in islice(turns(told), 60):
        assert [record.topic in {STATE, PREDICTIONS} for record in turn.records[-1:]] == [True]
        for record in map(stamped, turn.records):
            assert str(MARK.year).encode() + b"-02-03" not in record.value
            board.take(record)
    views = board.views()
    assert {view.match_id for view in views} == {"m1", "m2"}
    assert all(view.is_current and view.seq > 20 for view in views)


@pytest.mark.slow
def test_a_small_crowd_ends_where_the_matches_stand() -> None:
    found = carried(Load(clients=6, rate=20.0), of_live, matches=2, seconds=1.0)
    assert (found.heard.frames, found.heard.holes, found.heard.behind, found.wrong) == (120, 0, 0, 0)
    assert len(found.heard.states) == 2
    assert found.message_us > 0
