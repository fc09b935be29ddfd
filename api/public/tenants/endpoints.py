"""/tenants and what is below it: clients, keys, plans, the audit. For administrators alone."""

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
    """Clients with their keys, in the order of their names. The header `link` has the next page (`rel="next"`)."""
    found, following = await queries.tenants(
        behind.register, name, after=decoded(cursor), limit=limit, now=behind.now()
    )
    return ResourceResponse(found, headers=next_page(request.url, following))


@ROUTER.post(
    "", status_code=201, responses=shows(KeyMade, status=201), openapi_extra={"requestBody": asks(NewTenant)}
)
async def create_tenant(behind: Behind, who: Who, request: Request) -> ResourceResponse:
    """A client with its first key, which is told in this answer alone."""
    asked = await json_of(request, NewTenant)
    made = await queries.create(behind.register, asked, Act(who=who, now=behind.now()))
    return ResourceResponse(made, status_code=201)


@ROUTER.get("/plans", responses=shows(list[PlanView]))
async def list_plans() -> ResourceResponse:
    """Which plans there are, and their limits."""
    return ResourceResponse(queries.plans())


@ROUTER.get("/audit", responses=shows(AuditPage))
async def get_audit(behind: Behind, cursor: CursorText = None, limit: Limit = 50) -> ResourceResponse:
    """What administrators did, the latest first."""
    return ResourceResponse(await queries.audit(behind.register, decoded(cursor), limit=limit))


@ROUTER.get("/{client_id}", responses=shows(TenantView))
async def get_tenant(behind: Behind, client_id: ClientId) -> ResourceResponse:
    """One client with its keys."""
    return ResourceResponse(await queries.tenant(behind.register, client_id, now=behind.now()))


@ROUTER.get("/{client_id}/usage", responses=shows(UsageView))
async def get_usage(behind: Behind, client_id: ClientId, days: Days = 31) -> ResourceResponse:
    """What a client asked, by day, and in this month beside what its plan has."""
    return ResourceResponse(await queries.usage(behind.register, client_id, days=days, now=behind.now()))


@ROUTER.put("/{client_id}/plan", responses=shows(TenantView), openapi_extra={"requestBody": asks(NewPlan)})
async def set_plan(*, behind: Behind, who: Who, client_id: ClientId, request: Request) -> ResourceResponse:
    """Other limits for a client; they hold within five seconds."""
    asked, act = await json_of(request, NewPlan), Act(who=who, now=behind.now())
    return ResourceResponse(await queries.set_plan(behind.register, client_id, asked.plan, act=act))


@ROUTER.post(
    "/{client_id}/keys",
    status_code=201,
    responses=shows(KeyMade, status=201),
    openapi_extra={"requestBody": asks(NewKey)},
)
async def add_key(*, behind: Behind, who: Who, client_id: ClientId, request: Request) -> ResourceResponse:
    """One more key, which is told in this answer alone."""
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
    """A new key; the others are taken for some hours more, so that nothing has to change at one moment."""
    asked, act = await json_of(request, Rotation), Act(who=who, now=behind.now())
    return ResourceResponse(await queries.rotate(behind.register, client_id, asked, act=act), status_code=201)


@ROUTER.delete("/{client_id}/keys", responses=shows(Revoked))
async def revoke_keys(*, behind: Behind, who: Who, client_id: ClientId) -> ResourceResponse:
    """Take all keys of a client no more; it holds within five seconds."""
    act = Act(who=who, now=behind.now())
    return ResourceResponse(Revoked(revoked=await queries.revoke(behind.register, client_id, None, act=act)))


@ROUTER.delete("/{client_id}/keys/{key_id}", responses=shows(Revoked))
async def revoke_key(*, behind: Behind, who: Who, client_id: ClientId, key_id: KeyId) -> ResourceResponse:
    """Take one key no more; it holds within five seconds."""
    act = Act(who=who, now=behind.now())
    return ResourceResponse(
        Revoked(revoked=await queries.revoke(behind.register, client_id, key_id, act=act))
    )
