"""Routes under /tenants: clients, keys, plans and the audit log, for administrators only.

Belongs here: routes and their parameters. Does not belong here: changing clients (`queries`).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.public.access.administrator import administrator
from api.public.answers import ResourceResponse, asks, shows
from api.public.backends import Behind, Limit
from api.public.bodies import json_of
from api.public.cursors import CursorText, decoded, next_page
from api.public.tenants import queries
from api.public.tenants.resources import (
    Act,
    AuditPage,
    KeyMade,
    NewKey,
    NewMatches,
    NewPlan,
    NewTenant,
    PlanView,
    Revoked,
    Rotation,
    TenantView,
    UsageView,
)

ROUTER = APIRouter(prefix="/tenants", tags=["tenants"], dependencies=[Depends(administrator)])
Who = Annotated[str, Depends(administrator)]
Name = Annotated[str, Query(max_length=100, description="a part of the name")]
Days = Annotated[int, Query(ge=1, le=400, description="so many days back, today included")]
ClientId = Annotated[str, Path(min_length=1, max_length=64, description="the client")]
KeyId = Annotated[str, Path(min_length=1, max_length=64, description="what of a key is no secret")]


@ROUTER.get("", responses=shows(list[TenantView]))
async def list_tenants(
    *, behind: Behind, request: Request, name: Name = "", cursor: CursorText = None, limit: Limit = 100
) -> ResourceResponse:
    """Clients with their keys, ordered by name. The header `link` has the next page (`rel="next"`)."""
    found, following = await queries.tenants(
        behind.register, name, after=decoded(cursor), limit=limit, now=behind.now()
    )
    return ResourceResponse(found, headers=next_page(request.url, following))


@ROUTER.post(
    "", status_code=201, responses=shows(KeyMade, status=201), openapi_extra={"requestBody": asks(NewTenant)}
)
async def create_tenant(behind: Behind, who: Who, request: Request) -> ResourceResponse:
    """Create a client with its first key, which is shown only in this response."""
    asked = await json_of(request, NewTenant)
    made = await queries.create(behind.register, asked, Act(who=who, now=behind.now()))
    return ResourceResponse(made, status_code=201)


@ROUTER.get("/plans", responses=shows(list[PlanView]))
async def list_plans() -> ResourceResponse:
    """Available plans and their limits."""
    return ResourceResponse(queries.plans())


@ROUTER.get("/audit", responses=shows(AuditPage))
async def get_audit(behind: Behind, cursor: CursorText = None, limit: Limit = 50) -> ResourceResponse:
    """Actions of administrators, latest first."""
    return ResourceResponse(await queries.audit(behind.register, decoded(cursor), limit=limit))


@ROUTER.get("/{client_id}", responses=shows(TenantView))
async def get_tenant(behind: Behind, client_id: ClientId) -> ResourceResponse:
    """One client with its keys."""
    return ResourceResponse(await queries.tenant(behind.register, client_id, now=behind.now()))


@ROUTER.get("/{client_id}/usage", responses=shows(UsageView))
async def get_usage(behind: Behind, client_id: ClientId, days: Days = 31) -> ResourceResponse:
    """A client's usage by day, and this month's usage against its plan."""
    return ResourceResponse(await queries.usage(behind.register, client_id, days=days, now=behind.now()))


@ROUTER.put("/{client_id}/plan", responses=shows(TenantView), openapi_extra={"requestBody": asks(NewPlan)})
async def set_plan(*, behind: Behind, who: Who, client_id: ClientId, request: Request) -> ResourceResponse:
    """Change the limits of a client; takes effect within five seconds."""
    asked, act = await json_of(request, NewPlan), Act(who=who, now=behind.now())
    return ResourceResponse(await queries.set_plan(behind.register, client_id, asked.plan, act=act))


@ROUTER.put(
    "/{client_id}/matches", responses=shows(TenantView), openapi_extra={"requestBody": asks(NewMatches)}
)
async def set_matches(*, behind: Behind, who: Who, client_id: ClientId, request: Request) -> ResourceResponse:
    """Change the matches that a client may see; takes effect within five seconds and closes its connections."""
    asked, act = await json_of(request, NewMatches), Act(who=who, now=behind.now())
    return ResourceResponse(await queries.set_matches(behind.register, client_id, asked.matches, act=act))


@ROUTER.post(
    "/{client_id}/keys",
    status_code=201,
    responses=shows(KeyMade, status=201),
    openapi_extra={"requestBody": asks(NewKey)},
)
async def add_key(*, behind: Behind, who: Who, client_id: ClientId, request: Request) -> ResourceResponse:
    """Create another key, which is shown only in this response."""
    asked, act = await json_of(request, NewKey), Act(who=who, now=behind.now())
    return ResourceResponse(
        await queries.add_key(behind.register, client_id, asked, act=act), status_code=201
    )


@ROUTER.post(
    "/{client_id}/rotations",
    status_code=201,
    responses=shows(KeyMade, status=201),
    openapi_extra={"requestBody": asks(Rotation)},
)
async def rotate_keys(*, behind: Behind, who: Who, client_id: ClientId, request: Request) -> ResourceResponse:
    """Create a new key. The old ones stay valid for some hours, so that clients can switch gradually."""
    asked, act = await json_of(request, Rotation), Act(who=who, now=behind.now())
    return ResourceResponse(await queries.rotate(behind.register, client_id, asked, act=act), status_code=201)


@ROUTER.delete("/{client_id}/keys", responses=shows(Revoked))
async def revoke_keys(*, behind: Behind, who: Who, client_id: ClientId) -> ResourceResponse:
    """Revoke all keys of a client; takes effect within five seconds."""
    act = Act(who=who, now=behind.now())
    return ResourceResponse(Revoked(revoked=await queries.revoke(behind.register, client_id, None, act=act)))


@ROUTER.delete("/{client_id}/keys/{key_id}", responses=shows(Revoked))
async def revoke_key(*, behind: Behind, who: Who, client_id: ClientId, key_id: KeyId) -> ResourceResponse:
    """Revoke one key; takes effect within five seconds."""
    act = Act(who=who, now=behind.now())
    return ResourceResponse(
        Revoked(revoked=await queries.revoke(behind.register, client_id, key_id, act=act))
    )
