"""`app/connections.py`: what it says of the services that nodes need, and what the files around it make of them."""

import pytest

from catalyst.api import Result, compile_flow
from catalyst.codegen.connections import connection_name, emit_connections
from catalyst.codegen.module import Connection
from catalyst.project.format import format_files
from tests.emitted import findings


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


_BOTH = """\
catalyst: 1
name: both
nodes:
  x: {type: call, workflow: a/one.yaml}
  y: {type: call, workflow: b/two.yaml}
"""
_ONE = """\
catalyst: 1
name: NAME
nodes: {x: {type: sql, with: {query: "select count(*) as n from NAME"}}}
"""
_TABLE = "create table one (id int primary key);\n"


def _compiled(a: str, b: str) -> Result:
    files = {"a/one.yaml": _ONE.replace("NAME", "one"), "b/two.yaml": _ONE.replace("NAME", "two")}
    return compile_flow(_BOTH, filename="both.yaml", read={**files, "a/schema.sql": a, "b/schema.sql": b}.get)


def test_flows_of_several_folders_share_a_database_with_the_tables_of_all() -> None:
    same = "-- the same again\n" + _TABLE.replace("create table", "CREATE  TABLE")
    result = _compiled(_TABLE, same + "create table two (id int primary key);\n")
    assert result.ok, findings(result)
    written = result.files["app/connections.py"]
    assert written.count("sqlite_pool(") == written.count("create table two") == 1
    assert written.lower().count("table one") == 1


@pytest.mark.parametrize("other", ["create table One (id text primary key);", "create table if not exists one (n int)"])
def test_a_table_that_two_files_make_differently_is_an_error(other: str) -> None:
    result = _compiled(_TABLE, f"create table two (id int);{other}")
    assert [(each.code, each.span.file) for each in result.diagnostics] == [("E443", "b/two.yaml")], findings(result)
