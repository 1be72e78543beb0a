"""Tools of an agent: functions of the project's own Python, and nodes of the flow.

A tool is known to the model by its name, a description and the JSON Schema of its arguments. What the model gives as
arguments is held against that schema before anything is called.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from .context import ExecutionContext
from .errors import FlowError
from .llm_turns import Tool
from .python_call import call_in_thread
from .schemas import schema_of

T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]

# Seconds that one call of a tool may take when the flow says nothing else.
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class AgentTool:
    """A tool: what the model is told of it, how its arguments are read, and what it does. A call may take `seconds`."""

    told: Tool
    read: Callable[[str], Any]
    run: Callable[[Context, Any], Awaitable[object]]
    seconds: float = SECONDS


def function_tool(
    name: str, description: str, adapter: TypeAdapter[T], function: Callable[..., object], *, seconds: float = SECONDS
) -> AgentTool:
    """An ordinary function of the project's own Python; it runs in a thread, so that it holds up nobody else."""

    async def run(ctx: Context, arguments: Any) -> object:
        return await call_in_thread(function, **arguments)

    return node_tool(name, description, adapter, run, seconds=seconds)


def coroutine_tool(
    name: str,
    description: str,
    adapter: TypeAdapter[T],
    function: Callable[..., Awaitable[object]],
    *,
    seconds: float = SECONDS,
) -> AgentTool:
    """An async function of the project's own Python."""

    async def run(ctx: Context, arguments: Any) -> object:
        return await function(**arguments)

    return node_tool(name, description, adapter, run, seconds=seconds)


def node_tool(
    name: str,
    description: str,
    adapter: TypeAdapter[T],
    run: Callable[[Any, T], Awaitable[object]],
    *,
    seconds: float = SECONDS,
) -> AgentTool:
    """Whatever is done with arguments of a known type, such as running nodes of the flow."""
    return AgentTool(_told(name, description, adapter), lambda text: read_arguments(adapter, text), run, seconds)


def read_arguments(adapter: TypeAdapter[T], text: str) -> T:
    """The arguments that a model gave. Raises FlowError that tells the model what is wrong, without the values."""
    try:
        return adapter.validate_json(text.strip() or "{}", extra="forbid")
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in problems[:20]]
    raise wrong_arguments(lines)


def wrong_arguments(lines: list[str]) -> FlowError:
    """What is wrong with the arguments of a call, for the model to read."""
    return FlowError("the arguments do not fit the schema", kind="invalid_arguments", detail="; ".join(lines))


@lru_cache(maxsize=1024)
def _told(name: str, description: str, adapter: TypeAdapter[Any]) -> Tool:
    schema = _plain(schema_of(adapter))
    return Tool(name, description, {**schema, "additionalProperties": False})


def _plain(schema: Any) -> Any:
    """The schema without titles, which say nothing that the names do not."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _plain(part) for key, part in schema.items() if not (key == "title" and isinstance(part, str))}
