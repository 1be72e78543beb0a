"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.store_redis import redis_pool
from app.settings import Secrets

REDIS = redis_pool("redis")


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [REDIS.at(secrets.redis_url.get_secret_value())]
