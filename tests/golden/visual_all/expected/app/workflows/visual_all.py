"""The workflow visual_all."""

import asyncio
from time import monotonic_ns
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import DATABASE, QDRANT, REDIS
from app.metrics import ORDERS_SEEN
from app.runtime.agent import AgentAnswer, AgentLimits, run_agent
from app.runtime.agent_flows import flow_tool
from app.runtime.agent_schemas import with_schema
from app.runtime.agent_tools import function_tool
from app.runtime.calls import call
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.embeddings import Embedding, embed
from app.runtime.encoding import digest
from app.runtime.errors import ErrorInfo, FlowError
from app.runtime.failures import as_failure
from app.runtime.graphql import Pages, ask, ask_pages
from app.runtime.http import request_json, segment
from app.runtime.http_signature import Signature
from app.runtime.json_query import JsonQuery
from app.runtime.json_schema import JsonSchema, checked_by
from app.runtime.lists import backwards, batch, reduced
from app.runtime.lists import counted as counted_
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.llm_openai import AzureOpenAI, Groq, OpenAI
from app.runtime.node import Retry, node, tolerate
from app.runtime.ordering import unique
from app.runtime.own_metrics import add
from app.runtime.python_call import call_in_thread
from app.runtime.rate_limiter import Passage, pass_limit
from app.runtime.redis_node import delete_keys, get_value, set_value
from app.runtime.reply import Reply
from app.runtime.run_events import send_event
from app.runtime.run_log import log_node
from app.runtime.sorting import By, sort_rows
from app.runtime.sql_statement import Statement
from app.runtime.sse import EventStream
from app.runtime.store import Limit
from app.runtime.tasks import InnerGroup, TaskGroup
from app.runtime.validation import Invalid
from app.runtime.values import multiply, soft
from app.runtime.vectors import Written, change_payload, scroll, search, upsert
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets
from app.workflows.inner import INNER
from lib.conference import context
from lib.tools import find_order
from lib.visual_all_shout import shout as shout_

IDS_QUERY = JsonQuery("sort_by([?id > `0`], &id)[].{number: id, text: text}")
GREETING = "Dear"
PERSON_DOCUMENT = "query One($name: String!) { person(name: $name) { id } }"

LISTED_DOCUMENT = (
    "query All($after: String) { people(after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
)

NOTED_DOCUMENT = "mutation Note($text: String!) { note(text: $text) { id } }"
ROWS_SQL = Statement("select cast($1 as text) as name")
MOVED_SQL = Statement("create table if not exists marks (name text)", session=True)
MOVED_SQL_2 = Statement("delete from marks where name = $1")
MOVED_SQL_3 = Statement("insert into marks (name) values ($1)")
MOVED_SQL_4 = Statement("select count(*) as n from marks")


class HitsItem(TypedDict):
    id: int
    text: str


class Scores(TypedDict):
    text: int | float
    age: int | float


@with_config(ConfigDict(extra="forbid", strict=True))
class VisualAllInput(TypedDict):
    name: str
    vip: Annotated[bool, Field(default=False)]
    items: list[int]
    hits: list[HitsItem]
    scores: Scores


class VisualAllOutputTimesItem(TypedDict):
    n: int


class VisualAllOutputBothLeft(TypedDict):
    l: int


class VisualAllOutputBothRight(TypedDict):
    r: int


class VisualAllOutputBoth(TypedDict):
    left: VisualAllOutputBothLeft
    right: VisualAllOutputBothRight


class VisualAllOutput(TypedDict):
    rank: int | None
    size: str | None
    sum: int
    pairs: list[list[int]]
    distinct: list[str]
    first: str | None
    ids: Any
    times: list[VisualAllOutputTimesItem]
    moved: list[dict[str, Any]]
    score: float
    hash: str
    run: str
    seat: dict[str, str]
    shout: Any
    letter: str
    each: list[str]
    both: VisualAllOutputBoth
    nested: VisualAllOutputTimesItem
    sorted: list[int]
    reached: bool
    stock: Any
    person: Any
    listed: list[Any]
    noted: Any
    rows: list[dict[str, Any]]
    got: Any
    dropped: int
    nearest: list[dict[str, Any]]
    page: list[str]
    size_of_meaning: bool
    said: list[str]


Context = ExecutionContext[VisualAllInput, None, Secrets]


