"""The client whose webhooks a request is about: the requesting one, or one that an administrator names."""

from typing import Annotated

from fastapi import Depends, Query
from msgspec import Struct
from starlette.requests import HTTPConnection

from api.grants import is_granted
from api.public.access.administrator import administrator
from api.public.access.asking import tenant_of
from api.public.answers import not_found
from api.public.backends import Behind

Named = Annotated[
    str | None,
    Query(
        min_length=1, max_length=64, description="whose, for administrators; default: the client that asks"
    ),
]


class Owner(Struct, frozen=True, kw_only=True):
    """The client, and for the audit log who acts on it, with which of the client's keys (None: none of them). `matches`
    are the patterns of match ids that the requester may see; None: all."""

    client_id: str
    who: str
    key_id: str | None
    matches: tuple[str, ...] | None

    def may_see(self, match_id: str | None) -> bool:
        return match_id is None or is_granted(match_id, self.matches)


async def owner_of(connection: HTTPConnection, behind: Behind, client_id: Named = None) -> Owner:
    """Return the owner. Raises a 409 problem if no client is named and the API requires no keys; for a named client, a
    403 problem unless an administrator asks, and 404 if there is no such client. Raises AwayError."""
    if client_id is None:
        tenant = tenant_of(connection)
        return Owner(client_id=tenant.client_id, who=tenant.who, key_id=tenant.key_id, matches=tenant.matches)
    from adapters.catalog.clients import UnknownClientError

    who = administrator(connection)
    try:
        await behind.register.ask(lambda catalog: catalog.clients().client(client_id))
    except UnknownClientError as error:
        raise not_found("query.client_id", str(error)) from error
    return Owner(client_id=client_id, who=who, key_id=None, matches=None)


OwnerAsked = Annotated[Owner, Depends(owner_of)]
