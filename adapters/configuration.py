"""Reads the settings once at the start, each with its origin, and shows them with secrets masked.

Belongs here: sources, and error messages for invalid values. Does not belong here: which settings there are
(`settings`).

Sources, the later overrides the earlier: defaults, a TOML file (`midround.toml`), the environment
(`MIDROUND_KAFKA__PORT=9192`), command-line options. An unknown name is an error in each of them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError as SourceError

from adapters.masking import masked
from adapters.settings import PREFIX, Section, Settings

OTHERS = frozenset({"MIDROUND_DATA", "MIDROUND_NOT_RUN"})
"""Variables with the same prefix that are not settings: the recorded matches, and the ledger of tests not run."""
DEFAULT_FILE = Path("midround.toml")


class SettingsError(ValueError):
    """An unknown setting or an invalid value. The text names the setting and where it was given."""


class Loaded(Section):
    """The settings, and the origin of each by dotted name: `default`, a file, a variable, `option`."""

    settings: Settings
    origins: dict[str, str]


class Shown(Section):
    """One setting for display: dotted name, masked value, origin."""

    name: str
    value: Any
    origin: str


def load(
    environ: Mapping[str, str],
    *,
    file: Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Loaded:
    """The effective settings. `file` None takes `midround.toml` in the working folder if it exists. `options` are those
    of a command by dotted name, None for an option that was not given. Raises SettingsError."""
    if file is None and DEFAULT_FILE.is_file():
        file = DEFAULT_FILE
    found = _from_file(file) if file is not None else {}
    origins = {name: str(file) for name, _ in leaves(found)}
    from_environment = _from_environment(environ)
    origins |= {name: _variable(name) for name, _ in leaves(from_environment)}
    given = {name: value for name, value in (options or {}).items() if value is not None}
    origins |= dict.fromkeys(given, "option")
    merged = _merged(_merged(found, from_environment), _nested(given))
    return Loaded(settings=_validated(merged, origins), origins=origins)


def as_environment(settings: Settings) -> dict[str, str]:
    """Environment variables that reproduce these settings, for a process that reads its own."""
    values = settings.model_dump(mode="json")
    plain = {name: value for name, value in values.items() if not isinstance(value, dict)}
    nested = {
        f"{section}.{name}": value
        for section, fields in values.items()
        if isinstance(fields, dict)
        for name, value in fields.items()
    }
    return {
        _variable(name): value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in {**plain, **nested}.items()
    }


def shown(loaded: Loaded) -> list[Shown]:
    """Every setting with its origin, secrets masked."""
    dump = loaded.settings.model_dump(mode="json")
    return [
        Shown(name=name, value=masked(name, value), origin=_origin(name, loaded.origins))
        for name, value in leaves(dump)
    ]


def leaves(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its dotted name; an empty table counts as a value."""
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{name}.")
        else:
            yield name, value if not isinstance(value, Mapping) else {}


def _from_file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise SettingsError(f"{file}: no such file of settings")
    try:
        return dict(TomlConfigSettingsSource(Settings, toml_file=file)())
    except ValueError as error:
        raise SettingsError(f"{file}: not TOML: {error}") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    ours = {name: value for name, value in environ.items() if name.startswith(PREFIX) and name not in OTHERS}
    for name in ours:
        if name.removeprefix(PREFIX).partition("__")[0].lower() not in Settings.model_fields:
            raise SettingsError(f"{name} in the environment is no setting (see `midround config`)")
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in ours.items()}
    try:
        return dict(source())
    except SourceError as error:
        raise SettingsError(f"the environment: {error}") from error


def _validated(merged: dict[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings(**merged)
    except ValidationError as error:
        raise SettingsError("\n".join(_complaint(dict(e), origins) for e in error.errors())) from error


def _complaint(error: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    name = ".".join(str(part) for part in error["loc"])
    origin = next((o for key, o in origins.items() if key == name or key.startswith(f"{name}.")), "default")
    reason = "no such setting" if error["type"] == "extra_forbidden" else error["msg"]
    value = "" if error["type"] == "extra_forbidden" else f" (it is {masked(name, error['input'])!r})"
    return f"{name} in {origin}: {reason}{value}"


def _origin(name: str, origins: Mapping[str, str]) -> str:
    """The origin of `name`; an option may have set the whole table that contains it."""
    return next((o for key, o in origins.items() if f"{name}.".startswith(f"{key}.")), "default")


def _variable(name: str) -> str:
    return PREFIX + name.upper().replace(".", "__")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = (
            _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
        )
    return merged


def _nested(dotted: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in dotted.items():
        *tables, key = name.split(".")
        table = nested
        for part in tables:
            table = table.setdefault(part, {})
        table[key] = value
    return nested
