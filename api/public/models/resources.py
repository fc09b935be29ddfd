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
