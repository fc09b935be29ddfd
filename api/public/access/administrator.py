"""Who may administer clients: a key with the scope `admin`, or, if the API requires no keys, this machine only.

Belongs here: whether a request comes from this machine's own programs and pages. Does not belong here: keys (`ring`),
what is administered (`api.public.tenants`).

Without keys, only the route of a request shows its origin. A foreign page can make this machine's browser send requests
here, directly or through a host name of its own that resolves here (DNS rebinding), and a proxy on this machine
forwards requests from anyone; all three are refused.
"""

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from adapters.ports import LOOPBACK
from api.problems import ProblemError, problem
from api.public.access.elsewhere import hostname, is_from_elsewhere
from api.public.access.gate import TENANT, peer_of
from api.public.access.ring import Tenant

THIS_MACHINE = "this machine"
PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def administrator(connection: HTTPConnection) -> str:
    """Return the requester for the audit log: a key without its secret, or this machine. Raises a 403 problem."""
    tenant = connection.scope.get(TENANT)
    if isinstance(tenant, Tenant) and "admin" in tenant.scopes:
        return tenant.who
    if tenant is None and is_own(peer_of(connection.scope), connection.headers):
        return THIS_MACHINE
    reason = "is for a key of the scope 'admin', or for this machine where no key is asked for"
    raise ProblemError(problem(403, "no-scope", field="authorization", reason=reason))


def is_own(peer: str, headers: Headers) -> bool:
    """Whether a request was sent on this machine, to a name of this machine, and not by a foreign page."""
    is_to_us = hostname(headers.get("host", "")) in LOOPBACK
    return is_to_us and not is_from_elsewhere(headers) and is_sent_here(peer, headers)


def is_sent_here(peer: str, headers: Headers) -> bool:
    """Whether a request was sent on this machine, without a proxy that identifies itself."""
    return peer in LOOPBACK and not any(name in headers for name in PROXIED)
