"""The guard of the contracts: every kind of break is refused, in each of them, and what is wanted has a reason."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from midround.contracts.breaks import Allowed, allowances, breaks, refused
from midround.contracts.documents import ASYNCAPI, EVENTS, GRAPHQL, OPENAPI

OPEN: dict[str, Any] = {
    "paths": {
        "/a": {
            "get": {
                "parameters": [
                    {"in": "query", "name": "n", "schema": {"type": "integer", "maximum": 9}},
                    {"in": "query", "name": "m", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"properties": {"x": {"type": "string"}}}}}
                    },
                    "default": {"content": {"application/problem+json": {}}},
                },
            },
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"properties": {"y": {"type": "string"}}}}}
                },
                "responses": {},
            },
        },
        "/b": {"get": {"responses": {}}},
    }
}
ASYNC: dict[str, Any] = {
    "channels": {
        "in": {"address": "raw", "messages": {"E": {}}},
        "out": {"address": "state", "messages": {"S": {}, "R": {}}},
    },
    "operations": {"in": {"action": "receive"}, "out": {"action": "send"}},
    "components": {
        "messages": {
            "E": {"payload": {"properties": {"a": {"type": "string"}}}},
            "S": {"payload": {"properties": {"b": {"type": "string"}}, "required": ["b"]}},
            "R": {"payload": {}},
        }
    },
}
EVENT: dict[str, Any] = {"anyOf": [{"$ref": "#/$defs/Kill"}, {"$ref": "#/$defs/Chat"}], "$defs": {
    name: {"properties": {"type": {"enum": [name.lower()]}, "weapon": {"type": "string"}}, "required": ["type"]}
    for name in ("Kill", "Chat")
}}  # fmt: skip
SDL = """
type Query { match(id: ID!): Match }
type Match { id: ID! phase: Phase }
enum Phase { LIVE OVER }
"""


def get(document: Any, *path: Any) -> Any:
    for part in path:
        document = document[part]
    return document


def gone(*path: Any) -> Callable[[Any], None]:
    return lambda document: get(document, *path[:-1]).pop(path[-1])


def put(value: Any, *path: Any) -> Callable[[Any], None]:
    return lambda document: get(document, *path[:-1]).__setitem__(path[-1], value)


GET, POST = ("paths", "/a", "get"), ("paths", "/a", "post")
ANSWER = (*GET, "responses", "200", "content", "application/json", "schema")
BODY = (*POST, "requestBody", "content", "application/json", "schema")
CHANGES = [
    (OPENAPI, gone("paths", "/b"), "/b: is gone"),
    (OPENAPI, gone(*POST), "POST /a: is gone"),
    (OPENAPI, gone(*GET, "responses", "200"), "GET /a 200: is gone"),
    (OPENAPI, gone(*GET, "responses", "200", "content", "application/json"), "GET /a 200 application/json: is gone"),
    (OPENAPI, gone(*ANSWER, "properties", "x"), "GET /a 200 $.x: is gone"),
    (OPENAPI, put({"type": ["string", "null"]}, *ANSWER, "properties", "x"), "GET /a 200 $.x: may be null now"),
    (OPENAPI, gone(*GET, "parameters", 1), "GET /a query.m: is gone"),
    (OPENAPI, put(True, *GET, "parameters", 1, "required"), "GET /a query.m: is required now"),
    (OPENAPI, put(8, *GET, "parameters", 0, "schema", "maximum"), "GET /a query.n: maximum is 8 now, was 9"),
    (OPENAPI, lambda d: get(d, *GET, "parameters").append({"in": "query", "name": "z", "required": True}),
     "GET /a query.z: is required now"),
    (OPENAPI, put(True, *POST, "requestBody", "required"), "POST /a body: is required now"),
    (OPENAPI, put(["y"], *BODY, "required"), "POST /a body $.y: is required now"),
    (OPENAPI, gone(*POST, "requestBody"), "POST /a body application/json: is gone"),
    (ASYNCAPI, gone("channels", "out"), "out: is gone"),
    (ASYNCAPI, put("other", "channels", "out", "address"), "out: is at other now, was at state"),
    (ASYNCAPI, put("receive", "operations", "out", "action"), "out: the direction is another one"),
    (ASYNCAPI, gone("channels", "out", "messages", "R"), "out R: is gone"),
    (ASYNCAPI, put([], "components", "messages", "S", "payload", "required"), "out S.b: may be missing now"),
    (ASYNCAPI, put(["a"], "components", "messages", "E", "payload", "required"), "in E.a: is required now"),
    (EVENTS, gone("anyOf", 1), "read(chat): the case is gone"),
    (EVENTS, gone("$defs", "Kill", "properties", "weapon"), "read(kill).weapon: is gone"),
    (EVENTS, put(["type", "weapon"], "$defs", "Kill", "required"), "write(kill).weapon: is required now"),
]  # fmt: skip
DOCUMENTS = {OPENAPI: OPEN, ASYNCAPI: ASYNC, EVENTS: EVENT}


def texts() -> dict[str, str]:
    return {GRAPHQL: SDL} | {name: json.dumps(document) for name, document in DOCUMENTS.items()}


@pytest.mark.parametrize(("name", "change", "line"), CHANGES, ids=[line for _, _, line in CHANGES])
def test_each_kind_of_break_is_found_and_nothing_else(
    name: str, change: Callable[[Any], None], line: str
) -> None:
    changed = copy.deepcopy(DOCUMENTS[name])
    change(changed)
    found = breaks(texts(), texts() | {name: json.dumps(changed)})
    assert f"{name}: {line}" in found
    assert all(each.startswith(name) for each in found)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("phase: Phase", "", "Match.phase was removed"),
        ("match(id: ID!)", "match(id: ID!, at: Int!)", "at on Query.match was added"),
        ("LIVE OVER", "LIVE", "OVER was removed"),
        ("id: ID! phase", "id: ID phase", "Match.id changed type"),
        ("enum Phase { LIVE OVER }", "scalar Phase", "Phase changed"),
    ],
)
def test_breaks_of_the_graph(old: str, new: str, word: str) -> None:
    found = breaks(texts(), texts() | {GRAPHQL: SDL.replace(old, new)})
    assert len(found) == 1
    assert word in found[0].replace("'", "")


def test_what_is_added_breaks_nobody() -> None:
    more = copy.deepcopy(OPEN)
    more["paths"]["/c"] = {"get": {"responses": {}}}
    get(more, *GET, "parameters").append({"in": "query", "name": "z", "schema": {}})
    get(more, *ANSWER, "properties")["z"] = {"type": "string"}
    graph = SDL.replace("phase: Phase", "phase: Phase name: String")
    assert breaks(texts(), texts() | {OPENAPI: json.dumps(more), GRAPHQL: graph}) == []


def test_a_contract_that_is_gone_is_a_break() -> None:
    new = texts()
    new.pop(EVENTS)
    assert breaks(texts(), new) == [f"{EVENTS}: the contract is gone"]


def test_what_is_allowed_is_allowed_word_for_word_and_with_a_reason() -> None:
    told = allowances('[[allowed]]\nline = "openapi.json: /b: is gone"\nreason = "nobody ever asked it"\n')
    assert told == (Allowed(line="openapi.json: /b: is gone", reason="nobody ever asked it"),)
    assert refused(["openapi.json: /b: is gone", "openapi.json: /a: is gone"], told) == [
        "openapi.json: /a: is gone"
    ]


@pytest.mark.parametrize(
    "text", ['[[allowed]]\nline = "x"\n', '[[allowed]]\nline = "x"\nreason = " "\n', "allow = 1", "[["]
)
def test_an_allowance_without_a_reason_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        allowances(text)
