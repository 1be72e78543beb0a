"""`app/connections.py`: what it says of the services that nodes need, and what the files around it make of them."""

import pytest

from catalyst.codegen.connections import connection_name, emit_connections
from catalyst.codegen.module import Connection
from catalyst.project.format import format_files


def _written(*connections: Connection) -> str:
    module = emit_connections(connections)
    module.finish()
    return format_files([("app/connections.py", module.text())])["app/connections.py"]


@pytest.mark.parametrize(
    ("secret", "name"),
    [("DATABASE_URL", "DATABASE"), ("CRM_URL", "DATABASE_CRM_URL"), ("DATABASE", "DATABASE_DATABASE")],
)
def test_each_service_has_a_name_of_its_own(secret: str, name: str) -> None:
    assert connection_name(secret, "DATABASE_URL", secret.lower()) == name


def test_addresses_come_from_the_secrets() -> None:
    written = _written(
        Connection("REDIS", "redis_store", "redis_pool", "redis_url"), Connection("DATABASE", "sql", "sql_pool", "")
    )
    assert written == '''\
"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.redis_store import redis_pool
from app.runtime.sql import sql_pool
from app.settings import Secrets

DATABASE = sql_pool("database")


REDIS = redis_pool("redis")


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [DATABASE.at(""), REDIS.at(secrets.redis_url.get_secret_value())]
'''


def test_without_secrets_nothing_is_asked_for() -> None:
    written = _written(Connection("DATABASE", "sql", "sql_pool", ""))
    assert "def connections() -> list[PoolAt]:" in written
    assert "settings" not in written.partition("def ")[0].partition('"""')[2].partition('"""')[2]
