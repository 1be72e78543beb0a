"""either_of_two: One of two values whose types have a common word here, and none in Python."""

from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import FlowError
from app.runtime.http import request_json
from app.runtime.lists import compact
from app.runtime.lists import last as last_
from app.runtime.node import Retry, node, tolerate
from app.runtime.text import text
from app.runtime.values import coalesce, get
from app.runtime.workflow import HttpTrigger, Workflow


class Guest(TypedDict):
    name: str
    nick: str | None


class Host(TypedDict):
    name: str
    rooms: int


@with_config(ConfigDict(extra="forbid", strict=True))
class EitherOfTwoInput(TypedDict):
    ours: bool
    words: list[str]
    more: Annotated[list[str] | None, Field(default=None)]
    counts: list[int]
    grid: list[list[int]]
    guests: list[Guest]
    hosts: list[Host]
    port: Annotated[int | None, Field(default=None)]


class EitherOfTwoOutput(TypedDict):
    chosen: list[str | int]
    given: list[str | int]
    filled: list[int | Literal["none"]]
    shape: int | list[Any]
    lists: list[list[list[int | str]]]
    people: str
    rest: list[list[str | int] | str | int]


Context = ExecutionContext[EitherOfTwoInput, None, None]


class CardsItem(TypedDict):
    of: str
    n: list[int]


STR_LIST: TypeAdapter[list[str]] = TypeAdapter(list[str])


# fetched, flow.yaml:27
@node("fetched", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _fetched(ctx: Context) -> list[str]:
    return await request_json(ctx, "GET", "https://names.test/all", STR_LIST)


async def either_of_two(ctx: Context) -> EitherOfTwoOutput:
    """Run the workflow once; gives its output."""
    # chosen, flow.yaml:17
    chosen: list[str | int] = cast(list[str | int], ctx.input["words"] if ctx.input["ours"] else ctx.input["counts"])
    ctx.set_output("chosen", chosen)
    # given, flow.yaml:18
    given: list[str | int] = cast(
        list[str | int], ctx.input["more"] if ctx.input["more"] is not None else ctx.input["counts"]
    )
    ctx.set_output("given", given)
    # filled, flow.yaml:19
    filled: list[int | Literal["none"]] = cast(list[int | Literal["none"]], ctx.input["counts"]) or ["none"]
    ctx.set_output("filled", filled)
    # shape, flow.yaml:20
    shape: int | list[Any] = ctx.input["port"] if ctx.input["port"] is not None else []
    ctx.set_output("shape", shape)
    # rows, flow.yaml:21
    rows: list[list[int | str]] = [
        *cast(list[list[int | str]], ctx.input["grid"]),
        cast(list[int | str], ctx.input["words"]),
    ]
    ctx.set_output("rows", rows)
    # pair, flow.yaml:22
    pair: list[list[str | int]] = cast(list[list[str | int]], [ctx.input["words"], ctx.input["counts"]])[::-1]
    ctx.set_output("pair", pair)
    # people, flow.yaml:23
    people: list[Guest | Host] = [
        p for p in cast(list[Guest | Host], [*ctx.input["guests"], *ctx.input["hosts"]]) if get(p, "name") != "nobody"
    ]
    ctx.set_output("people", people)
    # cards, flow.yaml:24
    cards: list[CardsItem] = cast(list[CardsItem], [{"of": h["name"], "n": [h["rooms"]]} for h in ctx.input["hosts"]])[
        ::-1
    ]
    ctx.set_output("cards", cards)
    # nicks, flow.yaml:25
    nicks: list[str] = [n.upper() for n in [g["nick"] for g in ctx.input["guests"]] if n is not None]
    ctx.set_output("nicks", nicks)
    # last, flow.yaml:26
    last: str | int = cast(str | int, coalesce(last_(cast(list[str | int], compact(chosen))), "nothing"))
    ctx.set_output("last", last)
    fetched: list[str | int]
    try:
        fetched = cast(list[str | int], await _fetched(ctx))
    except FlowError as error:
        tolerate(ctx, "fetched", error)
        fetched = cast(list[str | int], ctx.input["counts"])
        ctx.set_output("fetched", fetched)
    return {
        "chosen": chosen,
        "given": given,
        "filled": filled,
        "shape": shape,
        "lists": [rows, pair],
        "people": f"{text([p['name'] for p in people])}{text(cards)}",
        "rest": [cast(list[str | int] | str | int, nicks), last, fetched],
    }


EITHER_OF_TWO = Workflow(
    name="either_of_two",
    run=either_of_two,
    input_type=EitherOfTwoInput,
    output_type=EitherOfTwoOutput,
    triggers=(HttpTrigger("POST", "/api/v1/either_of_two/execute"),),
    description="One of two values whose types have a common word here, and none in Python.",
    visible=("chosen", "given", "filled", "shape", "rows", "pair", "people", "cards", "nicks", "last", "fetched"),
    graph={
        "nodes": [
            {"id": "chosen", "type": "set", "after": []},
            {"id": "given", "type": "set", "after": []},
            {"id": "filled", "type": "set", "after": []},
            {"id": "shape", "type": "set", "after": []},
            {"id": "rows", "type": "set", "after": []},
            {"id": "pair", "type": "set", "after": []},
            {"id": "people", "type": "set", "after": []},
            {"id": "cards", "type": "set", "after": []},
            {"id": "nicks", "type": "set", "after": []},
            {"id": "last", "type": "set", "after": ["chosen"]},
            {"id": "fetched", "type": "http", "after": []},
        ]
    },
)
