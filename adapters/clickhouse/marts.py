"""Declares the tables of the marts in the store: columns with type and meaning.

Belongs here: declarations. Does not belong here: the content, which dbt derives from the lake (`dbt/`), and publishing
the rows (`orchestration.publishing`). dbt declares the same columns beside its SQL; a test keeps both in step.

A mart's table is named `mart_` plus its dbt name. `is_final`: every map that the row is made of is decided, its score
equals the count of its rounds, and the stream published no other facts. Rates are rates of sums: sums may be added up,
rates may not. Definitions and units of players' figures are in game/stats.py.
"""

from adapters.clickhouse.mart_columns import (
    COUNTS,
    FIGURES,
    FLAG,
    IS_FINAL,
    MAP,
    MAP_NAME,
    MAPS,
    MATCH,
    NUMBERED,
    PLAYER,
    PLAYER_NAME,
    PLAYER_TEAM,
    PLAYER_TEAM_NAME,
    PREFIX,
    RATES,
    REAL,
    SIDE,
    TEAM,
    TEAM_FIGURES,
    TEAM_NAME,
    TEXT,
    VERSIONED,
    WHOLE,
    held,
    mart,
    maybe,
)
from adapters.clickhouse.quality import QUALITY
from adapters.clickhouse.tables import NAME, TABLES, Column, Table

