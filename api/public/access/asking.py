"""The requesting client, for routes about a client; there is none if the API requires no keys."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from adapters.catalog import announcers
from api.problems import ProblemError, problem
from api.public.access.gate import TENANT
from api.public.access.plans import ANONYMOUS, Plan
from api.public.access.ring import Tenant


def tenant_of(connection: HTTPConnection) -> Tenant:
    """Return the requesting client. Raises a 409 problem if the API is open to all."""
    found = connection.scope.get(TENANT)
    if not isinstance(found, Tenant):
        reason = (
            'this API is open and asks for no key, so it knows no client; with api.access = "keys" it does'
        )
        raise ProblemError(problem(409, "open", field="authorization", reason=reason))
    return found


def client_of(scope: Mapping[str, Any]) -> str:
    """Return the requesting client's id; empty for the shared client of an open API."""
    tenant = scope.get(TENANT)
    return "" if tenant is None else tenant.client_id


def plan_of(scope: Mapping[str, Any]) -> Plan:
    """Return the requesting client's plan."""
    tenant = scope.get(TENANT)
    return ANONYMOUS if tenant is None else tenant.plan


def source_of(connection: HTTPConnection) -> str:
    """Return the source under which an announcement is logged: an administrator may rename what others announced
    first."""
    tenant = connection.scope.get(TENANT)
    if tenant is None or "admin" in tenant.scopes:
        return announcers.OFFICE
    return announcers.source_of(tenant.client_id)


def client_id_of(connection: HTTPConnection) -> str:
    return client_of(connection.scope)


Asking = Annotated[Tenant, Depends(tenant_of)]
Source = Annotated[str, Depends(source_of)]
ClientId = Annotated[str, Depends(client_id_of)]
