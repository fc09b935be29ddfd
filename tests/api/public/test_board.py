"""Which matches a process holds: those that moved last, and those that clients follow, and no others."""

import msgspec

from adapters.metrics import metrics
from api.public.board import Board
from api.public.desk import Desk
from api.public.live.subscriber import Subscriber
from game.view import MatchView
from tests.api.public.doubles import messages, records


def a_view(match_id: str) -> MatchView:
    return MatchView(match_id=match_id, seq=1, state={"seq": 1}, is_current=True)


def of_board(board: Board) -> list[str]:
    return [view.match_id for view in board.views()]


def moved(board: Board, *match_ids: str) -> None:
    for match_id in match_ids:
        for record in records([msgspec.structs.replace(messages()[1], match_id=match_id)]):
            board.take(record)


def followed(board: Board, match_id: str) -> Desk:
    """As a client does."""
    desk = board.put(a_view(match_id))
    desk.subscribers.add(Subscriber())
    return desk


def test_matches_of_clients_who_left_are_forgotten() -> None:
    board = Board(metrics(), matches_max=3)
    desks = [followed(board, f"m{number}") for number in range(10)]
    assert [board.find(f"m{number}") for number in range(10)] == desks
    moved(board, *(f"m{number}" for number in range(10)))
    assert len(of_board(board)) == 10
    for desk in desks:
        desk.subscribers.clear()
    moved(board, "new")
    assert of_board(board) == ["new", "m9", "m8"]


def test_a_match_that_does_not_move_is_forgotten_with_its_last_client() -> None:
    board = Board(metrics(), matches_max=3)
    followed(board, "old").subscribers.clear()
    followed(board, "older")
    assert board.find("old") is None
    assert board.find("older") is not None


def test_who_follows_an_old_match_moves_nothing_and_drives_nothing_out() -> None:
    board = Board(metrics(), matches_max=3)
    moved(board, "a", "b", "c")
    kept = followed(board, "old")
    assert of_board(board) == ["c", "b", "a"]
    moved(board, "old")
    assert of_board(board) == ["old", "c", "b"]
    assert board.find("old") is kept


def test_what_the_store_has_stands_behind_what_moves() -> None:
    board = Board(metrics(), matches_max=4)
    moved(board, "a", "b")
    board.begin([a_view(match_id) for match_id in ("b", "newer", "older", "oldest")])
    assert of_board(board) == ["b", "a", "newer", "older"]


def test_another_log_tells_a_match_on_or_anew() -> None:
    board = Board(metrics())
    moved(board, "kept", "anew")
    kept, anew = followed(board, "kept"), followed(board, "anew")
    board.turn_to_another_log()
    told = [msgspec.structs.replace(messages()[1], match_id="kept", seq=kept.view.seq + 1)]
    for record in records(told):
        board.take(record)
    moved(board, "kept", "anew", "anew")
    assert board.find("kept") is kept
    begun = board.find("anew")
    assert begun is not None
    assert begun is not anew
    assert begun.view.seq == messages()[1].seq
    assert [[each.is_closed for each in desk.subscribers] for desk in (kept, anew)] == [[False], [True]]


def test_memory_is_bounded_over_matches() -> None:
    board = Board(metrics(), matches_max=3)
    moved(board, *(f"m{number}" for number in range(10)))
    assert of_board(board) == ["m9", "m8", "m7"]
