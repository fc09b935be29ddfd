"""The context of resolvers: board, store, and the loaders of one operation.

Belongs here: the context type. Does not belong here: logic.
"""

from typing import Any

import msgspec
import strawberry

from api.public.backends import Backends
from api.public.graphql.loaders import Loaders


class Asking(msgspec.Struct, kw_only=True):
    """The context of one operation. A socket has one context for all of its operations, so each begins with `anew`."""

    behind: Backends
    load: Loaders
    is_socket: bool
    connection_params: Any = None

    def anew(self) -> "Asking":
        """Return a context with fresh loaders."""
        return asking(self.behind, is_socket=self.is_socket)


def asking(behind: Backends, *, is_socket: bool) -> Asking:
    return Asking(behind=behind, load=Loaders(behind.board, behind.history), is_socket=is_socket)


Info = strawberry.Info[Asking, None]
