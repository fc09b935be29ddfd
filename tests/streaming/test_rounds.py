"""The row of a round: worked out by hand, and the same however its messages reach us."""

import pytest
from msgspec.structs import replace

from adapters.clickhouse.store import FactsOfMessage
from adapters.kafka.records import PROCESSED
from game.codec import encode
from game.facts import AnyFact, Killed, PlayerKnown, RoundStats, SidesSwapped
from streaming import rows
from streaming.rounds import RoundBook, merged, read_back, round_row
from streaming.rows import Told
from tests.streaming import messages as m

KEY = (m.MATCH, m.MAP, 1)


def told(seq: int, *facts: AnyFact, round_no: int | None = 1) -> Told:
    loaded = rows.load(m.on_topic(PROCESSED, m.processed(seq, *facts, round_no=round_no)))
    assert loaded.told is not None
    return loaded.told


def a_round() -> list[Told]:
    return [told(place, fact) for place, fact in enumerate(m.round_facts(), start=1)]


def book_of(messages: list[Told]) -> RoundBook:
    book = RoundBook()
    for each in messages:
        book.add(each)
    return book


def test_the_row_of_a_round_by_hand() -> None:
    row = round_row(KEY, book_of(a_round()).known(KEY))
    assert row is not None
    assert (row["kills_a"], row["kills_b"], row["headshots"]) == (2, 1, 1)  # the team kill counts for nobody
    assert (row["is_bomb_planted"], row["site"]) == (True, "a")
    assert (row["equipment_a"], row["equipment_b"], row["a_side"], row["is_pistol"]) == (
        4000,
        3500,
        "ct",
        True,
    )
    assert (row["winner_team"], row["score_a"], row["duration_s"]) == ("A", 1, 55.5)
    assert (row["seq"], row["version"]) == (8, 8)
    assert (row["started_at"], row["ended_at"]) == (m.moment(1), m.moment(8))


def test_a_round_has_the_buys_of_its_teams_and_no_lines_of_players() -> None:
    stats = RoundStats(round_no=1, lines={"p1": {"deaths": 1.0}}, economy={"A": "full", "B": "eco"})
    decision = told(8, m.round_facts()[-1], stats)
    book = book_of([*a_round()[:-1], decision])
    row = round_row(KEY, book.known(KEY))
    assert row is not None
    assert (row["economy_a"], row["economy_b"]) == ("full", "eco")
    assert "deaths" not in repr(book.known(KEY))
    unknown = round_row(KEY, book_of(a_round()).known(KEY))
    assert unknown is not None
    assert (unknown["economy_a"], unknown["economy_b"]) == (None, None)


def test_sides_chosen_while_the_round_runs_are_the_round_s() -> None:
    """Those of a new half are told with its first round's begin, which tells them itself."""
    begun, *rest = m.round_facts()
    swap = SidesSwapped(a_side="t", is_overtime=False)
    for facts, a_side in (((begun, swap), "t"), ((swap, begun), "ct")):
        row = round_row(KEY, book_of([told(1, *facts), told(8, *rest)]).known(KEY))
        assert row is not None
        assert row["a_side"] == a_side


def test_only_the_deciding_message_asks_for_a_row() -> None:
    book = RoundBook()
    assert [book.add(each) for each in a_round()] == [None] * 7 + [KEY]
    assert (
        book.add(told(9, PlayerKnown(player_id="p", name=None, team=None, is_bot=False, is_connected=True)))
        is None
    )


@pytest.mark.parametrize("again_from", range(8))
def test_messages_told_again_after_a_crash_of_the_stream_give_the_same_row(again_from: int) -> None:
    once = a_round()
    later = told(9, *(fact for fact in m.round_facts() if isinstance(fact, Killed)))
    book = book_of([*once, later, *once[again_from:], later])
    assert round_row(KEY, book.known(KEY)) == round_row(KEY, book_of(once).known(KEY))


@pytest.mark.parametrize("lost", range(9))
def test_a_restart_inside_the_round_gives_the_same_row(lost: int) -> None:
    whole = round_row(KEY, book_of(a_round()).known(KEY))
    kept = [
        FactsOfMessage(seq=each.seq, ts_event=each.ts_event, facts=encode(each.facts).decode())
        for each in a_round()[: lost + 1]
    ]
    again = book_of(a_round()[lost:])
    assert round_row(KEY, merged(again.known(KEY), read_back(kept))) == whole


def test_what_was_retracted_counts_no_more() -> None:
    book = book_of(a_round())
    book.retract(m.MATCH, from_seq=3, to_seq=3)
    row = round_row(KEY, book.known(KEY))
    assert row is not None
    assert (row["kills_a"], row["headshots"]) == (1, 0)
    book.retract(m.MATCH, from_seq=8, to_seq=8)
    assert round_row(KEY, book.known(KEY)) is None


def test_a_retraction_is_of_one_match() -> None:
    book = book_of([*a_round(), *(replace(each, match_id="other") for each in a_round())])
    key = ("other", m.MAP, 1)
    before = round_row(key, book.known(key))
    book.retract(m.MATCH, from_seq=3, to_seq=3)
    assert before is not None
    assert round_row(key, book.known(key)) == before


def test_a_round_that_is_told_of_again_is_not_the_oldest() -> None:
    book = RoundBook(rounds_kept=2)
    for seq, round_no in enumerate((1, 2, 1, 3), start=1):
        book.add(told(seq, *m.round_facts(round_no), round_no=round_no))
    assert [book.is_whole((m.MATCH, m.MAP, n)) for n in (1, 2, 3)] == [True, False, True]


def test_the_book_forgets_the_oldest_rounds() -> None:
    book = RoundBook(rounds_kept=3)
    for round_no in range(1, 11):
        book.add(told(round_no, *m.round_facts(round_no), round_no=round_no))
    assert not book.is_whole((m.MATCH, m.MAP, 7))
    assert book.is_whole((m.MATCH, m.MAP, 8))
