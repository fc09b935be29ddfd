"""Types that tolerate a newer server: where a type lists allowed strings, any string is accepted.

Belongs here: types derived from types. Does not belong here: when they are needed (`feed`).
"""

from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import fields


@cache
def any_text(type_: Any) -> Any:
    """Return the type with `str` in place of literal strings, or the type itself if it has none. A struct, which is not
    generic, becomes a subclass."""
    origin, inner = get_origin(type_), get_args(type_)
    if origin is Literal:
        return str if all(isinstance(value, str) for value in inner) else type_
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return _any_text_in(type_)
    if origin is None:
        return type_
    opened = tuple(any_text(each) for each in inner)
    if opened == inner:
        return type_
    if origin is Annotated:
        return opened[0]
    return Union[opened] if origin in (Union, UnionType) else origin[opened]  # noqa: UP007 - built from a tuple


def _any_text_in(struct: type[msgspec.Struct]) -> type[msgspec.Struct]:
    hints = get_type_hints(struct, include_extras=True)
    changed = {name: opened for name, hint in hints.items() if (opened := any_text(hint)) != hint}
    if not changed:
        return struct
    assert all(each.required for each in fields(struct) if each.name in changed), "a default would be lost"
    config = struct.__struct_config__
    return msgspec.defstruct(
        struct.__name__,
        changed.items(),
        bases=(struct,),
        kw_only=True,
        frozen=config.frozen,
        tag=config.tag,
        tag_field=config.tag_field,
    )
