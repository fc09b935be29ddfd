"""The terminal display of a scene.

Belongs here: Rich renderables, as pure functions of the scene. Does not belong here: where the scene comes from.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from game.messages import Probability
from game.state import MatchState, Player, round_time_s
from midround.scene import Scene, Watcher

Show = Callable[[Watcher, "Feed"], None]
BAR = 44
TELL_S = 5.0
A_STYLE, B_STYLE = "bold cyan", "bold magenta"


class Feed(Struct, frozen=True, kw_only=True):
    """The input side: events sent, their mean rate since the match began, restarts, and parts that are not ready."""

    name: str
    sent: int
    rate: float
    restarts: int
    waiting_for: tuple[str, ...]
    urls: Mapping[str, str]


@contextmanager
def screen(console: Console) -> Iterator[Show]:
    """Yield the demo's display: a live view in a terminal, otherwise a line every `TELL_S`."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8, transient=True) as live:
            yield lambda watcher, feed: live.update(drawn(watcher.look(), feed))
        return
    told_s = time.monotonic()

    def tell(watcher: Watcher, feed: Feed) -> None:
        nonlocal told_s
        if time.monotonic() - told_s > TELL_S:
            told_s = time.monotonic()
            scene = watcher.scene
            console.print(
                f"{feed.sent:,} sent, {scene.events:,} processed, {scene.predictions:,} predictions"
            )

    yield tell


def drawn(scene: Scene, feed: Feed) -> RenderableType:
    """Return the whole view."""
    return Group(
        Panel(_score(scene.state), title=Text(feed.name, "bold"), border_style="dim"),
        Panel(_chances(scene), title="win probability, 90 % interval", border_style="dim"),
        Panel(_lines(scene), title="last events", border_style="dim", height=11),
        Panel(_health(scene, feed), title="feed", border_style="dim"),
    )


def _score(state: MatchState | None) -> RenderableType:
    if state is None or state.map is None:
        return Text("waiting for the first round", style="dim")
    line = Text(justify="center")
    line.append(f"{state.name_a or 'Team A'}  ", A_STYLE)
    line.append(f"{state.map.score_a} : {state.map.score_b}", "bold")
    line.append(f"  {state.name_b or 'Team B'}", B_STYLE)
    return Group(line, Text(_where(state), justify="center", style="dim"), _players(state))


def _where(state: MatchState) -> str:
    assert state.map is not None
    number = state.round.number if state.round is not None else 0
    clock = round_time_s(state, state.last_ts) if state.last_ts is not None else None
    parts = [
        f"maps {state.maps_a}:{state.maps_b} of {state.best_of}",
        state.map.name or "unknown map",
        f"round {number}",
        state.match_tag if state.phase is None else state.phase.replace("_", " "),
        "" if clock is None else f"{int(max(0, clock)) // 60}:{int(max(0, clock)) % 60:02d}",
        f"bomb {state.round.bomb.status}" if state.round is not None else "",
    ]
    return "   ".join(part for part in parts if part)


def _players(state: MatchState) -> Table:
    table = Table.grid(expand=True, padding=(0, 1))
    for team in "AB":
        table.add_column(justify="right" if team == "A" else "left", ratio=1)
    sides = {"A": state.map.a_side if state.map else "ct"}
    sides["B"] = "t" if sides["A"] == "ct" else "ct"
    rows = [[_player(p) for p in state.players.values() if p.team == team][:6] for team in "AB"]
    table.add_row(Text(sides["A"].upper(), style=A_STYLE), Text(sides["B"].upper(), style=B_STYLE))
    for index in range(max(map(len, rows), default=0)):
        table.add_row(*(row[index] if index < len(row) else Text() for row in rows))
    return table


def _player(player: Player) -> Text:
    name = player.name or player.player_id
    if not player.is_alive:
        return Text(name, style="dim strike")
    kit = " kit" if player.has_kit else ""
    return Text(f"{name}  {player.health:>3} hp  ${player.equipment_value}{kit}")


def _chances(scene: Scene) -> RenderableType:
    prediction = scene.prediction
    if prediction is None:
        return Text("no prediction yet", style="dim")
    table = Table.grid(padding=(0, 1))
    for name, chance in (("round", prediction.round), ("map", prediction.map), ("series", prediction.series)):
        table.add_row(
            Text(name),
            Text(f"{chance.p_a:6.1%}", style=A_STYLE),
            bar(chance),
            Text(f"{chance.p_b:6.1%}", style=B_STYLE),
            Text(f"[{chance.lo:.2f}, {chance.hi:.2f}]", style="dim"),
        )
    return table


def bar(chance: Probability, width: int = BAR) -> Text:
    """Draw the probabilities: team A's share from the left, team B's from the right."""
    cells = round(chance.p_a * width)
    return Text.assemble(("█" * cells, A_STYLE), ("█" * (width - cells), B_STYLE))


def _lines(scene: Scene) -> RenderableType:
    return Text("\n".join(scene.lines) if scene.lines else "nothing yet", overflow="ellipsis", no_wrap=True)


def _health(scene: Scene, feed: Feed) -> RenderableType:
    latency = "-" if scene.latency_ms is None else f"{scene.latency_ms:,.1f} ms"
    parts = "all parts ready" if not feed.waiting_for else f"waiting for {', '.join(feed.waiting_for)}"
    text = Text(
        f"{feed.sent:,} sent  {feed.rate:,.0f}/s   {scene.events:,} processed   {scene.predictions:,} predictions   "
        f"{scene.corrections} corrections   intake to topic {latency}   {parts}, {feed.restarts} restarts\n"
    )
    text.append("   ".join(f"{name} {url}" for name, url in feed.urls.items()), "dim")
    return text
