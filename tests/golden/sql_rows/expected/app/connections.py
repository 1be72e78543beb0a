"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.sql_database import sql_pool
from app.settings import Secrets

DATABASE = sql_pool(
    "database",
    (
        "create table people (\n"
        "  id integer primary key,\n"
        "  name text not null unique,\n"
        "  age int,\n"
        "  balance numeric(10, 2) not null default 0,\n"
        "  mood mood not null default 'glad',\n"
        "  tags json not null default '[]',\n"
        "  data jsonb,\n"
        "  created timestamptz not null default current_timestamp\n"
        ");\n"
        "create index people_by_age on people (age desc);\n"
        "create table visits (person bigint not null references people (id) on "
        "delete cascade, at timestamptz not null);\n"
        "insert into people (name, age, balance, created) values\n"
        "  ('Ada', 36, 10.5, '2026-01-02T03:04:05Z'), ('Alan', 41, 0, "
        "'2026-02-02T03:04:05Z'), ('Grace', null, 3, '2026-03-02T03:04:05Z');\n"
        "insert into visits values (1, '2026-05-01T00:00:00Z'), (1, '2026-05-02T00:00:00Z');\n"
    ),
)


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [DATABASE.at(secrets.database_url.get_secret_value())]
