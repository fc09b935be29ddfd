"""Models as the API shows them. Shapes only."""

from typing import Any

import msgspec


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle of the folder of models."""

    name: str
    model_version: str | None
    model_hash: str | None
    """SHA-256 over its files: the one in receipts."""
    roles: tuple[str, ...]
    """Among champion and previous."""
    since: str | None
    who: str
    why: str
    problem: str
    """Why it cannot be loaded; empty when it can."""


class ModelDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A model with what it was trained on and how it was judged, as its card in the bundle has it."""

    model: ModelView
    card: dict[str, Any]


class ShadowView(msgspec.Struct, frozen=True, kw_only=True):
    """A challenger beside the champion on exactly the same live states of decided rounds. `paired` is the challenger's
    log loss minus the champion's, with its 95 % interval over maps: below 0 the challenger is better."""

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
