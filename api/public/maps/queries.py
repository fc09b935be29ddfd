"""Outlines of maps, from the package that ships them.

Belongs here: plain functions. Does not belong here: response types (`resources`).
"""

from api.public.answers import not_found
from api.public.maps.resources import OutlineView, outline_view
from game.maps.outline import map_names, shipped


def outline(name: str) -> OutlineView:
    """Return the outline of a map. Raises a 404 problem that lists the available maps."""
    if name not in map_names():
        raise not_found("path.name", f"no outline of {name!r}; there are {', '.join(map_names())}")
    return outline_view(shipped(name))
