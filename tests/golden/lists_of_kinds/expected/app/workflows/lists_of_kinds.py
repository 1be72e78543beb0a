"""lists_of_kinds: Lists that are of more kinds where they go than where they come from."""

import asyncio
from time import monotonic_ns
from typing import Any, cast

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.node import node, tolerate
from app.runtime.run_log import log_event
from app.runtime.tasks import Branch, race
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class ListsOfKindsInput(TypedDict):
    b: bool
    xs: list[int]
    ss: list[str]


class ListsOfKindsOutput(TypedDict):
    wider: list[int | float]
    stand_in: list[int | str]
    first: list[int | str]
    changed: list[int | str]
    never: int | None
    empty: list[int]
    numbers: list[int | float]


Context = ExecutionContext[ListsOfKindsInput, None, None]


class Changed(TypedDict):
    seen: list[int | str]


class First(TypedDict):
    branch: str
    output: list[int | str]


# pause, flow.yaml:14
@node("pause")
async def _pause(ctx: Context) -> None:
    await asyncio.sleep(1.0)


async def lists_of_kinds(ctx: Context) -> ListsOfKindsOutput:
    """Run the workflow once; gives its output."""
    # wider, flow.yaml:6
    wider: list[int | float] = cast(list[int | float], ctx.input["xs"])
    ctx.set_output("wider", wider)
    # stand_in, flow.yaml:7
    stand_in: list[int | str]
    try:
        stand_in = cast(list[int | str], ctx.input["xs"])
        ctx.set_output("stand_in", stand_in)
    except Exception as error:
        tolerate(ctx, "stand_in", error)
        stand_in = ["none"]
        ctx.set_output("stand_in", stand_in)
    # changed, flow.yaml:16
    seen: list[int | str] = cast(list[int | str], ctx.input["xs"])
    for index in range(3):
        if index >= 2:
            break
        # words, flow.yaml:21
        words: list[str] = ctx.input["ss"]
        seen = cast(list[int | str], words)
    else:
        if index < 2:
            log_event(ctx, "warning", "changed", "stopped after 3 rounds, its condition would go on")
    changed: Changed = {"seen": seen}
    ctx.set_output("changed", changed)
    never: int | None = None
    # never, flow.yaml:23
    if False:
        never = 1
        ctx.set_output("never", never)
    # empty, flow.yaml:24
    empty: list[int] = []
    for item in ctx.input["xs"]:
        # kept, flow.yaml:29
        kept = item
        empty.append(kept)
    ctx.set_output("empty", empty)
    # first, flow.yaml:8
    first_started = monotonic_ns()

    async def first_now(ctx: Context) -> list[int]:
        # as_it_is, flow.yaml:12
        as_it_is: list[int] = ctx.input["xs"]
        ctx.set_output("as_it_is", as_it_is)
        return as_it_is

    async def first_later(ctx: Context) -> list[str]:
        await _pause(ctx)
        # said, flow.yaml:15
        said: list[str] = ctx.input["ss"]
        ctx.set_output("said", said)
        return said

    first_branches: dict[str, Branch[Any]] = {
        "now": lambda: first_now(ctx.clone()),
        "later": lambda: first_later(ctx.clone()),
    }
    first: First = await race(first_branches)
    ctx.finished("first", first, monotonic_ns() - first_started)
    return {
        "wider": wider,
        "stand_in": stand_in,
        "first": first["output"],
        "changed": changed["seen"],
        "never": never,
        "empty": empty,
        "numbers": cast(list[int | float], ctx.input["xs"]),
    }


LISTS_OF_KINDS = Workflow(
    name="lists_of_kinds",
    run=lists_of_kinds,
    input_type=ListsOfKindsInput,
    output_type=ListsOfKindsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/lists_of_kinds/execute"),),
    description="Lists that are of more kinds where they go than where they come from.",
    visible=(
        "wider",
        "stand_in",
        "first",
        "first.now",
        "as_it_is",
        "first.later",
        "pause",
        "said",
        "changed",
        "never",
        "empty",
    ),
    graph={
        "nodes": [
            {"id": "wider", "type": "set", "after": []},
            {"id": "stand_in", "type": "set", "after": []},
            {"id": "first", "type": "parallel", "after": []},
            {"id": "as_it_is", "type": "set", "after": [], "inside": "first.now"},
            {"id": "pause", "type": "wait", "after": [], "inside": "first.later"},
            {"id": "said", "type": "set", "after": ["pause"], "inside": "first.later"},
            {"id": "changed", "type": "loop", "after": []},
            {"id": "words", "type": "set", "after": [], "inside": "changed.round"},
            {"id": "never", "type": "set", "after": []},
            {"id": "empty", "type": "map", "after": []},
            {"id": "tried", "type": "try", "after": [], "inside": "empty.each"},
            {"id": "unread", "type": "set", "after": [], "inside": "tried.do"},
            {"id": "other", "type": "set", "after": [], "inside": "tried.catch all"},
            {"id": "kept", "type": "set", "after": [], "inside": "empty.each"},
        ]
    },
)
