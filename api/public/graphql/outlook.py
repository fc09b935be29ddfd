"""Possible results of a match, and explanations of its win probabilities, in the graph.

Belongs here: types, their construction, calling the same queries as REST. Does not belong here: the queries.
"""

from typing import Annotated

import msgspec
import strawberry
from strawberry.scalars import JSON

from api.public.answers import not_found
from api.public.graphql.asking import Info
from api.public.graphql.pages import first_within
from api.public.graphql.play import Swing, credits_of
from api.public.predictions import queries as predictions
from api.public.predictions.resources import FinalScore, Line
from api.public.swings import queries as swings
from api.public.swings.resources import Highlight

Seq = Annotated[int, strawberry.argument(description="The seq of a prediction.")]
MOST = 10
"""Default number of highlights."""


@strawberry.type(description="Rounds of a map, or maps of a series, at its end, and the chance of that.")
class EndScore:
    score_a: int
    score_b: int
    p: float


@strawberry.type(description="A half-round line and the chance to exceed it.")
class EndLine:
    line: float
    p: float


@strawberry.type(
    description="How the running map and the series may end, by the chain that their chances come from."
)
class EndScores:
    seq: int
    model_version: str
    map_p_a: float
    series_p_a: float
    map_scores: list[EndScore] = strawberry.field(description="Of .0001 and more, the likeliest first.")
    series_scores: list[EndScore]
    totals: list[EndLine] = strawberry.field(description="Chance of more rounds on this map than the line.")
    handicaps: list[EndLine] = strawberry.field(
        description="Chance that team A's rounds plus the line exceed team B's."
    )


@strawberry.type(description="An event that moved the round's chance, and by how much.")
class MatchHighlight(Swing):
    place: int
    size: float


@strawberry.type(description="What one kind of change did to team A's chance.")
class ExplanationPart:
    what: str
    p_a: float


@strawberry.type(description="Why team A's chance of the round moved; `parts` sum to the difference exactly.")
class RoundExplanation:
    seq: int
    previous_seq: int
    model_version: str
    p_a_before: float
    p_a_after: float
    parts: list[ExplanationPart]
    before: JSON | None = strawberry.field(description="The model's inputs at the prediction before.")
    after: JSON | None


async def scores_of(info: Info, match_id: str) -> EndScores:
    """Return the possible results. Raises a 404 problem for an unknown match, a 409 problem if no map has begun or the
    state is unknown."""
    behind = info.context.behind
    view = await info.context.load.views.load(match_id)
    if view is None:
        raise not_found("path.match_id", f"no match {match_id!r} is known")
    told = predictions.scores(view, await behind.models.predictor(behind.board.find(match_id)))
    return EndScores(
        seq=told.seq,
        model_version=told.model_version,
        map_p_a=told.map_p_a,
        series_p_a=told.series_p_a,
        map_scores=[_score(each) for each in told.map_scores],
        series_scores=[_score(each) for each in told.series_scores],
        totals=[_line(each) for each in told.totals],
        handicaps=[_line(each) for each in told.handicaps],
    )


async def highlights_of(info: Info, match_id: str, *, first: int) -> list[MatchHighlight]:
    behind = info.context.behind
    found = await swings.highlights(behind.board, behind.history, match_id, limit=first_within(first))
    return [_highlight(each) for each in found]


async def explanation_of(info: Info, match_id: str, seq: int) -> RoundExplanation:
    """Explain a prediction. Raises a 404 problem if none has this seq."""
    behind = info.context.behind
    told = await swings.explanation(behind.board, behind.history, behind.models, match_id=match_id, seq=seq)
    return RoundExplanation(
        seq=told.seq,
        previous_seq=told.previous_seq,
        model_version=told.model_version,
        p_a_before=told.p_a_before,
        p_a_after=told.p_a_after,
        parts=[ExplanationPart(what=what, p_a=p_a) for what, p_a in told.parts.items()],
        before=msgspec.to_builtins(told.before),
        after=msgspec.to_builtins(told.after),
    )


def _score(told: FinalScore) -> EndScore:
    return EndScore(score_a=told.score_a, score_b=told.score_b, p=told.p)


def _line(told: Line) -> EndLine:
    return EndLine(line=told.line, p=told.p)


def _highlight(told: Highlight) -> MatchHighlight:
    return MatchHighlight(**msgspec.structs.asdict(told) | {"credits": credits_of(told.credits)})
