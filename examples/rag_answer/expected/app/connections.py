"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.vector_store import vector_pool
from app.settings import Secrets

QDRANT = vector_pool("qdrant")


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [QDRANT.at(secrets.qdrant_url.get_secret_value())]
