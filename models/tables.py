"""Figures as tables, comma-separated and Markdown, for readers outside the code.

Belongs here: the figures of models on the same rows, and their conversion to text. Does not belong here: which rows
(`models.judgement`), the arithmetic of a figure (`models.calibration`), pictures (`models.plots`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from models.calibration import Interval, ece, ece_floor, losses
from models.logistic import Matrix

DECIMALS = 5
OURS = "ours"
"""The model under evaluation; the others are compared with it."""


class Figures(Struct, frozen=True, kw_only=True):
    """One model on one grid, with the floor of its own ECE; `paired` is our loss minus this model's."""

    model: str
    rows: int
    log_loss: Interval
    ece: float
    ece_floor: float
    paired: Interval | None = None


def figures_of(
    p: Mapping[str, Matrix],
    y: Matrix,
    *,
    drawn: Matrix,
    within: Callable[[Matrix], Interval],
) -> tuple[Figures, ...]:
    """Figures of every model of `p` on the same rows. The ECE floor draws one number per distinct value of `drawn`;
    `within` turns a figure per row into an interval."""
    by_model = {name: losses(told, y) for name, told in p.items()}
    return tuple(
        Figures(
            model=name,
            rows=len(y),
            log_loss=within(loss),
            ece=ece(p[name], y),
            ece_floor=ece_floor(p[name], drawn),
            paired=None if name == OURS else within(by_model[OURS] - loss),
        )
        for name, loss in by_model.items()
    )


def csv(rows: Sequence[Struct]) -> str:
    """One line per struct, intervals in three columns, a null as an empty field. Empty without rows."""
    flat = [_flat(row) for row in rows]
    if not flat:
        return ""
    lines = [",".join(flat[0]), *(",".join(map(_quoted, row.values())) for row in flat)]
    return "\n".join(lines) + "\n"


def markdown(rows: Sequence[Struct]) -> str:
    """The same as Markdown, intervals as `value [lo, hi]`. Empty without rows."""
    if not rows:
        return ""
    names = rows[0].__struct_fields__
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    return head + "".join(f"| {' | '.join(_told(getattr(row, name)) for name in names)} |\n" for row in rows)


def _flat(row: Struct) -> dict[str, Any]:
    """Fields that may be intervals take three columns in every row, even if null."""
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
