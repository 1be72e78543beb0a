"""The conversation that an `llm` or `agent` goes on with: its settings, and how it is written as Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.expressions.types import STR, nullable
from catalyst.nodes.base import Scribe
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.spec.fields import exactly_one
from catalyst.spec.units import Duration

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

    session: Annotated[Expr, Slot(nullable(STR))] = Field(
        description="Which conversation it is, such as the user's id; none or empty text keeps nothing."
    )
    window: WindowParams = Field(
        default_factory=lambda: WindowParams(messages=20),
        description="How much of it the model is told: the last exchanges that fit, whole; 20 messages by default.",
    )
    summarize: bool = Field(
        default=False, description="Whether the model sums up what no longer fits; otherwise it is dropped."
    )
    ttl: Duration = Field(default=_WEEK, description="How long a session is kept after it was last used.")


def memory_of(params: MemoryParams, models: Sequence[str], scribe: Scribe) -> str:
    """The conversation as Python; `models` are those that may sum up."""
    store = f"ctx.pools[{scribe.use('memory', 'MEMORY')}]"
    scribe.pool("memory", "MEMORY")
    measure = "messages" if params.window.messages is not None else "tokens"
    window = f"{scribe.use('memory', 'Window')}({measure}={getattr(params.window, measure)!r})"
    arguments = ["ctx", repr(scribe.node_id), store, scribe.expr(params.session), f"window={window}"]
    if params.ttl != _WEEK:
        arguments.append(f"ttl={params.ttl!r}")
    if params.summarize:
        by_model = scribe.use("memory_summary", "by_model")
        arguments.append(f"summarize={by_model}(ctx, {scribe.node_id!r}, [{', '.join(models)}])")
    return f"await {scribe.use('memory', 'recall')}({', '.join(arguments)})"
