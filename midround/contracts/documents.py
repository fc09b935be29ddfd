"""The contracts as texts: OpenAPI, the schema of GraphQL, AsyncAPI, JSON Schema of events.

Belongs here: which files there are, and that the same code always writes the same bytes. Does not belong here: what a
change breaks (`breaks`), the description of topics and feeds (`asyncapi`).
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from game.events import SCHEMA_VERSION, AnyEvent
from midround.contracts.asyncapi import described

OPENAPI, GRAPHQL, ASYNCAPI, EVENTS = "openapi.json", "schema.graphql", "asyncapi.json", "events.schema.json"


def contracts() -> dict[str, str]:
    """Every contract by the name of its file."""
    from api.public.graphql.schema import sdl

    return {
        OPENAPI: _text(openapi()),
        GRAPHQL: sdl(),
        ASYNCAPI: _text(described()),
        EVENTS: _text(events()),
    }


def openapi() -> dict[str, Any]:
    """REST as it is served, of an application that has opened nothing."""
    from adapters.metrics import metrics
    from api.public.app import create_app
    from api.public.backends import Backends
    from api.public.board import Board
    from api.public.history import NoHistory

    measured = metrics()
    return create_app(Backends(board=Board(measured), history=NoHistory(), metrics=measured)).openapi()


def events() -> dict[str, Any]:
    """One event: the envelope and the payload of its type."""
    (schema,), definitions = msgspec.json.schema_components([AnyEvent], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "description": f"One event of a match, version {SCHEMA_VERSION}. Other types are taken as they came.",
        **schema,
        "$defs": definitions,
    }


def _text(contract: Mapping[str, Any]) -> str:
    return json.dumps(_settled(contract), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _settled(node: Any) -> Any:
    """With the defaults of sets in order: a set has none of its own, and another one in each process."""
    if isinstance(node, dict):
        told = {name: _settled(value) for name, value in node.items()}
        default = told.get("default")
        return told | ({"default": sorted(default, key=str)} if isinstance(default, list) else {})
    return [_settled(each) for each in node] if isinstance(node, list) else node
