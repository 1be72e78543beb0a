"""The workflow sql_write."""

from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import DATABASE_BANK_URL
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.errors import FlowError
from app.runtime.node import Retry, node, tolerate
from app.runtime.sql_statement import Statement
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets

MOVED_SQL = Statement("update accounts set balance = balance + $1 where id = 2")
MOVED_SQL_2 = Statement("update accounts set balance = balance - $1 where id = 1")
MOVED_SQL_3 = Statement("insert into log (what) values ($1) returning id, what")
NOTED_SQL = Statement("insert into log (what) values ($1)")
LEFT_SQL = Statement("select owner, balance from accounts order by id")
TOUCHED_SQL = Statement("update accounts set owner = owner")


class NotesItem(TypedDict):
    text: str


@with_config(ConfigDict(extra="forbid", strict=True))
class SqlWriteInput(TypedDict):
    amount: int | float
    notes: Annotated[list[NotesItem], Field(default=[])]


class SqlWriteLeftItem(TypedDict):
    owner: str
    balance: int | float


class SqlWriteOutput(TypedDict):
    noted: int
    moved: str | None
    left: list[SqlWriteLeftItem]
    touched: int


Context = ExecutionContext[SqlWriteInput, None, Secrets]


class Moved(TypedDict):
    id: int
    what: str


MOVED: TypeAdapter[Moved] = TypeAdapter(Moved)
SQL_WRITE_LEFT_ITEM_LIST: TypeAdapter[list[SqlWriteLeftItem]] = TypeAdapter(list[SqlWriteLeftItem])


# noted, flow.yaml:6
@node("noted", timeout=10.0)
async def _noted(ctx: Context) -> int:
    return await ctx.pools[DATABASE_BANK_URL].execute_many(
        NOTED_SQL, [[note["text"]] for note in ctx.input["notes"]], seconds=10.0
    )


# moved, flow.yaml:9
@node("moved", timeout=10.0)
async def _moved(ctx: Context) -> Moved:
    async with ctx.pools[DATABASE_BANK_URL].transaction(10.0) as work:
        await work.execute(MOVED_SQL, [ctx.input["amount"]])
        await work.execute(MOVED_SQL_2, [ctx.input["amount"]])
        return conform(MOVED, await work.fetch_only(MOVED_SQL_3, [f"moved {ctx.input['amount']}"]))


# left, flow.yaml:19
@node("left", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _left(ctx: Context) -> list[SqlWriteLeftItem]:
    return conform(SQL_WRITE_LEFT_ITEM_LIST, await ctx.pools[DATABASE_BANK_URL].fetch_all(LEFT_SQL, seconds=10.0))


# touched, flow.yaml:23
@node("touched", timeout=10.0)
async def _touched(ctx: Context) -> int:
    return await ctx.pools[DATABASE_BANK_URL].execute(TOUCHED_SQL, seconds=10.0)


async def sql_write(ctx: Context) -> SqlWriteOutput:
    """Run the workflow once; gives its output."""

    async def run_moved() -> Moved | None:
        moved: Moved | None
        try:
            moved = await _moved(ctx)
        except FlowError as error:
            tolerate(ctx, "moved", error)
            moved = None
            ctx.set_output("moved", moved)
        return moved

    async with TaskGroup() as group:
        noted_task = group.create_task(_noted(ctx))
        moved_task = group.create_task(run_moved())
    noted = noted_task.result()
    moved = moved_task.result()
    left = await _left(ctx)
    touched = await _touched(ctx)
    return {"noted": noted, "moved": moved["what"] if moved is not None else None, "left": left, "touched": touched}


SQL_WRITE = Workflow(
    name="sql_write",
    run=sql_write,
    input_type=SqlWriteInput,
    output_type=SqlWriteOutput,
    triggers=(HttpTrigger("POST", "/api/v1/sql_write/execute"),),
    visible=("noted", "moved", "left", "touched"),
    graph={
        "nodes": [
            {"id": "noted", "type": "sql", "after": []},
            {"id": "moved", "type": "sql", "after": []},
            {"id": "left", "type": "sql", "after": ["moved", "noted"]},
            {"id": "touched", "type": "sql", "after": ["left"]},
        ]
    },
)
