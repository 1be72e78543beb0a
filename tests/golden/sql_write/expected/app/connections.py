"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.pools import PoolAt
from app.runtime.sql_database import sql_pool
from app.settings import Secrets

DATABASE_BANK_URL = sql_pool(
    "database_bank_url",
    (
        "create table accounts (id integer primary key, owner text not null, "
        "balance numeric not null check (balance >= 0));\n"
        "create table log (id integer  primary key, what text not null, at "
        "timestamptz not null default current_timestamp);\n"
        "insert into accounts values (1, 'Ada', 100), (2, 'Alan', 0);\n"
    ),
)


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [DATABASE_BANK_URL.at(secrets.bank_url.get_secret_value())]
