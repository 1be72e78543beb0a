"""python_types: Functions whose signatures say more than JSON does."""

from typing import Any, Literal, NotRequired, cast

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.python_call import call_in_thread
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from lib.shapes import Budget, Level, Mark, Rows
from lib.shapes import Ticket as Ticket_
from lib.tickets import Raised, as_rows, newest, read_note
from lib.tickets import kinds as kinds_
from lib.tickets import raised as raised_


class Ticket(TypedDict):
    id: int
    kind: Literal["bug", "wish"]


@with_config(ConfigDict(extra="forbid", strict=True))
class PythonTypesInput(TypedDict):
    tickets: list[Ticket]
    level: Literal["low", "high"]
    note: dict[str, Any]


class PythonTypesOutput(TypedDict):
    newest: int | None
    rows: list[dict[str, Any]]
    kinds: list[str]
    level: Literal["low", "high"]
    amount: int
    tags: int
    due: str
    read: str


Context = ExecutionContext[PythonTypesInput, None, None]


class Longest(TypedDict):
    id: int
    kind: str


STR_LIST: TypeAdapter[list[str]] = TypeAdapter(list[str])
LEVEL: TypeAdapter[Level] = TypeAdapter(Level)
BUDGET: TypeAdapter[Budget] = TypeAdapter(Budget)
MARK: TypeAdapter[Mark] = TypeAdapter(Mark)
RAISED_FACTOR: TypeAdapter[Literal[1, 2]] = TypeAdapter(Literal[1, 2])
RAISED: TypeAdapter[Raised] = TypeAdapter(Raised)


class RaisedBudget(TypedDict):
    amount: int
    tags: list[str]
    owner: str | None


class RaisedResult(TypedDict):
    level: Literal["low", "high"]
    budget: RaisedBudget
    due: str


RAISED_RESULT: TypeAdapter[RaisedResult] = TypeAdapter(RaisedResult)


class ReadNote(TypedDict):
    id: int
    kind: str
    text: NotRequired[str]


READ_NOTE: TypeAdapter[ReadNote] = TypeAdapter(ReadNote)


# longest, flow.yaml:11
@node("longest", timeout=30.0)
async def _longest(ctx: Context) -> Longest | None:
    return await call_in_thread(newest, tickets=cast(list[Ticket_], ctx.input["tickets"]))


# plain, flow.yaml:12
@node("plain", timeout=30.0)
async def _plain(ctx: Context) -> list[dict[str, Any]]:
    return await call_in_thread(as_rows, rows=cast(Rows, ctx.input["tickets"]))


# kinds, flow.yaml:13
@node("kinds", timeout=30.0)
async def _kinds(ctx: Context) -> list[str]:
    return conform(STR_LIST, await call_in_thread(kinds_, tickets=ctx.input["tickets"]))


# raised, flow.yaml:14
@node("raised", timeout=30.0)
async def _raised(ctx: Context) -> RaisedResult:
    return conform(
        RAISED_RESULT,
        RAISED.dump_python(
            await raised_(
                level=conform(LEVEL, ctx.input["level"]),
                budget=conform(BUDGET, {"amount": 3, "tags": ["a", "b", "a"]}),
                marks=conform(MARK, [1, "x"]),
                factor=conform(RAISED_FACTOR, 2),
            ),
            mode="json",
        ),
    )


# read, flow.yaml:19
@node("read", timeout=30.0)
async def _read(ctx: Context) -> str:
    return await call_in_thread(read_note, note=conform(READ_NOTE, ctx.input["note"]))


async def python_types(ctx: Context) -> PythonTypesOutput:
    """Run the workflow once; gives its output."""
    async with TaskGroup() as group:
        longest_task = group.create_task(_longest(ctx))
        plain_task = group.create_task(_plain(ctx))
        kinds_task = group.create_task(_kinds(ctx))
        raised_task = group.create_task(_raised(ctx))
        read_task = group.create_task(_read(ctx))
    longest = longest_task.result()
    plain = plain_task.result()
    kinds = kinds_task.result()
    raised = raised_task.result()
    read = read_task.result()
    return {
        "newest": longest["id"] if longest is not None else None,
        "rows": plain,
        "kinds": kinds,
        "level": raised["level"],
        "amount": raised["budget"]["amount"] + 1,
        "tags": len(raised["budget"]["tags"]),
        "due": raised["due"],
        "read": read,
    }


PYTHON_TYPES = Workflow(
    name="python_types",
    run=python_types,
    input_type=PythonTypesInput,
    output_type=PythonTypesOutput,
    triggers=(HttpTrigger("POST", "/api/v1/python_types/execute"),),
    description="Functions whose signatures say more than JSON does.",
    visible=("longest", "plain", "kinds", "raised", "read"),
    graph={
        "nodes": [
            {"id": "longest", "type": "python", "after": []},
            {"id": "plain", "type": "python", "after": []},
            {"id": "kinds", "type": "python", "after": []},
            {"id": "raised", "type": "python", "after": []},
            {"id": "read", "type": "python", "after": []},
        ]
    },
)
