"""Tools of an agent: functions of the project's own Python, nodes of the flow, and other workflows.

A tool is known to the model by its name, a description and the JSON Schema of its arguments. What the model gives as
arguments is held against that schema before anything is called.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NotRequired, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .calls import input_of, run_inside
from .context import ExecutionContext
from .errors import FlowError
from .llm_turns import Tool
from .python_call import call_in_thread
from .workflow import Workflow

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
    function: Callable[..., Any], *, name: str = "", description: str = "", seconds: float = SECONDS
) -> AgentTool:
    """A function of the project's own; its parameters are the arguments, its docstring says what it is for."""
    adapter = _parameters(function)
    words = description or inspect.getdoc(function) or ""
    told = _told(name or function.__name__, words, adapter)
    is_async = inspect.iscoroutinefunction(function)

    async def run(ctx: Context, arguments: dict[str, Any]) -> object:
        return await (function(**arguments) if is_async else call_in_thread(function, **arguments))

    return AgentTool(told, lambda text: read_arguments(adapter, text), run, seconds)


def node_tool(
    name: str,
    description: str,
    adapter: TypeAdapter[T],
    run: Callable[[Any, T], Awaitable[object]],
    *,
    seconds: float = SECONDS,
) -> AgentTool:
    """Nodes of the flow, as the function that runs them."""
    return AgentTool(
        _told(name, description, adapter), lambda text: read_arguments(adapter, text), run, seconds=seconds
    )


def flow_tool(workflow: Workflow, *, name: str = "", description: str = "", seconds: float = SECONDS) -> AgentTool:
    """Another workflow of the project; its input are the arguments."""
    adapter = input_of(workflow)
    told = _told(name or workflow.name, description or workflow.description, adapter)

    async def run(ctx: Context, arguments: Any) -> object:
        return await run_inside(ctx, workflow, arguments)

    return AgentTool(told, lambda text: read_arguments(adapter, text), run, seconds)


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
    schema = _plain(adapter.json_schema())
    return Tool(name, description, {**schema, "additionalProperties": False})


def _plain(schema: Any) -> Any:
    """The schema without titles, which say nothing that the names do not."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _plain(part) for key, part in schema.items() if not (key == "title" and isinstance(part, str))}


@lru_cache(maxsize=1024)
def _parameters(function: Callable[..., Any]) -> TypeAdapter[dict[str, Any]]:
    """The parameters of a function as a type: what has a default may be left out."""
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            kind = hints.get(parameter.name, Any)
            fields[parameter.name] = kind if parameter.default is parameter.empty else NotRequired[kind]
    make: Any = TypedDict
    return TypeAdapter(make(function.__name__, fields))
