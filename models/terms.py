"""The terms of the round model: the inputs in which the logistic margin is linear.

Belongs here: from `Features` to a tuple of floats, in pure Python, used both on air and in training. Does not belong
here: weights (`models.round_model`), fitting (`models.fitting`).

The choice of terms carries the model: log ratios of what the sides have, and how they gain weight as time runs out.
Lateness is the share of the round (`1 - left/115`) or of the bomb's timer (`1 - left/40`) that has passed.
"""

from math import log

from game.features import Features

ROUND_S = 115.0
BOMB_S = 40.0
MOST_VESTS = 2.0
"""In players' worth of armour. In 99 % of recorded seconds of pistol rounds the lead in armour differs from that in
players by no more than this."""
RATIOS = ("alive", "hp", "equipment", "per_head")

TERM_NAMES: tuple[str, ...] = (
    *(f"ratio_{r}" for r in RATIOS),
    *(
        "lead_armor",
        "diff_helmets",
        "diff_grenades",
        "diff_primaries",
        "diff_alive",
        "diff_hp",
        "diff_equipment",
    ),
    *("kit", "planted", "pistol", "late", "late2", "late3", "bomb_late", "bomb_late2", "bomb_late3"),
    *(f"ratio_{r}*{by}" for by in ("late", "planted", "bomb_late") for r in RATIOS),
    *("few", "few*ratio_alive", "few*ratio_hp", "few*ratio_equipment", "few*late"),
    *("planted*kit", "planted*kit*bomb_late", "planted*no_kit*bomb_late", "planted*no_t"),
    *("bomb_5s*kit", "bomb_5s*no_kit", "bomb_10s*kit", "bomb_10s*no_kit"),
    *("pistol*ratio_equipment", "pistol*lead_armor", "pistol*kit"),
    *("diff_helmets*late", "diff_grenades*late", "ratio_alive3", "ratio_equipment*ratio_alive"),
    *("ratio_equipment*size", "one_ct", "one_t", "one_ct*late", "one_t*late"),
    *(
        "defusing",
        "can_finish",
        "defusing*progress",
        "can_finish*progress",
        "can_finish*no_t",
        "can_finish*ratio_alive",
    ),
    "defusing*kit",
    *("pistol*planted", "pistol*late", "planted*lead_armor", "planted*diff_helmets", "ratio_per_head*size"),
    *("wealth", "t_alive", "t_alive*late", "t_alive*planted", "diff_primaries*late"),
)

Ratios = tuple[float, float, float, float]
Clock = tuple[float, float, float]


def terms(f: Features) -> tuple[float, ...]:
    """The terms of `f`, in the order of `TERM_NAMES`."""
    ratios, clock = _ratios(f), _clock(f)
    return (
        *ratios,
        *_differences(f),
        *_phase(f, clock),
        *_crossed(ratios, clock),
        *_few(f, ratios, clock),
        *_bomb(f, clock),
        *_shapes(f, ratios, clock),
        *_defuse(f, ratios),
        *_levels(f, ratios, clock),
    )


def _ratios(f: Features) -> Ratios:
    """Log ratios, CT over T; the constants keep them finite and moderate when little is left."""
    ct_head = f.ct_equipment / (f.ct_alive or 1)
    t_head = f.t_equipment / (f.t_alive or 1)
    return (
        log((f.ct_alive + 0.5) / (f.t_alive + 0.5)),
        log((f.ct_hp + 20) / (f.t_hp + 20)),
        log((f.ct_equipment + 1500) / (f.t_equipment + 1500)),
        log((ct_head + 600) / (t_head + 600)),
    )


def _clock(f: Features) -> Clock:
    """(planted, lateness of the round, lateness of the bomb); one of the last two is 0."""
    if f.is_planted:
        return 1.0, 0.0, 1.0 - f.bomb_left_s / BOMB_S
    return 0.0, 1.0 - f.round_left_s / ROUND_S, 0.0


def _lead_armor(f: Features) -> float:
    """CT's lead in armour, in players' worth, limited to within `MOST_VESTS` of their lead in players.

    In a pistol round a side buys vests or grenades, so vests also reveal the plan. Recorded leads in armour stay close
    to those in players; a linear term beyond that would extrapolate to leads that no round has shown.
    """
    players = float(f.ct_alive - f.t_alive)
    return min(max((f.ct_armor - f.t_armor) / 100, players - MOST_VESTS), players + MOST_VESTS)


