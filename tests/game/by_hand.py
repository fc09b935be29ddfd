"""A match told by hand, an event a second, to see what one more event does. Not a test."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from game import events as e
from game import payloads as p
from game.advance import advance
from game.facts import AnyFact, Quality
from game.features import extract
from game.state import initial_state

START = datetime(2026, 1, 18, 12, tzinfo=UTC)


class Script:
    """A match told by hand, a second an event."""

    def __init__(self) -> None:
        self.state = initial_state("x")
        self.facts: list[AnyFact] = []
        self.map_id: str | None = "m1"
        self.round_no: int | None = None
        self.count = 0

    def say(self, kind: Any, payload: Struct) -> tuple[AnyFact, ...]:
        self.state, facts = advance(self.state, self.event(kind, payload))
        self.facts += facts
        return facts

    def event(self, kind: Any, payload: Struct) -> e.AnyEvent:
        """The next one."""
        self.count += 1
        made: e.AnyEvent = kind(
            event_id=str(self.count),
            match_id="x",
            map_id=self.map_id,
            round_no=self.round_no,
            ts_event=START + timedelta(seconds=self.count),
            source="s",
            payload=payload,
        )
        return made

    def start(self, **settings: Any) -> "Script":
        players = {f"a{n}": f"a{n}" for n in range(5)}, {f"b{n}": f"b{n}" for n in range(5)}
        team_a, team_b = (
            p.TeamSheet(name=name, players=roster) for name, roster in zip("AB", players, strict=True)
        )
        best_of = settings.pop("best_of", 1)
        self.say(e.SeriesAnnounced, p.SeriesAnnouncedData(team_a=team_a, team_b=team_b, best_of=best_of))
        self.say(e.MapStarted, p.MapStartedData(map_name="de_dust2", a_side="ct", **settings))
        return self

    def turn(self, map_id: str, round_no: int | None = None) -> "Script":
        """What is said from now on is of this map and round."""
        self.map_id, self.round_no = map_id, round_no
        return self

    def begin(self, number: int | None = None) -> "Script":
        assert self.state.map is not None
        self.round_no = number or len(self.state.map.rounds) + 1
        self.say(e.RoundStarted, p.RoundStartedData())
        self.say(e.FreezeEnded, p.FreezeEndedData())
        return self

    def kill(self, killer: str | None, victim: str) -> tuple[AnyFact, ...]:
        return self.say(e.Kill, p.KillData(killer_player_id=killer, victim_player_id=victim))

    def end(self, winner: p.Team) -> tuple[AnyFact, ...]:
        return self.say(e.RoundEnded, p.RoundEndedData(winner_team=winner))

    def play(self, winners: str) -> "Script":
        """Rounds that nobody dies in; "AAB" is two for A and one for B."""
        for winner in winners:
            self.begin().end("A" if winner == "A" else "B")
        return self

    @property
    def score(self) -> tuple[int, int]:
        assert self.state.map is not None
        return self.state.map.score_a, self.state.map.score_b

    def alive(self) -> tuple[int, int]:
        """CT's and T's."""
        found = extract(self.state)
        assert found is not None
        return found.ct_alive, found.t_alive

    def rules_broken(self) -> list[str]:
        return [f.rule for f in self.facts if isinstance(f, Quality)]
