"""What hangs on many matches is asked of the store in one question each, however many matches there are."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from api.public.away import AwayError
from api.public.graphql.loaders import Gathered
from api.public.history import Row
from api.public.players.resources import MapLine
from api.public.predictions.resources import Kept
from api.public.rounds.resources import RoundView
from game.messages import Message
from game.view import MatchView
from tests.api.public.doubles import Desk, KeptHistory, match_id, messages
from tests.api.public.test_graphql import data, errors

pytestmark = pytest.mark.slow

SEEDS = (11, 12, 14)


@cache
def three() -> tuple[Message, ...]:
    return tuple(message for seed in SEEDS for message in messages(seed=seed))


class Asked(KeptHistory):
    """A store with three matches that counts its questions about many."""

    def __init__(self) -> None:
        super().__init__(three())
        self.questions: Counter[str] = Counter()

    def _note(self, name: str) -> None:
        self.questions[name] += 1

    async def views_of(self, match_ids: Sequence[str]) -> Mapping[str, MatchView]:
        self._note("views")
        return await super().views_of(match_ids)

    async def latest_of(self, match_ids: Sequence[str]) -> Mapping[str, Kept]:
        self._note("predictions")
        return await super().latest_of(match_ids)

    async def rounds_of(self, match_ids: Sequence[str]) -> Mapping[str, list[RoundView]]:
        self._note("rounds")
        return await super().rounds_of(match_ids)

    async def players_of(
        self, match_ids: Sequence[str], *, scope: str
    ) -> Mapping[str, dict[str, list[MapLine]]]:
        self._note(f"players {scope}")
        return await super().players_of(match_ids, scope=scope)

    async def scorecards(self, match_ids: Sequence[str]) -> Mapping[str, list[Row]]:
        self._note("scorecards")
        return await super().scorecards(match_ids)


HANGING = """prediction { seq } rounds { number } quality { mapId }
    teams { players { id } } late: players(scope: "half:1") { id }"""


def test_questions_do_not_grow_with_matches() -> None:
    """Once each; what hangs on a list in a match may come a moment later for all but the first."""
    counted = []
    for first in (2, 3):
        history = Asked()
        page = data(Desk(history), f"{{ matches(first: {first}) {{ nodes {{ id {HANGING} }} }} }}")["matches"]
        assert [each["id"] for each in page["nodes"]] == [match_id(seed) for seed in SEEDS[: -first - 1 : -1]]
        assert all(each["prediction"]["seq"] > 0 and len(each["late"]) == 10 for each in page["nodes"])
        counted.append(history.questions)
    names = ("views", "predictions", "rounds", "scorecards", "players half:1")
    assert counted[0] == counted[1] == {**dict.fromkeys(names, 1), "players map": 2}


def test_entries_that_name_matches_are_asked_together_too() -> None:
    history = Asked()
    entries = " ".join(f'm{seed}: match(id: "{match_id(seed)}") {{ {HANGING} }}' for seed in SEEDS)
    data(Desk(history), f'{{ {entries} nobody: match(id: "nobody") {{ id }} }}')
    assert max(history.questions.values()) <= 2


def test_a_store_that_is_away_is_told_where_it_was_needed() -> None:
    class Away(Asked):
        async def rounds_of(self, match_ids: Sequence[str]) -> Mapping[str, list[RoundView]]:
            raise AwayError("store", "is away")

    told = errors(Desk(Away()), "{ matches(first: 3) { nodes { prediction { seq } rounds { number } } } }")
    assert {each["extensions"]["field"] for each in told} == {"store"}
    assert {each["path"][-1] for each in told} == {"rounds"}


@pytest.mark.parametrize("many", [1, 2, 100, 101, 250])
def test_one_question_is_about_a_hundred_matches_at_most(many: int) -> None:
    history = Asked()

    async def scene() -> list[MatchView | None]:
        gathered = Gathered(history)
        ids = [match_id(), *(f"nobody-{n}" for n in range(many - 1))]
        return await asyncio.gather(*map(gathered.view, ids))

    found = asyncio.run(scene())
    assert [view is not None for view in found] == [True] + [False] * (many - 1)
    assert history.questions == {"views": -(-many // 100)}
