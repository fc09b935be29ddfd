"""Rules of compatibility between schemas: each kind of break is found in its direction, and what is none is not."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midround.contracts.narrowing import Direction, Pair

STRING, NUMBER, INTEGER, NULL = ({"type": kind} for kind in ("string", "number", "integer", "null"))


def made(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def either(*cases: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(cases)}


def tagged(tag: str, **properties: Any) -> dict[str, Any]:
    return made(("type",), type={"enum": [tag]}, **properties)


def found(old: Any, new: Any, direction: Direction) -> list[str]:
    return list(Pair(old, new, direction).breaks(old, new, at="$"))


BREAKS = [
    ("read", made(a=STRING), made(), "$.a: is gone"),
    ("write", made(a=STRING), made(), "$.a: is gone"),
    ("read", made(("a",), a=STRING), made(a=STRING), "$.a: may be missing now"),
    ("write", made(a=STRING), made(("a",), a=STRING), "$.a: is required now"),
    ("write", made(), made(("a",), a=STRING), "$.a: is required now"),
    ("read", made(a=STRING), made(a=either(STRING, NULL)), "$.a: may be null now"),
    ("write", made(a=either(STRING, NULL)), made(a=STRING), "$.a: null is not accepted any more"),
    ("read", INTEGER, NUMBER, "$: may be number now"),
    ("write", NUMBER, INTEGER, "$: number is not accepted any more"),
    ("write", {}, STRING, "$: something else is not accepted any more"),
    ("read", STRING, {}, "$: may be something else now"),
    ("read", {"enum": ["a", "b"]}, {"enum": ["a"]}, "$: the value 'b' is gone"),
    ("write", {"enum": ["a", "b"]}, {"enum": ["a"]}, "$: the value 'b' is gone"),
    ("write", STRING, {"type": "string", "enum": ["a"]}, "$: only some values are accepted now"),
    ("read", {"type": "string", "enum": ["a"]}, STRING, "$: may have any value now"),
    ("read", {"type": "array", "items": made(a=STRING)}, {"type": "array", "items": made()}, "$[].a: is gone"),
    ("read", {"additionalProperties": INTEGER}, {"additionalProperties": NUMBER}, "$.*: may be number now"),
    ("write", made(), {**made(), "additionalProperties": False}, "$: other members are not accepted any more"),
    ("write", STRING, {"type": "string", "maxLength": 5}, "$: maxLength is 5 now, was none"),
    ("write", {"maximum": 9}, {"maximum": 8}, "$: maximum is 8 now, was 9"),
    ("write", {"minimum": 1}, {"minimum": 2}, "$: minimum is 2 now, was 1"),
    ("write", STRING, {"type": "string", "pattern": "^a$"}, "$: must match '^a$' now"),
    ("write", STRING, {"type": "string", "format": "date-time"}, "$: must be a date-time now"),
    ("read", either(tagged("x"), tagged("y")), either(tagged("x"), tagged("z")), "$(y): the case is gone"),
    ("read", either(tagged("x", a=STRING), tagged("y")), either(tagged("x"), tagged("y")), "$(x).a: is gone"),
    ("read", either(made(a=STRING), NULL), made(), "$.a: is gone"),
]  # fmt: skip
FINE = [
    ("read", made(), made(a=STRING)),
    ("write", made(), made(a=STRING)),
    ("read", made(a=STRING), made(("a",), a=STRING)),
    ("write", made(("a",), a=STRING), made(a=STRING)),
    ("write", made(a=STRING), made(a=either(STRING, NULL))),
    ("read", made(a=either(STRING, NULL)), made(a=STRING)),
    ("write", INTEGER, NUMBER),
    ("read", NUMBER, INTEGER),
    ("read", {"enum": ["a"]}, {"enum": ["a", "b"]}),
    ("write", {"enum": ["a"]}, {"enum": ["a", "b"]}),
    ("write", {"maximum": 9}, {"maximum": 10}),
    ("write", {"minimum": 9}, {}),
    ("read", {"maximum": 9}, {"maximum": 8}),
    ("read", either(tagged("x"), tagged("y")), either(tagged("x"), tagged("y"), tagged("z"))),
    ("read", {"type": "string", "description": "a"}, {"type": "string", "description": "b"}),
]


@pytest.mark.parametrize(("direction", "old", "new", "line"), BREAKS)
def test_a_break_is_found(direction: Direction, old: Any, new: Any, line: str) -> None:
    assert line in found(old, new, direction)


@pytest.mark.parametrize(("direction", "old", "new"), FINE)
def test_what_breaks_nobody_is_left_alone(direction: Direction, old: Any, new: Any) -> None:
    assert found(old, new, direction) == []


def test_references_are_followed_each_in_its_document() -> None:
    old = {"$defs": {"A": made(a=STRING)}, "properties": {"x": {"$ref": "#/$defs/A"}}}
    new = {"$defs": {"B": made()}, "properties": {"x": {"$ref": "#/$defs/B"}}}
    assert found(old, new, "read") == ["$.x.a: is gone"]


def test_schemas_that_hold_themselves_have_an_end() -> None:
    old = {"$defs": {"A": made(a=STRING, more={"$ref": "#/$defs/A"})}, "$ref": "#/$defs/A"}
    new = copy.deepcopy(old)
    new["$defs"]["A"]["properties"].pop("a")  # type: ignore[index]  # plain JSON
    assert "$.a: is gone" in found(old, new, "read")
    assert found(old, old, "read") == []


LEAVES = st.sampled_from(
    [STRING, NUMBER, INTEGER, NULL, {"enum": ["a", "b"]}, {"type": "string", "maxLength": 9}]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda a, b: made(("a",), a=a, b=b), inner, inner),
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda case: either(case, NULL), inner),
    ),
    max_leaves=6,
)


@given(SCHEMAS, st.sampled_from(["read", "write"]))
def test_nothing_breaks_itself(schema: Any, direction: Direction) -> None:
    assert found(schema, copy.deepcopy(schema), direction) == []


@given(SCHEMAS)
def test_what_is_gone_is_found_however_deep(schema: Any) -> None:
    deep: Any = made(x={"type": "array", "items": made(here=schema, gone=STRING)})
    less = copy.deepcopy(deep)
    less["properties"]["x"]["items"]["properties"].pop("gone")
    for direction in ("read", "write"):
        assert found(deep, less, direction) == ["$.x[].gone: is gone"]
