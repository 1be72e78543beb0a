"""One call of an agent's tool, whatever comes of it: a step of the output, a turn for the model, events, a log line.

What goes wrong is told to the model in words that hold no values and no secrets.
"""

import asyncio
from collections.abc import Mapping
from time import monotonic_ns
from typing import Any

import orjson
from pydantic_core import to_json, to_jsonable_python
from typing_extensions import TypedDict

from .agent_tools import AgentTool, Context
from .errors import FlowError
from .failures import as_failure
from .llm_turns import ToolCall, ToolTurn
from .run_log import log_event

# What a model gets of a result at most, in characters.
MAX_RESULT = 100_000


class ToolStep(TypedDict):
    """One call of a tool: in which round, with what, and what came of it."""

    round: int
    tool: str
    arguments: Any
    result: Any
    error: str | None
    ms: float


async def use_tool(
    ctx: Context, node: str, tools: Mapping[str, AgentTool], call: ToolCall, round_: int
) -> tuple[ToolStep, ToolTurn]:
    """Call a tool. Nothing is raised but a cancellation."""
    arguments = _given(call["arguments"])
    if ctx.events is not None:
        ctx.events.tool(node, {"event": "tool_call", "id": call["id"], "tool": call["name"], "arguments": arguments})
    began = monotonic_ns()
    result, failure = await _outcome(ctx, tools, call)
    error = _told(failure) if failure is not None else None
    step: ToolStep = {
        "round": round_,
        "tool": call["name"],
        "arguments": arguments,
        "result": result,
        "error": error,
        "ms": round((monotonic_ns() - began) / 1e6, 1),
    }
    _report(ctx, node, call, step, failure)
    if error is not None:
        return step, {"role": "tool", "call_id": call["id"], "content": f"Error: {error}", "failed": True}
    return step, {"role": "tool", "call_id": call["id"], "content": _as_text(result)}


async def _outcome(ctx: Context, tools: Mapping[str, AgentTool], call: ToolCall) -> tuple[object, FlowError | None]:
    """What the tool gave as JSON data, or what went wrong."""
    try:
        return await _result(ctx, tools, call), None
    except Exception as error:
        return None, as_failure(error)


async def _result(ctx: Context, tools: Mapping[str, AgentTool], call: ToolCall) -> object:
    tool = tools.get(call["name"])
    if tool is None:
        raise FlowError(f"there is no such tool; there are: {', '.join(tools) or 'none'}", kind="unknown_tool")
    arguments = tool.read(call["arguments"])
    try:
        async with asyncio.timeout(tool.seconds) as clock:
            given = await tool.run(ctx, arguments)
    except TimeoutError:
        if not clock.expired():
            raise
        raise FlowError(f"the tool gave nothing within {tool.seconds:g} seconds", kind="timeout") from None
    return to_jsonable_python(given, bytes_mode="base64")


def _told(failure: FlowError) -> str:
    """What went wrong, for the model. The class of an error in Python code says more than that there was one."""
    title = failure.title if failure.title != "the node failed" else f"the tool failed ({failure.kind})"
    return f"{title}: {failure.detail}" if failure.detail else title


def _report(ctx: Context, node: str, call: ToolCall, step: ToolStep, failure: FlowError | None) -> None:
    facts = {"tool": step["tool"][:64], "round": step["round"], "ms": step["ms"]}
    if failure is None:
        log_event(ctx, "info", node, "tool called", **facts)
    else:
        log_event(ctx, "warning", node, "tool failed", kind=failure.kind, upstream=failure.upstream, **facts)
    if ctx.events is not None:
        ctx.events.tool(
            node,
            {
                "event": "tool_result",
                "id": call["id"],
                "tool": step["tool"],
                "result": step["result"],
                "error": step["error"],
                "ms": step["ms"],
            },
        )


def _given(arguments: str) -> Any:
    """The arguments as data; as they came when they are no JSON."""
    try:
        return orjson.loads(arguments or "{}")
    except orjson.JSONDecodeError:
        return arguments


def _as_text(result: object) -> str:
    """A result as the model reads it: text as it is, anything else as JSON; what is too long is cut."""
    said = result if isinstance(result, str) else to_json(result).decode()
    if len(said) <= MAX_RESULT:
        return said
    return f"{said[:MAX_RESULT]}\n(cut here: the result has {len(said)} characters)"
