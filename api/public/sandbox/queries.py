"""Starts, shows and ends a client's sandbox.

Belongs here: plain functions. Does not belong here: playing the match (`playing`).
"""

from datetime import datetime

import msgspec

from api.public.answers import not_found
from api.public.bodies import decoded
from api.public.predictors import Predictors
from api.public.sandbox.playing import Sandboxes
from api.public.sandbox.resources import Sandbox, Wish

_WISH = msgspec.json.Decoder(Wish)


def wish(body: bytes) -> Wish:
    """Decode the wish in a request body; an empty body means a match without faults. Raises a 400 problem."""
    return decoded(body or b"{}", _WISH)


async def begun(
    sandboxes: Sandboxes, models: Predictors, *, client_id: str, asked: Wish, now: datetime
) -> Sandbox:
    """Start a match. Raises a problem if one is being played already, too many are open, or there is no model."""
    predictor = await models.of(None)
    return sandboxes.start(client_id, asked, predictor=predictor, now=now).told()


def found(sandboxes: Sandboxes, client_id: str) -> Sandbox:
    """Return the client's match. Raises a 404 problem."""
    playing = sandboxes.find(client_id)
    if playing is None:
        raise not_found("path", "no sandbox is open: POST one")
    return playing.told()


def ended(sandboxes: Sandboxes, client_id: str) -> None:
    """End the client's match. Raises a 404 problem."""
    if not sandboxes.stop(client_id):
        raise not_found("path", "no sandbox is open")
