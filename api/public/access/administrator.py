"""Who may administer clients: a key with the scope `admin`; where the API asks for no keys, this machine alone.

Belongs here: telling whether a request comes from this machine's own programs and pages. Does not belong here: keys
(`ring`), what is administered (`api.public.tenants`).

Where no key is asked for, nothing but the way that a request took says whose it is. A page from elsewhere can make this
machine's browser send requests here, directly or by a name of its own that leads here (DNS rebinding), and a proxy on
this machine sends those of everybody; all three are turned away.
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
    """Who asks, for the audit: a key without its secret, or this machine. Raises a 403 problem."""
    tenant = connection.scope.get(TENANT)
    if isinstance(tenant, Tenant) and "admin" in tenant.scopes:
        return tenant.who
    if tenant is None and is_own(peer_of(connection.scope), connection.headers):
        return THIS_MACHINE
    reason = "is for a key of the scope 'admin', or for this machine where no key is asked for"
    raise ProblemError(problem(403, "no-scope", field="authorization", reason=reason))


def is_own(peer: str, headers: Headers) -> bool:
    """Whether a request was sent on this machine, to a name of this machine, by no page from elsewhere."""
    is_to_us = hostname(headers.get("host", "")) in LOOPBACK
    return is_to_us and not is_from_elsewhere(headers) and is_sent_here(peer, headers)


def is_sent_here(peer: str, headers: Headers) -> bool:
    """Whether a request was sent on this machine, and passed on by no proxy that says so."""
    return peer in LOOPBACK and not any(name in headers for name in PROXIED)
