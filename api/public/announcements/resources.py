"""The response to an announcement. The announcement itself is `game.payloads.SeriesAnnouncedData`.

Belongs here: the response type. Does not belong here: validation (`queries`).
"""

import msgspec


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """The log has accepted the announcement as this event. State, catalog and search follow within seconds."""

    match_id: str
    event_id: str
    links: dict[str, str]
