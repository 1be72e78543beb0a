"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.sql_database import sql_pool
from app.settings import Secrets

DATABASE = sql_pool(
    "database",
    (
        "create table regions (\n"
        "    name text primary key,\n"
        "    manager text not null,\n"
        "    target numeric(12, 2) not null\n"
        ");\n"
        "create table orders (\n"
        "    number integer primary key,\n"
        "    ordered_on date not null,\n"
        "    region text not null references regions (name),\n"
        "    customer text not null,\n"
        "    amount numeric(12, 2) not null check (amount >= 0)\n"
        ");\n"
        "create index orders_by_day on orders (ordered_on);\n"
        "insert into regions (name, manager, target) values\n"
        "    ('north', 'Ingrid Solberg', 1000),\n"
        "    ('south', 'Paulo Ferreira', 800),\n"
        "    ('west', 'Aoife Byrne', 500);\n"
    ),
)


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [DATABASE.at(secrets.database_url.get_secret_value())]
