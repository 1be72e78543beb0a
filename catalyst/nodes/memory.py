"""The conversation that an `llm` or `agent` goes on with: its settings, and how it is written as Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import INT, STR, UnionType, nullable
from catalyst.nodes.base import Scribe, Site
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.nodes.stores import REDIS_URL, store
from catalyst.spec.fields import exactly_one
from catalyst.spec.units import Period

_MEMORY_DB = "MEMORY_DB_URL"
_WEEK = 7 * 86_400.0


class WindowParams(Params):
    """How much of the conversation the model is told."""

    model_config = ConfigDict(json_schema_extra=exactly_one("messages", "tokens"))

    messages: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        default=None, description="So many messages, calls of tools and their results included."
    )
    tokens: Annotated[int, Field(ge=100)] | None = Field(
        default=None, description="About so many tokens, four characters each."
    )

    @model_validator(mode="after")
    def one_measure(self) -> Self:
        """Exactly one of the two."""
        if (self.messages is None) == (self.tokens is None):
            raise PydanticCustomError("one_of", "give one of `messages` and `tokens`")
        return self


class MemoryParams(Params):
    """A conversation by session, kept from run to run."""

    session: Annotated[Expr, Slot(nullable(UnionType((STR, INT))))] = Field(
        description="Which conversation it is, such as the user's id, text or a whole number; none or empty text keeps"
        " nothing."
    )
    window: WindowParams = Field(
        default_factory=lambda: WindowParams(messages=20),
        description="How much of it the model is told: the last exchanges that fit, whole; 20 messages by default.",
    )
    summarize: bool = Field(
        default=False, description="Whether the model sums up what no longer fits; otherwise it is dropped."
    )
    store: Literal["process", "redis", "sql"] = Field(
        default="process",
        description="Where it is kept: in the process, in Redis, or in a database (PostgreSQL or SQLite).",
    )
    connection: str | None = Field(
        default=None,
        description="The secret with the address of the store; REDIS_URL or DATABASE_URL when not given. Where that is "
        "not declared, what is embedded takes its place: memory, or a file of the data folder.",
    )
    ttl: Period = Field(default=_WEEK, description="How long a session is kept after it was last used.")


def check_memory(params: MemoryParams | None, site: Site) -> None:
    """A connection that is named must be declared, and belong to a store that has one."""
    if params is None or params.connection is None:
        return
    site.need_secret(params.connection, "memory", "connection")
    if params.store == "process":
        message = "what is kept in the process needs no connection"
        wish = "say where it is kept: store: redis, or store: sql"
        site.found.error("E494", message, site.span_of("memory", "connection"), help=wish)


def _store(params: MemoryParams, scribe: Scribe) -> str:
    """Where the conversation is kept, as Python."""
    if params.store == "redis":
        pool = store(scribe, params.connection or REDIS_URL)
        return f"{scribe.use('memory_store', 'StoreMemory')}(ctx.pools[{pool}])"
    if params.store == "sql":
        return f"{scribe.use('memory_sql', 'SqlMemory')}(ctx.pools[{_database(params, scribe)}])"
    scribe.pool("memory", "MEMORY")
    return f"ctx.pools[{scribe.use('memory', 'MEMORY')}]"


def _database(params: MemoryParams, scribe: Scribe) -> str:
    """A pool of its own, for that of `sql` nodes may be bound to a schema."""
    secret = params.connection or "DATABASE_URL"
    if scribe.secret(secret) is None:
        return scribe.connection("sql_sqlite", "sqlite_pool", _MEMORY_DB, _MEMORY_DB)
    return scribe.connection("sql_database", "sql_pool", secret, _MEMORY_DB)


def memory_of(params: MemoryParams, models: Sequence[str], scribe: Scribe) -> str:
    """The conversation as Python; `models` are those that may sum up."""
    measure = "messages" if params.window.messages is not None else "tokens"
    window = f"{scribe.use('memory', 'Window')}({measure}={getattr(params.window, measure)!r})"
    arguments = ["ctx", repr(scribe.node_id), _store(params, scribe), scribe.expr(params.session), f"window={window}"]
    if params.ttl != _WEEK:
        arguments.append(f"ttl={params.ttl!r}")
    if params.summarize:
        by_model = scribe.use("memory_summary", "by_model")
        arguments.append(f"summarize={by_model}(ctx, {scribe.node_id!r}, [{', '.join(models)}])")
    return f"await {scribe.use('memory', 'recall')}({', '.join(arguments)})"
