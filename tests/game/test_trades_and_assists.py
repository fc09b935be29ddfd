"""Trades and assists: windows at their edges, bodies of bots, what is told twice, and what saves a round."""

import pytest

from game import events as e
from game import payloads as p
from game.facts import Killed, RoundStats
from game.payloads import Team
from game.state import MatchState, Player
from game.statistics.book import RoundBook, StatBook
from game.statistics.tally import tally
from game.statistics.trades import is_trade
from tests.game.folded import folded, last_stats, live_script, traded_after
from tests.game.scripted import Script


def test_an_assist_that_is_told_after_the_decision_is_published() -> None:
    script = live_script()
    script.kill("a1", "b1")
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="ct_win"))
    script.tell(e.Assist, p.AssistData(player_id="a2", victim_player_id="b1"))
    _, facts, _ = folded(script.events)
    told = [fact for fact in facts if isinstance(fact, RoundStats)]
    assert [fact.lines["a2"]["assists"] for fact in told] == [0, 1]
    assert last_stats(facts).players["a2"]["assists"] == 1


@pytest.mark.parametrize(
    ("killer", "team", "kast"), [("a1", "A", 100), ("b2", "B", 0), ("b1", "B", 0), (None, None, 0)]
)
def test_an_assist_saves_a_round_by_the_kill_of_an_enemy_alone(
    killer: str | None, team: Team | None, kast: int
) -> None:
    """A team kill, a suicide and a death by the world count as assists and save nothing."""
    script = live_script()
    script.kill("b3", "a2")
    data = p.KillData(
        killer_player_id=killer,
        killer_team=team,
        victim_player_id="b1",
        victim_team="B",
        assister_player_id="a2",
    )
    script.tell(e.Kill, data)
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    told = last_stats(folded(script.events)[1]).players["a2"]
    assert (told["assists"], told["kast"], told["kast.won"]) == (1, kast, kast)


@pytest.mark.parametrize(("ticks", "is_traded"), [(1, True), (320, True), (321, False)])
def test_the_trade_window_is_five_seconds_inclusive(ticks: int, is_traded: bool) -> None:
    told = traded_after(ticks).players
    assert told["a1"]["trades.deaths"] == told["a2"]["trades.kills"] == is_traded
    assert told["a1"]["kast"] == 100 * is_traded
    assert told["b1"]["kast"] == 100.0


@pytest.mark.parametrize("death_s", [3.3, 0.7, 64.9])
def test_the_fifth_second_counts_whatever_tenths_it_began_at(death_s: float) -> None:
    assert is_trade(death_s, death_s + 5.0)
    assert is_trade(death_s, round(death_s + 5, 1))
    assert not is_trade(death_s, death_s + 5.001)


def test_nothing_is_traded_where_the_time_of_the_round_is_unknown() -> None:
    """The end of freeze time was lost: kills fifty seconds apart are no trade, nor any other."""
    script = Script(1)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.kill("b1", "a1")
    script.wait(3200, 3200)
    script.kill("a2", "b1")
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="ct_win"))
    told = last_stats(folded(script.events)[1]).players
    assert (told["a1"]["trades.deaths"], told["a2"]["trades.kills"], told["a1"]["kast"]) == (0, 0, 0)


def test_whoever_kills_in_the_body_of_a_bot_is_traded_by_its_death() -> None:
    script = live_script()
    script.kill("b2", "a1")
    script.tell(e.BotTakeover, p.BotTakeoverData(player_id="a1", bot_player_id="a5"))
    script.wait(640, 640)
    script.kill("a1", "b1")
    script.wait(128, 128)
    script.tell(e.Kill, p.KillData(killer_player_id="b3", victim_player_id="a1"))
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="t", reason="t_win"))
    told = last_stats(folded(script.events)[1]).players
    assert (told["b1"]["trades.deaths"], told["b1"]["kast"], told["b3"]["trades.kills"]) == (1, 100, 1)
    assert (told["a5"]["deaths"], told["a1"]["deaths"]) == (1, 1)


def test_an_assist_that_is_told_with_its_kill_and_apart_is_one() -> None:
    script = live_script()
    script.kill("b3", "a2")
    script.kill("a1", "b1", assister="a2")
    script.tell(e.Assist, p.AssistData(player_id="a2", victim_player_id="b1"))
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    assert last_stats(folded(script.events)[1]).players["a2"]["assists"] == 1


def test_an_assist_in_a_team_kill_saves_no_round_told_apart_either() -> None:
    script = live_script()
    script.kill("b3", "a2")
    script.kill("b2", "b1")
    script.tell(e.Assist, p.AssistData(player_id="a2", victim_player_id="b1"))
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    told = last_stats(folded(script.events)[1]).players["a2"]
    assert (told["assists"], told["kast"]) == (1, 0)


def test_who_assists_first_is_counted_first_whatever_the_names() -> None:
    """A set of names would have the order of their hashes, which differs from process to process."""
    pairs = [(f"assister{i}", f"flasher{i}") for i in range(16)]
    names = [name for pair in pairs for name in pair]
    state = MatchState(match_id="m", players={k: Player(player_id=k, team="A") for k in names})
    book = StatBook(running=RoundBook(number=1, half=1, a_side="ct", is_decided=True))
    for assister, flasher in pairs:
        fact = Killed(
            victim_id="b1", victim_team="B", victim_side="t", killer_id="a1", killer_team="A", killer_side="ct",
            assister_id=assister, flash_assister_id=flasher, weapon="ak47", is_headshot=False,
            is_team_kill=False, is_suicide=False, is_post_round=True, round_time_s=10.0,
        )  # fmt: skip
        book = tally(book, fact, state=state)
    assert book.running is not None
    assert list(book.running.lines) == ["b1", "a1", *names]
