"""The client that asks, for routes that are about a client. Nothing where nobody is asked for a key."""

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
    """Raises a 409 problem where everybody may ask everything."""
    found = connection.scope.get(TENANT)
    if not isinstance(found, Tenant):
        reason = (
            'this API is open and asks for no key, so it knows no client; with api.access = "keys" it does'
        )
        raise ProblemError(problem(409, "open", field="authorization", reason=reason))
    return found


def client_of(scope: Mapping[str, Any]) -> str:
    """Who asks; everybody is one where nobody is asked for a key."""
    tenant = scope.get(TENANT)
    return "" if tenant is None else tenant.client_id


def plan_of(scope: Mapping[str, Any]) -> Plan:
    """The plan of who asks."""
    tenant = scope.get(TENANT)
    return ANONYMOUS if tenant is None else tenant.plan


def source_of(connection: HTTPConnection) -> str:
    """As which source what is announced stands in the log: an administrator's may rename what others told first."""
    tenant = connection.scope.get(TENANT)
    if tenant is None or "admin" in tenant.scopes:
        return announcers.OFFICE
    return announcers.source_of(tenant.client_id)


def client_id_of(connection: HTTPConnection) -> str:
    return client_of(connection.scope)


Asking = Annotated[Tenant, Depends(tenant_of)]
Source = Annotated[str, Depends(source_of)]
ClientId = Annotated[str, Depends(client_id_of)]
