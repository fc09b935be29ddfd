"""The output of `midround fold`: a match reduced in batch, one line per map and one row per prediction and horizon.

Belongs here: the types of lines and rows, and how they are built from messages. Does not belong here: reading files
(`adapters.recordings`), the fold itself (`models.fold`), options and printing (`midround.commands`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from game.events import AnyEvent
from game.facts import AnyFact, MapBegan, MapStats, Quality, RoundDecided
from game.messages import HORIZONS, Horizon, Message, Prediction, Probability, Processed
from game.payloads import EndReason, Side, Team
from game.sources.cs2df_series import Series, translate
from game.state import MatchState
from models.digest import facts_digest, valid
from models.fold import MatchFold
from models.predictor import Predictor
from models.shelf import Models


class RoundLine(Struct, frozen=True, kw_only=True):
    round: int
    winner: Team
    winner_side: Side
    reason: EndReason


class PlayerLine(Struct, frozen=True, kw_only=True):
    """A player's statistics on one map. `kills` is `kills.all`, `assists` includes flash assists, `kast` is in percent;
    see `game.stats` for the definitions."""

    player_id: str
    name: str | None
    team: Team
    kills: int
    deaths: int
    assists: int
    adr: float
    kast: float


class FoldLine(Struct, frozen=True, kw_only=True):
    """One map. `events` and `predictions` count those not retracted; `quality` counts breaches by rule."""

    file: str
    map: str | None
    teams: dict[Literal["A", "B"], str | None]
    final_score: tuple[int, int]
    rounds: tuple[RoundLine, ...]
    players: tuple[PlayerLine, ...]
    events: int
    facts_digest: str
    predictions: int
    quality: dict[str, int]


class PredictionRow(Struct, frozen=True, kw_only=True):
    """One horizon of one prediction. `round_time_s` is null outside live play; `p_ct` is set only for the round
    horizon."""

    file: str
    match_id: str
    map_id: str
    map: str | None
    round: int | None
    round_time_s: float | None
    ts_event: str
    horizon: Horizon
    p_a: float
    p_b: float
    p_ct: float | None
    lo: float
    hi: float
    model_version: str


class FoldedMatch:
    """A match reduced to its end. `files` maps each map id to its file; `models` are those that the match's events may
    switch to."""

    def __init__(
        self,
        events: Iterable[AnyEvent],
        predictor: Predictor | None,
        *,
        files: Mapping[str, str],
        models: Models | None = None,
    ) -> None:
        self.files = files
        messages: list[Message] = []
        fold: MatchFold | None = None
        for event in events:
            fold = fold or MatchFold(event.match_id, predictor, models=models)
            messages += fold.step(event)
        if fold is not None:
            messages += fold.finish()
            self.state: MatchState = fold.state
        self.messages = valid(messages)

    def lines(self) -> list[FoldLine]:
        """Return one line for each map of `files` that was played."""
        return [line for map_id, file in self.files.items() if (line := self._line(map_id, file)) is not None]

    def predictions(self) -> Iterator[PredictionRow]:
        """Yield every valid prediction in order, one row per horizon."""
        for message in self.messages:
            if isinstance(message, Prediction):
                yield from _rows(message, self.files.get(message.map_id, ""))

    def _line(self, map_id: str, file: str) -> FoldLine | None:
        told = [m for m in self.messages if isinstance(m, Processed) and m.map_id == map_id]
        if not told:
            return None
        facts = [(m.round_no or 0, fact) for m in told for fact in m.facts]
        decided = [(n, fact) for n, fact in facts if isinstance(fact, RoundDecided)]
        names = [fact.map_name for _, fact in facts if isinstance(fact, MapBegan)]
        return FoldLine(
            file=file,
            map=names[-1] if names else None,
            teams={"A": self.state.name_a, "B": self.state.name_b},
            final_score=(decided[-1][1].score_a, decided[-1][1].score_b) if decided else (0, 0),
            rounds=tuple(_round(n, fact) for n, fact in decided),
            players=_players(self.state, [fact for _, fact in facts]),
            events=len(told),
            facts_digest=facts_digest(told),
            predictions=sum(isinstance(m, Prediction) and m.map_id == map_id for m in self.messages),
            quality=dict(sorted(Counter(f.rule for _, f in facts if isinstance(f, Quality)).items())),
        )


def fold_recording(series: Series, predictor: Predictor | None, *, positions_hz: int = 0) -> FoldedMatch:
    """Reduce the recordings of one match. Positions change neither facts nor predictions, so they are off by
    default."""
    files = {played.map_id: played.telling.recording.file for played in series.maps}
    return FoldedMatch(translate(series, positions_hz=positions_hz), predictor, files=files)


def _round(number: int, fact: RoundDecided) -> RoundLine:
    return RoundLine(round=number, winner=fact.winner_team, winner_side=fact.winner_side, reason=fact.reason)


def _players(state: MatchState, facts: Sequence[AnyFact]) -> tuple[PlayerLine, ...]:
    """Return everyone who took part in a decided round, with the last statistics of the map."""
    totals = [fact.players for fact in facts if isinstance(fact, MapStats)]
    lines: list[PlayerLine] = []
    for player_id, told in sorted((totals[-1] if totals else {}).items()):
        player = state.players.get(player_id)
        if player is None or player.team is None:
            continue
        lines.append(
            PlayerLine(
                player_id=player_id,
                name=player.name,
                team=player.team,
                kills=int(told["kills.all"]),
                deaths=int(told["deaths"]),
                assists=int(told["assists"]),
                adr=round(told["adr"], 2),
                kast=round(told["kast"], 2),
            )
        )
    return tuple(lines)


def _rows(message: Prediction, file: str) -> Iterator[PredictionRow]:
    for horizon in HORIZONS:
        chance: Probability = getattr(message, horizon)
        yield PredictionRow(
            file=file,
            match_id=message.match_id,
            map_id=message.map_id,
            map=message.map_name,
            round=message.round_no,
            round_time_s=message.round_time_s,
            ts_event=message.ts_event.isoformat().replace("+00:00", "Z"),
            horizon=horizon,
            p_a=chance.p_a,
            p_b=chance.p_b,
            p_ct=chance.p_ct if horizon == "round" else None,
            lo=chance.lo,
            hi=chance.hi,
            model_version=message.receipt.model_version,
        )
