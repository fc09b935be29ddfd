"""The client that asks, for routes that are about a client. Nothing where nobody is asked for a key."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.problems import ProblemError, problem
from api.public.access.gate import TENANT
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


Asking = Annotated[Tenant, Depends(tenant_of)]
