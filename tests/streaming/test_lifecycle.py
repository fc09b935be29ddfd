"""Facts to changes of the catalog, and the catalog that follows from them."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from adapters.catalog.announcers import OFFICE, source_of
from adapters.catalog.changes import Upsert, Withdrawal, team_id
from adapters.catalog.store import open_catalog
from adapters.kafka.records import PROCESSED
from game.events import OUR_OWN
from game.facts import (
    AnyFact,
    MapBegan,
    MapDecided,
    PlayerKnown,
    RoundStats,
    SeriesDecided,
    SeriesKnown,
    Withdrawn,
)
from game.payloads import SeriesAnnouncedData, TeamSheet
from streaming import lifecycle, rows
from tests.streaming import messages as m


def told(seq: int, *facts: AnyFact) -> rows.Told:
    found = rows.load(m.on_topic(PROCESSED, m.processed(seq, *facts))).told
    assert found is not None
    return found


SERIES = SeriesKnown(
    name_a="Team Alder",
    name_b="Team Ash",
    best_of=3,
    players={"p1": ("player-001", "A")},
    external_ids={"x": "1"},
)
MAP_BEGAN = MapBegan(map_name="de_nuke", map_number=1, rules_id="mr12", a_side="ct")
MAP_OVER = MapDecided(score_a=13, score_b=5, winner_team="A", reason="score", maps_a=1, maps_b=0)
SERIES_OVER = SeriesDecided(winner_team="A", maps_a=2, maps_b=0, reason="score")
BOT = PlayerKnown(player_id="bot-1", name="Bot Ada", team="B", is_bot=True, is_connected=True)


def test_a_series_from_announcement_to_end() -> None:
    catalog = open_catalog("sqlite://")
    messages = [
        told(1, SERIES),
        told(2, MAP_BEGAN, BOT),
        *a_round(3),
        told(20, MAP_OVER),
        told(21, SERIES_OVER),
    ]
    for message in messages:
        catalog.apply(list(lifecycle.changes(message)))
    match = catalog.match(m.MATCH)
    assert match is not None
    assert (match["name_a"], match["team_a_id"], match["best_of"]) == ("Team Alder", team_id("team alder"), 3)
    assert (match["status"], match["winner_team"], match["maps_a"], match["ended_at"]) == (
        "over",
        "A",
        2,
        m.moment(21),
    )
    assert match["first_event_at"] == m.moment(1)
    [of_map] = catalog.maps(m.MATCH)
    assert (of_map["name"], of_map["score_a"], of_map["status"]) == ("de_nuke", 13, "over")
    assert [(row["round_no"], row["winner_team"]) for row in catalog.rounds(m.MATCH)] == [(1, "A")]
    assert {row["player_id"]: row["is_bot"] for row in catalog.all("players")} == {"p1": False, "bot-1": True}
    assert {row["name"] for row in catalog.all("teams")} == {"Team Alder", "Team Ash"}
    catalog.close()


def test_a_match_is_announced_until_its_first_map_begins() -> None:
    catalog = open_catalog("sqlite://")
    seen = []
    for message in (
        told(1, SERIES),
        told(2, SERIES),
        told(3, MAP_BEGAN),
        told(4, SERIES),
        told(5, SERIES_OVER),
    ):
        catalog.apply(list(lifecycle.changes(message)))
        [match] = catalog.all("matches")
        seen.append(match["status"])
    assert seen == ["announced", "announced", "live", "live", "over"]
    catalog.close()


def test_what_an_announcement_leaves_out_stays_as_it_was_known() -> None:
    catalog = open_catalog("sqlite://")
    moved = replace(SERIES, best_of=5, external_ids={"y": "2"}, starts_at=None)
    renamed = SeriesKnown(name_a="Team Oak", name_b="Team Ash", best_of=5, players={})
    messages = [
        told(1, replace(SERIES, starts_at="2026-12-01T18:00:00+00:00")),
        told(2, moved),
        told(3, renamed),
    ]
    for message in [*messages, *messages[1:]]:
        catalog.apply(list(lifecycle.changes(message)))
    match = catalog.match(m.MATCH)
    assert match is not None
    assert (match["name_a"], match["best_of"], match["starts_at"]) == (
        "Team Oak",
        5,
        "2026-12-01T18:00:00+00:00",
    )
    assert match["external_ids"] == {"x": "1", "y": "2"}
    catalog.close()


def test_a_match_is_played_when_it_begins_and_until_then_when_it_is_to() -> None:
    catalog = open_catalog("sqlite://")
    seen = []
    due, moved = "2026-12-01T18:00:00+00:00", "2026-12-02T18:00:00+01:00"
    messages = (
        told(1, SERIES),
        told(2, replace(SERIES, starts_at=due)),
        told(3, SERIES),
        told(4, replace(SERIES, starts_at=moved)),
        told(5, MAP_BEGAN),
        told(6, replace(SERIES, starts_at=due)),
        told(7, replace(MAP_BEGAN, map_number=2)),
    )
    for message in [*messages, *messages[1:]]:
        catalog.apply(list(lifecycle.changes(message)))
        [match] = catalog.all("matches")
        seen.append(match["plays_at"])
    first, then = datetime.fromisoformat(due), datetime.fromisoformat(moved)
    assert seen[:7] == [m.moment(1), first, first, then, m.moment(5), m.moment(5), m.moment(5)]
    assert {*seen[7:]} == {m.moment(5)}
    catalog.close()


def test_a_match_was_heard_when_its_source_spoke_by_our_clock() -> None:
    """Not what we say of it ourselves or tell again, and no announcement. Without a time of arrival the event's own
    counts."""
    catalog = open_catalog("sqlite://")
    arrived = m.moment(900)
    seen = []
    for message in (
        replace(m.processed(1, SERIES), received_at=None),
        replace(m.processed(2, MAP_BEGAN), received_at=arrived),
        *(replace(m.processed(3, BOT), source=ours, received_at=m.moment(999)) for ours in sorted(OUR_OWN)),
        replace(m.processed(4, BOT), corrects=3, received_at=m.moment(999)),
        replace(m.announced(5, SERIES, SeriesAnnouncedData()), received_at=m.moment(999)),
    ):
        found = rows.load(m.on_topic(PROCESSED, message)).told
        assert found is not None
        catalog.apply([*lifecycle.changes(found), lifecycle.seen(found)])
        [match] = catalog.all("matches")
        seen.append(match["heard_at"])
    assert seen == [m.moment(1), arrived, *[arrived] * (len(OUR_OWN) + 2)]
    catalog.close()


def announced(seq: int, **said: Any) -> rows.Told:
    """An announcement, as the reducer would tell it of a match whose teams are Alder and Ash."""
    payload = SeriesAnnouncedData(**said)
    names = {"name_a": payload.team_a.name or "Team Alder", "name_b": payload.team_b.name or "Team Ash"}
    found = rows.load(m.on_topic(PROCESSED, m.announced(seq, replace(SERIES, **names), payload))).told
    assert found is not None
    return found


def test_an_announced_id_is_the_team_whatever_it_is_called_later() -> None:
    catalog = open_catalog("sqlite://")
    said = TeamSheet(name="Alder", team_id="t1", external_ids={"league": "77"})
    messages = [
        told(1, SERIES),
        announced(2, team_a=said),
        announced(3, best_of=5),
        told(4, SeriesKnown(name_a="alder.gg", name_b="Oak", best_of=5, players={})),
        announced(5, team_a=TeamSheet(name="alder.gg", external_ids={"press": "al"})),
        *a_round(6),
    ]
    for message in [*messages, *messages[2:]]:
        catalog.apply(list(lifecycle.changes(message)))
    [match] = catalog.all("matches")
    assert (match["team_a_id"], match["name_a"], match["team_b_id"]) == (
        "t1",
        "alder.gg",
        team_id("Team Ash"),
    )
    teams = {row["team_id"]: row for row in catalog.all("teams")}
    assert set(teams) == {"t1", team_id("Team Alder"), team_id("Team Ash"), team_id("Oak")}
    assert (teams["t1"]["name"], teams["t1"]["external_ids"]) == ("alder.gg", {"league": "77", "press": "al"})
    assert teams[team_id("Oak")]["external_ids"] is None
    catalog.close()


def test_a_client_renames_nobody_in_the_matches_of_another() -> None:
    """The id of a team or player is anybody's to write down; the name that all see is whose who told it first."""
    catalog = open_catalog("sqlite://")
    ours, theirs = source_of("ours"), source_of("theirs")

    def put(seq: int, match_id: str, name: str, source: str) -> None:
        sheet = TeamSheet(name=name, team_id="t1", external_ids={"league": name}, players={"p1": name})
        fact = replace(SERIES, name_a=name, players={"p1": (name, "A")})
        message = m.announced(seq, fact, SeriesAnnouncedData(team_a=sheet), source=source, match_id=match_id)
        told_ = rows.load(m.on_topic(PROCESSED, message)).told
        assert told_ is not None
        catalog.apply(list(lifecycle.changes(told_)))

    def shared() -> set[object]:
        [team] = [row for row in catalog.all("teams") if row["team_id"] == "t1"]
        [player] = catalog.all("players")
        return {team["name"], team["external_ids"]["league"], player["name"]}

    put(1, "match-1", "Alder", ours)
    put(2, "match-2", "Defaced", theirs)
    assert shared() == {"Alder"}
    assert {row["match_id"]: row["name_a"] for row in catalog.all("matches")} == {
        "match-1": "Alder",
        "match-2": "Defaced",
    }
    put(3, "match-1", "Alder Gaming", ours)
    assert shared() == {"Alder Gaming"}
    put(4, "match-2", "Alder GG", OFFICE)
    assert shared() == {"Alder GG"}
    put(5, "match-2", "Defaced", theirs)
    assert shared() == {"Alder GG"}
    catalog.close()


