"""Runs another workflow of the project inside a run."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from .conform import conform
from .context import ExecutionContext
from .reply import Reply
from .workflow import Workflow

_adapters: dict[str, TypeAdapter[Any]] = {}


async def call(ctx: ExecutionContext[Any, Any, Any], workflow: Workflow, given: Mapping[str, Any]) -> Any:
    """What the workflow gives for an input; fields that are not given take their defaults."""
    return await run_inside(ctx, workflow, conform(input_of(workflow), given))


async def run_inside(ctx: ExecutionContext[Any, Any, Any], workflow: Workflow, checked: Any) -> Any:
    """What the workflow gives for an input that is known to be right.

    It runs in the same execution, with outputs of its own. Where it answers early, the answer's body is its output.
    """
    inner = ctx.for_call(checked, workflow.name, workflow.vars)
    output = await workflow.run(inner)
    if inner.answer is not None:
        return inner.answer.body
    return output.body if isinstance(output, Reply) else output


def input_of(workflow: Workflow) -> TypeAdapter[Any]:
    """The type of the workflow's input, as pydantic checks it."""
    adapter = _adapters.get(workflow.name)
    if adapter is None:
        adapter = _adapters[workflow.name] = TypeAdapter(workflow.input_type)
    return adapter
