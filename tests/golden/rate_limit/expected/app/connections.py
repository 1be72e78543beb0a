"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.store_memory import memory_pool

REDIS = memory_pool("redis")


def connections() -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [REDIS.at("")]
