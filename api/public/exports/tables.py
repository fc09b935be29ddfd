"""The columns of each exported table, in order. They do not depend on the match, so files can be concatenated.

Belongs here: declarations. Does not belong here: which rows are read (`sql`), how a column is written in a format
(`resources`).
"""

from collections.abc import Mapping
from typing import Literal

Type = Literal["text", "texts", "integer", "number", "flag", "moment"]
Columns = Mapping[str, Type]

_PLACE: Columns = {"match_id": "text", "seq": "integer"}

TABLES: Mapping[str, Columns] = {
    "events": {
        **_PLACE,
        "event_id": "text",
        "map_id": "text",
        "round_no": "integer",
        "ts_event": "moment",
        "type": "text",
        "source": "text",
        "match_tag": "text",
        "is_post_round": "flag",
        "payload": "text",
        "facts": "text",
        "corrects": "integer",
    },
    "predictions": {
        **_PLACE,
        "ts_event": "moment",
        "event_id": "text",
        "map_id": "text",
        "map_name": "text",
        "round_no": "integer",
        "round_time_s": "number",
        "round_p_a": "number",
        "round_lo": "number",
        "round_hi": "number",
        "map_p_a": "number",
        "map_lo": "number",
        "map_hi": "number",
        "series_p_a": "number",
        "series_lo": "number",
        "series_hi": "number",
        "model_version": "text",
        "model_hash": "text",
        "receipt_id": "text",
        "digest": "text",
    },
    "rounds": {
        "match_id": "text",
        "map_id": "text",
        "round_no": "integer",
        "winner_team": "text",
        "winner_side": "text",
        "reason": "text",
        "score_a": "integer",
        "score_b": "integer",
        "a_side": "text",
        "is_pistol": "flag",
        "is_overtime": "flag",
        "equipment_a": "integer",
        "equipment_b": "integer",
        "economy_a": "text",
        "economy_b": "text",
        "duration_s": "number",
        "kills_a": "integer",
        "kills_b": "integer",
        "headshots": "integer",
        "is_bomb_planted": "flag",
        "site": "text",
        "survivors": "texts",
        "started_at": "moment",
        "ended_at": "moment",
    },
    "players": {
        "match_id": "text",
        "map_id": "text",
        "player_id": "text",
        "scope": "text",
        "rounds": "integer",
        "definition": "text",
        "value": "number",
    },
    "swings": {
        **_PLACE,
        "swing_no": "integer",
        "map_id": "text",
        "round_no": "integer",
        "ts_event": "moment",
        "cause": "text",
        "p_a_before": "number",
        "p_a_after": "number",
        "player_id": "text",
        "credit": "number",
    },
}
