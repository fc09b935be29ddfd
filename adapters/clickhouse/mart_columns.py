"""Declares the columns that several marts share, and those that every mart has.

Belongs here: shared declarations. Does not belong here: the marts themselves (`marts`).
"""

from adapters.clickhouse.tables import NAME, Column, Table

PREFIX = "mart_"
WHOLE, REAL, FLAG, TEXT = "UInt32", "Float64", "Bool", "String"

VERSIONED = (
    Column(name="is_retracted", type=FLAG, about="the mart has no such row any more"),
    Column(
        name="version",
        type="UInt64",
        about="which publication told or withdrew the row; the highest wins",
    ),
)
"""The columns that every row in the store has besides the mart's own."""


def held(name: str, of: str, about: str) -> Column:
    return Column(name=name, type=of, about=about)


def maybe(name: str, of: str, about: str) -> Column:
    return Column(name=name, type=of, about=about, is_nullable=True)


def counts(**about: str) -> tuple[Column, ...]:
    return tuple(held(name, WHOLE, text) for name, text in about.items())


def mart(name: str, about: str, *, grain: tuple[str, ...], columns: tuple[Column, ...]) -> Table:
    return Table(
        name=PREFIX + name, about=about, columns=(*columns, *VERSIONED), order_by=grain, version="version"
    )


MATCH = held("match_id", TEXT, "the series")
MAP = held("map_id", TEXT, "one map of the series")
PLAYER = held("player_id", TEXT, "the player")
PLAYER_NAME = maybe("player_name", TEXT, "his name, as it was told last")
TEAM = held("team", NAME, "A or B")
PLAYER_TEAM = maybe("team", NAME, "his team: A or B; null where nobody told it")
TEAM_NAME = held("team_name", TEXT, "name of the team; where nobody told one, match and A or B")
PLAYER_TEAM_NAME = maybe("team_name", TEXT, "name of his team, as it was told last")
SIDE = held("side", NAME, "ct or t")
MAP_NAME = held("map_name", NAME, "such as de_mirage; unknown where nobody told it")
MAPS = held("maps", WHOLE, "maps played")
IS_FINAL = held("is_final", FLAG, "every map in the row is decided, by its rounds and as the stream told it")

COUNTS = counts(
    rounds="rounds decided, which rates divide by",
    kills_all="every victim but oneself, team kills too",
    kills_enemy="enemies killed",
    headshots="of those, by headshot",
    deaths="deaths, whoever caused them",
    assists="kills assisted, by damage or flash",
    assists_flash="of those, by flash",
    damage="taken from enemies, hp",
    damage_utility="of that, by grenades and fire, hp",
    openings_won="opening kills",
    openings_lost="deaths by the opening kill",
    trades_kills="kills that traded a teammate",
    trades_deaths="deaths that were traded",
)
KAST_COUNTS = counts(
    kast_rounds="rounds with a kill, assist, survival or traded death",
    kast_won_rounds="the same, survival in won rounds only",
)
NUMBERED = (
    *counts(clutches="rounds in which he was the last against someone", clutches_won="of those, won"),
    *(held(f"multi_{n}", WHOLE, f"rounds with exactly {n} kills of enemies") for n in range(1, 6)),
    *(
        column
        for n in range(1, 6)
        for column in (
            held(f"clutches_1v{n}", WHOLE, f"clutches against {n}"),
            held(f"clutches_1v{n}_won", WHOLE, f"clutches won against {n}"),
        )
    ),
)
RATES = (
    held("adr", REAL, "damage a round, hp"),
    held("kast", REAL, "percent of rounds with kast"),
    held("kast_won", REAL, "percent of rounds with kast, survival in won rounds only"),
    held("rating_1", REAL, "Rating 1.0"),
    held("impact_est", REAL, "Impact (est.)"),
    held("rating_2_est", REAL, "Rating 2.0 (est.)"),
)
FIGURES = (
    *COUNTS,
    *KAST_COUNTS,
    *NUMBERED,
    *RATES,
    held("swing", REAL, "win probability credited to him, points, summed"),
)
TEAM_FIGURES = (
    *counts(rounds="rounds decided", rounds_won="of those, won"),
    held("round_share", REAL, "rounds won / rounds"),
    *counts(
        pistols="first rounds of regular halves",
        pistols_won="of those, won",
        kills="enemies killed",
        deaths="deaths, whoever caused them",
        damage="taken from enemies, hp",
        openings_won="opening kills",
        openings_lost="deaths by the opening kill",
        trades_kills="kills that traded a teammate",
        clutches="times that one of them was the last against someone",
        clutches_won="of those, won",
    ),
    maybe("opening_share", REAL, "opening kills / opening duels; null without any"),
    *counts(plants="rounds in which the bomb was planted, by whichever side", plants_won="of those, won"),
)
