"""Statistics of a scripted map, and a round that is live: what their tests fold. Not a test."""

from collections.abc import Iterable

from game import events as e
from game import payloads as p
from game.advance import advance
from game.facts import AnyFact, MapStats
from game.state import MatchState, initial_state
from game.statistics.book import StatBook
from game.statistics.figures import counted
from tests.game.scripted import Script

Folded = tuple[StatBook, list[AnyFact], MatchState]


def folded(events: Iterable[e.AnyEvent]) -> Folded:
    state, book, found = initial_state("m"), StatBook(), list[AnyFact]()
    for event in events:
        state, known = advance(state, event)
        book, told = counted(book, known, state=state)
        found += (*known, *told)
    return book, found, state


def last_stats(facts: Iterable[AnyFact]) -> MapStats:
    return [fact for fact in facts if isinstance(fact, MapStats)][-1]


def live_script() -> Script:
    """The first round, a second after its freeze time; all are alive."""
    script = Script(1)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    script.wait(64, 64)
    return script


def traded_after(ticks: int) -> MapStats:
    """b1 kills a1, and `ticks` later a2 kills b1; then B runs out of time."""
    script = live_script()
    script.kill("b1", "a1")
    script.wait(ticks, ticks)
    script.kill("a2", "b1")
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="ct_win"))
    return last_stats(folded(script.events)[1])
