"""Which team played which side in each round of a cs2df export, and so who won it and what the score was.

Belongs here: mending the sides that version 2.0 swaps in some overtime rounds. Does not belong here: reading rows
(`cs2df_rows`), the rules of halves (`game.rules`): what happened is read from the rounds, not from the rules.

The bomb tells: only Ts carry and plant it, only CTs defuse it. A half is a run of rounds with one label; where the
bomb's actors of a half contradict the label, the label is wrong for the whole half. `winner_side` is right everywhere;
the winner's name and the scores in the file follow from the labels and are therefore derived anew.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from game.payloads import EndReason, Side, Team
from game.sources.cs2df_rows import Bomb, RoundRow
from game.state import other_side, other_team

T_ACTIONS = frozenset({"picked_up", "dropped", "plant_begin", "planted"})
CT_ACTIONS = frozenset({"defuse_begin", "defused"})


class PlayedRound(Struct, frozen=True, kw_only=True):
    """One round as it was played. Scores are those before it; `is_mended` tells that the file had the sides swapped."""

    number: int
    start_tick: int
    freeze_end_tick: int
    end_tick: int
    a_side: Side
    score_a: int
    score_b: int
    winner_side: Side
    winner_team: Team
    reason: EndReason
    is_mended: bool


def played_rounds(
    rows: Sequence[RoundRow], bombs: Iterable[Bomb], *, teams: Mapping[str | int, Team | None]
) -> tuple[PlayedRound, ...]:
    """The rounds with sides, winners and scores put right. `teams` gives the team of whoever a row names."""
    votes = _votes(bombs, teams)
    played: list[PlayedRound] = []
    score = {"A": rows[0].team_a_score_before, "B": rows[0].team_b_score_before} if rows else {}
    for _, half in groupby(rows, key=lambda row: row.team_a_side):
        same_sides = list(half)
        a_side = _side_by_vote(same_sides[0].team_a_side, sum(votes[r.round_number] for r in same_sides))
        for row in same_sides:
            played.append(_played(row, a_side=a_side, score=score))
            score[played[-1].winner_team] += 1
    return tuple(played)


def _votes(bombs: Iterable[Bomb], teams: Mapping[str | int, Team | None]) -> Counter[int]:
    """Per round: actions with the bomb that speak for team A being T, less those against."""
    votes: Counter[int] = Counter()
    for row in bombs:
        team = None if row.actor is None else teams.get(row.actor)
        if team is not None and row.type in T_ACTIONS | CT_ACTIONS:
            votes[row.round_number] += 1 if (team == "A") == (row.type in T_ACTIONS) else -1
    return votes


def _side_by_vote(label: Side, vote: int) -> Side:
    if vote == 0:
        return label
    return "t" if vote > 0 else "ct"


def _played(row: RoundRow, *, a_side: Side, score: Mapping[str, int]) -> PlayedRound:
    winner: Team = "A" if row.winner_side == a_side else "B"
    return PlayedRound(
        number=row.round_number,
        start_tick=row.start_tick,
        freeze_end_tick=row.freeze_end_tick,
        end_tick=row.end_tick,
        a_side=a_side,
        score_a=score["A"],
        score_b=score["B"],
        winner_side=row.winner_side,
        winner_team=winner,
        reason=row.end_reason,
        is_mended=a_side != row.team_a_side,
    )


def flipped(played: PlayedRound) -> PlayedRound:
    """The same round with the teams named the other way round."""
    return PlayedRound(
        number=played.number,
        start_tick=played.start_tick,
        freeze_end_tick=played.freeze_end_tick,
        end_tick=played.end_tick,
        a_side=other_side(played.a_side),
        score_a=played.score_b,
        score_b=played.score_a,
        winner_side=played.winner_side,
        winner_team=other_team(played.winner_team),
        reason=played.reason,
        is_mended=played.is_mended,
    )
