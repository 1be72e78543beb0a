"""conference_search: Find people worth meeting at a conference, judge the match, and stream the answer."""

from time import monotonic_ns
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.errors import FlowError
from app.runtime.http import request_json, segment
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.llm_openai import OpenAI
from app.runtime.llm_typed import complete_as
from app.runtime.node import Retry, node, tolerate
from app.runtime.rate_limit import RateLimit
from app.runtime.reply import Reply
from app.runtime.sse import EventStream
from app.runtime.tasks import TaskGroup, map_items
from app.runtime.text import to_json
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets

MODEL = "claude-sonnet-4-6"


@with_config(ConfigDict(extra="forbid", strict=True))
class ConferenceSearchInput(TypedDict):
    query: Annotated[str, Field(min_length=2, max_length=200, description="Free-text question")]
    limit: Annotated[int, Field(default=5, ge=1, le=20)]


class Verdict(TypedDict):
    score: int | float
    reason: str


class ConferenceSearchOutput(TypedDict):
    text: str
    verdict: Verdict | None
    people: list[str]


Context = ExecutionContext[ConferenceSearchInput, Env, Secrets]


class Talk(TypedDict):
    title: str
    speaker_id: int


TALK_LIST: TypeAdapter[list[Talk]] = TypeAdapter(list[Talk])


class Hit(TypedDict):
    id: int


HIT_LIST: TypeAdapter[list[Hit]] = TypeAdapter(list[Hit])


class Person(TypedDict):
    id: int
    name: str
    role: str
    company: str
    topic: str
    bio: str


PERSON: TypeAdapter[Person] = TypeAdapter(Person)
VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


# matches, flow.yaml:28
@node("matches", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _matches(ctx: Context) -> list[Hit]:
    return await request_json(
        ctx, "GET", f"{ctx.env.api_url}/search", HIT_LIST, params={"q": ctx.input["query"], "limit": ctx.input["limit"]}
    )


# talks, flow.yaml:32
@node("talks", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _talks(ctx: Context) -> list[Talk]:
    return await request_json(
        ctx, "GET", f"{ctx.env.api_url}/talks", TALK_LIST, params={"q": ctx.input["query"], "limit": ctx.input["limit"]}
    )


# profile, flow.yaml:44
@node("profile", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _profile(ctx: Context, person_id: int) -> Person:
    return await request_json(ctx, "GET", f"{ctx.env.api_url}/people/{segment(person_id)}", PERSON)


# judge, flow.yaml:48
@node("judge", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _judge(ctx: Context, people: list[Person]) -> Verdict:
    return await complete_as(
        ctx,
        "judge",
        [Anthropic(MODEL, api_key=ctx.secrets.anthropic_api_key.get_secret_value())],
        messages=[
            {
                "role": "user",
                "content": (
                    f"How well do these people fit the question {ctx.input['query']}? Score 0 to 1: "
                    f"{to_json(people)}"
                ),
            }
        ],
        output=VERDICT,
        timeout=60.0,
    )


# answer, flow.yaml:63
@node("answer", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _answer(ctx: Context, people: list[Person]) -> Completion:
    return await complete(
        ctx,
        "answer",
        [
            Anthropic(MODEL, api_key=ctx.secrets.anthropic_api_key.get_secret_value()),
            OpenAI("gpt-5.4-mini", api_key=ctx.secrets.openai_api_key.get_secret_value()),
        ],
        messages=[{"role": "user", "content": f"{ctx.input['query']}: {to_json(people)}"}],
        system="Say in a few sentences whom to meet and why. Be brief.",
        stream=True,
        timeout=60.0,
    )


async def conference_search(ctx: Context) -> ConferenceSearchOutput | Reply:
    """Run the workflow once; gives its output, or an answer of its own."""

    async def run_talks() -> list[Talk]:
        talks: list[Talk]
        try:
            talks = await _talks(ctx)
        except FlowError as error:
            tolerate(ctx, "talks", error)
            talks = []
            ctx.set_output("talks", talks)
        return talks

    async with TaskGroup() as group:
        matches_task = group.create_task(_matches(ctx))
        talks_task = group.create_task(run_talks())
    matches = matches_task.result()
    talks = talks_task.result()
    # people, flow.yaml:37
    people_started = monotonic_ns()

    async def people_person_id(ctx: Context, person_id: int, index: int) -> Person:
        return await _profile(ctx, person_id)

    people: list[Person] = await map_items(
        ctx,
        list(dict.fromkeys([item["id"] for item in matches] + [item["speaker_id"] for item in talks])),
        people_person_id,
        concurrency=8,
        on_item_error="skip",
    )
    ctx.finished("people", people, monotonic_ns() - people_started)
    judge: Verdict | None = None
    # judge, flow.yaml:48
    if len(people) > 0:
        judge = await _judge(ctx, people)
    # route, flow.yaml:57
    if not people or (judge["score"] if judge is not None else 0) < 0.4:
        # nothing, flow.yaml:62
        return Reply({"detail": "no good match", "query": ctx.input["query"]}, status=404)
    ctx.set_output("route", None)
    answer = await _answer(ctx, people)
    return {"text": answer["text"], "verdict": judge, "people": [item["name"] for item in people]}


CONFERENCE_SEARCH = Workflow(
    name="conference_search",
    run=conference_search,
    input_type=ConferenceSearchInput,
    output_type=ConferenceSearchOutput,
    triggers=(HttpTrigger("POST", "/api/v1/search", rate_limit=RateLimit(100, 60.0)),),
    description="Find people worth meeting at a conference, judge the match, and stream the answer.",
    vars={"model": MODEL},
    stream=EventStream(),
    visible=("matches", "talks", "people", "judge", "route", "answer"),
    graph={
        "nodes": [
            {"id": "matches", "type": "http", "after": []},
            {"id": "talks", "type": "http", "after": []},
            {"id": "people", "type": "map", "after": ["matches", "talks"]},
            {"id": "profile", "type": "http", "after": [], "inside": "people.each"},
            {"id": "judge", "type": "llm", "after": ["people"]},
            {"id": "route", "type": "switch", "after": ["people", "judge"]},
            {"id": "nothing", "type": "respond", "after": [], "inside": "route.case 1"},
            {"id": "answer", "type": "llm", "after": ["route", "people"]},
        ]
    },
)
