"""The workflow numbers_too_large."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.failures import as_failure, matches
from app.runtime.http import request_json
from app.runtime.moments import Moment
from app.runtime.node import node
from app.runtime.values import power
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class NumbersTooLargeInput(TypedDict):
    a: int | float
    b: int | float
    how: str
    when: Moment


class NumbersTooLargeOutput(TypedDict):
    long: int | float | None
    caught: int | float | str | None
    sent: Any


Context = ExecutionContext[NumbersTooLargeInput, Env, None]


# sent, flow.yaml:18
@node("sent", timeout=10.0)
async def _sent(ctx: Context, large: int | float) -> Any:
    return await request_json(
        ctx, "POST", f"{ctx.env.api}/numbers", None, json={"large": large, "when": ctx.input["when"]}
    )


async def numbers_too_large(ctx: Context) -> NumbersTooLargeOutput:
    """Run the workflow once; gives its output."""
    # large, flow.yaml:6
    large: int | float = power(4, 600)
    ctx.set_output("large", large)
    # half, flow.yaml:7
    if ctx.input["how"] == "half":
        ctx.set_output("half", large / 2)
    # each, flow.yaml:8
    if ctx.input["how"] == "each":
        ctx.set_output("each", [n * 0.5 for n in [large]])
    long: int | float | None = None
    # long, flow.yaml:9
    if ctx.input["how"] == "long":
        long = ctx.input["a"] * ctx.input["b"]
        ctx.set_output("long", long)
    caught: int | float | str | None = None
    # caught, flow.yaml:10
    if ctx.input["how"] == "caught":
        try:
            # third, flow.yaml:13
            third: int | float = large + 0.5
            ctx.set_output("third", third)
            caught = third
        except Exception as error:
            if matches(error, ("expression",)):
                err = as_failure(error).describe()
                # told, flow.yaml:17
                told = f"{err['kind']} in {err['node'] if err['node'] is not None else 'nowhere'}"
                ctx.set_output("told", told)
                caught = told
            else:
                raise
        ctx.set_output("caught", caught)
    sent: Any = None
    # sent, flow.yaml:18
    if ctx.input["how"] == "sent":
        sent = await _sent(ctx, large)
    return {"long": long, "caught": caught, "sent": sent}


NUMBERS_TOO_LARGE = Workflow(
    name="numbers_too_large",
    run=numbers_too_large,
    input_type=NumbersTooLargeInput,
    output_type=NumbersTooLargeOutput,
    triggers=(HttpTrigger("POST", "/api/v1/numbers_too_large/execute"),),
    visible=("large", "half", "each", "long", "caught", "third", "told", "sent"),
    graph={
        "nodes": [
            {"id": "large", "type": "set", "after": []},
            {"id": "half", "type": "set", "after": ["large"]},
            {"id": "each", "type": "set", "after": ["large"]},
            {"id": "long", "type": "set", "after": []},
            {"id": "caught", "type": "try", "after": ["large"]},
            {"id": "third", "type": "set", "after": [], "inside": "caught.do"},
            {"id": "told", "type": "set", "after": [], "inside": "caught.catch expression"},
            {"id": "sent", "type": "http", "after": ["large"]},
        ]
    },
)
