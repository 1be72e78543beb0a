"""The workflow sql_embedded."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.connections import DATABASE
from app.runtime.context import ExecutionContext
from app.runtime.errors import FlowError
from app.runtime.node import Retry, node, tolerate
from app.runtime.sql_statement import Statement
from app.runtime.tasks import TaskGroup
from app.runtime.values import soft
from app.runtime.workflow import HttpTrigger, Workflow

MISSING_SQL = Statement("select * from nowhere")
SUM_SQL = Statement("select 1 + 1 as two")


@with_config(ConfigDict(extra="forbid", strict=True))
class SqlEmbeddedInput(TypedDict):
    """Nothing is needed."""


class SqlEmbeddedOutput(TypedDict):
    two: Any
    rows: int


Context = ExecutionContext[SqlEmbeddedInput, None, None]


# sum, flow.yaml:4
@node("sum", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _sum(ctx: Context) -> dict[str, Any]:
    return await ctx.pools[DATABASE].fetch_only(SUM_SQL, seconds=10.0)


# missing, flow.yaml:5
@node("missing", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _missing(ctx: Context) -> list[dict[str, Any]]:
    return await ctx.pools[DATABASE].fetch_all(MISSING_SQL, seconds=10.0)


async def sql_embedded(ctx: Context) -> SqlEmbeddedOutput:
    """Run the workflow once; gives its output."""

    async def run_missing() -> list[dict[str, Any]]:
        missing: list[dict[str, Any]]
        try:
            missing = await _missing(ctx)
        except FlowError as error:
            tolerate(ctx, "missing", error)
            missing = []
            ctx.set_output("missing", missing)
        return missing

    async with TaskGroup() as group:
        sum_task = group.create_task(_sum(ctx))
        missing_task = group.create_task(run_missing())
    sum_ = sum_task.result()
    missing = missing_task.result()
    return {"two": soft(sum_, "two"), "rows": len(missing)}


SQL_EMBEDDED = Workflow(
    name="sql_embedded",
    run=sql_embedded,
    input_type=SqlEmbeddedInput,
    output_type=SqlEmbeddedOutput,
    triggers=(HttpTrigger("POST", "/api/v1/sql_embedded/execute"),),
    visible=("sum", "missing"),
    graph={"nodes": [{"id": "sum", "type": "sql", "after": []}, {"id": "missing", "type": "sql", "after": []}]},
)
