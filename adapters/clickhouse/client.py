"""The ClickHouse client: clickhouse-connect over HTTP, for a server and for the embedded engine alike.

Belongs here: connections and generic reads. Does not belong here: tables (`tables`), inserts (`inserts`), domain
queries, which belong to their callers.
"""

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ProgrammingError


def connect(url: str, options: Mapping[str, str] | None = None) -> Client:
    """A client for `http[s]://[user[:password]@]host:port[/database]`.

    `options` are clickhouse-connect's own, by name; `ch_<name>` is a ClickHouse setting sent with every statement. The
    client holds no server session, so threads may share it; times are returned with their zone. Raises
    clickhouse_connect's OperationalError if nothing answers and ProgrammingError for an unknown option.
    """
    given = dict(options or {})
    settings = {name[3:]: given.pop(name) for name in list(given) if name.startswith("ch_")}
    arguments: dict[str, Any] = {
        "autogenerate_session_id": False,
        "compress": "lz4",
        "tz_mode": "aware",
        **given,
    }
    if url.startswith("https://"):
        arguments["interface"] = "https"
    try:
        return clickhouse_connect.get_client(dsn=url, settings=settings, **arguments)
    except TypeError as error:
        raise ProgrammingError(f"unknown ClickHouse option: {error}") from error


def ping(url: str, timeout_s: float = 1.0) -> bool:
    """Whether `/ping` at the URL is answered as ClickHouse does."""
    base = url.split("://", 1)
    address = f"{base[0]}://{base[-1].rsplit('@', 1)[-1].split('/', 1)[0]}/ping"
    try:
        with urllib.request.urlopen(address, timeout=timeout_s) as response:
            return bool(response.read(3) == b"Ok.")
    except (urllib.error.URLError, OSError):
        return False


def query_rows(
    client: Client, sql: str, parameters: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """The result as one dict per row. Bind values with `{name:Type}` placeholders, never by formatting."""
    result = client.query(sql, parameters=dict(parameters or {}))
    return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]
