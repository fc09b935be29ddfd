"""A refused choice is told with what there is to choose from, wherever it stands."""

import json
from collections.abc import Callable

import pytest

from api.problems import ProblemError
from api.public.announcements.queries import announcement
from api.public.choices import with_choices
from api.public.live.frames import RefusedFrame
from api.public.live.operations import operation
from api.public.sandbox.queries import wish
from api.public.webhooks.queries import asked_for
from game.what_if import WhatIf
from tests.api.public.doubles import NOON


def test_channels_of_the_live_feed_are_named() -> None:
    found = operation('{"op":"subscribe","match_id":"m","channels":["state","gossip"]}')
    assert isinstance(found, RefusedFrame)
    assert (
        found.reason == "Invalid enum value 'gossip': one of events, positions, predictions, results, state"
    )


@pytest.mark.parametrize(
    ("refuse", "field", "told"),
    [
        (lambda: wish(b'{"faults":["drop","tea"]}'), "$.faults[1]", "drop, gap, restore, silence"),
        (lambda: wish(b'{"best_of":2}'), "$.best_of", "one of 1, 3, 5"),
        (
            lambda: announcement(
                "m",
                json.dumps({"vetoes": [{"map_name": "de_nuke", "action": "eat"}]}).encode(),
                event_id="e",
                now=NOON,
            ),
            "$.vetoes[0].action",
            "one of ban, left, pick",
        ),
        (
            lambda: asked_for(b'{"url":"https://a.example","types":["tea"]}', allows_private=True),
            "$.types[0]",
            "match.started",
        ),
    ],
    ids=["faults", "best of", "vetoes", "types of webhooks"],
)
def test_choices_of_bodies_are_named(refuse: Callable[[], object], field: str, told: str) -> None:
    with pytest.raises(ProblemError) as found:
        refuse()
    assert found.value.problem.field == field
    assert ": one of " in found.value.problem.reason
    assert told in found.value.problem.reason


def test_what_is_no_choice_is_left_as_it_is() -> None:
    assert with_choices("Expected `int`, got `str`", "$.score_a", WhatIf) == "Expected `int`, got `str`"
    assert with_choices("Invalid enum value 1", "$.players[...].hat", WhatIf) == "Invalid enum value 1"
