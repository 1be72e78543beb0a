"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.sql_database import sql_pool
from app.runtime.store_redis import redis_pool
from app.settings import Secrets

MEMORY_DB_DATABASE_URL = sql_pool("memory_db_database_url")
REDIS = redis_pool("redis")


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [
        MEMORY_DB_DATABASE_URL.at(secrets.database_url.get_secret_value()),
        REDIS.at(secrets.redis_url.get_secret_value()),
    ]
