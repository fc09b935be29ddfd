"""Which players are present in each round of a cs2df recording, and who is alive again after a death in it.

Belongs here: telling coaches and substitutes from active players; deaths in play before a round went live. Does not
belong here: people whom the file does not list, which attempt of a round counts (`cs2df_rounds`).

An active player goes into a round with equipment: on the recorded maps no player had less than 200 $. In teams that
list five or fewer, all are taken to be present.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from game.rules import TEAM_SIZE
from game.sources.cs2df import Recording


def absent(recording: Recording) -> dict[int, frozenset[str]]:
    """By round: the listed players who are absent. Rounds without equipment data are left out."""
    sizes = Counter(player.team for player in recording.players)
    doubted = {x.player_id for x in recording.players if sizes[x.team] > TEAM_SIZE}
    equipped: dict[int, set[str]] = defaultdict(set)
    for row in recording.economies:
        if row.equipment_value > 0:
            equipped[row.round_number].add(recording.who[row.player])
    return {number: frozenset(doubted - there) for number, there in equipped.items()} if doubted else {}


def changes(recording: Recording) -> Iterator[tuple[int, str, bool]]:
    """(round, player, whether present from that round on), in the order of rounds; at first everyone is present."""
    gone: frozenset[str] = frozenset()
    by_round = absent(recording)
    for played in recording.rounds:
        now = by_round.get(played.number, gone)
        for player_id in sorted(now ^ gone):
            yield played.number, player_id, player_id in gone
        gone = now


class Life(NamedTuple):
    """A player is alive again from `tick` on; `key` identifies the row of kills that shows it."""

    tick: int
    round_no: int
    player_id: str
    key: str


def lives_again(recording: Recording, within: Callable[[int, int], int]) -> Iterator[Life]:
    """Players who are alive again after a death. A player who dies in freeze time is alive when it ends: the death was
    in earlier play, a warm-up, a knife round or an attempt. A player who dies twice in live play is alive from the
    first hit after the first death. `within` keeps a tick in its round."""
    deaths: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
    for i, row in enumerate(recording.kills):
        deaths[row.round_number, recording.who[row.victim]].append((within(row.round_number, row.tick), i))
    live_at = {played.number: played.freeze_end_tick for played in recording.rounds}
    for (number, player_id), told in deaths.items():
        live = live_at[number]
        before = [i for died, i in told if died < live]
        if before:
            yield Life(live, number, player_id, f"kills/{max(before)}/lives")
        for (died, _), (dies, i) in pairwise(sorted(told)):
            if died < dies and not died < live <= dies:
                yield Life(
                    _hit(recording, player_id, died=died, dies=dies), number, player_id, f"kills/{i}/spawned"
                )


def _hit(recording: Recording, player_id: str, *, died: int, dies: int) -> int:
    """The tick of the first hit on the player between two of the player's deaths, otherwise of the second death."""
    hits = (
        row.tick
        for row in recording.damages
        if row.health_damage > 0 and died < row.tick < dies and recording.who[row.victim] == player_id
    )
    return min(hits, default=dies)
