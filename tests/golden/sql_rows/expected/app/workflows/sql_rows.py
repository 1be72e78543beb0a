"""The workflow sql_rows."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import DATABASE
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.moments import Moment
from app.runtime.node import Retry, node
from app.runtime.sql_statement import Statement, chosen
from app.runtime.tasks import TaskGroup
from app.runtime.values import get
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets

PEOPLE_SQL = {
    "name": Statement(
        (
            "select id, name, age, balance, mood, created\n"
            "from people\n"
            "where name ilike $1 and id = any($2)\n"
            "order by name\n"
            "limit 10"
        ),
        embedded=(
            "select id, name, age, balance, mood, created\n"
            "from people\n"
            "where name like $1 and id in (select value from json_each($2))\n"
            "order by name\n"
            "limit 10"
        ),
    ),
    "age desc": Statement(
        (
            "select id, name, age, balance, mood, created\n"
            "from people\n"
            "where name ilike $1 and id = any($2)\n"
            "order by age desc\n"
            "limit 10"
        ),
        embedded=(
            "select id, name, age, balance, mood, created\n"
            "from people\n"
            "where name like $1 and id in (select value from json_each($2))\n"
            "order by age desc\n"
            "limit 10"
        ),
    ),
}

FIRST_SQL = Statement("select * from people where id = $1")
COUNT_SQL = Statement("select count(*) from people")
NUMBERED_SQL = Statement("select name from people where id = $1 or name = $2")

VISITS_SQL = Statement(
    (
        "select p.name, count(v.at)::int as visits from people p left join visits "
        "v on v.person = p.id where p.id <> all($1) group by p.name order by p.name"
    ),
    embedded=(
        "select p.name, cast(count(v.at) as integer) as visits from people p left "
        "join visits v on v.person = p.id where p.id not in (select value from "
        "json_each($1)) group by p.name order by p.name"
    ),
)


@with_config(ConfigDict(extra="forbid", strict=True))
class SqlRowsInput(TypedDict):
    word: str
    ids: Annotated[list[int], Field(default=[1, 2, 3])]
    sort: Annotated[Literal["name", "age desc"], Field(default="name")]
    filter: Any


class SqlRowsNumberedItem(TypedDict):
    name: str


class PerPerson(TypedDict):
    name: str
    visits: int


class SqlRowsOutput(TypedDict):
    names: list[str]
    owed: int | float
    year: str
    first: str
    count: int
    numbered: list[SqlRowsNumberedItem]
    visits: list[PerPerson]


Context = ExecutionContext[SqlRowsInput, None, Secrets]


class PeopleItem(TypedDict):
    id: int
    name: str
    age: int | None
    balance: int | float
    mood: Literal["glad", "sad"]
    created: Moment


PEOPLE_ITEM_LIST: TypeAdapter[list[PeopleItem]] = TypeAdapter(list[PeopleItem])


class First(TypedDict):
    id: int
    name: str
    age: int | None
    balance: int | float
    mood: Literal["glad", "sad"]
    tags: Any
    data: Any
    created: Moment


FIRST: TypeAdapter[First | None] = TypeAdapter(First | None)
INT: TypeAdapter[int] = TypeAdapter(int)

SQL_ROWS_NUMBERED_ITEM_LIST: TypeAdapter[list[SqlRowsNumberedItem]] = TypeAdapter(list[SqlRowsNumberedItem])

PER_PERSON_LIST: TypeAdapter[list[PerPerson]] = TypeAdapter(list[PerPerson])


# people, flow.yaml:11
@node("people", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _people(ctx: Context) -> list[PeopleItem]:
    """Whoever's name begins so."""
    return conform(
        PEOPLE_ITEM_LIST,
        await ctx.pools[DATABASE].fetch_all(
            chosen(PEOPLE_SQL, ctx.input["sort"]), [f"{ctx.input['word']}%", ctx.input["ids"]], seconds=10.0
        ),
    )


# first, flow.yaml:21
@node("first", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _first(ctx: Context) -> First | None:
    return conform(
        FIRST,
        await ctx.pools[DATABASE].fetch_one(
            FIRST_SQL, [ctx.input["ids"][0] if ctx.input["ids"] else 0], seconds=10.0, read_only=True
        ),
    )


# count, flow.yaml:22
@node("count", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=2.0)
async def _count(ctx: Context) -> int:
    return conform(INT, await ctx.pools[DATABASE].fetch_value(COUNT_SQL, seconds=2.0))


# numbered, flow.yaml:23
@node("numbered", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _numbered(ctx: Context) -> list[SqlRowsNumberedItem]:
    return conform(
        SQL_ROWS_NUMBERED_ITEM_LIST,
        await ctx.pools[DATABASE].fetch_all(NUMBERED_SQL, [ctx.input["filter"], "Grace"], seconds=10.0),
    )


# visits, flow.yaml:24
@node("visits", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _visits(ctx: Context) -> list[PerPerson]:
    return conform(
        PER_PERSON_LIST,
        await ctx.pools[DATABASE].fetch_all(VISITS_SQL, [[i for i in ctx.input["ids"] if i > 2]], seconds=10.0),
    )


async def sql_rows(ctx: Context) -> SqlRowsOutput:
    """Run the workflow once; gives its output."""
    async with TaskGroup() as group:
        people_task = group.create_task(_people(ctx))
        first_task = group.create_task(_first(ctx))
        count_task = group.create_task(_count(ctx))
        numbered_task = group.create_task(_numbered(ctx))
        visits_task = group.create_task(_visits(ctx))
    people = people_task.result()
    first = first_task.result()
    count = count_task.result()
    numbered = numbered_task.result()
    visits = visits_task.result()
    return {
        "names": [p["name"] for p in people],
        "owed": sum(p["balance"] for p in people),
        "year": get(people, 0, "created").strftime("%Y"),
        "first": first["name"] if first is not None else "nobody",
        "count": count + 1,
        "numbered": numbered,
        "visits": visits,
    }


SQL_ROWS = Workflow(
    name="sql_rows",
    run=sql_rows,
    input_type=SqlRowsInput,
    output_type=SqlRowsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/sql_rows/execute"),),
    visible=("people", "first", "count", "numbered", "visits"),
    graph={
        "nodes": [
            {"id": "people", "type": "sql", "after": []},
            {"id": "first", "type": "sql", "after": []},
            {"id": "count", "type": "sql", "after": []},
            {"id": "numbered", "type": "sql", "after": []},
            {"id": "visits", "type": "sql", "after": []},
        ]
    },
)
