"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.sql_database import sql_pool
from app.runtime.store_redis import redis_pool
from app.runtime.vector_store import vector_pool
from app.settings import Secrets

DATABASE = sql_pool("database")
QDRANT = vector_pool("qdrant")
REDIS = redis_pool("redis")


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [
        DATABASE.at(secrets.database_url.get_secret_value()),
        QDRANT.at(secrets.qdrant_url.get_secret_value()),
        REDIS.at(secrets.redis_url.get_secret_value()),
    ]
