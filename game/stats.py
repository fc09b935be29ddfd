"""Statistic definitions as data: id, unit, meaning, window and source.

Belongs here: what a figure means, and the constants of its definition. Does not belong here: how it is counted
(`game.statistics`). Where tools disagree, `source` names the one that a figure follows, and `docs/statistics.md` lists
the differences from the others.

A column describes one player in one round; a total aggregates the player's rounds of a half, a side or a map.
"""

from typing import Literal

from msgspec import Struct

ANALYZER = "cs-demo-analyzer"
EXPORTS = "the figures of 440 player rows of demo exports"
OURS = "Midround"

TRADE_WINDOW_S = 5.0
"""Seconds, inclusive."""

EQUIPMENT_ECO = 1_000
EQUIPMENT_FULL_CT = 4_500
EQUIPMENT_FULL_T = 4_000
MONEY_FORCE = 400

RATING_1_KPR, RATING_1_SURVIVAL, RATING_1_MULTI = 0.679, 0.317, 1.277
"""Average values by which Rating 1.0 divides."""

BuyClass = Literal["unknown", "pistol", "eco", "force", "semi", "full"]
BUY_CLASSES: tuple[BuyClass, ...] = ("unknown", "pistol", "eco", "force", "semi", "full")
"""The column `economy` holds the index of a class in this tuple."""

Unit = Literal["count", "health", "percent", "flag", "class", "rating", "health per round"]


class Definition(Struct, frozen=True, kw_only=True):
    """`window_s` is the time within which two kills belong together. `ends_with_round`: what happens after the round's
    decision does not count."""

    stat_id: str
    unit: Unit
    meaning: str
    source: str
    window_s: float | None = None
    ends_with_round: bool = False


def _column(stat_id: str, unit: Unit, *, meaning: str, source: str) -> Definition:
    return Definition(stat_id=stat_id, unit=unit, meaning=meaning, source=source)


def _in_round(
    stat_id: str, unit: Unit, *, meaning: str, source: str, window_s: float | None = None
) -> Definition:
    return Definition(
        stat_id=stat_id, unit=unit, meaning=meaning, source=source, window_s=window_s, ends_with_round=True
    )


_DEFINITIONS = (
    _column(
        "kills.all",
        "count",
        meaning="every victim but oneself: team kills and kills after the round too",
        source=EXPORTS,
    ),
    _column("kills.enemy", "count", meaning="enemies only, also after the round", source=OURS),
    _column("headshots", "count", meaning="kills of enemies by a shot in the head", source=ANALYZER),
    _column("deaths", "count", meaning="all, whoever caused them", source=EXPORTS),
    _column("assists", "count", meaning="kills assisted, by damage or by flash; one a kill", source=EXPORTS),
    _column("assists.flash", "count", meaning="kills assisted by flash; part of assists", source=EXPORTS),
    _column("damage", "health", meaning="taken from enemies, at most what they had left", source=ANALYZER),
    _column(
        "damage.utility", "health", meaning="the part of damage done by grenades and fire", source=ANALYZER
    ),
    _in_round(
        "openings.won",
        "count",
        meaning="first kill of the round, neither suicide nor team kill",
        source=ANALYZER,
    ),
    _in_round("openings.lost", "count", meaning="victim of the opening kill", source=ANALYZER),
    _in_round(
        "trades.kills",
        "count",
        meaning="enemies killed that had killed a teammate",
        source=ANALYZER,
        window_s=TRADE_WINDOW_S,
    ),
    _in_round(
        "trades.deaths",
        "count",
        meaning="deaths whose killer died to a teammate",
        source=ANALYZER,
        window_s=TRADE_WINDOW_S,
    ),
    _in_round("survived", "flag", meaning="alive when the round was decided", source=ANALYZER),
    _in_round(
        "kast",
        "flag",
        meaning="kill of an enemy or assist with it, survival or traded death",
        source=ANALYZER,
        window_s=TRADE_WINDOW_S,
    ),
    _in_round(
        "kast.won",
        "flag",
        meaning="the newer variant: survival counts in won rounds only",
        source="secondary sources on rating 2.1 and 3.0",
        window_s=TRADE_WINDOW_S,
    ),
    _in_round(
        "clutch.opponents", "count", meaning="enemies alive when he became his side's last", source=ANALYZER
    ),
    _in_round(
        "clutch.won", "flag", meaning="his side won the round that he was left alone in", source=ANALYZER
    ),
    _column(
        "economy", "class", meaning="what he went into the round with: place in BUY_CLASSES", source=ANALYZER
    ),
)

COLUMNS: dict[str, Definition] = {d.stat_id: d for d in _DEFINITIONS}
"""What `RoundStats.lines` holds for each player."""

_SUMMED = (
    "kills.all",
    "kills.enemy",
    "headshots",
    "deaths",
    "assists",
    "assists.flash",
    "damage",
    "damage.utility",
    "openings.won",
    "openings.lost",
    "trades.kills",
    "trades.deaths",
)

_RATES = (
    _column("rounds", "count", meaning="rounds decided; every rate divides by them", source=EXPORTS),
    _column("adr", "health per round", meaning="damage / rounds", source=ANALYZER),
    _in_round(
        "kast", "percent", meaning="100 x rounds with kast / rounds", source=ANALYZER, window_s=TRADE_WINDOW_S
    ),
    _in_round(
        "kast.won",
        "percent",
        meaning="100 x rounds with kast.won / rounds",
        source=OURS,
        window_s=TRADE_WINDOW_S,
    ),
    _in_round(
        "clutches", "count", meaning="rounds in which he was his side's last against someone", source=ANALYZER
    ),
    _in_round("clutches.won", "count", meaning="the part of clutches that his side won", source=ANALYZER),
    _column(
        "rating.1",
        "rating",
        meaning="(KPR/0.679 + 0.7*((R-D)/R)/0.317 + ((1K+4*2K+9*3K+16*4K+25*5K)/R)/1.277) / 2.7, kills of enemies",
        source=ANALYZER,
    ),
    _column("impact.est", "rating", meaning="2.13*KPR + 0.42*APR - 0.41, kills of enemies", source=ANALYZER),
    _column(
        "rating.2.est",
        "rating",
        meaning="0.0073*KAST + 0.3591*KPR - 0.5329*DPR + 0.2372*Impact + 0.0032*ADR + 0.1587, not below 0",
        source=ANALYZER,
    ),
)

_BY_NUMBER = (
    *(
        _column(f"multi.{n}", "count", meaning=f"rounds with exactly {n} kills of enemies", source=ANALYZER)
        for n in range(1, 6)
    ),
    *(
        _in_round(f"clutches.1v{n}", "count", meaning=f"clutches against {n}", source=ANALYZER)
        for n in range(1, 6)
    ),
    *(
        _in_round(f"clutches.1v{n}.won", "count", meaning=f"clutches won against {n}", source=ANALYZER)
        for n in range(1, 6)
    ),
)

TOTALS: dict[str, Definition] = {
    **{stat_id: COLUMNS[stat_id] for stat_id in _SUMMED},
    **{d.stat_id: d for d in (*_RATES, *_BY_NUMBER)},
}
"""What `MapStats` holds for each player and scope. Those in `OPTIONAL` are left out if they are 0."""

OPTIONAL: frozenset[str] = frozenset(d.stat_id for d in _BY_NUMBER)
SUMMED: tuple[str, ...] = _SUMMED