def _differences(f: Features) -> tuple[float, ...]:
    return (
        _lead_armor(f),
        float(f.ct_helmets - f.t_helmets),
        float(f.ct_grenades - f.t_grenades),
        float(f.ct_primaries - f.t_primaries),
        float(f.ct_alive - f.t_alive),
        (f.ct_hp - f.t_hp) / 100,
        (f.ct_equipment - f.t_equipment) / 10_000,
    )


def _phase(f: Features, clock: Clock) -> tuple[float, ...]:
    planted, late, bomb_late = clock
    late2, bomb_late2 = late * late, bomb_late * bomb_late
    return (
        1.0 if f.ct_kits else 0.0,
        planted,
        1.0 if f.is_pistol else 0.0,
        late,
        late2,
        late2 * late,
        bomb_late,
        bomb_late2,
        bomb_late2 * bomb_late,
    )


def _crossed(ratios: Ratios, clock: Clock) -> tuple[float, ...]:
    alive, hp, equipment, head = ratios
    planted, late, bomb_late = clock
    return (
        *(alive * late, hp * late, equipment * late, head * late),
        *(alive * planted, hp * planted, equipment * planted, head * planted),
        *(alive * bomb_late, hp * bomb_late, equipment * bomb_late, head * bomb_late),
    )


def _few(f: Features, ratios: Ratios, clock: Clock) -> tuple[float, ...]:
    """The fewer players are left, the more each advantage weighs."""
    few = 1.0 / ((f.ct_alive + f.t_alive) or 1)
    return few, few * ratios[0], few * ratios[1], few * ratios[2], few * clock[1]


def _bomb(f: Features, clock: Clock) -> tuple[float, ...]:
    if not f.is_planted:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    kit = 1.0 if f.ct_kits else 0.0
    under_5s = 1.0 if f.bomb_left_s < 5 else 0.0
    under_10s = 1.0 if 5 <= f.bomb_left_s < 10 else 0.0
    return (
        *(kit, kit * clock[2], (1.0 - kit) * clock[2], 0.0 if f.t_alive else 1.0),
        *(under_5s * kit, under_5s * (1.0 - kit), under_10s * kit, under_10s * (1.0 - kit)),
    )


def _shapes(f: Features, ratios: Ratios, clock: Clock) -> tuple[float, ...]:
    alive, _, equipment, _ = ratios
    late = clock[1]
    pistol = 1.0 if f.is_pistol else 0.0
    one_ct = 1.0 if f.ct_alive == 1 else 0.0
    one_t = 1.0 if f.t_alive == 1 else 0.0
    return (
        *(pistol * equipment, pistol * _lead_armor(f), pistol if f.ct_kits else 0.0),
        *((f.ct_helmets - f.t_helmets) * late, (f.ct_grenades - f.t_grenades) * late),
        *(alive * alive * alive, equipment * alive, equipment * abs(equipment)),
        *(one_ct, one_t, one_ct * late, one_t * late),
    )


def _defuse(f: Features, ratios: Ratios) -> tuple[float, ...]:
    """Zeros if no defuse is active, or if it has lasted longer than it needs: then its abort was missed by the feed."""
    if not f.is_defusing or f.defuse_progress >= 1:
        return 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    finishes = 1.0 if f.can_defuse_finish else 0.0
    return (
        *(1.0, finishes, f.defuse_progress, finishes * f.defuse_progress),
        *(0.0 if f.t_alive else finishes, finishes * ratios[0], 1.0 if f.ct_kits else 0.0),
    )


def _levels(f: Features, ratios: Ratios, clock: Clock) -> tuple[float, ...]:
    """Terms that shift the balance by level: pistols after the plant, rich rounds, Ts left to hold the bomb."""
    planted, late, _ = clock
    pistol = 1.0 if f.is_pistol else 0.0
    t_alive, head = f.t_alive / 5, ratios[3]
    return (
        *(pistol * planted, pistol * late),
        *(planted * _lead_armor(f), planted * (f.ct_helmets - f.t_helmets)),
        *(head * abs(head), log(f.ct_equipment + f.t_equipment + 3_000)),
        *(t_alive, t_alive * late, t_alive * planted, (f.ct_primaries - f.t_primaries) * late),
    )
