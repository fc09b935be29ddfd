"""What is said to who announces a match. The announcement itself is `game.payloads.SeriesAnnouncedData`."""

import msgspec


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """The log has it, as this event; state, catalog and searches follow within seconds."""

    match_id: str
    event_id: str
    links: dict[str, str]
