"""The query root of the graph: one match, many matches, and parts of a match by its ID.

Belongs here: the root of queries. Does not belong here: the fields of a match (`match`), subscriptions.
"""

from typing import Annotated

import strawberry

from api.public.cursors import FIRST as FROM_THE_FIRST
from api.public.cursors import Place
from api.public.graphql.absence import or_none
from api.public.graphql.asking import Info
from api.public.graphql.chances import Horizon, Prediction, PredictionPage
from api.public.graphql.fields import field
from api.public.graphql.finding import (
    FoundPage,
    MatchFilter,
    PlayerCareer,
    Where,
    career_of,
    found_matches,
)
from api.public.graphql.leading import (
    LEAST_ROUNDS,
    RATING,
    Definition,
    Leader,
    LeastRounds,
    SwingOrder,
    SwingPlace,
    leaderboard,
    swing_leaderboard,
)
from api.public.graphql.match import (
    After,
    First,
    MapId,
    Match,
    Scope,
    Team,
    history_of,
    match,
    players_of,
    prediction_of,
    rounds_of,
)
from api.public.graphql.pages import FIRST, MATCHES_MAX, Cursor, PageInfo, decoded, encoded, first_within
from api.public.graphql.people import Player, TeamLetter
from api.public.graphql.play import Round
from api.public.graphql.trust import BINS, Bins, Calibration, Model, Slice, Version, all_models, calibrations
from api.public.matches.queries import match_view, page
from game.view import MatchView

MatchId = Annotated[strawberry.ID, strawberry.argument(description="The series.")]
PlayerId = Annotated[strawberry.ID, strawberry.argument(description="The player, in all matches.")]
Id = Annotated[strawberry.ID, strawberry.argument(name="id")]
FirstMatches = Annotated[int, strawberry.argument(description="How many; from 1 to 50.")]


@strawberry.type(description="Matches, those that moved last first.")
class MatchPage:
    nodes: list[Match]
    page_info: PageInfo


@strawberry.type(
    description="Each entry stands alone: one that fails is null, with an error, and the others are told."
)
class Query:
    @field("One match; null where it is not known.")
    async def match(self, info: Info, *, id_: Id) -> Match | None:
        view = await info.context.load.views.load(id_)
        return None if view is None else match(view)

    @field("The matches that moved last. One that moves while pages are turned comes to the front again.")
    async def matches(
        self, info: Info, *, first: FirstMatches = FIRST, after: After = None
    ) -> MatchPage | None:
        behind, length, cursor = info.context.behind, first_within(first, MATCHES_MAX), decoded(after)
        place = FROM_THE_FIRST if cursor is None else Place(cursor.at, cursor.id)
        found = await page(behind.board, behind.history, place, limit=length)
        views = await info.context.load.views.load_many([each.match_id for each in found.items])
        end = encoded(Cursor(found.end.at, found.end.id)) if found.items else None
        return MatchPage(
            nodes=[match(view) for view in views if view is not None],
            page_info=PageInfo(end_cursor=end, has_next_page=found.has_more, is_complete=True),
        )

    @field("Matches of any age that fit, the latest first.")
    async def search_matches(
        self, info: Info, *, where: Where = None, first: First = FIRST, after: After = None
    ) -> FoundPage | None:
        return await found_matches(info, where or MatchFilter(), first=first, after=after)

    @field("A player over all maps that were told; null where nobody knows the player.")
    async def career(self, info: Info, *, player_id: PlayerId) -> PlayerCareer | None:
        return await or_none(career_of(info, player_id))

    @field("A team of a match; null where the match is not known.")
    async def team(self, info: Info, *, match_id: MatchId, letter: TeamLetter) -> Team | None:
        view = await info.context.load.views.load(match_id)
        found = None if view is None else match(view)
        return None if found is None else (found.team_a if letter is TeamLetter.A else found.team_b)

    @field("A player of a match; null where there is none with this id.")
    async def player(self, info: Info, *, match_id: MatchId, id_: Id, scope: Scope = "map") -> Player | None:
        found = await players_of(info, match_id, scope=scope)
        return next((each for each in found if each.id == id_), None)

    @field("The newest prediction of a match; null where there is none yet.")
    async def prediction(
        self, info: Info, *, match_id: MatchId, horizon: Horizon = Horizon.SERIES
    ) -> Prediction | None:
        return await prediction_of(info, match_id, horizon=horizon)

    @field("All predictions of a match, oldest first.")
    async def prediction_history(
        self,
        info: Info,
        *,
        match_id: MatchId,
        horizon: Horizon = Horizon.SERIES,
        first: First = FIRST,
        after: After = None,
    ) -> PredictionPage | None:
        await known(info, match_id)
        return await history_of(info, match_id, horizon=horizon, first=first, after=after)

    @field("Finished rounds of a match with their figures, by map in the order of play.")
    async def round_metrics(
        self, info: Info, *, match_id: MatchId, map_id: MapId = None
    ) -> list[Round] | None:
        await known(info, match_id)
        return await rounds_of(info, match_id, map_id=map_id)

    @field("Players with enough rounds in the order of one statistic.")
    async def leaderboard(
        self,
        info: Info,
        *,
        definition: Definition = RATING,
        least_rounds: LeastRounds = LEAST_ROUNDS,
        first: First = FIRST,
    ) -> list[Leader] | None:
        return await leaderboard(info, definition, least_rounds=least_rounds, first=first)

    @field("Players by how much they moved the round's win probability for their team.")
    async def swing_leaderboard(
        self,
        info: Info,
        *,
        by: SwingOrder = SwingOrder.BEST,
        least_rounds: LeastRounds = LEAST_ROUNDS,
        first: First = FIRST,
    ) -> list[SwingPlace] | None:
        return await swing_leaderboard(info, by, least_rounds=least_rounds, first=first)

    @field("How often what was published came true: live play whose horizon is decided, by model and slice.")
    async def calibration(
        self,
        info: Info,
        *,
        horizon: Horizon = Horizon.ROUND,
        by: Slice = Slice.NONE,
        model_version: Version = "",
        bins: Bins = BINS,
    ) -> list[Calibration] | None:
        return await calibrations(info, horizon=horizon, by=by, model_version=model_version, bins=bins)

    @field("Every model of the folder that the stream reads, and which is champion.")
    async def models(self, info: Info) -> list[Model] | None:
        return await all_models(info)


async def known(info: Info, match_id: str) -> MatchView:
    """Return the view of a match. Raises a 404 problem, AwayError."""
    behind = info.context.behind
    return await match_view(behind.board, behind.history, match_id)
