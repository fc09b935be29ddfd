"""Response types of models.

Belongs here: types only. Does not belong here: reading bundles (`queries`).
"""

from typing import Any

import msgspec


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle in the folder of models."""

    name: str
    model_version: str | None
    model_hash: str | None
    """SHA-256 over its files, as in receipts."""
    roles: tuple[str, ...]
    """Any of champion and previous."""
    since: str | None
    who: str
    why: str
    problem: str
    """Why the bundle cannot be loaded; empty if it can."""


class ModelDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A model with its training data and evaluation, as in the bundle's card."""

    model: ModelView
    card: dict[str, Any]