def test_announced_maps_are_kept_until_others_are_announced() -> None:
    catalog = open_catalog("sqlite://")
    seen = []
    for message in (
        announced(1),
        announced(2, maps=("de_nuke", "de_train")),
        announced(3, best_of=3),
        announced(4, maps=("de_inferno",)),
    ):
        catalog.apply(list(lifecycle.changes(message)))
        [match] = catalog.all("matches")
        seen.append(match["announced_maps"])
    assert seen == [None, ["de_nuke", "de_train"], ["de_nuke", "de_train"], ["de_inferno"]]
    catalog.close()


def test_who_plays_was_seen_until_the_end_of_the_round() -> None:
    catalog = open_catalog("sqlite://")
    played = RoundStats(round_no=1, lines={"bot-1": {}, "stranger": {}})
    messages = [told(1, SERIES), told(2, MAP_BEGAN, BOT), *a_round(3), told(30, played), told(20, played)]
    for message in [*messages, *messages]:
        catalog.apply(list(lifecycle.changes(message)))
    players = {row["player_id"]: row["last_seen_at"] for row in catalog.all("players")}
    assert players == {"p1": m.moment(1), "bot-1": m.moment(30)}
    assert {row["last_seen_at"] for row in catalog.all("teams")} == {m.moment(30)}
    catalog.close()


def a_round(first_seq: int) -> list[rows.Told]:
    return [told(first_seq + place, fact) for place, fact in enumerate(m.round_facts())]


def test_events_without_a_lifecycle_change_nothing() -> None:
    assert list(lifecycle.changes(told(1, m.killed()))) == []


def test_going_back_sets_the_maps_score_back() -> None:
    back = Withdrawn(reason="restore", from_round=3, score_a=1, score_b=1)
    [_, _, change] = lifecycle.changes(told(50, back))
    assert isinstance(change, Upsert)
    assert (change.table, change.values["score_a"], change.values["status"]) == ("maps", 1, "live")


def test_a_retraction_withdraws_rounds_by_seq() -> None:
    change = lifecycle.withdrawal(m.retraction(30, from_seq=12, to_seq=29))
    assert change == Withdrawal(match_id=m.MATCH, from_seq=12, to_seq=29)


def test_a_model_is_known_by_its_hash() -> None:
    change = lifecycle.model_seen(m.prediction(4))
    assert (change.table, change.values["model_hash"], change.values["model_version"]) == (
        "model_versions",
        "hash-1",
        "v1",
    )