class Vip(TypedDict):
    rank: int


class None_(TypedDict):
    size: str


class Shape(TypedDict):
    valid: bool
    errors: list[Invalid]
    data: dict[str, Any] | None


SHAPE_SCHEMA: JsonSchema[dict[str, Any]] = JsonSchema(
    {"type": "object", "properties": {"name": {"type": "string", "minLength": 2}}, "required": ["name"]}
)


class NearestItem(TypedDict):
    id: str
    payload: dict[str, Any]
    score: int | float


NEAREST_ITEM_LIST: TypeAdapter[list[NearestItem]] = TypeAdapter(list[NearestItem])


class PagePointsItem(TypedDict):
    id: str
    payload: dict[str, Any]


class Page(TypedDict):
    points: list[PagePointsItem]
    next: str | None


PAGE: TypeAdapter[Page] = TypeAdapter(Page)


class FindOrderArgs(TypedDict):
    number: int


FIND_ORDER_ARGS: TypeAdapter[FindOrderArgs] = TypeAdapter(FindOrderArgs)

ASSISTANT_FIND_ORDER_SCHEMA: JsonSchema[dict[str, Any]] = JsonSchema(
    {"type": "object", "properties": {"number": {"type": "integer"}}}
)


# gate, flow.json:13
@node("gate")
async def _gate(ctx: Context) -> Passage:
    return await pass_limit(ctx, REDIS, Limit(f"user:{ctx.input['name']}", 100, 60.0), longest_wait=0.0, tell=True)


# pause, flow.json:18
@node("pause")
async def _pause(ctx: Context) -> None:
    await asyncio.sleep(0.001)


# seat, flow.json:40
@node("seat", timeout=30.0)
async def _seat(ctx: Context) -> dict[str, str]:
    return await call_in_thread(context, user_id=ctx.input["name"], event_id=5)


# shout, flow.json:41
@node("shout", timeout=30.0)
async def _shout(ctx: Context) -> Any:
    return await call_in_thread(shout_, data=ctx.input["name"])


# nested, flow.json:45
@node("nested")
async def _nested(ctx: Context, sum_: int) -> VisualAllOutputTimesItem:
    output: VisualAllOutputTimesItem = await call(ctx, INNER, {"n": sum_})
    return output


