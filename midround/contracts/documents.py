"""The contracts as texts: OpenAPI, the GraphQL schema, AsyncAPI, JSON Schema of events.

Belongs here: which documents there are, and their deterministic output: the same code always gives the same bytes. Does
not belong here: breaking changes (`breaks`), the description of topics and feeds (`asyncapi`).
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from game.events import SCHEMA_VERSION, AnyEvent
from midround.contracts.asyncapi import described

OPENAPI, GRAPHQL, ASYNCAPI, EVENTS = "openapi.json", "schema.graphql", "asyncapi.json", "events.schema.json"


def contracts() -> dict[str, str]:
    """Return every contract by file name."""
    from api.public.graphql.schema import sdl

    return {
        OPENAPI: _text(openapi()),
        GRAPHQL: sdl(),
        ASYNCAPI: _text(described()),
        EVENTS: _text(events()),
    }


def openapi() -> dict[str, Any]:
    """Return the REST API's OpenAPI document, from an application without open connections."""
    from adapters.metrics import metrics
    from api.public.app import create_app
    from api.public.backends import Backends
    from api.public.board import Board
    from api.public.history import NoHistory

    measured = metrics()
    return create_app(Backends(board=Board(measured), history=NoHistory(), metrics=measured)).openapi()


def events() -> dict[str, Any]:
    """Return the JSON Schema of one event: the envelope, and the payload of its type."""
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
    """Sort list-valued defaults: those that come from sets have no stable order between processes."""
    if isinstance(node, dict):
        told = {name: _settled(value) for name, value in node.items()}
        default = told.get("default")
        return told | ({"default": sorted(default, key=str)} if isinstance(default, list) else {})
    return [_settled(each) for each in node] if isinstance(node, list) else node
