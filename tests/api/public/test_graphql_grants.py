"""GraphQL and grants: no entry that the schema has tells a client anything of a match that it is not granted."""

import asyncio
import json

import httpx
import pytest
from graphql import GraphQLField, GraphQLObjectType, build_schema, get_named_type, is_leaf_type
from graphql.type import is_required_argument
from websockets.asyncio.client import connect

from api.public.graphql.schema import sdl
from tests.api.public.following import WITHIN_S
from tests.api.public.office import OURS, THEIRS, Office, played
from tests.api.public.test_graphql_subscriptions import PROTOCOL

pytestmark = pytest.mark.slow

SCHEMA = build_schema(sdl())
NOWHERE = "nowhere"
DEPTH = 2
QUERIES = sorted(SCHEMA.query_type.fields if SCHEMA.query_type else ())
SUBSCRIPTIONS = sorted(SCHEMA.subscription_type.fields if SCHEMA.subscription_type else ())


def asked(root: GraphQLObjectType | None, name: str, match_id: str, player_id: str = "p") -> str:
    """The entry with what it needs, and all that it tells without being asked for more."""
    assert root is not None
    field = root.fields[name]
    values = {
        "matchId": json.dumps(match_id),
        "id": json.dumps(match_id if name == "match" else player_id),
        "playerId": json.dumps(player_id),
        "letter": "A",
    }
    needed = [
        f"{key}: {values[key]}" for key, argument in field.args.items() if is_required_argument(argument)
    ]
    given = f"({', '.join(needed)})" if needed else ""
    return f"{{ {name}{given} {told_by(field, DEPTH)} }}"


def told_by(field: GraphQLField, depth: int) -> str:
    """A selection of all that needs no argument, so deep."""
    type_ = get_named_type(field.type)
    if is_leaf_type(type_):
        return ""
    assert isinstance(type_, GraphQLObjectType)
    free = {
        name: each
        for name, each in type_.fields.items()
        if not any(is_required_argument(argument) for argument in each.args.values())
    }
    shown = [
        f"{name} {told_by(each, depth - 1)}"
        for name, each in free.items()
        if is_leaf_type(get_named_type(each.type)) or depth > 1
    ]
    return f"{{ __typename {' '.join(shown)} }}"


def a_player(office: Office, key: str) -> str:
    found = office.ask("/graphql", key, query=f'{{ match(id: "{THEIRS}") {{ players {{ id }} }} }}').json()
    return str(found["data"]["match"]["players"][0]["id"])


@pytest.mark.parametrize("name", QUERIES)
def test_no_entry_tells_of_a_match_that_is_not_granted(office: Office, name: str) -> None:
    mine, every = office.key("one", plan="unlimited", matches=[OURS]), office.key("all", plan="unlimited")
    player_id = a_player(office, every)

    def answer(match_id: str, key: str) -> httpx.Response:
        query = asked(SCHEMA.query_type, name, match_id, player_id)
        return office.desk.ask(
            "/graphql", "POST", content=json.dumps({"query": query}).encode(), headers=told(key)
        )

    there, nowhere, shown = answer(THEIRS, mine), answer(NOWHERE, mine), answer(THEIRS, every)
    assert there.status_code == shown.status_code == 200, there.text
    assert there.text.replace(THEIRS, NOWHERE) == nowhere.text
    if THEIRS not in asked(SCHEMA.query_type, name, THEIRS):
        assert THEIRS not in there.text
    else:
        assert not there.json()["data"][name]
        assert shown.json()["data"][name] is not None, f"{name} has nothing to hide: {shown.text}"


def told(key: str) -> dict[str, str]:
    return {"x-api-key": key, "content-type": "application/json"}


def test_lists_tell_what_is_granted(office: Office) -> None:
    text = office.key("one", matches=[OURS])
    found = office.ask("/graphql", text, query="{ matches { nodes { id } } }").json()
    assert found == {"data": {"matches": {"nodes": [{"id": OURS}]}}}


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_no_subscription_tells_of_a_match_that_is_not_granted(office: Office, name: str) -> None:
    mine, every = office.key("one", plan="unlimited", matches=[OURS]), office.key("all", plan="unlimited")

    async def first(url: str, match_id: str, key: str) -> str:
        query = f"subscription {asked(SCHEMA.subscription_type, name, match_id)}"
        async with connect(
            url, subprotocols=[PROTOCOL], max_size=None, additional_headers={"x-api-key": key}
        ) as socket:
            await socket.send('{"type": "connection_init"}')
            await socket.recv()
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
            return str(await socket.recv())

    async def scene(url: str) -> None:
        url = url.replace("/api/v1/live", "/graphql")
        there, nowhere = await first(url, THEIRS, mine), await first(url, NOWHERE, mine)
        assert there.replace(THEIRS, NOWHERE) == nowhere
        assert "not_found" in there.lower().replace("-", "_"), there
        if name != "matchEvents":  # tells nothing before something happens
            assert '"data"' in await first(url, THEIRS, every)

    played(office, scene)


def test_a_stream_of_events_tells_of_no_match_that_is_not_granted(office: Office) -> None:
    text = office.key("one", plan="unlimited", matches=[OURS])

    async def scene(url: str) -> None:
        base = url.replace("ws://", "http://")
        async with httpx.AsyncClient(timeout=WITHIN_S) as client, asyncio.timeout(WITHIN_S):
            lines = [
                await heard(client, f"{base}/sse", match_id, text) for match_id in (THEIRS, NOWHERE, OURS)
            ]
        assert lines[0].replace(THEIRS, NOWHERE) == lines[1]
        assert '"subscribed"' in lines[2]
        assert '"subscribed"' not in lines[0]

    played(office, scene)


async def heard(client: httpx.AsyncClient, url: str, match_id: str, key: str) -> str:
    """The first thing that is said of the match; or the refusal."""
    headers = {"x-api-key": key}
    async with client.stream("GET", url, params={"match_id": match_id}, headers=headers) as answer:
        async for line in answer.aiter_lines():
            if match_id in line:
                return line
    return f"{answer.status_code}"