# fetched, flow.json:47
@node("fetched", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _fetched(ctx: Context) -> Any:
    return await request_json(ctx, "GET", f"https://api.test/people/{segment(ctx.input['name'])}", None)


# stock, flow.json:49
@node("stock", retry=Retry(max_attempts=2, delay=0.001, max_delay=5.0, errors=("5xx", "timeout")), timeout=10.0)
async def _stock(ctx: Context) -> Any:
    return await request_json(ctx, "GET", "https://api.test/stock", None)


# told, flow.json:50
@node("told", timeout=10.0)
async def _told(ctx: Context) -> Any:
    return await request_json(
        ctx,
        "POST",
        "https://api.test/hook",
        None,
        json={"name": ctx.input["name"]},
        sign=Signature(ctx.secrets.hook_key.get_secret_value(), "X-Hub-Signature-256"),
    )


# person, flow.json:51
@node("person", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _person(ctx: Context) -> Any:
    return await ask(ctx, "https://api.test/graphql", PERSON_DOCUMENT, {"name": ctx.input["name"]}, None)


# listed, flow.json:52
@node("listed", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _listed(ctx: Context) -> list[Any]:
    return await ask_pages(
        ctx,
        "https://api.test/graphql/pages",
        LISTED_DOCUMENT,
        {},
        None,
        Pages(["people", "nodes"], ["people", "pageInfo"]),
    )


# noted, flow.json:53
@node("noted", timeout=10.0)
async def _noted(ctx: Context) -> Any:
    return await ask(ctx, "https://api.test/graphql/write", NOTED_DOCUMENT, {"text": ctx.input["name"]}, None)


# rows, flow.json:54
@node("rows", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=2.0)
async def _rows(ctx: Context) -> list[dict[str, Any]]:
    return await ctx.pools[DATABASE].fetch_all(ROWS_SQL, [ctx.input["name"]], seconds=2.0)


# moved, flow.json:55
@node("moved", timeout=10.0)
async def _moved(ctx: Context) -> list[dict[str, Any]]:
    async with ctx.pools[DATABASE].transaction(10.0) as work:
        await work.execute(MOVED_SQL)
        await work.execute(MOVED_SQL_2, [ctx.input["name"]])
        await work.execute(MOVED_SQL_3, [ctx.input["name"]])
        return await work.fetch_all(MOVED_SQL_4)


# put, flow.json:56
@node("put", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _put(ctx: Context, sum_: int) -> bool:
    return await set_value(ctx, REDIS, f"seen:{ctx.input['name']}", {"n": sum_}, ttl=60.0)


# got, flow.json:57
@node("got", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _got(ctx: Context) -> Any:
    return await get_value(ctx, REDIS, f"seen:{ctx.input['name']}")


# dropped, flow.json:58
@node("dropped", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _dropped(ctx: Context) -> int:
    return await delete_keys(ctx, REDIS, f"seen:{ctx.input['name']}")


# stored, flow.json:59
@node("stored", timeout=10.0)
async def _stored(ctx: Context) -> Written:
    return await upsert(
        ctx,
        QDRANT,
        "books",
        [
            {"id": "sea", "vector": [1, 0], "payload": {"kind": "novel", "title": "The Sea"}},
            {"id": "sky", "vector": [0, 1], "payload": {"kind": "essay", "title": "The Sky"}},
        ],
    )


# marked, flow.json:60
@node("marked", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _marked(ctx: Context) -> None:
    await change_payload(ctx, QDRANT, "books", "sea", set={"read": True})


# nearest, flow.json:61
@node("nearest", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _nearest(ctx: Context) -> list[NearestItem]:
    return conform(
        NEAREST_ITEM_LIST,
        await search(
            ctx, "nearest", QDRANT, "books", [0.9, 0.1], limit=3, threshold=0.1, filter={"all": [{"kind": "novel"}]}
        ),
    )


# page, flow.json:62
@node("page", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _page(ctx: Context) -> Page:
    return conform(PAGE, await scroll(ctx, QDRANT, "books", limit=10, filter={"none": [{"kind": ["essay"]}]}))


# meaning, flow.json:63
@node("meaning", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=60.0)
async def _meaning(ctx: Context) -> Embedding:
    return await embed(
        ctx,
        "meaning",
        OpenAI("text-embedding-3-small", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ctx.input["name"],
    )


# claude, flow.json:64
@node("claude", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _claude(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "claude",
        [Anthropic("claude-sonnet-4-6", api_key=ctx.secrets.anthropic_api_key.get_secret_value(), max_tokens=50)],
        messages=[
            {"role": "user", "content": "The order", "cache": "5m"},
            {"role": "user", "content": f"How is {ctx.input['name']}?"},
        ],
        system="Be brief.",
        cache_system="5m",
        timeout=120.0,
    )


# gpt, flow.json:65
@node("gpt", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _gpt(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "gpt",
        [
            OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value(), temperature=0),
            OpenAI("gpt-5.4", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ],
        messages=[{"role": "user", "content": f"How is {ctx.input['name']}?"}],
        timeout=120.0,
    )


# groq, flow.json:66
@node("groq", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _groq(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "groq",
        [Groq("llama-3.1-8b-instant", api_key=ctx.secrets.groq_api_key.get_secret_value())],
        messages=[{"role": "user", "content": f"How is {ctx.input['name']}?"}],
        timeout=120.0,
    )


# azure, flow.json:67
@node("azure", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _azure(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "azure",
        [AzureOpenAI("ours", api_key=ctx.secrets.azure_openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": f"How is {ctx.input['name']}?"}],
        timeout=120.0,
    )


# routed, flow.json:68
@node("routed", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _routed(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "routed",
        [
            (
                Anthropic("claude-opus-4-6", api_key=ctx.secrets.anthropic_api_key.get_secret_value())
                if ctx.input["vip"]
                else OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())
            ),
            OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ],
        messages=[{"role": "user", "content": f"How is {ctx.input['name']}?"}],
        timeout=120.0,
    )


# assistant, flow.json:69
@node("assistant")
async def _assistant(ctx: Context) -> AgentAnswer:
    return await run_agent(
        ctx,
        "assistant",
        [OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": f"How is {ctx.input['name']}?"}],
        tools=[
            with_schema(
                function_tool("find_order", "An order by its number.", FIND_ORDER_ARGS, find_order),
                ASSISTANT_FIND_ORDER_SCHEMA,
            ),
            flow_tool(INNER.name, INNER.description, INNER),
        ],
        limits=AgentLimits(rounds=3),
    )


async def visual_all(ctx: Context) -> VisualAllOutput | Reply:
    """Run the workflow once; gives its output, or an answer of its own."""
    # isVip, flow.json:19
    isVip = ctx.input["vip"]
    ctx.set_output("isVip", isVip)
    vip: Vip | None = None
    # vip, flow.json:20
    if isVip:
        vip = {"rank": 1}
        ctx.set_output("vip", vip)
    guest: Vip | None = None
    # guest, flow.json:21
    if not isVip:
        guest = {"rank": 2}
        ctx.set_output("guest", guest)
    rank: Vip | None = None
    if guest is not None or vip is not None:
        # rank, flow.json:22
        rank = vip if vip is not None else guest
        ctx.set_output("rank", rank)
    # size, flow.json:23
    size: Literal["case0", "case1", "default"] = (
        "case0" if len(ctx.input["items"]) == 0 else "case1" if len(ctx.input["items"]) == 1 else "default"
    )
    ctx.set_output("size", size)
    none: None_ | None = None
    # none, flow.json:24
    if size == "case0":
        none = {"size": "none"}
        ctx.set_output("none", none)
    some: None_ | None = None
    # some, flow.json:25
    if size == "default":
        some = {"size": "some"}
        ctx.set_output("some", some)
    # doubled, flow.json:26
    doubled: list[int] = [entry * 2 for entry in ctx.input["items"]]
    ctx.set_output("doubled", doubled)
    # large, flow.json:27
    large: list[int] = [entry for entry in doubled if entry > 2]
    ctx.set_output("large", large)
    # sum, flow.json:28
    sum_ = reduced(large, 0, lambda total, entry: total + entry)
    ctx.set_output("sum", sum_)
    # pairs, flow.json:29
    pairs: list[list[int]] = [
        ctx.input["items"][start : start + 2]
        for start in counted_(
            0,
            len(ctx.input["items"]) - 1 if len(ctx.input["items"]) > 1 else 1 if len(ctx.input["items"]) > 0 else 0,
            2 - 1,
        )
    ]
    ctx.set_output("pairs", pairs)
    # distinct, flow.json:30
    distinct: list[HitsItem] = backwards(
        unique(backwards(ctx.input["hits"]), case_sensitive=True, attribute=lambda row: row["id"])
    )
    ctx.set_output("distinct", distinct)
    # first_hit, flow.json:31
    first_hit: str | None = soft(ctx.input["hits"][0] if ctx.input["hits"] else None, "text")
    ctx.set_output("first_hit", first_hit)
    # ids, flow.json:32
    ids = IDS_QUERY.search(ctx.input["hits"])
    ctx.set_output("ids", ids)
    # score, flow.json:33
    score = (ctx.input["scores"]["text"] * 0.5 + ctx.input["scores"]["age"] * 0.5) / 1.0
    ctx.set_output("score", score)
    # hash, flow.json:34
    hash_ = digest(ctx.input["name"], "sha256")
    ctx.set_output("hash", hash_)
    # run, flow.json:35
    run = ctx.workflow
    ctx.set_output("run", run)
    # factor, flow.json:36
    factor = 3
    ctx.set_output("factor", factor)
    # times, flow.json:37
    times: list[VisualAllOutputTimesItem] = []
    for item in ctx.input["items"]:
        # kept, flow.json:37
        kept = factor
        # product, flow.json:37
        product: VisualAllOutputTimesItem = {"n": multiply(item, kept)}
        times.append(product)
    ctx.set_output("times", times)
    # greeting, flow.json:38
    greeting = GREETING
    ctx.set_output("greeting", greeting)
    # counted, flow.json:39
    add(ORDERS_SEEN, 1, "visual")
    # letter, flow.json:42
    letter = f"{greeting} {ctx.input['name']}"
    ctx.set_output("letter", letter)
    # each, flow.json:43
    each: list[str] = []
    for item in ctx.input["items"]:
        # line, flow.json:43
        line = f"no. {item}"
        each.append(line)
    ctx.set_output("each", each)

    # both, flow.json:44
    async def both_left(ctx: Context) -> VisualAllOutputBothLeft:
        # left, flow.json:44
        left: VisualAllOutputBothLeft = {"l": 1}
        ctx.set_output("left", left)
        ctx.set_output("both.left", left)
        return left

    async def both_right(ctx: Context) -> VisualAllOutputBothRight:
        # right, flow.json:44
        right: VisualAllOutputBothRight = {"r": 2}
        ctx.set_output("right", right)
        ctx.set_output("both.right", right)
        return right

    async with TaskGroup() as group:
        both_left_task = group.create_task(both_left(ctx.clone()))
        both_right_task = group.create_task(both_right(ctx.clone()))
    both: VisualAllOutputBoth = {"left": both_left_task.result(), "right": both_right_task.result()}
    ctx.set_output("both", both)
    # raw, flow.json:46
    raw: list[int] = sort_rows(ctx.input["items"], By(lambda item: item))
    ctx.set_output("raw", raw)
    # begin, flow.json:70
    send_event(ctx, "begin", "stream_start", large)
    # chunk, flow.json:71
    send_event(ctx, "chunk", "progress", {"sum": sum_})
    # merged, flow.json:72
    send_event(ctx, "merged", "stream_merge", [doubled, large])
    # pieces, flow.json:73
    send_event(ctx, "pieces", "stream_buffer", batch(doubled, 2))
    # end, flow.json:74
    send_event(ctx, "end", "stream_end", {"ok": True})

    async def fetched_then_caught() -> bool:
        fetched_error: ErrorInfo | None = None
        try:
            await _fetched(ctx)
        except FlowError as error:
            tolerate(ctx, "fetched", error)
            fetched_error = as_failure(error, "fetched").describe()
            ctx.set_output("fetched", {"state": "lost"})
        # caught, flow.json:48
        caught = fetched_error is None
        ctx.set_output("caught", caught)
        return caught

    async def run_again() -> Any:
        # again, flow.json:49
        again_started = monotonic_ns()
        again: Any
        again = await _stock(ctx)
        ctx.finished("again", again, monotonic_ns() - again_started)
        return again

    async def put_to_dropped() -> tuple[Any, int]:
        await _put(ctx, sum_)
        got = await _got(ctx)
        dropped = await _dropped(ctx)
        return got, dropped

    async with TaskGroup() as group:

        async def gate_to_wrong() -> None:
            gate = await _gate(ctx)
            shape: Shape | None = None
            # shape, flow.json:15
            if gate["allowed"]:
                verdict = checked_by(SHAPE_SCHEMA, {"name": ctx.input["name"]})
                shape = {"valid": not verdict.errors, "errors": verdict.errors, "data": verdict.data}
                ctx.set_output("shape", shape)
            # started, flow.json:17
            started_ran = (shape["valid"] if shape is not None else None) is True
            if started_ran:
                log_node(ctx, "info", "started", f"for {ctx.input['name']}")

            async def run_pause() -> None:
                if started_ran:
                    await _pause(ctx)

            async def run_busy() -> None:
                # busy, flow.json:14
                if not gate["allowed"]:
                    ctx.respond(Reply({"busy": True}, status=429))
                    ctx.set_output("busy", None)

            async def run_wrong() -> None:
                # wrong, flow.json:16
                if shape is not None and ((shape["valid"] if shape is not None else None) is False):
                    ctx.respond(Reply({"places": [e["place"] for e in shape["errors"]]}, status=422))
                    ctx.set_output("wrong", None)

            async with InnerGroup(group) as inner_group:
                inner_group.create_task(run_pause())
                inner_group.create_task(run_busy())
                inner_group.create_task(run_wrong())

        group.create_task(gate_to_wrong())
        seat_task = group.create_task(_seat(ctx))
        shout_task = group.create_task(_shout(ctx))
        nested_task = group.create_task(_nested(ctx, sum_))
        fetched_task = group.create_task(fetched_then_caught())
        again_task = group.create_task(run_again())
        group.create_task(_told(ctx))
        person_task = group.create_task(_person(ctx))
        listed_task = group.create_task(_listed(ctx))
        noted_task = group.create_task(_noted(ctx))
        rows_task = group.create_task(_rows(ctx))
        moved_task = group.create_task(_moved(ctx))
        put_task = group.create_task(put_to_dropped())

        async def stored_to_page() -> tuple[list[NearestItem], Page]:
            await _stored(ctx)
            await _marked(ctx)
            async with InnerGroup(group) as inner_group:
                nearest_task = inner_group.create_task(_nearest(ctx))
                page_task = inner_group.create_task(_page(ctx))
            nearest = nearest_task.result()
            page = page_task.result()
            return nearest, page

        stored_task = group.create_task(stored_to_page())
        meaning_task = group.create_task(_meaning(ctx))
        claude_task = group.create_task(_claude(ctx))
        gpt_task = group.create_task(_gpt(ctx))
        groq_task = group.create_task(_groq(ctx))
        azure_task = group.create_task(_azure(ctx))
        routed_task = group.create_task(_routed(ctx))
        assistant_task = group.create_task(_assistant(ctx))
    seat = seat_task.result()
    shout = shout_task.result()
    nested = nested_task.result()
    caught = fetched_task.result()
    again = again_task.result()
    person = person_task.result()
    listed = listed_task.result()
    noted = noted_task.result()
    rows = rows_task.result()
    moved = moved_task.result()
    got, dropped = put_task.result()
    nearest, page = stored_task.result()
    meaning = meaning_task.result()
    claude = claude_task.result()
    gpt = gpt_task.result()
    groq = groq_task.result()
    azure = azure_task.result()
    routed = routed_task.result()
    assistant = assistant_task.result()
    # answer, flow.json:75
    answer: VisualAllOutput = {
        "rank": rank["rank"] if rank is not None else None,
        "size": some["size"] if some is not None else none["size"] if none is not None else None,
        "sum": sum_,
        "pairs": pairs,
        "distinct": [h["text"] for h in distinct],
        "first": first_hit,
        "ids": ids,
        "times": times,
        "moved": moved,
        "score": score,
        "hash": hash_,
        "run": run,
        "seat": seat,
        "shout": shout,
        "letter": letter,
        "each": each,
        "both": both,
        "nested": nested,
        "sorted": raw,
        "reached": caught,
        "stock": again,
        "person": person,
        "listed": listed,
        "noted": noted,
        "rows": rows,
        "got": got,
        "dropped": dropped,
        "nearest": [p["payload"] for p in nearest],
        "page": [p["id"] for p in page["points"]],
        "size_of_meaning": len(meaning["vector"]) > 0,
        "said": [claude["text"], gpt["text"], groq["text"], azure["text"], routed["text"], assistant["text"]],
    }
    ctx.set_output("answer", answer)
    return answer


VISUAL_ALL = Workflow(
    name="visual_all",
    run=visual_all,
    input_type=VisualAllInput,
    output_type=VisualAllOutput,
    triggers=(HttpTrigger("POST", "/visual-all", events=("event", "done", "error")),),
    vars={"GREETING": GREETING},
    stream=EventStream(),
    visible=(
        "gate",
        "shape",
        "pause",
        "isVip",
        "vip",
        "guest",
        "rank",
        "size",
        "none",
        "some",
        "doubled",
        "large",
        "sum",
        "pairs",
        "distinct",
        "first_hit",
        "ids",
        "score",
        "hash",
        "run",
        "factor",
        "times",
        "greeting",
        "seat",
        "shout",
        "letter",
        "each",
        "both",
        "both.left",
        "left",
        "both.right",
        "right",
        "nested",
        "raw",
        "fetched",
        "caught",
        "again",
        "stock",
        "told",
        "person",
        "listed",
        "noted",
        "rows",
        "moved",
        "put",
        "got",
        "dropped",
        "stored",
        "marked",
        "nearest",
        "page",
        "claude",
        "gpt",
        "groq",
        "azure",
        "routed",
        "assistant",
        "answer",
    ),
    graph={
        "nodes": [
            {"id": "gate", "type": "rate_limit", "after": []},
            {"id": "shape", "type": "validate", "after": ["gate"]},
            {"id": "started", "type": "log", "after": ["shape"]},
            {"id": "pause", "type": "wait", "after": ["started"]},
            {"id": "isVip", "type": "set", "after": []},
            {"id": "vip", "type": "set", "after": ["isVip"]},
            {"id": "guest", "type": "set", "after": ["isVip"]},
            {"id": "rank", "type": "set", "after": ["vip", "guest"]},
            {"id": "size", "type": "set", "after": []},
            {"id": "none", "type": "set", "after": ["size"]},
            {"id": "some", "type": "set", "after": ["size"]},
            {"id": "doubled", "type": "set", "after": []},
            {"id": "large", "type": "set", "after": ["doubled"]},
            {"id": "sum", "type": "set", "after": ["large"]},
            {"id": "pairs", "type": "set", "after": []},
            {"id": "distinct", "type": "dedupe", "after": []},
            {"id": "first_hit", "type": "set", "after": []},
            {"id": "ids", "type": "jmespath", "after": []},
            {"id": "score", "type": "set", "after": []},
            {"id": "hash", "type": "set", "after": []},
            {"id": "run", "type": "set", "after": []},
            {"id": "factor", "type": "set", "after": []},
            {"id": "times", "type": "map", "after": ["factor"]},
            {"id": "kept", "type": "set", "after": [], "inside": "times.each"},
            {"id": "product", "type": "set", "after": ["kept"], "inside": "times.each"},
            {"id": "greeting", "type": "set", "after": []},
            {"id": "counted", "type": "metric", "after": []},
            {"id": "seat", "type": "python", "after": []},
            {"id": "shout", "type": "python", "after": []},
            {"id": "letter", "type": "template", "after": ["greeting"]},
            {"id": "each", "type": "map", "after": []},
            {"id": "line", "type": "template", "after": [], "inside": "each.each"},
            {"id": "both", "type": "parallel", "after": []},
            {"id": "left", "type": "set", "after": [], "inside": "both.left"},
            {"id": "right", "type": "set", "after": [], "inside": "both.right"},
            {"id": "nested", "type": "call", "after": ["sum"]},
            {"id": "raw", "type": "sort", "after": []},
            {"id": "fetched", "type": "http", "after": []},
            {"id": "caught", "type": "set", "after": ["fetched"]},
            {"id": "again", "type": "try", "after": []},
            {"id": "stock", "type": "http", "after": [], "inside": "again.do"},
            {"id": "told", "type": "http", "after": []},
            {"id": "person", "type": "graphql", "after": []},
            {"id": "listed", "type": "graphql", "after": []},
            {"id": "noted", "type": "graphql", "after": []},
            {"id": "rows", "type": "sql", "after": []},
            {"id": "moved", "type": "sql", "after": []},
            {"id": "put", "type": "redis", "after": ["sum"]},
            {"id": "got", "type": "redis", "after": ["put"]},
            {"id": "dropped", "type": "redis", "after": ["got"]},
            {"id": "stored", "type": "vector_upsert", "after": []},
            {"id": "marked", "type": "vector_payload", "after": ["stored"]},
            {"id": "nearest", "type": "vector_search", "after": ["marked"]},
            {"id": "page", "type": "vector_scroll", "after": ["marked"]},
            {"id": "meaning", "type": "embedding", "after": []},
            {"id": "claude", "type": "llm", "after": []},
            {"id": "gpt", "type": "llm", "after": []},
            {"id": "groq", "type": "llm", "after": []},
            {"id": "azure", "type": "llm", "after": []},
            {"id": "routed", "type": "llm", "after": []},
            {"id": "assistant", "type": "agent", "after": []},
            {"id": "begin", "type": "event", "after": ["large"]},
            {"id": "chunk", "type": "event", "after": ["begin", "sum"]},
            {"id": "merged", "type": "event", "after": ["doubled", "large"]},
            {"id": "pieces", "type": "event", "after": ["doubled"]},
            {"id": "end", "type": "event", "after": ["chunk", "merged", "pieces"]},
            {"id": "busy", "type": "respond", "after": ["gate"]},
            {"id": "wrong", "type": "respond", "after": ["shape"]},
            {
                "id": "answer",
                "type": "set",
                "after": [
                    "pause",
                    "counted",
                    "told",
                    "end",
                    "rank",
                    "some",
                    "none",
                    "sum",
                    "pairs",
                    "distinct",
                    "first_hit",
                    "ids",
                    "times",
                    "moved",
                    "score",
                    "hash",
                    "run",
                    "seat",
                    "shout",
                    "letter",
                    "each",
                    "both",
                    "nested",
                    "raw",
                    "caught",
                    "again",
                    "person",
                    "listed",
                    "noted",
                    "rows",
                    "got",
                    "dropped",
                    "nearest",
                    "page",
                    "meaning",
                    "claude",
                    "gpt",
                    "groq",
                    "azure",
                    "routed",
                    "assistant",
                ],
            },
        ]
    },
    continues=True,
)
