"""Questions to the real application have answers in their types, and errors in its words."""

import asyncio
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from adapters.catalog.changes import TeamTold, Upsert
from adapters.catalog.store import open_catalog
from api.public.directory import Directory
from api.public.store import ANSWERS_S as STORE_ANSWERS_S
from api.public.threads import ANSWERS_S as CATALOG_ANSWERS_S
from game.events import SeriesAnnounced
from game.payloads import SeriesAnnouncedData, TeamSheet
from game.what_if import PlayerChange, WhatIf
from midround.client import archive, questions
from midround.client.refusals import ApiError, GraphQLError
from midround.client.rest import TIMEOUT_S, AsyncClient, Client
from tests.api.public.doubles import NOON, Desk, KeptHistory, match_id, messages
from tests.api.public.test_announcements import Kept
from tests.midround.client.serving import served

pytestmark = pytest.mark.slow


def test_answers_have_their_types() -> None:
    desk = Desk(KeptHistory(messages())).take(messages())
    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        assert client.get(questions.matches())[0].match_id == match_id()
        assert client.get(questions.match(match_id())).match.name_a == "Team Aspen"
        assert client.get(questions.state(match_id())).seq == messages()[-1].seq
        assert len(client.get(questions.players(match_id(), scope="round:1"))) == 10
        assert client.get(questions.rounds(match_id()))[0].round_no == 1
        assert client.get(questions.definitions())
        latest = client.get(questions.latest_prediction(match_id()))
        assert client.get(questions.receipt(match_id(), latest.receipt_id)).seq == latest.seq
        walked = list(client.all(questions.predictions(match_id(), limit=50)))
        assert walked[-1] == latest
        assert [each.seq for each in walked] == sorted({each.seq for each in walked})
        kills = list(client.all(questions.events(match_id(), type_="kill", limit=3)))
        assert {each.type for each in kills} == {"kill"}
        assert {fact["fact"] for each in kills for fact in each.facts} >= {"killed"}
        assert all(each.payload["victim_player_id"] for each in kills)
        assert list(client.all(questions.swings(match_id(), limit=7)))


def test_a_match_is_told_in_every_way() -> None:
    desk = Desk(KeptHistory(messages())).take(messages())
    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        story = list(client.all(questions.timeline(match_id(), types="kill,round_ended", limit=7)))
        assert {each.type for each in story} == {"kill", "round_ended"}
        assert story[0].payload["victim_player_id"]
        first = client.get(questions.history(match_id(), resolution_s=5.0, limit=3))
        assert len(first.items) == 3
        seq = client.get(questions.highlights(match_id(), limit=1))[0].seq
        assert client.get(questions.explanation(match_id(), seq)).seq == seq
        latest = client.get(questions.latest_prediction(match_id()))
        assert client.get(questions.verification(match_id(), latest.receipt_id)).holds
        assert sum(each.p for each in client.get(questions.scores(match_id())).map_scores) > 0.99
        assert client.get(questions.economy(match_id())).match_id == match_id()
        assert client.get(questions.quality(match_id())).match_id == match_id()
        assert client.get(questions.export(match_id(), "events")).startswith(b"PAR1")
        with pytest.raises(ApiError, match="422"):
            client.get(
                questions.what_if(match_id(), WhatIf(players={"nobody": PlayerChange(is_alive=False)}))
            )


def announced(match_id: str) -> Upsert:
    told = {"status": "announced", "last_event_at": NOON, "seq": 1}
    return Upsert(
        table="matches",
        values={"match_id": match_id, **told},
        once={"first_event_at": NOON, "plays_at": NOON},
    )


def test_all_matches_together_are_asked_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    with closing(open_catalog(url)) as catalog:
        for number in range(5):
            team = TeamTold(match_id=f"m{number}", seq=1, seen_at=NOON, side="a", name=f"Team {number}")
            catalog.apply([announced(f"m{number}"), team])
    announcer = Kept()
    desk = Desk(directory=Directory(url), announcer=announcer)
    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        found = [each.match_id for each in client.all(archive.search(limit=2, status="announced"))]
        assert sorted(found) == [f"m{number}" for number in range(5)]
        named = [each.name for each in client.all(archive.teams(limit=2))]
        assert sorted(named) == [f"Team {number}" for number in range(5)]
        assert client.get(archive.players()) == []
        with pytest.raises(ApiError, match="409"):
            client.get(archive.account())
        said = SeriesAnnouncedData(team_a=TeamSheet(name="Aspen"), best_of=3, external_ids={"league": "m1"})
        assert client.get(questions.announce("m/9", said)).match_id == "m/9"
        [event] = announcer.events
        assert isinstance(event, SeriesAnnounced)
        assert event.payload == said


def test_the_pages_of_a_list_are_asked_for_where_the_first_one_was() -> None:
    """Behind a proxy that has the API below a path of its own."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.path}?{request.url.query.decode()}")
        link = {"link": '</api/v1/teams?cursor=b&limit=1>; rel="next"'} if len(asked) == 1 else {}
        return httpx.Response(200, json=[], headers=link)

    with Client("http://gateway/midround", transport=httpx.MockTransport(answer)) as client:
        assert list(client.all(archive.teams(limit=1))) == []
    assert asked[1] == "/midround/api/v1/teams?name=&limit=1&cursor=b"


def test_errors_are_the_apis_own_words() -> None:
    with served(Desk()) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        with pytest.raises(ApiError, match=r"404 path\.match_id: no match 'a/b' is known") as refused:
            client.get(questions.match("a/b"))
        assert refused.value.problem.field == "path.match_id"
        with pytest.raises(GraphQLError, match="nothing"):
            client.graphql("{ nothing }")
        with pytest.raises(ApiError, match="nobody"):
            list(client.follow("nobody"))


def test_both_clients_ask_the_graph() -> None:
    desk = Desk().take(messages())
    query = "query($id: ID!) { match(id: $id) { id } }"

    async def asked(url: str) -> object:
        async with AsyncClient(url) as client:
            first = await client.get(questions.match(match_id()))
            pages = [each.seq async for each in client.all(questions.swings(match_id(), limit=20))]
            return await client.graphql(query, id=match_id()), first.match.match_id, len(pages) > 0

    with served(desk) as running, Client(f"http://127.0.0.1:{running.port}") as client:
        data = {"match": {"id": match_id()}}
        assert client.graphql(query, id=match_id()) == data
        assert asyncio.run(asked(f"http://127.0.0.1:{running.port}")) == (data, match_id(), True)


def test_a_client_waits_longer_than_the_server_does() -> None:
    """Store and catalog are asked one after the other, where both are."""
    assert STORE_ANSWERS_S + CATALOG_ANSWERS_S < TIMEOUT_S
