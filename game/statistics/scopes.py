"""The scopes that statistics cover: a round, a half, the rounds on a side, the map.

Belongs here: the names of scopes, and facts turned into lines by scope. Does not belong here: the figures (`figures`),
storage of the lines.

A scope is `map`, `half:n` (overtime from 3 on), `side:ct`, `side:t` or `round:n`.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from game.facts import AnyFact, MapStats, RoundStats

SCOPE_PATTERN = r"^(map|half:[1-9][0-9]?|side:(ct|t)|round:[1-9][0-9]{0,2})$"


class Scoped(Struct, frozen=True, kw_only=True):
    """Lines of one scope, by player. `round_no` is the last round that they cover."""

    scope: str
    round_no: int
    lines: Mapping[str, Mapping[str, float]]

    def rounds(self, player_id: str) -> int:
        """The number of rounds that this player's figures cover."""
        return int(
            self.lines[player_id].get("rounds", 1 if self.scope.startswith("round:") else self.round_no)
        )


def scoped(facts: tuple[AnyFact, ...]) -> Iterator[Scoped]:
    """All lines in the facts of one message."""
    for fact in facts:
        if isinstance(fact, RoundStats):
            yield Scoped(scope=f"round:{fact.round_no}", round_no=fact.round_no, lines=fact.lines)
        elif isinstance(fact, MapStats):
            for scope, lines in {"map": fact.players, **fact.scopes}.items():
                yield Scoped(scope=scope, round_no=fact.rounds, lines=lines)
