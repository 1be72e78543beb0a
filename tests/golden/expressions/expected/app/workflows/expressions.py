"""The workflow expressions."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.encoding import digest
from app.runtime.lists import first
from app.runtime.objects import pick
from app.runtime.regexes import regex_replace
from app.runtime.strings import truncate
from app.runtime.text import to_json
from app.runtime.values import coalesce, get, power, soft
from app.runtime.workflow import HttpTrigger, Workflow


class Item(TypedDict):
    title: str
    price: int | float


@with_config(ConfigDict(extra="forbid", strict=True))
class ExpressionsInput(TypedDict):
    query: str
    limit: Annotated[int | None, Field(default=None)]
    items: list[Item]
    user: Any


class ExpressionsOutputPicked(TypedDict):
    query: str


class ExpressionsOutputMarkedItem(TypedDict):
    title: str
    price: int | float
    sold: bool


class ExpressionsOutput(TypedDict):
    words: list[str]
    cheap: str
    name: Any
    safe: int
    digits: str
    chain: bool
    pick: str
    last: str
    quotes: str
    math: int | float
    grouped: str | None
    json: str
    hash: str
    picked: ExpressionsOutputPicked
    marked: list[ExpressionsOutputMarkedItem]


Context = ExecutionContext[ExpressionsInput, None, None]


class Mixed(TypedDict):
    words: list[str]
    cheap: str
    name: Any
    safe: int
    digits: str
    chain: bool
    pick: str
    last: str
    quotes: str
    math: int | float
    grouped: str | None
    json: str
    hash: str


async def expressions(ctx: Context) -> ExpressionsOutput:
    """Run the workflow once; gives its output."""
    # mixed, flow.yaml:6
    mixed: Mixed = {
        "words": ctx.input["query"].lower().split(" "),
        "cheap": ", ".join([i["title"] for i in ctx.input["items"] if i["price"] < 10]),
        "name": coalesce(soft(ctx.input["user"], "name"), "nobody"),
        "safe": (ctx.input["limit"] if ctx.input["limit"] is not None else 10) + 1,
        "digits": regex_replace(ctx.input["query"], "\\d+", "#"),
        "chain": 1 < len(ctx.input["items"]) <= 3 and bool(ctx.input["query"]),
        "pick": get(ctx.input["items"], 0, "title") if ctx.input["items"] else "none",
        "last": ctx.input["query"][-3:],
        "quotes": f"He said \"{ctx.input['query']}\" & {{x}} ${{y}} {{{{",
        "math": power(2, 3) // 3 + 7 % 4 - -1,
        "grouped": first([item["title"] for item in sorted(ctx.input["items"], key=lambda item: item["price"])]),
        "json": to_json({"q": ctx.input["query"], "n": None}),
        "hash": truncate(digest(ctx.input["query"], "sha256"), 8, killwords=True, end=""),
    }
    ctx.set_output("mixed", mixed)
    return {**mixed, "picked": pick(ctx.input, "query"), "marked": [{**i, "sold": True} for i in ctx.input["items"]]}


EXPRESSIONS = Workflow(
    name="expressions",
    run=expressions,
    input_type=ExpressionsInput,
    output_type=ExpressionsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/expressions/execute"),),
    visible=("mixed",),
    graph={"nodes": [{"id": "mixed", "type": "set", "after": []}]},
)
