"""The OpenAPI document: the routes, with each schema defined once and the API keys they require.

Belongs here: what concerns all routes. Does not belong here: requests and responses of one route (`answers`).
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
    """A FastAPI application with a complete OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            self.openapi_schema = document(super().openapi())
        return self.openapi_schema


def document(told: dict[str, Any]) -> dict[str, Any]:
    """Complete FastAPI's document with components and security."""
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
    """Return the security requirement of an operation: either header, with the required scope; none for public
    paths."""
    if not is_under(path, *GUARDED):
        return []
    scope = scope_of({"type": "http", "path": path, "method": method.upper()})
    return [{name: [] if scope is None else [scope]} for name in SCHEMES]


def _hoisted(node: Any, named: dict[str, Any]) -> Any:
    """Return `node` without the definitions in it, which are added to `named`."""
    if isinstance(node, list):
        return [_hoisted(each, named) for each in node]
    if not isinstance(node, dict):
        return node
    for name, schema in node.get(DEFINITIONS, {}).items():
        assert named.setdefault(name, schema) == schema, f"two types are named {name}"
    return {key: _hoisted(value, named) for key, value in node.items() if key != DEFINITIONS}
