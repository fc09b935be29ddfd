"""What breaks between two JSON Schemas: for those who read what we write, and for those who write what we read.

Belongs here: rules of compatibility, as pure functions. Does not belong here: where schemas stand in a contract
(`breaks`).

Readers rely on what is always there and on the kinds that it has; writers on what is accepted. A new value of an
enumeration and a new case of a union break no reader: the contract asks readers to pass over what they do not know.
Null is no such case.
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
    """Two documents, so that references of each are followed in it."""

    def __init__(self, old: Schema, new: Schema, direction: Direction) -> None:
        self._old, self._new, self._direction = old, new, direction

    def breaks(self, old: Schema, new: Schema, *, at: str, depth: int = 0) -> Iterator[str]:
        """One line for each way in which `new` breaks a client of `old`; `at` says where."""
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
        """Items of arrays, values of maps."""
        for word, sign in (("items", "[]"), ("additionalProperties", ".*")):
            before, after = old.get(word), new.get(word)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self.breaks(before, after, at=f"{at}{sign}", depth=depth + 1)
            elif after is False and before is not False and self._direction == "write":
                yield f"{at}: other members are not accepted any more"

    def _cases(self, old: Schema, new: Schema, *, at: str, depth: int) -> Iterator[str]:
        """Cases are told apart by their tag or name, else by their kind."""
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
    """`schema`, or what it refers to; true and false are no schemas with rules."""
    seen: set[str] = set()
    while isinstance(schema, Mapping) and "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        found: Any = document
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema if isinstance(schema, Mapping) else {}


def _named(document: Schema, schema: Schema) -> dict[str, Schema]:
    """The cases of a union by their names; what is no union is its only case."""
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
    """Kinds of value; None where anything goes."""
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
    """Kinds among `those` that the others lack; an integer is a number."""
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
    """Bounds that leave out what was accepted."""
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
