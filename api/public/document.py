"""The OpenAPI document: what the routes say, with each schema named once and the keys that they ask for.

Belongs here: what is said of all routes together. Does not belong here: what one route takes and answers (`answers`).
"""

from typing import Any

from fastapi import FastAPI

from api.public.access.gate import GUARDED, is_under, scope_of
from api.public.answers import DEFINITIONS

SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "mr_...",
        "description": "A key of `midround clients create`, with the scope that the operation names. An API "
        "that only its own machine reaches asks for none.",
    },
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "The same key in a header of its own.",
    },
}


class Documented(FastAPI):
    """An application whose document is whole."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            self.openapi_schema = document(super().openapi())
        return self.openapi_schema


def document(told: dict[str, Any]) -> dict[str, Any]:
    """What FastAPI says of the routes, with components and security."""
    named: dict[str, Any] = {}
    paths = {
        path: {
            method: {**operation, "security": _security(path, method)}
            for method, operation in _hoisted(operations, named).items()
        }
        for path, operations in told["paths"].items()
    }
    components = {"schemas": dict(sorted(named.items())), "securitySchemes": SCHEMES}
    return {**told, "paths": paths, "components": components}


def _security(path: str, method: str) -> list[dict[str, list[str]]]:
    """Either header, with the scope that the key needs; nothing for what is told to everybody."""
    if not is_under(path, *GUARDED):
        return []
    scope = scope_of({"type": "http", "path": path, "method": method.upper()})
    return [{name: [] if scope is None else [scope]} for name in SCHEMES]


def _hoisted(node: Any, named: dict[str, Any]) -> Any:
    """`node` without the definitions in it, which are `named` from now on."""
    if isinstance(node, list):
        return [_hoisted(each, named) for each in node]
    if not isinstance(node, dict):
        return node
    for name, schema in node.get(DEFINITIONS, {}).items():
        assert named.setdefault(name, schema) == schema, f"two types are named {name}"
    return {key: _hoisted(value, named) for key, value in node.items() if key != DEFINITIONS}
