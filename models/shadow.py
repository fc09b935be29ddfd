"""A challenger in shadow: what it says of the very states that the champion has answered for.

Belongs here: from a published prediction to the challenger's, as a pure function, and how both are told. Does not
belong here: which model challenges (`models.promotion`), reading and writing the log (`streaming.shadowing`), how the
figures come about (`models.shadow_report`).

A prediction's receipt holds the features that it was made from, so the challenger needs no fold of its own, and both
are judged on exactly the same states. Only the round in live play is shadowed: map and series follow from classes of
equipment that each bundle draws for itself.
"""

from msgspec import Struct

from game.messages import Prediction, ShadowPrediction
from models.predictor import Predictor


class Shadowed(Struct, frozen=True, kw_only=True):
    """One pair of models. `paired` is the challenger's log loss minus the champion's: below 0 it is better. Its
    interval is of 95 %, over matches; null for a single one. Figures are of each second of live play."""

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
    """The challenger's answer; null outside of live play, where the rules decide, and where it is itself on air."""
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
