"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.sql_sqlite import sqlite_pool

DATABASE = sqlite_pool("database")


def connections() -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [DATABASE.at("")]
