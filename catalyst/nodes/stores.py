"""Where nodes keep things outside of a run: Redis at the address of a secret, or memory of the process in its place."""

from __future__ import annotations

from catalyst.nodes.base import Scribe, Site

REDIS_URL = "REDIS_URL"


def check_connection(connection: str, site: Site) -> None:
    """A secret of another name than the usual must be declared."""
    if connection != REDIS_URL:
        site.need_secret(connection, "connection")


def store(scribe: Scribe, connection: str = REDIS_URL) -> str:
    """The name of the pool. The client of Redis comes into the project only with a declared address."""
    if scribe.secret(connection) is None:
        return scribe.connection("store_memory", "memory_pool", connection, REDIS_URL)
    return scribe.connection("store_redis", "redis_pool", connection, REDIS_URL)
