"""The OpenAPI document: schemas by name, and the key that each operation asks for."""

import json
import re
from typing import Any

import pytest

from api.public.access.gate import GUARDED, is_under
from api.public.document import document
from midround.contracts.documents import openapi


def test_every_schema_is_named_once_and_found() -> None:
    told = openapi()
    text = json.dumps(told)
    assert "$defs" not in text
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    named = set(told["components"]["schemas"])
    assert referred == named
    assert {"Problem", "EventView", "SeriesAnnouncedData"} <= named


def test_operations_name_the_key_and_its_scope() -> None:
    told = openapi()
    schemes = told["components"]["securitySchemes"]
    assert (schemes["bearer"]["scheme"], schemes["key"]["name"]) == ("bearer", "x-api-key")
    for path, operations in told["paths"].items():
        for operation in operations.values():
            assert bool(operation["security"]) == is_under(path, *GUARDED), path
    of = {
        (path, method): operation["security"]
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
    }
    assert of["/api/v1/matches/{match_id}", "put"] == [{"bearer": ["announce"]}, {"key": ["announce"]}]
    assert of["/api/v1/live/sse", "get"][0] == {"bearer": ["live"]}
    assert of["/api/v1/account", "get"][0] == {"bearer": []}


def test_two_types_of_one_name_are_told() -> None:
    def answer(type_: str) -> dict[str, Any]:
        return {"get": {"schema": {"$ref": "#/components/schemas/A", "$defs": {"A": {"type": type_}}}}}

    with pytest.raises(AssertionError, match="two types are named A"):
        document({"paths": {"/a": answer("string"), "/b": answer("integer")}})
