"""Response types of data quality.

Belongs here: types only. Does not belong here: reading scorecards (`queries`).
"""

import msgspec


class QualityView(msgspec.Struct, frozen=True, kw_only=True):
    """A map as the batch path derived it from the log. Feed counts cover the whole match."""

    match_id: str
    map_id: str
    date: str
    map_name: str | None
    map_number: int
    finality: str
    """provisional: not decided yet; final: decided; amended: changed after it was final."""
    revision: int
    name_a: str | None
    name_b: str | None
    score_a: int
    score_b: int
    rounds: int
    events: int
    facts: int
    predictions: int
    predictions_digest: str
    facts_digest: str
    """SHA-256 over the facts. The stream, a backfill and `midround fold` produce the same digest."""
    first_at: str | None
    last_at: str | None
    duplicates: int
    late: int
    stale: int
    holes: int
    unreadable: int
    breaches: int
    rules: dict[str, int]
    """Violations of the rules of a legal match, by rule."""
    model_hash: str | None


class LiveQuality(msgspec.Struct, frozen=True, kw_only=True):
    """Data quality of a match: whether its live state is current, and the scorecards of the maps derived so far."""

    match_id: str
    is_current: bool
    """If false, the state awaits a snapshot and may be wrong."""
    seq: int
    maps: tuple[QualityView, ...]
