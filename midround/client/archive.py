"""API requests about all matches together, and about the caller's account.

Belongs here: paths and types. Does not belong here: single matches (`questions`), sending (`rest`).
"""

from api.public.access.resources import AccountView, TicketView
from api.public.calibration.resources import Reliability
from api.public.careers.resources import Career, Known, Leaderboard, SwingLeaderboard
from api.public.feeds.resources import Coverage, Latency, System
from api.public.identifiers import segment
from api.public.models.resources import ModelDetail, ModelView
from api.public.search.resources import Found
from api.public.teams.resources import Team, TeamDetail
from midround.client.questions import Parameters, Question


def search(*, limit: int = 50, **wanted: str) -> Question[Found]:
    """Search matches of any age, latest first; `wanted` are the filters of docs/API.md (`status`, `team`, `player`,
    `map`, `since`, `until`, `external_id`). One page; `Client.all` reads all pages."""
    told: Parameters = {**wanted, "limit": limit}
    return Question(path="/api/v1/search/matches", answer=Found, parameters=told)


def players(name: str = "", limit: int = 50) -> Question[list[Known]]:
    told: Parameters = {"name": name, "limit": limit}
    return Question(path="/api/v1/players", answer=list[Known], parameters=told)


def career(player_id: str) -> Question[Career]:
    return Question(path=f"/api/v1/players/{segment(player_id)}", answer=Career)


def leaderboard(
    definition: str = "rating.2.est", *, least_rounds: int = 20, limit: int = 50
) -> Question[Leaderboard]:
    told: Parameters = {"definition": definition, "least_rounds": least_rounds, "limit": limit}
    return Question(path="/api/v1/leaderboard", answer=Leaderboard, parameters=told)


def swing_leaderboard(
    by: str = "best", *, least_rounds: int = 20, limit: int = 50
) -> Question[SwingLeaderboard]:
    told: Parameters = {"by": by, "least_rounds": least_rounds, "limit": limit}
    return Question(path="/api/v1/leaderboard/swings", answer=SwingLeaderboard, parameters=told)


def teams(name: str = "", limit: int = 50) -> Question[list[Team]]:
    told: Parameters = {"name": name, "limit": limit}
    return Question(path="/api/v1/teams", answer=list[Team], parameters=told)


def team(team_id: str) -> Question[TeamDetail]:
    return Question(path=f"/api/v1/teams/{segment(team_id)}", answer=TeamDetail)


def models() -> Question[list[ModelView]]:
    return Question(path="/api/v1/models", answer=list[ModelView])


def model(name: str) -> Question[ModelDetail]:
    return Question(path=f"/api/v1/models/{segment(name)}", answer=ModelDetail)


def calibration(horizon: str = "round", *, by: str = "none", bins: int = 10) -> Question[list[Reliability]]:
    told: Parameters = {"horizon": horizon, "by": by, "bins": bins}
    return Question(path="/api/v1/calibration", answer=list[Reliability], parameters=told)


def latency(window_s: int = 300) -> Question[Latency]:
    """Latency of messages over the last `window_s` seconds."""
    return Question(path="/api/v1/latency", answer=Latency, parameters={"window_s": window_s})


def coverage() -> Question[Coverage]:
    """What data exist: matches, sources, formats, maps, and the quality of the data."""
    return Question(path="/api/v1/coverage", answer=Coverage)


def system(*, hours: int = 24, letters: int = 20) -> Question[System]:
    """State of the parts, with the dead letters of the last `hours`; for administrators."""
    told: Parameters = {"hours": hours, "letters": letters}
    return Question(path="/api/v1/system", answer=System, parameters=told)


def account() -> Question[AccountView]:
    """What the key allows."""
    return Question(path="/api/v1/account", answer=AccountView)


def ticket() -> Question[TicketView]:
    """A ticket that replaces the key in a browser; valid for a minute."""
    return Question(path="/api/v1/tickets", answer=TicketView, method="POST")
