"""Collects the definitions of statistics from their declarations.

Belongs here: plain functions. Does not belong here: the declarations (`game.stats`).
"""

from collections.abc import Mapping

import msgspec

from api.public.definitions.resources import DefinitionView
from game.stats import COLUMNS, OPTIONAL, TOTALS, Definition


def definitions() -> list[DefinitionView]:
    """Return the definitions of per-round statistics, then those of all wider scopes."""
    return [*_views(COLUMNS, scope="round"), *_views(TOTALS, scope="map")]


def _views(declared: Mapping[str, Definition], *, scope: str) -> list[DefinitionView]:
    return [
        DefinitionView(
            scope=scope, is_left_out_at_0=definition.stat_id in OPTIONAL, **msgspec.structs.asdict(definition)
        )
        for definition in declared.values()
    ]
