"""Facts: what is known after an event. `advance` derives them; statistics, swing and clients read them.

Belongs here: the fact structs. Does not belong here: how facts are derived (`game.transitions`), envelopes and seq
(`game.messages`). A fact holds nothing that depends on arrival, so that stream and batch give equal bytes.

Times are seconds since the end of freeze time (`round_time_s`), null outside of a round's live play and its aftermath.
"""

from msgspec import Struct

from game.payloads import EndReason, Phase, Side, Site, Team, VetoAction


class Fact(Struct, frozen=True, kw_only=True, tag_field="fact"):
    """Base of all facts."""


class SeriesKnown(Fact, frozen=True, kw_only=True, tag="series_known"):
    """Teams and format of the series, as far as they are known now."""

    name_a: str | None
    name_b: str | None
    best_of: int
    players: dict[str, tuple[str, Team | None]]
    """Player id to (name, team)."""
    starts_at: str | None = None
    external_ids: dict[str, str] = {}


class MapVetoed(Fact, frozen=True, kw_only=True, tag="map_vetoed"):
    """One announced step of the veto; `number` counts steps from 1. Every announcement repeats all steps."""

    number: int
    map_name: str
    action: VetoAction
    team: Team | None


class MapBegan(Fact, frozen=True, kw_only=True, tag="map_began"):
    map_name: str | None
    map_number: int
    rules_id: str
    a_side: Side


class RoundBegan(Fact, frozen=True, kw_only=True, tag="round_began"):
    round_no: int
    a_side: Side
    score_a: int
    score_b: int
    is_overtime: bool
    is_pistol: bool


class RoundWentLive(Fact, frozen=True, kw_only=True, tag="round_went_live"):
    """Freeze time is over. `equipment_a` and `equipment_b` are dollars of each team's equipment."""

    equipment_a: int
    equipment_b: int
    money: dict[str, int | None]
    equipment: dict[str, int]
    """Both by player id, in dollars: money left, and value of the equipment carried."""


class RoundDecided(Fact, frozen=True, kw_only=True, tag="round_decided"):
    winner_team: Team
    winner_side: Side
    reason: EndReason
    score_a: int
    score_b: int
    round_time_s: float | None
    survivors: tuple[str, ...]


class SidesSwapped(Fact, frozen=True, kw_only=True, tag="sides_swapped"):
    a_side: Side
    is_overtime: bool


class MapDecided(Fact, frozen=True, kw_only=True, tag="map_decided"):
    """`winner_team` is null for a draw or an abandoned map."""

    score_a: int
    score_b: int
    winner_team: Team | None
    reason: str
    maps_a: int
    maps_b: int


class SeriesDecided(Fact, frozen=True, kw_only=True, tag="series_decided"):
    winner_team: Team | None
    maps_a: int
    maps_b: int
    reason: str


class PhaseEntered(Fact, frozen=True, kw_only=True, tag="phase_entered"):
    phase: Phase


class Withdrawn(Fact, frozen=True, kw_only=True, tag="withdrawn"):
    """All facts of this map from the start of `from_round` on are void. `reason` is `restore`, `restart`, `voided` or
    `recreated`."""

    reason: str
    from_round: int
    score_a: int
    score_b: int


class Killed(Fact, frozen=True, kw_only=True, tag="killed"):
    """A death. `killer_id` is null for deaths by the world or the bomb. `is_team_kill` and `is_suicide` exclude each
    other."""

    victim_id: str
    victim_team: Team | None
    victim_side: Side | None
    killer_id: str | None
    killer_team: Team | None
    killer_side: Side | None
    weapon: str | None
    is_headshot: bool
    is_team_kill: bool
    is_suicide: bool
    is_post_round: bool
    round_time_s: float | None
    assister_id: str | None = None
    flash_assister_id: str | None = None


class Damaged(Fact, frozen=True, kw_only=True, tag="damaged"):
    """`health_damage` is capped at the health that the victim had left."""

    victim_id: str
    victim_team: Team | None
    attacker_id: str | None
    attacker_team: Team | None
    health_damage: int
    armor_damage: int
    weapon: str | None
    is_enemy: bool
    is_utility: bool
    is_post_round: bool
    round_time_s: float | None


class Assisted(Fact, frozen=True, kw_only=True, tag="assisted"):
    player_id: str
    victim_id: str
    is_flash: bool


class Blinded(Fact, frozen=True, kw_only=True, tag="blinded"):
    victim_id: str
    flasher_id: str | None
    duration_s: float
    is_enemy: bool
    round_time_s: float | None


class BombChanged(Fact, frozen=True, kw_only=True, tag="bomb_changed"):
    """`status` is that of `game.state.Bomb` after the event."""

    status: str
    player_id: str | None
    site: Site | None
    has_kit: bool | None
    round_time_s: float | None


class PlayerKnown(Fact, frozen=True, kw_only=True, tag="player_known"):
    """A player's name, team and presence from now on."""

    player_id: str
    name: str | None
    team: Team | None
    is_bot: bool
    is_connected: bool


class Spawned(Fact, frozen=True, kw_only=True, tag="spawned"):
    """A player who died in this round is alive again."""

    player_id: str


class Quality(Fact, frozen=True, kw_only=True, tag="quality"):
    """The event breaks a rule of the game or of the feed. `rule` is one of `game.quality.RULES`."""

    rule: str
    detail: str = ""


class RoundStats(Fact, frozen=True, kw_only=True, tag="round_stats"):
    """One line of statistics per player for the finished round; columns in `game.stats.COLUMNS`."""

    round_no: int
    lines: dict[str, dict[str, float]]
    economy: dict[Team, str] = {}
    """Team to its buy class, one of `game.stats.BUY_CLASSES`."""


class MapStats(Fact, frozen=True, kw_only=True, tag="map_stats"):
    """Totals and rates of every player over the map so far; columns in `game.stats.TOTALS`."""

    map_number: int
    rounds: int
    players: dict[str, dict[str, float]]
    scopes: dict[str, dict[str, dict[str, float]]] = {}
    """The same for parts of the map: `half:1`, `half:2`, `half:3` and higher (overtime), `side:ct`, `side:t`."""


class SwingCredited(Fact, frozen=True, kw_only=True, tag="swing_credited"):
    """A change of the round's win probability, credited to players; the values of one fact sum to zero."""

    cause: str
    p_a_before: float
    p_a_after: float
    credits: dict[str, float]
    """Player id to probability points."""


AnyFact = (
    SeriesKnown
    | MapVetoed
    | MapBegan
    | RoundBegan
    | RoundWentLive
    | RoundDecided
    | SidesSwapped
    | MapDecided
    | SeriesDecided
    | PhaseEntered
    | Withdrawn
    | Killed
    | Damaged
    | Assisted
    | Blinded
    | BombChanged
    | PlayerKnown
    | Spawned
    | Quality
    | RoundStats
    | MapStats
    | SwingCredited
)
