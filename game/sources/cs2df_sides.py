"""Determines sides, winners and score of each round of a cs2df export.

Belongs here: sides, winners and scores, and the rules that the map was evidently played by. Does not belong here:
reading rows (`cs2df_rows`), which rows are rounds (`cs2df_rounds`), the rules themselves (`game.rules`).

The bomb shows the sides: only Ts carry and plant it, only CTs defuse it. If a round has bomb events, they decide; the
sides of other rounds follow from those by the rules, because labels are swapped in some overtime rounds of version 2.0.
`winner_side` is always right; the winner's name and the scores in the file depend on the labels and are therefore
derived again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from game.payloads import EndReason, MapStartedData, Side, Team
from game.rules import Rules, a_side_in, is_decided, rules_on
from game.sources.cs2df_rows import Bomb, RoundRow
from game.state import other_side, other_team

T_ACTIONS = frozenset({"picked_up", "dropped", "plant_begin", "planted"})
CT_ACTIONS = frozenset({"defuse_begin", "defused"})
SETTINGS = (
    MapStartedData(),
    MapStartedData(max_rounds=24),
    MapStartedData(overtime_max_rounds=10),
    MapStartedData(max_rounds=30),
    MapStartedData(max_rounds=30, overtime_max_rounds=10),
    MapStartedData(max_rounds=16),
    MapStartedData(max_rounds=16, overtime_max_rounds=6),
)
"""Possible server settings, the defaults of the day first: these are taken if the rounds fit none."""
LONGEST = 60
"""Maximum number of regulation rounds that can be announced."""


class PlayedRound(Struct, frozen=True, kw_only=True):
    """One round as it was played. Scores are those before it; `is_mended` means that the file had the sides swapped."""

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


class PlayedMap(Struct, frozen=True, kw_only=True):
    """The rounds of a map, and the settings that they show; empty if these are the defaults of the day.

    `misfits` counts the rounds whose bomb events contradict the settings, and the rounds played after the settings
    decide the map. `is_doubtful`: the labels, which may be wrong as a whole, contradict the settings in some but not
    all rounds.
    """

    rounds: tuple[PlayedRound, ...]
    settings: MapStartedData
    misfits: int
    is_doubtful: bool


def played_map(
    rows: Sequence[RoundRow],
    bombs: Iterable[Bomb],
    *,
    teams: Mapping[str | int, Team | None],
    day: datetime,
    is_label_right: bool,
) -> PlayedMap:
    """The rounds with corrected sides, winners and scores. `teams` maps a row's player reference to the team;
    `is_label_right`: the file's sides are right in overtime too."""
    longest = LONGEST if is_label_right else rules_on(day).max_rounds
    labels = {row.round_number: row.team_a_side for row in rows if row.round_number <= longest}
    words = _words(rows, bombs, teams=teams) or labels
    by_day, *others = (_played_by(each, rows, words, labels=labels, day=day) for each in SETTINGS)
    fitting = [played for played in (by_day, *others) if not played.misfits]
    return min(fitting, key=lambda played: played.is_doubtful) if fitting else _played_on(by_day, day)


def _words(
    rows: Sequence[RoundRow], bombs: Iterable[Bomb], *, teams: Mapping[str | int, Team | None]
) -> dict[int, Side]:
    """By round: the side of team A according to most of the bomb's actors; rounds without such evidence are left
    out."""
    votes: Counter[int] = Counter()
    for bomb in bombs:
        team = None if bomb.actor is None else teams.get(bomb.actor)
        if team is not None and bomb.type in T_ACTIONS | CT_ACTIONS:
            votes[bomb.round_number] += 1 if (team == "A") == (bomb.type in T_ACTIONS) else -1
    numbers = [row.round_number for row in rows]
    return {n: "t" if votes[n] > 0 else "ct" for n in numbers if votes[n]}


