"""Statistics as a fold: laws on scripted maps, windows and classes at their edges. Figures by hand: test_golden."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game import events as e
from game import payloads as p
from game.facts import Damaged, Killed, MapStats, RoundDecided, RoundStats, Spawned, Withdrawn
from game.payloads import Side, Team
from game.statistics.book import Line, StatBook, withdraw
from game.statistics.economy import buy_class
from game.statistics.figures import map_stats
from game.stats import BUY_CLASSES, COLUMNS, OPTIONAL, SUMMED, TOTALS
from tests.game.folded import Folded, folded, last_stats, live_script, traded_after
from tests.game.scripted import Script, decided_maps, scripted_map, seeds

BOOK_LIMIT_BYTES = 16_384


@pytest.mark.slow
@given(decided_maps, seeds)
@settings(max_examples=20)
def test_totals_are_the_sums_of_the_rounds(winners: list[Team], seed: int) -> None:
    _, facts, _ = folded(scripted_map(winners, seed))
    rounds = {fact.round_no: fact for fact in facts if isinstance(fact, RoundStats)}
    for player_id, told in last_stats(facts).players.items():
        for stat_id in SUMMED:
            assert told[stat_id] == sum(fact.lines[player_id][stat_id] for fact in rounds.values())


@pytest.mark.slow
@given(decided_maps, seeds)
@settings(max_examples=20)
def test_every_death_is_somebodys_and_every_kill_has_one(winners: list[Team], seed: int) -> None:
    _, facts, _ = folded(scripted_map(winners, seed))
    told = last_stats(facts).players.values()
    deaths = [fact for fact in facts if isinstance(fact, Killed)]
    damages = [fact for fact in facts if isinstance(fact, Damaged) and fact.is_enemy]
    assert sum(x["deaths"] for x in told) == len(deaths)
    assert sum(x["kills.all"] for x in told) == sum(not d.is_suicide for d in deaths)
    assert sum(x["damage"] for x in told) == sum(d.health_damage for d in damages)
    assert sum(x["openings.won"] for x in told) == sum(x["openings.lost"] for x in told)


@given(decided_maps, seeds)
@settings(max_examples=10)
def test_halves_and_sides_add_up_to_the_map(winners: list[Team], seed: int) -> None:
    _, facts, _ = folded(scripted_map(winners, seed))
    told = last_stats(facts)
    for kind in ("half:", "side:"):
        for player_id, totals in told.players.items():
            parts = [scope[player_id] for name, scope in told.scopes.items() if name.startswith(kind)]
            assert {s: sum(part[s] for part in parts) for s in SUMMED} == {s: totals[s] for s in SUMMED}
            assert sum(part["rounds"] for part in parts) == told.rounds


@given(decided_maps, seeds, st.data())
@settings(max_examples=15)
@pytest.mark.slow
def test_rounds_that_are_taken_back_leave_no_trace(
    winners: list[Team], seed: int, data: st.DataObject
) -> None:
    events = scripted_map(winners, seed)
    cut = data.draw(st.integers(2, len(winners)))
    before = [event for event in events if (event.round_no or 0) < cut]
    restored = e.BackupRestored(
        event_id="back",
        match_id="m",
        map_id="m1",
        ts_event=events[-1].ts_event,
        source="script",
        payload=p.BackupRestoredData(to_round=cut),
    )
    again = [event for event in events if (event.round_no or 0) >= cut]
    _, facts, _ = folded([*events[:-1], restored, *again])
    assert any(isinstance(fact, Withdrawn) for fact in facts)
    assert last_stats(facts) == last_stats(folded(events)[1])
    whole, kept = folded(events)[0], folded(before)[0]
    assert map_stats(withdraw(whole, cut)).players == map_stats(kept).players


@given(decided_maps, seeds)
@settings(max_examples=5)
def test_a_book_survives_the_snapshot_and_stays_small(winners: list[Team], seed: int) -> None:
    book, _, _ = folded(scripted_map(winners, seed))
    raw = msgspec.msgpack.encode(book)
    assert msgspec.msgpack.decode(raw, type=StatBook) == book
    assert len(raw) < BOOK_LIMIT_BYTES


def test_a_map_of_many_overtimes_stays_small() -> None:
    level: list[Team] = ["A", "B"]
    book, _, _ = folded(scripted_map(level * 30 + level[:1] * 4, 9))
    assert len(msgspec.msgpack.encode(book)) < BOOK_LIMIT_BYTES


def test_definitions_and_lines_have_the_same_columns() -> None:
    assert len(COLUMNS) == len(Line.__struct_fields__)
    _, facts, _ = folded(scripted_map(["A"] * 13, 1))
    for told in last_stats(facts).players.values():
        assert set(told) <= set(TOTALS)
        assert set(TOTALS) - set(told) <= OPTIONAL
    lines = [fact for fact in facts if isinstance(fact, RoundStats)][-1].lines
    assert all(list(line) == list(COLUMNS) for line in lines.values())


def test_what_is_told_in_percent_says_so() -> None:
    told = {each.stat_id for each in TOTALS.values() if each.meaning.startswith("100 x ")}
    assert (
        told == {each.stat_id for each in TOTALS.values() if each.unit == "percent"} == {"kast", "kast.won"}
    )


def test_statistics_come_with_the_decision() -> None:
    _, facts, _ = folded(scripted_map(["A"] * 13, 1, has_aftermath=False))
    kinds = [type(f) for f in facts if isinstance(f, RoundDecided | RoundStats | MapStats)]
    assert kinds == [RoundDecided, RoundStats, MapStats] * 13


def test_who_leaves_alive_neither_survives_nor_keeps_his_mate_from_a_clutch() -> None:
    script = Script(1)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    for victim in ("a1", "a2", "a3"):
        script.wait(640, 640)
        script.kill("b1", victim)
    script.wait(64, 64)
    script.tell(e.PlayerDisconnected, p.PresenceData(player_id="a4"))
    script.tell(e.PlayerConnected, p.PresenceData(player_id="a4"))
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    told = last_stats(folded(script.events)[1]).players
    assert (told["a4"]["kast"], told["a5"]["kast"]) == (0, 100)
    assert (told["a5"]["clutches.1v5"], told["a5"]["clutches.won"]) == (1, 1)


def test_sides_chosen_in_the_first_round_are_those_of_its_figures() -> None:
    script = live_script()
    script.tell(e.SidesSet, p.SidesSetData(a_side="t"))
    script.tell(e.RoundEnded, p.RoundEndedData(winner_team="A"))
    book, _, state = folded(script.events)
    scopes = map_stats(book).scopes
    assert state.map is not None
    assert [r.a_side for r in state.map.rounds] == ["t"]
    assert (scopes["side:t"]["a1"]["rounds"], scopes["side:ct"]["b1"]["rounds"]) == (1, 1)


def surrendered(rounds: int, *, begun: int = 0) -> Folded:
    """A map whose `rounds` each team won in turn until A gave up, amid the next one where that had `begun`."""
    script = live_script()
    for number in range(1, rounds + begun + 1):
        script.round_no = number
        if number > 1:
            script.tell(e.RoundStarted, p.RoundStartedData())
            script.tell(e.FreezeEnded, p.FreezeEndedData())
        script.health = dict.fromkeys(script.teams, 100)
        script.kill("a1", "b1")
        if number <= rounds:
            script.tell(e.RoundEnded, p.RoundEndedData(winner_team="A" if number % 2 else "B"))
    script.tell(e.MapEnded, p.MapEndedData(winner_team="B", reason="surrender"))
    return folded(script.events)


@pytest.mark.parametrize("begun", [0, 1])
def test_a_map_that_ends_amid_a_half_has_that_half(begun: int) -> None:
    _, facts, _ = surrendered(15, begun=begun)
    told = last_stats(facts)
    assert (told.rounds, told.players["a1"]["kills.all"]) == (15, 15)
    halves = {scope: rows["a1"]["rounds"] for scope, rows in told.scopes.items() if scope.startswith("half:")}
    assert halves == {"half:1": 12, "half:2": 3}
    assert sum(isinstance(fact, RoundStats) for fact in facts) == 15


def test_a_map_that_ends_without_a_decided_round_has_no_figures() -> None:
    _, facts, _ = surrendered(0, begun=1)
    assert not any(isinstance(fact, MapStats) for fact in facts)


def test_sides_of_a_new_half_leave_the_round_before_as_it_was() -> None:
    book, _, _ = folded(scripted_map(["A"] * 13, 1, has_aftermath=False))
    scopes = map_stats(book).scopes
    assert (scopes["side:ct"]["a1"]["rounds"], scopes["side:t"]["a1"]["rounds"]) == (12, 1)


def test_a_coach_has_no_line_and_keeps_nobody_from_a_clutch() -> None:
    script = Script(1)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.PlayerConnected, p.PresenceData(player_id="coach", team="A", is_coach=True))
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    for victim in ("a1", "a2", "a3", "a4"):
        script.wait(64, 64)
        script.kill("b1", victim)
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="t", reason="t_win"))
    told = last_stats(folded(script.events)[1]).players
    assert "coach" not in told
    assert told["a5"]["clutches.1v5"] == 1


def test_who_plays_on_after_his_death_lives_again() -> None:
    """He survives, and his side has two left, so that nobody is alone."""
    script = live_script()
    for victim in ("a1", "a2"):
        script.kill("b1", victim)
    script.tell(e.PlayerSpawned, p.PlayerSpawnedData(player_id="a1"))
    for victim in ("a3", "a4"):
        script.wait(640, 640)
        script.kill("b1", victim)
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    book, facts, _ = folded(script.events)
    lines = [fact for fact in facts if isinstance(fact, RoundStats)][-1].lines
    assert (lines["a1"]["deaths"], lines["a1"]["survived"], lines["a1"]["kast"]) == (1, 1, 1)
    assert lines["a2"]["survived"] == 0
    assert book.running is not None
    assert book.running.clutches == {}
    assert Spawned(player_id="a1") in facts


def test_who_died_in_freeze_time_neither_survives_nor_stands_by_his_mate() -> None:
    script = Script(1)
    script.begin()
    script.health = dict.fromkeys(script.teams, 100)
    script.tell(e.RoundStarted, p.RoundStartedData())
    script.tell(e.Kill, p.KillData(killer_player_id=None, victim_player_id="a1", weapon="world"))
    script.tell(e.FreezeEnded, p.FreezeEndedData())
    for victim in ("a2", "a3", "a4"):
        script.wait(64, 64)
        script.kill("b1", victim)
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    told = last_stats(folded(script.events)[1]).players
    assert (told["a1"]["deaths"], told["a1"]["kast"]) == (1, 0)
    assert (told["a5"]["clutches.1v5"], told["a5"]["clutches.won"]) == (1, 1)


def test_who_gets_his_team_after_he_has_done_something_keeps_it() -> None:
    script = live_script()
    script.tell(e.Kill, p.KillData(killer_player_id="late_a", victim_player_id="late_b"))
    script.tell(e.PlayerJoinedTeam, p.PresenceData(player_id="late_a", team="A"))
    script.tell(e.PlayerJoinedTeam, p.PresenceData(player_id="late_b", team="B"))
    script.tell(e.Kill, p.KillData(killer_player_id="nobody", victim_player_id="b1", victim_team="B"))
    script.tell(e.RoundEnded, p.RoundEndedData(winner_side="ct", reason="time_ran_out"))
    book, facts, _ = folded(script.events)
    told = last_stats(facts).players
    assert (told["late_a"]["kills.all"], told["late_b"]["deaths"]) == (1, 1)
    assert "nobody" not in told
    assert book.running is not None
    assert "nobody" not in [fact for fact in facts if isinstance(fact, RoundStats)][-1].lines


def test_a_round_of_ever_new_deaths_stays_small() -> None:
    """Kills and respawns without end, and assists by names that nobody has heard."""
    script = live_script()
    for number in range(300):
        script.tell(e.Kill, p.KillData(killer_player_id="a1", victim_player_id="b1"))
        script.tell(e.Assist, p.AssistData(player_id=f"x{number}", victim_player_id=f"y{number}"))
        script.tell(e.PlayerSpawned, p.PlayerSpawnedData(player_id="b1"))
    book, _, _ = folded(script.events)
    assert len(msgspec.msgpack.encode(book)) < BOOK_LIMIT_BYTES
    assert book.running is not None
    assert book.running.lines["a1"].opening_kills == 1


def test_survival_counts_for_both_variants_only_in_a_won_round() -> None:
    told = traded_after(64).players
    assert (told["a3"]["kast"], told["a3"]["kast.won"]) == (100, 100)
    assert (told["b3"]["kast"], told["b3"]["kast.won"]) == (100, 0)


@pytest.mark.parametrize(
    ("equipment", "money", "side", "has_lost", "expected"),
    [
        ([1000], [5000], "ct", False, "eco"),
        ([1001], [5000], "ct", False, "semi"),
        ([1001], [400], "ct", True, "force"),
        ([1001], [401], "ct", True, "semi"),
        ([1001], [400], "ct", False, "semi"),
        ([1001], [None], "ct", True, "semi"),
        ([4499], [0], "ct", False, "semi"),
        ([4500], [0], "ct", True, "full"),
        ([4000], [0], "t", True, "full"),
        ([3999], [0], "t", True, "force"),
        ([0, 0, 5000], [0, 0, 0], "t", True, "force"),
        ([], [], "t", True, "unknown"),
    ],
)
def test_classes_of_buys(
    equipment: list[int], money: list[int | None], side: Side, has_lost: bool, expected: str
) -> None:
    found = buy_class(equipment, money, side=side, is_pistol=False, has_lost_before=has_lost)
    assert BUY_CLASSES[found] == expected
    assert BUY_CLASSES[buy_class([9000], [0], side=side, is_pistol=True, has_lost_before=True)] == "pistol"
