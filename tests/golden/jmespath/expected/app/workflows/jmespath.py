"""The workflow jmespath."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.json_query import JsonQuery
from app.runtime.workflow import HttpTrigger, Workflow

BRIEF_QUERY = JsonQuery("sort_by([?minutes > `5`], &minutes)[].{where: town, long: minutes > `30`}")
LONGEST_QUERY = JsonQuery("max_by(stops, &minutes).town || 'nowhere'")
NAME_QUERY = JsonQuery("join(' - ', [town, note || '?'])")
TOTAL_QUERY = JsonQuery("sum(values(@)[])")


class Stop(TypedDict):
    town: str
    minutes: int
    note: str | None


@with_config(ConfigDict(extra="forbid", strict=True))
class JmespathInput(TypedDict):
    stops: list[Stop]
    raw: Annotated[Any, Field(default=None)]


class JmespathOutput(TypedDict):
    where: list[str]
    longest: Any
    towns: list[str]
    total: Any


Context = ExecutionContext[JmespathInput, None, None]


class Brief(TypedDict):
    where: str
    long: bool


BRIEF_LIST: TypeAdapter[list[Brief]] = TypeAdapter(list[Brief])
STR: TypeAdapter[str] = TypeAdapter(str)


async def jmespath(ctx: Context) -> JmespathOutput:
    """Run the workflow once; gives its output."""
    # brief, flow.yaml:8
    brief: list[Brief] = conform(BRIEF_LIST, BRIEF_QUERY.search(ctx.input["stops"]))
    ctx.set_output("brief", brief)
    # longest, flow.yaml:12
    longest = LONGEST_QUERY.search({"stops": ctx.input["stops"], "least": 1})
    ctx.set_output("longest", longest)
    # towns, flow.yaml:13
    towns: list[str] = []
    for stop in ctx.input["stops"]:
        # name, flow.yaml:18
        name = conform(STR, NAME_QUERY.search(stop))
        towns.append(name)
    ctx.set_output("towns", towns)
    total: Any = None
    # total, flow.yaml:19
    if ctx.input["raw"] is not None:
        total = TOTAL_QUERY.search(ctx.input["raw"])
        ctx.set_output("total", total)
    return {
        "where": [f"{b['where']}{' (long)' if b['long'] else ''}" for b in brief],
        "longest": longest,
        "towns": towns,
        "total": total,
    }


JMESPATH = Workflow(
    name="jmespath",
    run=jmespath,
    input_type=JmespathInput,
    output_type=JmespathOutput,
    triggers=(HttpTrigger("POST", "/api/v1/jmespath/execute"),),
    visible=("brief", "longest", "towns", "total"),
    graph={
        "nodes": [
            {"id": "brief", "type": "jmespath", "after": []},
            {"id": "longest", "type": "jmespath", "after": []},
            {"id": "towns", "type": "map", "after": []},
            {"id": "name", "type": "jmespath", "after": [], "inside": "towns.each"},
            {"id": "total", "type": "jmespath", "after": []},
        ]
    },
)
