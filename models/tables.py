"""Figures as tables: comma-separated and Markdown, for whoever reads them outside.

Belongs here: the figures of a model, and the way from structs to text. Does not belong here: what is measured
(`models.judgement`), pictures (`models.plots`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from models.calibration import Interval

DECIMALS = 5
OURS = "ours"
"""The model that is judged; the others stand beside it."""


class Figures(Struct, frozen=True, kw_only=True):
    """One model on one grid, with the floor of its own ECE; `paired` is our loss minus its."""

    model: str
    rows: int
    log_loss: Interval
    ece: float
    ece_floor: float
    paired: Interval | None = None


def csv(rows: Sequence[Struct]) -> str:
    """A line a struct, intervals in three columns; a null is an empty field. Empty for no rows."""
    flat = [_flat(row) for row in rows]
    if not flat:
        return ""
    lines = [",".join(flat[0]), *(",".join(map(_quoted, row.values())) for row in flat)]
    return "\n".join(lines) + "\n"


def markdown(rows: Sequence[Struct]) -> str:
    """The same for people: intervals as `value [lo, hi]`. Empty for no rows."""
    if not rows:
        return ""
    names = rows[0].__struct_fields__
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    return head + "".join(f"| {' | '.join(_told(getattr(row, name)) for name in names)} |\n" for row in rows)


def _flat(row: Struct) -> dict[str, Any]:
    """Fields that may be intervals take three columns in every row, also where one is null."""
    told: dict[str, Any] = {}
    for field in msgspec.structs.fields(row):
        value = getattr(row, field.name)
        if isinstance(value, Interval) or "Interval" in str(field.type):
            parts = value if value is not None else (None, None, None)
            told |= {f"{field.name}{end}": part for end, part in zip(("", "_lo", "_hi"), parts, strict=True)}
        else:
            told[field.name] = value
    return told


def _quoted(value: Any) -> str:
    text = _plain(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.{DECIMALS}f}" if isinstance(value, float) else str(value)


def _told(value: Any) -> str:
    return value.text() if isinstance(value, Interval) else _plain(value)
