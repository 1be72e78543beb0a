"""digest: Read the whole programme page by page and make a short digest of it, every morning or when asked."""

from time import monotonic_ns
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json
from app.runtime.node import Retry, node
from app.runtime.run_log import log_event, log_node
from app.runtime.schedule import ScheduleTrigger
from app.runtime.text import concat
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class DigestInput(TypedDict):
    kind: Annotated[Literal["talk", "workshop", "panel", "demo"], Field(default="talk")]
    longest: Annotated[int, Field(default=3, ge=1, le=10, description="How many to name")]


class DigestOutput(TypedDict):
    text: str
    minutes: int


Context = ExecutionContext[DigestInput, Env, None]


class Entry(TypedDict):
    id: int
    kind: str
    title: str
    minutes: int
    price: int | float


class Page(TypedDict):
    items: list[Entry]
    page: int
    pages: int
    next: int | None


PAGE: TypeAdapter[Page] = TypeAdapter(Page)


class Programme(TypedDict):
    page: int
    last: int
    entries: list[Entry]


# fetched, flow.yaml:27
@node("fetched", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _fetched(ctx: Context, page: int) -> Page:
    return await request_json(ctx, "GET", f"{ctx.env.api_url}/items", PAGE, params={"page": page, "size": 20})


async def digest(ctx: Context) -> DigestOutput:
    """Run the workflow once; gives its output."""
    # programme, flow.yaml:21
    programme_started = monotonic_ns()
    page: int = 1
    last: int = 1
    entries: list[Entry] = []
    for _ in range(50):
        if page > last:
            break
        fetched = await _fetched(ctx, page)
        page, last, entries = page + 1, fetched["pages"], entries + fetched["items"]
    else:
        if page <= last:
            log_event(ctx, "warning", "programme", "stopped after 50 rounds, its condition would go on")
    programme: Programme = {"page": page, "last": last, "entries": entries}
    ctx.finished("programme", programme, monotonic_ns() - programme_started)
    # chosen, flow.yaml:35
    chosen: list[Entry] = [e for e in programme["entries"] if e["kind"] == ctx.input["kind"]]
    ctx.set_output("chosen", chosen)
    # text, flow.yaml:38
    text = concat(
        len(chosen),
        " of ",
        len(programme["entries"]),
        " entries are of kind ",
        ctx.input["kind"],
        ".\nLongest: ",
        "; ".join([e["title"] for e in sorted(chosen, key=lambda e: -e["minutes"])][0 : ctx.input["longest"]]),
        ".\n",
    ).strip()
    ctx.set_output("text", text)
    # noted, flow.yaml:45
    log_node(ctx, "info", "noted", "digest made", {"kind": ctx.input["kind"], "pages": programme["last"]})
    return {"text": text, "minutes": sum(item["minutes"] for item in chosen)}


DIGEST = Workflow(
    name="digest",
    run=digest,
    input_type=DigestInput,
    output_type=DigestOutput,
    triggers=(
        HttpTrigger("POST", "/api/v1/digest"),
        ScheduleTrigger("0 6 * * mon-fri", timezone="Europe/Madrid", input={"kind": "talk"}),
    ),
    description="Read the whole programme page by page and make a short digest of it, every morning or when asked.",
    visible=("programme", "chosen", "text"),
    graph={
        "nodes": [
            {"id": "programme", "type": "loop", "after": []},
            {"id": "fetched", "type": "http", "after": [], "inside": "programme.round"},
            {"id": "chosen", "type": "set", "after": ["programme"]},
            {"id": "text", "type": "template", "after": ["chosen", "programme"]},
            {"id": "noted", "type": "log", "after": ["programme"]},
        ]
    },
)
