"""Generates the settings reference `docs/settings.md` from their declaration.

Belongs here: a table per section with names, variables, defaults, bounds and meanings. Does not belong here: the
settings and their meanings (`settings`, where the text below a setting is its meaning), where their values come from
(`configuration`).
"""

import ast
import inspect
import textwrap
from typing import Any, Literal, get_args, get_origin

import msgspec
from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from adapters.settings import PREFIX, Settings

HEAD = """# Settings

Written by `midround schema export` from `adapters/settings.py`; do not edit.

Sources, the later overrides the earlier: the default, `midround.toml` (or `--config FILE`), the environment variable, a
command's option. `midround config` shows the values in force with their origins. In TOML a setting is a key of its
section (`[kafka]`, `port = 9192`). In a variable, lists and tables are JSON
(`MIDROUND_CLICKHOUSE__TTL_DAYS='{"cs2_events_raw": 30}'`). An unknown name is an error. How a running system uses them
is in [operations.md](operations.md).
"""
COLUMNS = "| setting | variable | default | values | meaning |\n|---|---|---|---|---|"
KINDS = {bool: "`true`, `false`", int: "whole number", float: "number"}


def settings_markdown() -> str:
    """The text of `docs/settings.md`."""
    fields = Settings.model_fields
    sections = {name: kind for name, field in fields.items() if (kind := _section_of(field)) is not None}
    alone = "\n".join(_row(Settings, name, "") for name in fields if name not in sections)
    parts = [_section(name, kind) for name, kind in sections.items()]
    return "\n".join([HEAD, f"{COLUMNS}\n{alone}\n", *parts])


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _section(name: str, kind: type[BaseModel]) -> str:
    rows = "\n".join(_row(kind, field, f"{name}.") for field in kind.model_fields)
    about = textwrap.fill(_joined(kind.__doc__ or ""), 118)
    return f"## {name}\n\n{about}\n\n{COLUMNS}\n{rows}\n"


def _row(kind: type[BaseModel], name: str, before: str) -> str:
    field, path = kind.model_fields[name], before + name
    variable = PREFIX + path.replace(".", "__").upper()
    meaning = _meanings(kind).get(name, "")
    return f"| `{path}` | `{variable}` | {_default(field)} | {_values(field)} | {meaning} |"


def _meanings(kind: type[BaseModel]) -> dict[str, str]:
    """The text below each field of a class, by the field's name."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: _joined(text.value.value)
        for field, text in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _joined(text: str) -> str:
    return " ".join(text.split())


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    assert value is not PydanticUndefined
    if value == "":
        return "empty"
    return f"`{value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode().strip(chr(34))}`"


def _values(field: FieldInfo) -> str:
    """The values that a setting allows: its choices, its bounds or its type."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    least = [each.ge for each in field.metadata if isinstance(each, Ge)]
    most = [each.le for each in field.metadata if isinstance(each, Le)]
    if least:
        return f"{least[0]} to {most[0]}" if most else f"{least[0]} or more"
    kind = get_origin(field.annotation) or field.annotation
    others = {dict: "table", tuple: "list of texts"}
    return KINDS.get(kind) or others.get(kind) or "text"  # type: ignore[arg-type]
