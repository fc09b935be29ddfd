"""Scorecards of maps as the API shows them. Shapes only."""

import msgspec


class QualityView(msgspec.Struct, frozen=True, kw_only=True):
    """A map as the batch path derived it from the log. Counts of the feed are those of the whole match."""

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
    """SHA-256 over the facts: the stream, a backfill and `midround fold` give the same."""
    first_at: str | None
    last_at: str | None
    duplicates: int
    late: int
    stale: int
    holes: int
    unreadable: int
    breaches: int
    rules: dict[str, int]
    """Breaches of what a legal match has, by rule."""
    model_hash: str | None


class LiveQuality(msgspec.Struct, frozen=True, kw_only=True):
    """A match's data: what the running map's state says of its feed, and the scorecards of maps that were derived."""

    match_id: str
    is_current: bool
    """Without it the state awaits a snapshot: doubtful."""
    seq: int
    maps: tuple[QualityView, ...]
