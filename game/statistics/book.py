"""The book of statistics: finished rounds as compact lines, the running round in full.

Belongs here: the structs. Does not belong here: what a fact adds (`tally`), figures (`figures`), definitions
(`game.stats`).

The book is part of the recovery snapshot: a finished round is one short array of small numbers per player, about 20
bytes, so that even a map of many overtimes stays far below its limit.
"""

from msgspec import Struct

from game.payloads import Side, Team


class Line(Struct, frozen=True, array_like=True):
    """One player in one round, in the order of `game.stats.COLUMNS`. Flags are 0 or 1."""

    kills: int = 0
    enemy_kills: int = 0
    headshots: int = 0
    deaths: int = 0
    assists: int = 0
    flash_assists: int = 0
    damage: int = 0
    utility_damage: int = 0
    opening_kills: int = 0
    opening_deaths: int = 0
    trade_kills: int = 0
    traded_deaths: int = 0
    survived: int = 0
    kast: int = 0
    kast_won: int = 0
    clutch_opponents: int = 0
    clutch_won: int = 0
    economy: int = 0


class Death(Struct, frozen=True, array_like=True):
    """A kill of an enemy in the running round, kept for trades. `second` is round time, null if unknown; `killer_id` is
    the body that the killer controlled."""

    second: float | None
    killer_id: str
    victim_id: str


class RoundBook(Struct, frozen=True, kw_only=True):
    """The running round, to the end of its aftermath. `alive` holds the players who went into it and are still
    alive."""

    number: int
    half: int
    a_side: Side
    is_pistol: bool = False
    is_decided: bool = False
    is_live: bool = False
    winner: Team | None = None
    lines: dict[str, Line] = {}
    teams: dict[str, Team] = {}
    alive: tuple[str, ...] = ()
    deaths: tuple[Death, ...] = ()
    """The first kill and the last few."""
    assisted: dict[str, tuple[str, ...]] = {}
    """Victim to the players who were credited with an assist in that death."""
    betrayed: tuple[str, ...] = ()
    """Victims of team kills."""
    clutches: dict[Team, str] = {}
    """Team to the player who was its last one alive."""
    economy: dict[Team, int] = {}
    """Team to the index of its buy class in `game.stats.BUY_CLASSES`."""


class FinishedRound(Struct, frozen=True, array_like=True):
    """Lines in the order of `StatBook.players`; null for players who were not part of the round."""

    number: int
    half: int
    a_side: Side
    winner: Team | None
    lines: tuple[Line | None, ...]
    a_players: int
    """Bit i: player i was in team A."""


class StatBook(Struct, frozen=True, kw_only=True):
    """Everything counted on the running map."""

    map_number: int = 1
    players: tuple[str, ...] = ()
    finished: tuple[FinishedRound, ...] = ()
    running: RoundBook | None = None


def withdraw(book: StatBook, from_round: int) -> StatBook:
    """The book as it was before round `from_round`."""
    running = book.running
    return StatBook(
        map_number=book.map_number,
        players=book.players,
        finished=tuple(r for r in book.finished if r.number < from_round),
        running=running if running is not None and running.number < from_round else None,
    )


def closed(book: StatBook) -> StatBook:
    """The book with its running round moved to the finished ones; an undecided round is dropped."""
    running = book.running
    if running is None:
        return book
    if not running.is_decided:
        return StatBook(map_number=book.map_number, players=book.players, finished=book.finished)
    known = set(book.players)
    players = (*book.players, *(k for k in running.lines if k in running.teams and k not in known))
    return StatBook(
        map_number=book.map_number, players=players, finished=(*book.finished, finished(running, players))
    )


def finished(running: RoundBook, players: tuple[str, ...]) -> FinishedRound:
    """The round in its compact form."""
    return FinishedRound(
        number=running.number,
        half=running.half,
        a_side=running.a_side,
        winner=running.winner,
        lines=tuple(running.lines.get(k) if k in running.teams else None for k in players),
        a_players=sum(1 << i for i, k in enumerate(players) if running.teams.get(k) == "A"),
    )
