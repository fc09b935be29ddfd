"""Finds the breaking changes between two versions of the contracts, one line each, and filters out the allowed ones.

Belongs here: the walk through each kind of contract. Does not belong here: compatibility rules for schemas
(`narrowing`), files.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from midround.contracts.documents import ASYNCAPI, EVENTS, GRAPHQL, OPENAPI
from midround.contracts.narrowing import Direction, Pair

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
DIRECTIONS: tuple[Direction, ...] = ("read", "write")


class Allowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An intended breaking change. `line` is the check's output, verbatim."""

    line: str
    reason: str


class _Allowances(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    allowed: tuple[Allowed, ...] = ()


def allowances(text: str) -> tuple[Allowed, ...]:
    """Parse the allowed breaking changes (TOML, `[[allowed]]` with `line` and `reason`). Raises ValueError."""
    found = msgspec.convert(tomllib.loads(text), _Allowances).allowed
    if any(not each.reason.strip() for each in found):
        raise ValueError("a break is allowed with a reason")
    return found


def breaks(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the changes that break a client of `old`; contracts are keyed by file name."""
    return [
        f"{name}: {line}" for name in sorted(old) for line in _of_contract(name, old[name], new.get(name))
    ]


def refused(found: list[str], allowed: tuple[Allowed, ...]) -> list[str]:
    """Return the breaking changes that are not allowed."""
    known = {each.line for each in allowed}
    return [line for line in found if line not in known]


def _of_contract(name: str, old: str, new: str | None) -> Iterator[str]:
    if new is None:
        yield "the contract is gone"
    elif name == GRAPHQL:
        yield from graphql_breaks(old, new)
    elif name in _OF_JSON:
        yield from _OF_JSON[name](json.loads(old), json.loads(new))


def graphql_breaks(old: str, new: str) -> Iterator[str]:
    """Yield the changes that graphql-core considers breaking."""
    from graphql import build_schema
    from graphql.utilities import find_breaking_changes

    for change in find_breaking_changes(build_schema(old), build_schema(new)):
        yield change.description


def openapi_breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield the breaking changes in paths, methods, parameters, bodies and responses."""
    for path, before in old["paths"].items():
        after = new["paths"].get(path)
        if after is None:
            yield f"{path}: is gone"
            continue
        for method in METHODS:
            if method in before and method not in after:
                yield f"{method.upper()} {path}: is gone"
            elif method in before:
                pair = (before[method], after[method])
                yield from _operation_breaks(old, new, pair, at=f"{method.upper()} {path}")


def _operation_breaks(
    old: Mapping[str, Any], new: Mapping[str, Any], pair: tuple[Any, Any], *, at: str
) -> Iterator[str]:
    before, after = pair
    write, read = Pair(old, new, "write"), Pair(old, new, "read")
    yield from _parameter_breaks(write, before.get("parameters", ()), after.get("parameters", ()), at=at)
    yield from _body_breaks(write, before.get("requestBody"), after.get("requestBody"), at=at)
    for status, answer in before.get("responses", {}).items():
        told = after.get("responses", {}).get(status)
        if told is None:
            yield f"{at} {status}: is gone"
            continue
        yield from _content_breaks(
            read, answer.get("content", {}), told.get("content", {}), at=f"{at} {status}"
        )


def _parameter_breaks(write: Pair, old: Any, new: Any, *, at: str) -> Iterator[str]:
    """Yield the breaking changes in parameters. A removed parameter is one too, because the API rejects unknown
    parameters."""
    before = {(each["in"], each["name"]): each for each in old}
    after = {(each["in"], each["name"]): each for each in new}
    for (place, name), each in before.items():
        told = after.get((place, name))
        if told is None:
            yield f"{at} {place}.{name}: is gone"
            continue
        if told.get("required") and not each.get("required"):
            yield f"{at} {place}.{name}: is required now"
        yield from write.breaks(each.get("schema", {}), told.get("schema", {}), at=f"{at} {place}.{name}")
    for key in sorted(after.keys() - before.keys()):
        if after[key].get("required"):
            yield f"{at} {key[0]}.{key[1]}: is required now"


def _body_breaks(write: Pair, old: Any, new: Any, *, at: str) -> Iterator[str]:
    if new is not None and new.get("required") and not (old or {}).get("required"):
        yield f"{at} body: is required now"
    if old is not None:
        yield from _content_breaks(
            write, old.get("content", {}), (new or {}).get("content", {}), at=f"{at} body"
        )


def _content_breaks(pair: Pair, old: Any, new: Any, *, at: str) -> Iterator[str]:
    for media_type, content in old.items():
        if media_type not in new:
            yield f"{at} {media_type}: is gone"
            continue
        yield from pair.breaks(content.get("schema", {}), new[media_type].get("schema", {}), at=f"{at} $")


def asyncapi_breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield the breaking changes in channels, their addresses and messages. Channels that clients write to are compared
    as such."""
    for name, before in old["channels"].items():
        after = new["channels"].get(name)
        if after is None:
            yield f"{name}: is gone"
            continue
        if before["address"] != after["address"]:
            yield f"{name}: is at {after['address']} now, was at {before['address']}"
        actions = [document["operations"].get(name, {}).get("action") for document in (old, new)]
        if actions[0] != actions[1]:
            yield f"{name}: the direction is another one"
        direction: Direction = "write" if actions[0] == "receive" else "read"
        for message in before["messages"]:
            if message not in after["messages"]:
                yield f"{name} {message}: is gone"
                continue
            payloads = [document["components"]["messages"][message]["payload"] for document in (old, new)]
            yield from Pair(old, new, direction).breaks(*payloads, at=f"{name} {message}")


def event_breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield the breaking changes in events, both for sources that write them and for readers of topics and feeds."""
    for direction in DIRECTIONS:
        yield from Pair(old, new, direction).breaks(old, new, at=direction)


_OF_JSON = {OPENAPI: openapi_breaks, ASYNCAPI: asyncapi_breaks, EVENTS: event_breaks}
