"""list: Names that Python, the runtime or emitted code use themselves."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext as ExecutionContext_
from app.runtime.http import request_text
from app.runtime.node import Retry
from app.runtime.node import node as node_
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class ListInput(TypedDict):
    id: str
    type: int
    ctx: str
    input: str
    klass: str
    self: str
    match: Annotated[str | None, Field(default=None)]


class ListOutput(TypedDict):
    len: int
    list: list[int]
    text: str
    answer: str


Context = ExecutionContext_[ListInput, None, None]


class Get(TypedDict):
    first: str


# group, flow.yaml:13
@node_("group", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _group(ctx: Context) -> str:
    return await request_text(ctx, "GET", "http://api.test/a")


# error, flow.yaml:14
@node_("error", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _error(ctx: Context) -> str:
    return await request_text(ctx, "GET", "http://api.test/b")


async def run_list(ctx: Context) -> ListOutput:
    """Run the workflow once; gives its output."""
    # text, flow.yaml:6
    text = f"{ctx.input['id']}{ctx.input['type']}"
    ctx.set_output("text", text)
    # get, flow.yaml:7
    get: Get = {"first": ctx.input["klass"]}
    ctx.set_output("get", get)
    # first, flow.yaml:8
    first = get["first"]
    ctx.set_output("first", first)
    # node, flow.yaml:9
    node = f"{ctx.input['ctx']}{ctx.input['input']}{first}"
    ctx.set_output("node", node)
    # len, flow.yaml:10
    len_ = len(node)
    ctx.set_output("len", len_)
    # print, flow.yaml:11
    print_: list[int] = []
    for str_, dict_ in enumerate([1, 2]):
        # ExecutionContext, flow.yaml:11
        ExecutionContext = dict_ + str_
        print_.append(ExecutionContext)
    ctx.set_output("print", print_)
    # list, flow.yaml:12
    list_: list[int] = [x + 1 for x in print_]
    ctx.set_output("list", list_)
    async with TaskGroup() as group:
        group_task = group.create_task(_group(ctx))
        error_task = group.create_task(_error(ctx))
    group_ = group_task.result()
    error_ = error_task.result()
    # answer, flow.yaml:15
    answer = f"{group_}{error_}{ctx.input['self']}"
    ctx.set_output("answer", answer)
    return {"len": len_, "list": list_, "text": text, "answer": answer}


LIST = Workflow(
    name="list",
    run=run_list,
    input_type=ListInput,
    output_type=ListOutput,
    triggers=(HttpTrigger("POST", "/api/v1/list/execute"),),
    description="Names that Python, the runtime or emitted code use themselves.",
    visible=("text", "get", "first", "node", "len", "print", "list", "group", "error", "answer"),
    graph={
        "nodes": [
            {"id": "text", "type": "set", "after": []},
            {"id": "get", "type": "set", "after": []},
            {"id": "first", "type": "set", "after": ["get"]},
            {"id": "node", "type": "set", "after": ["first"]},
            {"id": "len", "type": "set", "after": ["node"]},
            {"id": "print", "type": "map", "after": []},
            {"id": "ExecutionContext", "type": "set", "after": [], "inside": "print.each"},
            {"id": "list", "type": "set", "after": ["print"]},
            {"id": "group", "type": "http", "after": []},
            {"id": "error", "type": "http", "after": []},
            {"id": "answer", "type": "template", "after": ["group", "error"]},
        ]
    },
)