def _played_by(
    settings: MapStartedData,
    rows: Sequence[RoundRow],
    words: Mapping[int, Side],
    *,
    labels: Mapping[int, Side],
    day: datetime,
) -> PlayedMap:
    rules = rules_on(day, settings)
    first = _first_side(rules, words)
    sides = {row.round_number: a_side_in(rules, row.round_number, first) for row in rows}
    rounds = _rounds(rows, {**sides, **words}, rules)
    contradictions = sum(sides[number] != word for number, word in words.items())
    contrary = sum(sides[number] != label for number, label in labels.items())
    return PlayedMap(
        rounds=rounds,
        settings=settings,
        misfits=contradictions + _lost(rounds, rules),
        is_doubtful=0 < contrary < len(labels),
    )


def _lost(rounds: Iterable[PlayedRound], rules: Rules) -> int:
    """How many rounds were played after the map was decided."""
    return sum(is_decided(rules, played.score_a, played.score_b) for played in rounds)


def _first_side(rules: Rules, words: Mapping[int, Side]) -> Side:
    """The side of team A in round 1 that agrees with most rounds."""
    as_t = sum(a_side_in(rules, number, "t") == word for number, word in words.items())
    return "t" if 2 * as_t >= len(words) else "ct"


def _played_on(played: PlayedMap, day: datetime) -> PlayedMap:
    """If the server let the map go on after its decision: the map with settings that do not decide it before its
    end."""
    last = played.rounds[-1]
    lead = max(last.score_a + (last.winner_team == "A"), last.score_b + (last.winner_team == "B"))
    if 2 * lead > LONGEST or not _lost(played.rounds, rules_on(day)):
        return played
    return replace(played, settings=MapStartedData(max_rounds=2 * lead))


def _rounds(rows: Sequence[RoundRow], sides: Mapping[int, Side], rules: Rules) -> tuple[PlayedRound, ...]:
    played: list[PlayedRound] = []
    score = _score_before(rows[0], is_swapped=sides[rows[0].round_number] != rows[0].team_a_side)
    for before, row in zip((None, *rows), rows, strict=False):
        like = _labelled_alike(before, row, rules)
        for team, won in _left_out(before, row, is_swapped=sides[like.round_number] != like.team_a_side):
            score[team] += won
        played.append(_played(row, a_side=sides[row.round_number], score=score))
        score[played[-1].winner_team] += 1
    return tuple(played)


def _score_before(row: RoundRow, *, is_swapped: bool) -> dict[Team, int]:
    """The score at the start of the first row. If it has at least as many rounds as the row's number, some do not
    count, such as a knife round or rounds before a restart: then it is 0:0."""
    a, b = row.team_a_score_before, row.team_b_score_before
    if a + b >= row.round_number:
        return {"A": 0, "B": 0}
    return {"A": b, "B": a} if is_swapped else {"A": a, "B": b}


def _labelled_alike(before: RoundRow | None, row: RoundRow, rules: Rules) -> RoundRow:
    """The one of two rows whose labels are right or swapped like those of the rounds between them: labels change with
    an overtime."""
    if before is not None and _overtime(rules, before.round_number) == _overtime(
        rules, before.round_number + 1
    ):
        return before
    return row


def _overtime(rules: Rules, number: int) -> int:
    """The number of the round's overtime; 0 in regulation."""
    beyond = number - rules.max_rounds
    return 0 if beyond <= 0 else -(-beyond // (rules.overtime_max_rounds or beyond))


def _left_out(
    before: RoundRow | None, row: RoundRow, *, is_swapped: bool
) -> tuple[tuple[Team, int], tuple[Team, int]]:
    """The rounds won between two rows that the file leaves out but counts in its scores."""
    if before is None:
        return ("A", 0), ("B", 0)
    is_won_by_a = before.winner_side == before.team_a_side
    a = row.team_a_score_before - before.team_a_score_before - is_won_by_a
    b = row.team_b_score_before - before.team_b_score_before - (not is_won_by_a)
    if min(a, b) < 0 or a + b >= row.round_number - before.round_number:
        return ("A", 0), ("B", 0)
    return (("A", b), ("B", a)) if is_swapped else (("A", a), ("B", b))


def _played(row: RoundRow, *, a_side: Side, score: Mapping[Team, int]) -> PlayedRound:
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
    """The same round with teams A and B exchanged."""
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
