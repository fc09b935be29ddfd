"""The served OpenAPI against the application: generated requests, right and wrong, answered as the document says.

Schemathesis is imported by the test that uses it: all others are collected without it.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.public.sandbox.playing import Sandboxes
from midround.contracts.documents import openapi
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages
from tests.api.public.test_announcements import Kept

if TYPE_CHECKING:
    from schemathesis import Case

EXAMPLES = 6
ENDLESS = frozenset({"/api/v1/live/sse"})
"""Streams that no answer ends: tests of the live feed have them."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@cache
def desk() -> Desk:
    """A match in memory and in the store, with a model that answers what-if, a log, and sandboxes in which nothing is
    played."""
    sandboxes = Sandboxes(source=lambda *_: ())
    return Desk(KeptHistory(messages()), announcer=Kept(), sandboxes=sandboxes).take(messages())


def sent(case: "Case[Any]") -> httpx.Response:
    """The case over the application, without a socket."""
    told = case.as_transport_kwargs(base_url="http://api")
    told["content"] = told.pop("data", None)
    return desk().send(**{name: value for name, value in told.items() if name not in {"files", "cookies"}})


def spelt(node: Any) -> Any:
    """The document with pairs as arrays of two: Schemathesis makes no schema of the `prefixItems` of answers."""
    if isinstance(node, dict):
        first = node.get("prefixItems")
        if first and all(each == first[0] for each in first):
            node = {name: value for name, value in node.items() if name != "prefixItems"} | {
                "items": first[0]
            }
        return {name: spelt(value) for name, value in node.items()}
    return [spelt(each) for each in node] if isinstance(node, list) else node


def answered(operation: Any, *, is_right: bool) -> None:
    """Raises for the first answer that the document does not have."""
    import schemathesis
    from schemathesis import GenerationMode

    checks = [getattr(schemathesis.checks, name) for name in CHECKS]
    mode = GenerationMode.POSITIVE if is_right else GenerationMode.NEGATIVE

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def run(case: "Case[Any]", is_known: bool) -> None:
        if is_known and "match_id" in (case.path_parameters or {}):
            case.path_parameters["match_id"] = match_id()
        case.validate_response(sent(case), checks=checks)

    run()


@pytest.mark.slow
@pytest.mark.parametrize("is_right", [True, False], ids=["right", "wrong"])
def test_answers_are_those_of_the_document(is_right: bool, subtests: pytest.Subtests) -> None:
    import schemathesis

    document = schemathesis.openapi.from_dict(spelt(openapi()))
    operations: list[Any] = [found.ok() for found in document.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) > 15
    for operation in operations:
        if operation.path in ENDLESS:
            continue
        if not is_right and not (operation.query or operation.body or operation.path_parameters):
            continue
        with subtests.test(operation.label):
            answered(operation, is_right=is_right)
