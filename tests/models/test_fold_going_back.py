"""What a server takes back is retracted from the start of the first round that it takes back."""

from typing import Any

import pytest
from msgspec import Struct

from game import events as e
from game import payloads as p
from game.facts import AnyFact, Killed
from game.messages import Message, Processed
from models.digest import valid
from models.fold import MatchFold
from tests.game.by_hand import Script


class FoldScript(Script):
    """A match told by hand to a fold."""

    def __init__(self) -> None:
        super().__init__()
        self.fold, self.messages = MatchFold("x", None), list[Message]()

    def say(self, kind: Any, payload: Struct) -> tuple[AnyFact, ...]:
        self.messages += self.fold.step(self.event(kind, payload))
        self.state = self.fold.state
        return ()

    def dead(self) -> list[str]:
        """Who died, as far as it still counts."""
        facts = [f for m in valid(self.messages) if isinstance(m, Processed) for f in m.facts]
        return [f.victim_id for f in facts if isinstance(f, Killed)]


WARMUP = (e.PhaseChanged, p.PhaseChangedData(phase="warmup"))
LIVE = (e.PhaseChanged, p.PhaseChangedData(phase="live"))
RESTORED = (e.BackupRestored, p.BackupRestoredData(to_round=3))
BEGUN_AGAIN = (e.RoundStarted, p.RoundStartedData())


@pytest.mark.parametrize(
    ("back", "is_lost", "dead"),
    [
        ([RESTORED], False, ["b1", "b2"]),
        ([RESTORED], True, ["b1", "b2"]),
        ([BEGUN_AGAIN], True, ["b1", "b2"]),
        ([WARMUP], False, ["b1", "b2"]),
        ([WARMUP], True, ["b1", "b2", "b3"]),
        ([WARMUP, RESTORED], False, ["b1", "b2"]),
        ([WARMUP, RESTORED], True, ["b1", "b2"]),
        ([WARMUP, LIVE, BEGUN_AGAIN], False, ["b1", "b2"]),
        ([WARMUP, LIVE, BEGUN_AGAIN], True, ["b1", "b2"]),
    ],
)
def test_a_round_that_was_not_decided_is_taken_back_as_a_whole(
    back: list[tuple[type[e.Event], Struct]], dead: list[str], *, is_lost: bool
) -> None:
    """The end of round 3 `is_lost`: round 4 runs. A warm-up takes back only the round that runs."""
    script = FoldScript()
    script.start()
    for number in (1, 2, 3, 4) if is_lost else (1, 2, 3):
        script.begin(number).kill("a0", f"b{number}")
        if number < 3:
            script.end("A")
    script.round_no = 3
    for kind, data in back:
        script.say(kind, data)
    assert script.dead() == dead
