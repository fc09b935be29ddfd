"""A match in the graph with its maps, teams, rounds, players, predictions, swings and events.

Belongs here: the type and its resolvers, each of which calls the same query as REST. Does not belong here: the queries,
the root of the graph (`query`).
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import strawberry

from api.public.events.queries import events
from api.public.graphql import chances, outlook, people, play
from api.public.graphql.absence import or_none
from api.public.graphql.asking import Info
from api.public.graphql.chances import Horizon, Prediction, PredictionPage
from api.public.graphql.fields import field
from api.public.graphql.outlook import EndScores, MatchHighlight, RoundExplanation
from api.public.graphql.pages import FIRST, Cursor, PageInfo, encoded, first_within, next_seq
from api.public.graphql.people import Player, Side, TeamLetter
from api.public.graphql.play import EventPage, Round, SwingPage
from api.public.graphql.trust import Scorecard, scorecards_of
from api.public.matches.resources import MatchSummary, summary
from api.public.paging import Page
from api.public.predictions.queries import predictions
from api.public.swings.queries import swings
from game.view import MatchView

First = Annotated[int, strawberry.argument(description="How many; from 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The endCursor of the page before.")]
Scope = Annotated[
    str, strawberry.argument(description="What statistics cover: map, half:n, side:ct, side:t, round:n.")
]
EventType = Annotated[str | None, strawberry.argument(name="type", description="Only events of this type.")]
MapId = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this map.")]


@strawberry.type(description="One map of a series, finished or running.")
class SeriesMap:
    match_id: strawberry.ID
    id: strawberry.ID
    number: int
    name: str | None
    score_a: int
    score_b: int
    is_over: bool
    winner_team: TeamLetter | None
    a_side: Side | None = strawberry.field(
        description="Team A's side in the running round; null once it is over."
    )
    round_no: int | None = strawberry.field(description="The running round.")

    @field("Finished rounds in the order of play.")
    async def rounds(self, info: Info) -> list[Round]:
        return await rounds_of(info, self.match_id, map_id=self.id)


@strawberry.type(description="One of the two teams of a series.")
class Team:
    match_id: strawberry.ID
    letter: TeamLetter
    name: str | None
    maps_won: int
    score: int | None = strawberry.field(description="Rounds won on the running map.")
    side: Side | None

    @field("Its players.")
    async def players(self, info: Info, *, scope: Scope = "map") -> list[Player]:
        found = await players_of(info, self.match_id, scope=scope)
        return [each for each in found if each.team is self.letter]


@strawberry.type(description="A series. Everything that hangs on it is asked for when it is selected.")
class Match:
    id: strawberry.ID
    seq: int = strawberry.field(description="The event that this state follows.")
    last_ts: str | None
    match_tag: str | None
    phase: str | None
    best_of: int
    maps_a: int
    maps_b: int
    is_series_over: bool
    series_winner: TeamLetter | None
    is_current: bool = strawberry.field(description="False: the next snapshot of the state is awaited.")
    team_a: Team
    team_b: Team
    map: SeriesMap | None = strawberry.field(description="The running map.")
    maps: list[SeriesMap] = strawberry.field(description="The finished maps, then the running one.")

    @field("Both teams, A first.")
    def teams(self) -> list[Team]:
        return [self.team_a, self.team_b]

    @field("Finished rounds by map, in the order of play.")
    async def rounds(self, info: Info, *, map_id: MapId = None) -> list[Round]:
        return await rounds_of(info, self.id, map_id=map_id)

    @field("Players by team, with their statistics in one scope.")
    async def players(self, info: Info, *, scope: Scope = "map") -> list[Player]:
        return await players_of(info, self.id, scope=scope)

    @field("The newest prediction; null where there is none yet.")
    async def prediction(self, info: Info, *, horizon: Horizon = Horizon.SERIES) -> Prediction | None:
        return await prediction_of(info, self.id, horizon=horizon)

    @field("All predictions, oldest first.")
    async def prediction_history(
        self, info: Info, *, horizon: Horizon = Horizon.SERIES, first: First = FIRST, after: After = None
    ) -> PredictionPage:
        return await history_of(info, self.id, horizon=horizon, first=first, after=after)

    @field("Changes of the round's win probability, credited to players.")
    async def swings(self, info: Info, *, first: First = FIRST, after: After = None) -> SwingPage:
        behind = info.context.behind
        found = await swings(
            behind.board,
            behind.history,
            self.id,
            from_seq=next_seq(after),
            limit=first_within(first),
        )
        nodes = [swing for each in found.items for swing in play.swings(each)]
        return SwingPage(nodes=nodes, page_info=page_info(found))

    @field("Events as they were understood, with the facts that follow.")
    async def events(
        self, info: Info, *, type_: EventType = None, first: First = FIRST, after: After = None
    ) -> EventPage:
        behind = info.context.behind
        found = await events(
            behind.board,
            behind.history,
            self.id,
            from_seq=next_seq(after),
            type_=type_,
            limit=first_within(first),
        )
        return EventPage(nodes=[play.event(each) for each in found.items], page_info=page_info(found))

    @field("How map and series may end, by the chain of the newest prediction; null before the first map.")
    async def scores(self, info: Info) -> EndScores | None:
        return await outlook.scores_of(info, self.id)

    @field("The events that moved the round's win probability most, the largest first.")
    async def highlights(self, info: Info, *, first: First = outlook.MOST) -> list[MatchHighlight]:
        return await outlook.highlights_of(info, self.id, first=first)

    @field("Why the round's win probability moved with a prediction; null where none has this seq.")
    async def explanation(self, info: Info, *, seq: outlook.Seq) -> RoundExplanation | None:
        return await or_none(outlook.explanation_of(info, self.id, seq))

    @field("Scorecards of its maps: how final they are, and what was wrong with the feed.")
    async def quality(self, info: Info) -> list[Scorecard]:
        return await scorecards_of(info, self.id)


async def rounds_of(info: Info, match_id: str, *, map_id: str | None) -> list[Round]:
    found = await info.context.load.rounds.load(match_id)
    return [play.round_(each) for each in found if map_id in {None, each.map_id}]


async def players_of(info: Info, match_id: str, *, scope: str) -> list[Player]:
    """Return the players of a match in one scope. Raises a 400 problem for an unknown scope."""
    known = people.scope_within(scope)
    return [people.player(each) for each in await info.context.load.players.load((match_id, known))]


async def prediction_of(info: Info, match_id: str, *, horizon: Horizon) -> Prediction | None:
    found = await info.context.load.predictions.load(match_id)
    return None if found is None else chances.prediction(found, horizon)


async def history_of(
    info: Info, match_id: str, *, horizon: Horizon, first: int, after: str | None
) -> PredictionPage:
    behind = info.context.behind
    found = await predictions(
        behind.board, behind.history, match_id, from_seq=next_seq(after), limit=first_within(first)
    )
    nodes = [chances.prediction(each, horizon) for each in found.items]
    return PredictionPage(nodes=nodes, page_info=page_info(found))


def page_info(found: Page[Any]) -> PageInfo:
    last = found.items[-1].seq if found.items else None
    return PageInfo(
        end_cursor=None if last is None else encoded(Cursor(last)),
        has_next_page=found.next_from_seq is not None,
        is_complete=found.is_complete,
    )


def match(view: MatchView) -> Match:
    """Build a match from its view."""
    told = summary(view)
    return Match(
        id=strawberry.ID(told.match_id),
        seq=told.seq,
        last_ts=told.last_ts,
        match_tag=told.match_tag,
        phase=told.phase,
        best_of=told.best_of,
        maps_a=told.maps_a,
        maps_b=told.maps_b,
        is_series_over=told.is_series_over,
        series_winner=people.letter(told.series_winner),
        is_current=view.is_current,
        team_a=_team(told, TeamLetter.A),
        team_b=_team(told, TeamLetter.B),
        map=_running(told),
        maps=_maps(told, view.state.get("finished_maps", ())),
    )


def _team(told: MatchSummary, letter: TeamLetter) -> Team:
    is_a, running = letter is TeamLetter.A, told.map
    a_side = None if running is None or running.is_over else Side(running.a_side)
    b_side = {None: None, Side.CT: Side.T, Side.T: Side.CT}[a_side]
    score = None if running is None else (running.score_a if is_a else running.score_b)
    return Team(
        match_id=strawberry.ID(told.match_id),
        letter=letter,
        name=told.name_a if is_a else told.name_b,
        maps_won=told.maps_a if is_a else told.maps_b,
        score=score,
        side=a_side if is_a else b_side,
    )


def _maps(told: MatchSummary, finished: Sequence[dict[str, Any]]) -> list[SeriesMap]:
    maps = [
        SeriesMap(
            match_id=strawberry.ID(told.match_id),
            id=strawberry.ID(each["map_id"]),
            number=each["number"],
            name=each["name"],
            score_a=each["score_a"],
            score_b=each["score_b"],
            is_over=True,
            winner_team=people.letter(each["winner_team"]),
            a_side=None,
            round_no=None,
        )
        for each in finished
    ]
    running = _running(told)
    known = {each.id for each in maps}
    return maps if running is None or running.id in known else [*maps, running]


def _running(told: MatchSummary) -> SeriesMap | None:
    if told.map is None:
        return None
    known = msgspec.structs.asdict(told.map)
    known |= {"id": strawberry.ID(known.pop("map_id")), "match_id": strawberry.ID(told.match_id)}
    a_side = None if told.map.is_over else Side(known["a_side"])
    return SeriesMap(**known | {"a_side": a_side, "winner_team": None})