PLAYER_MAP_STATS = mart(
    "player_map_stats",
    "Players by map: the sums of their rounds, and rates over all rounds of the map.",
    grain=("match_id", "map_id", "player_id"),
    columns=(
        MATCH,
        MAP,
        PLAYER,
        PLAYER_NAME,
        PLAYER_TEAM,
        PLAYER_TEAM_NAME,
        MAP_NAME,
        IS_FINAL,
        *FIGURES,
    ),
)
PLAYER_SIDE_STATS = mart(
    "player_side_stats",
    "Players by map and side, over the rounds that they played there themselves.",
    grain=("match_id", "map_id", "player_id", "side"),
    columns=(MATCH, MAP, PLAYER, SIDE, MAP_NAME, IS_FINAL, *FIGURES),
)
PLAYER_HALF_STATS = mart(
    "player_half_stats",
    "Players by half, as the facts tell when a half ends.",
    grain=("match_id", "map_id", "player_id", "half"),
    columns=(
        MATCH,
        MAP,
        PLAYER,
        held("half", WHOLE, "1 and 2, from 3 on overtime"),
        MAP_NAME,
        IS_FINAL,
        *COUNTS,
        *NUMBERED,
        *RATES,
    ),
)
PLAYER_SERIES_STATS = mart(
    "player_series_stats",
    "Players by series: sums over its maps, rates of the sums.",
    grain=("match_id", "player_id"),
    columns=(MATCH, PLAYER, PLAYER_NAME, PLAYER_TEAM, PLAYER_TEAM_NAME, MAPS, IS_FINAL, *FIGURES),
)
PLAYER_CAREER = mart(
    "player_career",
    "Players over all maps of the lake: sums, rates of the sums.",
    grain=("player_id",),
    columns=(
        PLAYER,
        PLAYER_NAME,
        PLAYER_TEAM_NAME,
        held("matches", WHOLE, "series played"),
        MAPS,
        IS_FINAL,
        *FIGURES,
    ),
)
LEADERBOARD = mart(
    "leaderboard",
    "Players with enough rounds, in the order of Rating 2.0 (est.).",
    grain=("player_id",),
    columns=(
        PLAYER,
        held("place", WHOLE, "from 1"),
        PLAYER_NAME,
        PLAYER_TEAM_NAME,
        MAPS,
        held("rounds", WHOLE, "rounds decided, which rates divide by"),
        IS_FINAL,
        held("rating_2_est", REAL, "Rating 2.0 (est.)"),
        held("rating_1", REAL, "Rating 1.0"),
        held("adr", REAL, "damage a round, hp"),
        held("kast", REAL, "percent of rounds with kast"),
        held("kills_per_round", REAL, "enemies killed / rounds"),
        held("deaths_per_round", REAL, "deaths / rounds"),
        maybe("opening_share", REAL, "opening kills / opening duels; null without any"),
        maybe("clutch_share", REAL, "clutches won / clutches; null without any"),
        held("swing_per_round", REAL, "win probability credited a round, points"),
    ),
)
TEAM_MAP_STATS = mart(
    "team_map_stats",
    "Teams by map.",
    grain=("match_id", "map_id", "team"),
    columns=(
        MATCH,
        MAP,
        TEAM,
        TEAM_NAME,
        held("opponent_name", TEXT, "name of the other team"),
        MAP_NAME,
        held("map_number", WHOLE, "which map of the series, from 1"),
        IS_FINAL,
        maybe("is_won", FLAG, "won the map; null while it is open, for a draw and where it was abandoned"),
        *TEAM_FIGURES,
    ),
)
TEAM_SIDE_STATS = mart(
    "team_side_stats",
    "Teams by map and side.",
    grain=("match_id", "map_id", "team", "side"),
    columns=(MATCH, MAP, TEAM, SIDE, TEAM_NAME, MAP_NAME, IS_FINAL, *TEAM_FIGURES),
)
ROUND_METRICS = mart(
    "round_metrics",
    "Decided rounds: economy, opening kill, plant, ending, swing.",
    grain=("match_id", "map_id", "round_no"),
    columns=(
        MATCH,
        MAP,
        held("round_no", WHOLE, "number of the round on its map"),
        MAP_NAME,
        held("team_a", TEXT, "name of team A; where nobody told one, match and A"),
        held("team_b", TEXT, "name of team B; where nobody told one, match and B"),
        IS_FINAL,
        maybe("a_side", NAME, "side of team A in the round; null where its start was never seen"),
        held("is_pistol", FLAG, "first round of a regular half"),
        held("is_overtime", FLAG, "played in overtime"),
        maybe("equipment_a", WHOLE, "of team A at the end of freeze time, $"),
        maybe("equipment_b", WHOLE, "of team B at the end of freeze time, $"),
        held("economy_a", NAME, "what team A bought: pistol, eco, force, semi, full or unknown"),
        held("economy_b", NAME, "what team B bought"),
        maybe("opening_killer_id", TEXT, "who made the opening kill; null without one"),
        maybe("opening_victim_id", TEXT, "whom it hit"),
        maybe("opening_team", NAME, "team of the opening kill"),
        held("is_bomb_planted", FLAG, "the bomb was planted"),
        maybe("site", NAME, "where: a or b"),
        maybe("planter_id", TEXT, "by whom"),
        maybe("planted_at_s", REAL, "when, s since the end of freeze time"),
        held("winner_team", NAME, "A or B"),
        held("winner_side", NAME, "ct or t"),
        held("reason", NAME, "how the round ended"),
        held("score_a", WHOLE, "rounds of team A after it"),
        held("score_b", WHOLE, "rounds of team B after it"),
        maybe("duration_s", REAL, "from the end of freeze time to the decision, s"),
        held("survivors", WHOLE, "players alive at the decision"),
        held("kills_a", WHOLE, "enemies killed by team A before the decision"),
        held("kills_b", WHOLE, "enemies killed by team B before the decision"),
        held("headshots", WHOLE, "of those, by headshot"),
        maybe(
            "p_a_start", REAL, "chance of team A before the first swing of the round; null without a model"
        ),
        maybe("p_a_least", REAL, "least chance of team A in the round"),
        maybe("p_a_most", REAL, "greatest chance of team A in the round"),
        maybe("top_player_id", TEXT, "who was credited the most"),
        maybe("top_swing", REAL, "what he was credited, points of win probability"),
    ),
)
CLUTCHES = mart(
    "clutches",
    "Players left alone against someone, one row each time.",
    grain=("match_id", "map_id", "round_no", "player_id"),
    columns=(
        MATCH,
        MAP,
        held("round_no", WHOLE, "number of the round on its map"),
        PLAYER,
        PLAYER_TEAM,
        maybe("side", NAME, "his side: ct or t"),
        MAP_NAME,
        IS_FINAL,
        held("opponents", WHOLE, "enemies alive when he became the last"),
        held("is_won", FLAG, "his side won the round"),
        held("is_alive", FLAG, "he lived when the round was decided"),
        held("kills", WHOLE, "enemies that he killed in the round, before the clutch too"),
        held("reason", NAME, "how the round ended"),
    ),
)
DUELS = mart(
    "duels",
    "Who killed whom, enemies only, by map.",
    grain=("match_id", "map_id", "killer_id", "victim_id"),
    columns=(
        MATCH,
        MAP,
        held("killer_id", TEXT, "who killed"),
        held("victim_id", TEXT, "who died"),
        MAP_NAME,
        IS_FINAL,
        held("kills", WHOLE, "how often"),
        held("headshots", WHOLE, "of those, by headshot"),
        held("openings", WHOLE, "of those, opening kills"),
    ),
)
WEAPONS = mart(
    "weapons",
    "What players did with each weapon, by map.",
    grain=("match_id", "map_id", "player_id", "weapon"),
    columns=(
        MATCH,
        MAP,
        PLAYER,
        held("weapon", NAME, "as its source names it; unknown where it names none"),
        MAP_NAME,
        IS_FINAL,
        held("kills", WHOLE, "enemies killed"),
        held("headshots", WHOLE, "of those, by headshot"),
        maybe("headshot_share", REAL, "headshots / kills; null without kills"),
        held("hits", WHOLE, "times that it hurt an enemy"),
        held("damage", WHOLE, "taken from enemies, hp"),
    ),
)
ECONOMY_MATRIX = mart(
    "economy_matrix",
    "How often CT win, by what both sides bought and by map.",
    grain=("map_name", "economy_ct", "economy_t"),
    columns=(
        MAP_NAME,
        held("economy_ct", NAME, "what CT bought: pistol, eco, force, semi, full or unknown"),
        held("economy_t", NAME, "what T bought"),
        IS_FINAL,
        held("rounds", WHOLE, "rounds decided"),
        held("ct_won", WHOLE, "of those, won by CT"),
        held("ct_win_share", REAL, "ct_won / rounds"),
    ),
)
PISTOL_CONVERSION = mart(
    "pistol_conversion",
    "Pistol rounds of a team by side, and what followed from them.",
    grain=("team_name", "side"),
    columns=(
        TEAM_NAME,
        SIDE,
        IS_FINAL,
        held("pistols", WHOLE, "pistol rounds decided"),
        held("pistols_won", WHOLE, "of those, won"),
        held("win_share", REAL, "pistols_won / pistols"),
        held("followed", WHOLE, "pistol rounds won that have a next round decided"),
        held("converted", WHOLE, "of those, next round won too"),
        maybe("conversion_share", REAL, "converted / followed; null without any"),
        held("answered", WHOLE, "pistol rounds lost whose next round was won"),
    ),
)
UTILITY = mart(
    "utility",
    "Grenades by player and map: damage, blinded players, flash assists.",
    grain=("match_id", "map_id", "player_id"),
    columns=(
        MATCH,
        MAP,
        PLAYER,
        MAP_NAME,
        IS_FINAL,
        held("rounds", WHOLE, "rounds decided, which rates divide by"),
        held("damage_utility", WHOLE, "taken from enemies by grenades and fire, hp"),
        held("damage_per_round", REAL, "the same a round, hp"),
        held("enemies_blinded", WHOLE, "times that he blinded an enemy"),
        held("enemies_blinded_s", REAL, "how long, s, summed"),
        held("others_blinded", WHOLE, "times that he blinded a teammate or himself"),
        held("others_blinded_s", REAL, "how long, s, summed"),
        held("assists_flash", WHOLE, "kills assisted by flash"),
        held("blinded_s_per_round", REAL, "seconds of blinded enemies a round, s"),
    ),
)
MAP_VETO = mart(
    "map_veto",
    "Which maps teams pick and ban, where a source tells it, which they end up on, in which place of the series, and "
    "what comes of it.",
    grain=("team_name", "map_name"),
    columns=(
        TEAM_NAME,
        MAP_NAME,
        IS_FINAL,
        MAPS,
        held("map_share", REAL, "of all maps of the team"),
        held("maps_won", WHOLE, "maps won"),
        held("as_first", WHOLE, "times that it was the first map of the series"),
        held("as_last", WHOLE, "times that it was the last possible map of a series of several"),
        held("rounds", WHOLE, "rounds decided"),
        held("rounds_won", WHOLE, "of those, won"),
        maybe("round_share", REAL, "rounds_won / rounds; null without any"),
        held("picked", WHOLE, "times that the team picked it"),
        held("banned", WHOLE, "times that the team banned it"),
    ),
)
SIDE_ADVANTAGE = mart(
    "side_advantage",
    "How often CT win, by map.",
    grain=("map_name",),
    columns=(
        MAP_NAME,
        IS_FINAL,
        MAPS,
        held("overtime_maps", WHOLE, "of those, with an overtime"),
        held("rounds", WHOLE, "rounds decided"),
        held("ct_won", WHOLE, "of those, won by CT"),
        held("ct_win_share", REAL, "ct_won / rounds"),
        held("pistols", WHOLE, "pistol rounds decided"),
        held("pistols_ct_won", WHOLE, "of those, won by CT"),
        maybe("pistol_ct_win_share", REAL, "pistols_ct_won / pistols; null without any"),
    ),
)

MARTS: tuple[Table, ...] = (
    PLAYER_MAP_STATS,
    PLAYER_SIDE_STATS,
    PLAYER_HALF_STATS,
    PLAYER_SERIES_STATS,
    PLAYER_CAREER,
    LEADERBOARD,
    TEAM_MAP_STATS,
    TEAM_SIDE_STATS,
    ROUND_METRICS,
    CLUTCHES,
    DUELS,
    WEAPONS,
    ECONOMY_MATRIX,
    PISTOL_CONVERSION,
    UTILITY,
    MAP_VETO,
    SIDE_ADVANTAGE,
)
ALL_TABLES: tuple[Table, ...] = (*TABLES, QUALITY, *MARTS)
"""All tables that a store may have: those that the loader migrates, then those that the batch path publishes."""


def model(of: Table) -> str:
    """The name of a mart's dbt model."""
    return of.name.removeprefix(PREFIX)


def served(of: Table) -> tuple[Column, ...]:
    """The columns of the mart's dbt model."""
    return tuple(column for column in of.columns if column not in VERSIONED)
