"""A challenger in shadow: its answers for the same states that the champion has answered for.

Belongs here: from a published prediction to the challenger's, as a pure function, and the form of the comparison. Does
not belong here: which model challenges (`models.promotion`), reading and writing the log (`streaming.shadowing`),
computing the figures (`models.shadow_report`).

A prediction's receipt holds the features that it was made from, so the challenger needs no fold of its own, and both
are compared on exactly the same states. Only the round in live play is shadowed: map and series depend on equipment
classes that each bundle defines for itself.
"""

from msgspec import Struct

from game.messages import Prediction, ShadowPrediction
from models.predictor import Predictor


class Shadowed(Struct, frozen=True, kw_only=True):
    """The comparison of one pair of models at each second of live play. `paired` is the challenger's log loss minus the
    champion's: below 0 the challenger is better. Its 95 % interval is over matches; null for a single match."""

    champion: str
    champion_hash: str
    challenger: str
    challenger_hash: str
    maps: int
    rounds: int
    rows: int
    champion_log_loss: float
    challenger_log_loss: float
    champion_ece: float
    challenger_ece: float
    paired: float
    paired_interval: tuple[float, float] | None


def shadowed(prediction: Prediction, challenger: Predictor) -> ShadowPrediction | None:
    """The challenger's answer; null outside live play, in states that the rules decide, and if it is itself on air."""
    receipt, champion_p_ct = prediction.receipt, prediction.round.p_ct
    is_shadowed = receipt.features is not None and prediction.round_time_s is not None
    if not is_shadowed or champion_p_ct is None or not 0.0 < champion_p_ct < 1.0:
        return None
    if receipt.model_hash == challenger.model_hash or prediction.round_no is None:
        return None
    assert receipt.features is not None
    p_ct = challenger.live_round(receipt.features).p_ct
    assert p_ct is not None
    return ShadowPrediction(
        match_id=prediction.match_id,
        seq=prediction.seq,
        map_id=prediction.map_id,
        round_no=prediction.round_no,
        round_time_s=prediction.round_time_s or 0.0,
        ts_event=prediction.ts_event,
        event_id=prediction.event_id,
        champion_version=receipt.model_version,
        champion_hash=receipt.model_hash,
        champion_p_ct=champion_p_ct,
        challenger_version=challenger.model_version,
        challenger_hash=challenger.model_hash,
        challenger_p_ct=p_ct,
    )
