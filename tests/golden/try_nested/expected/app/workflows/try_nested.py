"""The workflow try_nested."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.convert import to_int
from app.runtime.errors import RaisedError
from app.runtime.failures import as_failure, matches
from app.runtime.text import text
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class TryNestedInput(TypedDict):
    text: str


class TryNestedOutput(TypedDict):
    result: int | str


Context = ExecutionContext[TryNestedInput, None, None]


async def try_nested(ctx: Context) -> TryNestedOutput:
    """Run the workflow once; gives its output."""
    # outer, flow.yaml:5
    outer: int | str
    try:
        # inner, flow.yaml:8
        inner: int
        try:
            # number, flow.yaml:10
            number = to_int(ctx.input["text"])
            ctx.set_output("number", number)
            inner = number
        except Exception as error:
            err = as_failure(error).describe()
            # again, flow.yaml:14
            raise RaisedError(f"not a number, says {text(err['node'])}", status=418, node="again") from error
        ctx.set_output("inner", inner)
        outer = inner
    except Exception as error:
        if matches(error, ("418",)):
            problem = as_failure(error).describe()
            # told, flow.yaml:18
            told = problem["title"]
            ctx.set_output("told", told)
            outer = told
        else:
            raise
    ctx.set_output("outer", outer)
    return {"result": outer}


TRY_NESTED = Workflow(
    name="try_nested",
    run=try_nested,
    input_type=TryNestedInput,
    output_type=TryNestedOutput,
    triggers=(HttpTrigger("POST", "/api/v1/try_nested/execute"),),
    visible=("outer", "inner", "number", "told"),
    graph={
        "nodes": [
            {"id": "outer", "type": "try", "after": []},
            {"id": "inner", "type": "try", "after": [], "inside": "outer.do"},
            {"id": "number", "type": "set", "after": [], "inside": "inner.do"},
            {"id": "again", "type": "raise", "after": [], "inside": "inner.catch all"},
            {"id": "told", "type": "set", "after": [], "inside": "outer.catch 418"},
        ]
    },
)
