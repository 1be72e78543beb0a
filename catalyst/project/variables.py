"""What the runtime itself reads from the environment, beside the variables and secrets that the flows declare.

Goes in: the runtime modules of a project. Comes out: the variables that they read, each with what it is when nobody
sets it. A test compares the table with what the modules read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that may be left out. `readers`: the runtime modules that read it."""

    name: str
    readers: frozenset[str]
    default: str
    description: str


def _variable(name: str, readers: str, default: str, description: str) -> Variable:
    return Variable(name, frozenset(readers.split()), default, description)


_CLIENTS = "http_proxies httpx_client"

VARIABLES = (
    _variable("HOST", "server", "127.0.0.1", "address to listen on; the option `--host` goes first"),
    _variable("PORT", "server", "8000", "port to listen on; the option `--port` goes first"),
    _variable("LOG_LEVEL", "logs server", "info", "`debug`, `info`, `warning` or `error`"),
    _variable("DATA_DIR", "data_folder", "data", "folder for what is embedded because no server is named"),
    _variable("DATABASE_POOL_SIZE", "sql_database", "10", "most connections to each PostgreSQL database"),
    _variable("REDIS_PATIENCE", "store_redis", "1.0", "seconds that caches and limits wait for a Redis that is silent"),
    _variable("QDRANT_API_KEY", "vector_store", "", "key for Qdrant, when its address holds none; secret"),
    _variable("LLM_PRICES", "llm_prices", "", "JSON file with prices of models that go before the built-in ones"),
    _variable("HTTP_PROXY", _CLIENTS, "", "proxy for calls of `http://` addresses"),
    _variable("HTTPS_PROXY", _CLIENTS, "", "proxy for calls of `https://` addresses"),
    _variable("ALL_PROXY", _CLIENTS, "", "proxy for calls of either kind that have none of their own"),
    _variable("NO_PROXY", _CLIENTS, "", "hosts that are called without a proxy, separated by commas"),
)

SERVICES = {
    "agent_mcp": ("address of the MCP server", "it serves no tools"),
    "sql_database": ("address of the database, `postgresql://` or `sqlite:///`", "SQLite in `DATA_DIR`"),
    "sql_sqlite": ("address of the database, `sqlite:///`", "SQLite in `DATA_DIR`"),
    "store_redis": ("address of Redis, `redis://`", "memory of this process"),
    "vector_store": ("address of Qdrant, `http://`", "a folder in `DATA_DIR`"),
}
"""Runtime module of a pool -> what the secret with its address is, and what there is without it."""


def runtime_variables(modules: Collection[str]) -> tuple[Variable, ...]:
    """What these runtime modules, and those they import, read from the environment."""
    return tuple(variable for variable in VARIABLES if not variable.readers.isdisjoint(modules))


def handed_on(name: str, program: str) -> Variable:
    """A variable that a program of the project's settings gets."""
    return Variable(name, frozenset(), "", f"handed on to the program `{program}`")
