"""Opens the database that an address names: PostgreSQL or SQLite; without an address a file of the data folder."""

import os
from urllib.parse import unquote, urlsplit

from .data_folder import data_file
from .errors import CannotStart
from .pools import IN_MEMORY, PoolKey
from .sql import Database, database_key
from .sql_postgres import PostgresDatabase
from .sql_sqlite import SqliteDatabase

POOL_SIZE = 10
"""Connections to PostgreSQL unless the variable DATABASE_POOL_SIZE says otherwise."""


def sql_pool(name: str, schema: str = "") -> PoolKey[Database]:
    """The key of a database. `schema` makes the tables of the embedded one, when that is empty."""

    async def opened(address: str) -> Database:
        scheme = _scheme(address)
        if not address:
            return SqliteDatabase(data_file(f"{name}.db"), schema)
        if address == IN_MEMORY or scheme.startswith("sqlite"):
            return SqliteDatabase(_place(address), schema)
        if scheme in ("postgres", "postgresql"):
            return await PostgresDatabase.open(address, _pool_size())
        raise CannotStart(f"the address of `{name}` must begin with postgresql:// or sqlite:///")

    return database_key(name, opened)


def _scheme(address: str) -> str:
    """What an address begins with; empty for what is no address."""
    try:
        parts = urlsplit(address)
        return parts.scheme if (parts.port or 1) > 0 else ""
    except ValueError:  # of the port, or of brackets
        return ""


def _place(address: str) -> str:
    """The file of `sqlite:///data/my.db` (relative) and `sqlite:////srv/my.db`; `sqlite://` is in memory."""
    path = unquote(urlsplit(address).path)[1:]
    return IN_MEMORY if address == IN_MEMORY or path in ("", ":memory:") else path


def _pool_size() -> int:
    text = os.environ.get("DATABASE_POOL_SIZE") or str(POOL_SIZE)
    if not text.isdigit() or not 1 <= int(text) <= 1_000:
        raise CannotStart("wrong setting: DATABASE_POOL_SIZE should be a number from 1 to 1000")
    return int(text)
