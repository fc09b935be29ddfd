"""Compatibility of two JSON Schemas: for clients that read what the application writes, and for clients that write what
it reads.

Belongs here: compatibility rules, as pure functions. Does not belong here: where schemas occur in a contract
(`breaks`).

Readers rely on required fields and on the types of values; writers rely on what is accepted. A new enumeration value or
a new case of a union does not break readers, because the contract asks them to ignore what they do not know. A value
that may now be null does break them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

Direction = Literal["read", "write"]
Schema = Mapping[str, Any]
DEPTH_MAX = 24
_CASES: Final = ("anyOf", "oneOf")
_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


class Pair:
    """Compares schemas of two documents; the references of each are resolved in its own document."""

    def __init__(self, old: Schema, new: Schema, direction: Direction) -> None:
        self._old, self._new, self._direction = old, new, direction

    def breaks(self, old: Schema, new: Schema, *, at: str, depth: int = 0) -> Iterator[str]:
        """Yield one line for each way in which `new` breaks a client of `old`; `at` is the location."""
        before, after = _followed(self._old, old), _followed(self._new, new)
        if depth > DEPTH_MAX or not (before or after):
            return
        yield from self._kinds(before, after, at)
        yield from self._enumeration(before, after, at)
        yield from self._properties(before, after, at=at, depth=depth)
        yield from self._inner(before, after, at=at, depth=depth)
        yield from self._cases(before, after, at=at, depth=depth)
        if self._direction == "write":
            yield from _bounds(before, after, at)

    def _kinds(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        before, after = _types(self._old, old), _types(self._new, new)
        if before is None and after is None:
            return
        if self._direction == "write":
            gone = _without(before, after)
            if gone:
                yield f"{at}: {' or '.join(gone)} is not accepted any more"
            return
        come = _without(after, before)
        if come:
            yield f"{at}: may be {' or '.join(come)} now"

    def _enumeration(self, old: Schema, new: Schema, at: str) -> Iterator[str]:
        before, after = _values(old), _values(new)
        if before is None and after is not None and self._direction == "write":
            yield f"{at}: only some values are accepted now"
        elif before is not None and after is None and self._direction == "read":
            yield f"{at}: may have any value now"
        elif before is not None and after is not None:
            for value in before:
                if value not in after:
                    yield f"{at}: the value {value!r} is gone"

    def _properties(self, old: Schema, new: Schema, *, at: str, depth: int) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        for name, schema in before.items():
            if name not in after:
                yield f"{at}.{name}: is gone"
                continue
            if self._direction == "read" and name in needed_before - needed_after:
                yield f"{at}.{name}: may be missing now"
            yield from self.breaks(schema, after[name], at=f"{at}.{name}", depth=depth + 1)
        if self._direction == "write":
            for name in sorted(needed_after - needed_before):
                yield f"{at}.{name}: is required now"

    def _inner(self, old: Schema, new: Schema, *, at: str, depth: int) -> Iterator[str]:
        """Compare the items of arrays and the values of maps."""
        for word, sign in (("items", "[]"), ("additionalProperties", ".*")):
            before, after = old.get(word), new.get(word)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self.breaks(before, after, at=f"{at}{sign}", depth=depth + 1)
            elif after is False and before is not False and self._direction == "write":
                yield f"{at}: other members are not accepted any more"

    def _cases(self, old: Schema, new: Schema, *, at: str, depth: int) -> Iterator[str]:
        """Compare the cases of a union, matched by tag or name, else by type."""
        if not any(word in schema for word in _CASES for schema in (old, new)):
            return
        before, after = _named(self._old, old), _named(self._new, new)
        is_named = sum(map(_is_object, before.values())) > 1
        for name, schema in before.items():
            if name in after:
                where = f"{at}({name})" if is_named and _is_object(schema) else at
                yield from self.breaks(schema, after[name], at=where, depth=depth + 1)
            elif _is_object(schema) and len(before) > 1:
                yield f"{at}({name}): the case is gone"


def _followed(document: Schema, schema: Any) -> Schema:
    """Return `schema`, or the schema that it refers to; a boolean schema counts as one without rules."""
    seen: set[str] = set()
    while isinstance(schema, Mapping) and "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        found: Any = document
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema if isinstance(schema, Mapping) else {}


def _named(document: Schema, schema: Schema) -> dict[str, Schema]:
    """Return the cases of a union by name; any other schema is its own only case."""
    cases = [_followed(document, case) for word in _CASES for case in schema.get(word, ())]
    return {_name(case): case for case in cases} if cases else {_name(schema): schema}


def _name(case: Schema) -> str:
    for word in ("type", "message", "fact"):
        tag = case.get("properties", {}).get(word, {})
        found = _values(tag) if isinstance(tag, Mapping) else None
        if found is not None and len(found) == 1:
            return str(found[0])
    return str(case.get("title", case.get("type", "any")))


def _is_object(schema: Schema) -> bool:
    return "properties" in schema


def _types(document: Schema, schema: Schema) -> frozenset[str] | None:
    """Return the JSON types that the schema allows; None if any."""
    cases = [_followed(document, case) for word in _CASES for case in schema.get(word, ())]
    if cases:
        found = [_types(document, case) for case in cases]
        return (
            None if None in found else frozenset[str]().union(*(each for each in found if each is not None))
        )
    told = schema.get("type")
    if told is None:
        values = _values(schema)
        return None if values is None else frozenset(_KIND[type(value)] for value in values)
    return frozenset([told] if isinstance(told, str) else told)


_KIND = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def _without(those: frozenset[str] | None, without: frozenset[str] | None) -> list[str]:
    """Return the types among `those` that `without` lacks; an integer is a number."""
    if without is None:
        return []
    if those is None:
        return ["something else"]
    return sorted(kind for kind in those - without if not (kind == "integer" and "number" in without))


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    found = schema.get("enum")
    return None if found is None else list(found)


def _bounds(old: Schema, new: Schema, at: str) -> Iterator[str]:
    """Yield the bounds that exclude what was accepted before."""
    yield from _bound(_LEAST, old, new, at=at, sign=1)
    yield from _bound(_MOST, old, new, at=at, sign=-1)
    if new.get("pattern") not in {None, old.get("pattern")}:
        yield f"{at}: must match {new['pattern']!r} now"
    if new.get("format") not in {None, old.get("format")}:
        yield f"{at}: must be a {new['format']} now"


def _bound(words: Iterable[str], old: Schema, new: Schema, *, at: str, sign: int) -> Iterator[str]:
    for word in words:
        if word in new and (word not in old or sign * (new[word] - old[word]) > 0):
            yield f"{at}: {word} is {new[word]} now, was {old.get(word, 'none')}"
