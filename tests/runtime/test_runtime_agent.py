"""An agent at work against both protocols: rounds of tools, what goes wrong in them, and what ends it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Literal, NotRequired

import pytest
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from templates.runtime.agent import AgentAnswer, AgentLimits, run_agent, run_agent_as
from templates.runtime.agent_tools import AgentTool, coroutine_tool, function_tool, node_tool
from templates.runtime.errors import RaisedError
from tests.runtime.llm_parts import BOTH, fails, model, says, with_llm
from tests.runtime.support import Watcher

pytestmark = pytest.mark.usefixtures("model_services")


class Add(TypedDict):
    first: int
    second: NotRequired[int]


class Greet(TypedDict):
    name: str
    tone: NotRequired[Literal["warm", "cool"]]


class Nothing(TypedDict):
    pass


ADD: TypeAdapter[Add] = TypeAdapter(Add)
GREET: TypeAdapter[Greet] = TypeAdapter(Greet)
NOTHING: TypeAdapter[Nothing] = TypeAdapter(Nothing)


def add(first: int, second: int = 1) -> int:
    return first + second


async def greet(name: str, tone: Literal["warm", "cool"] = "warm") -> dict[str, str]:
    return {"greeting": f"{tone} hello to {name}"}


def broken() -> None:
    raise ValueError("a secret that nobody may see")


TOOLS = [
    function_tool("add", "The sum of two numbers.", ADD, add),
    coroutine_tool("greet", "A greeting.", GREET, greet),
    function_tool("broken", "It does not work.", NOTHING, broken),
]


def rounds(*calls: Sequence[tuple[str, Any]]) -> str:
    return "Do this\n" + "\n".join(f"round: {json.dumps(each)}" for each in calls)


def answer(prompt: str, provider: str = "openai", watcher: Watcher | None = None, **options: Any) -> AgentAnswer:
    tools = options.pop("tools", TOOLS)
    given: AgentAnswer = with_llm(
        lambda ctx: run_agent(ctx, "agent", [model(provider)], messages=says(prompt), tools=tools, **options), watcher
    )
    return given


@BOTH
@pytest.mark.parametrize("stream", [False, True])
def test_rounds_of_tools_until_the_model_answers(provider, stream):
    watcher = Watcher()
    prompt = rounds([("add", {"first": 2, "second": 3}), ("greet", {"name": "Ada"})], [("add", {"first": 5})])
    given = answer(prompt, provider, watcher, stream=stream)
    assert [(step["round"], step["tool"], step["result"]) for step in given["steps"]] == [
        (1, "add", 5),
        (1, "greet", {"greeting": "warm hello to Ada"}),
        (2, "add", 6),
    ]
    assert given["rounds"] == 3
    assert given["finish_reason"] == "stop"
    assert given["text"].startswith("The tools say: ")
    assert given["usage"]["output_tokens"] > 3
    assert "".join(text for _, text in watcher.tokens) == (given["text"] if stream else "")


@BOTH
def test_whatever_is_wrong_with_a_call_is_told_to_the_model(provider):
    prompt = rounds(
        [
            ("no_such_tool", {}),
            ("add", {"first": "many"}),
            ("add", {"first": 1, "third": 3}),
            ("add", {}),
            ("broken", {}),
            ("greet", {"name": "Ada", "tone": "loud"}),
            ("add", {"first": 1}),
        ]
    )
    steps = answer(prompt, provider)["steps"]
    assert [step["error"] for step in steps] == [
        "there is no such tool; there are: add, greet, broken",
        "the arguments do not fit the schema: first: Input should be a valid integer, unable to parse string as an "
        "integer",
        "the arguments do not fit the schema: third: Extra inputs are not permitted",
        "the arguments do not fit the schema: first: Field required",
        "the tool failed (ValueError)",
        "the arguments do not fit the schema: tone: Input should be 'warm' or 'cool'",
        None,
    ]
    assert steps[-1]["result"] == 2


def test_arguments_that_are_no_json():
    steps = answer(rounds([("add", "{first: 1")]))["steps"]
    assert steps[0]["arguments"] == "{first: 1"
    assert steps[0]["error"] is not None
    assert steps[0]["error"].startswith("the arguments do not fit the schema: arguments: Invalid JSON")


def tool(name: str, work: Any, **settings: Any) -> AgentTool:
    return node_tool(name, "A tool.", NOTHING, work, **settings)


def test_tools_of_one_round_run_side_by_side_and_keep_their_order():
    both_here = asyncio.Barrier(2)

    async def first(ctx: Any, arguments: Nothing) -> str:
        async with both_here:
            await asyncio.sleep(0.02)
        return "first"

    async def second(ctx: Any, arguments: Nothing) -> str:
        async with both_here:
            return "second"

    given = answer(rounds([("first", {}), ("second", {})]), tools=[tool("first", first), tool("second", second)])
    assert [step["result"] for step in given["steps"]] == ["first", "second"]
    assert given["text"] == "The tools say: first; second"


def test_a_tool_that_never_returns_is_cancelled():
    ended: list[str] = []

    async def endless(ctx: Any, arguments: Nothing) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    given = answer(rounds([("endless", {})]), tools=[tool("endless", endless, seconds=0.05)])
    assert given["steps"][0]["error"] == "the tool gave nothing within 0.05 seconds"
    assert ended == ["cancelled"]


def test_what_a_tool_raises_on_purpose_reaches_the_model():
    async def refuses(ctx: Any, arguments: Nothing) -> None:
        raise RaisedError("too late", status=409, detail="the order has left")

    given = answer(rounds([("refuses", {})]), tools=[tool("refuses", refuses)])
    assert given["text"] == "The tools say: Error: too late: the order has left"


def test_a_result_that_is_no_json_is_an_error_of_the_tool():
    async def odd(ctx: Any, arguments: Nothing) -> object:
        return object()

    given = answer(rounds([("odd", {})]), tools=[tool("odd", odd)])
    assert given["steps"][0]["error"] == "the tool failed (PydanticSerializationError)"


def test_a_long_result_is_cut_for_the_model_only():
    async def long(ctx: Any, arguments: Nothing) -> str:
        return "x" * 100_001

    given = answer(rounds([("long", {})]), tools=[tool("long", long)])
    assert given["steps"][0]["result"] == "x" * 100_001
    assert given["text"].endswith("(cut here: the result has 100001 characters)")


def test_rounds_are_bounded_and_the_last_wish_is_not_fulfilled():
    called: list[int] = []

    async def count(ctx: Any, arguments: Nothing) -> int:
        called.append(1)
        return len(called)

    prompt = rounds(*[[("count", {})]] * 5)
    error = fails(
        lambda ctx: run_agent(
            ctx,
            "agent",
            [model("openai")],
            messages=says(prompt),
            tools=[tool("count", count)],
            limits=AgentLimits(rounds=3),
        )
    )
    assert (error.kind, error.status, error.title) == ("budget", 502, "the agent came to no answer within 3 rounds")
    assert len(called) == 2


def test_tokens_are_bounded():
    error = fails(
        lambda ctx: run_agent(
            ctx,
            "agent",
            [model("openai")],
            messages=says(rounds([("add", {"first": 1})], [("add", {"first": 1})])),
            tools=TOOLS,
            limits=AgentLimits(tokens=5),
        )
    )
    assert (error.kind, error.title) == ("budget", "the agent came to no answer within 5 tokens")


def test_time_is_bounded_and_takes_the_tools_along():
    ended: list[str] = []

    async def endless(ctx: Any, arguments: Nothing) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    error = fails(
        lambda ctx: run_agent(
            ctx,
            "agent",
            [model("openai")],
            messages=says(rounds([("endless", {}), ("endless", {})])),
            tools=[tool("endless", endless)],
            limits=AgentLimits(seconds=0.3),
        )
    )
    assert (error.kind, error.status, error.title) == ("timeout", 504, "the agent's time is up")
    assert ended == ["cancelled", "cancelled"]


def test_a_question_that_failed_is_asked_again_but_no_tool_is_called_twice():
    called: list[int] = []

    async def count(ctx: Any, arguments: Nothing) -> int:
        called.append(1)
        return len(called)

    prompt = rounds([("count", {})])
    given = with_llm(
        lambda ctx: run_agent(
            ctx, "agent", [model("openai", "fail-503-1")], messages=says(prompt), tools=[tool("count", count)]
        )
    )
    assert len(given["steps"]) == len(called) == 1


class Verdict(TypedDict):
    label: Literal["good", "bad"]


VERDICT: TypeAdapter[Verdict] = TypeAdapter(Verdict)


@BOTH
def test_a_typed_answer_comes_with_its_steps(provider):
    given = with_llm(
        lambda ctx: run_agent_as(
            ctx,
            "agent",
            [model(provider)],
            messages=says(rounds([("add", {"first": 1})])),
            tools=TOOLS,
            output=VERDICT,
        )
    )
    assert given["value"]["label"] in ("good", "bad")
    assert [step["result"] for step in given["steps"]] == [2]


@pytest.mark.parametrize("kind", ["nonsense", "nonsense-1"])
def test_nonsense_for_a_typed_answer_is_sent_back_and_then_an_error(kind):
    def work(ctx: Any) -> Any:
        return run_agent_as(ctx, "agent", [model("openai", kind)], messages=says("Judge"), tools=TOOLS, output=VERDICT)

    if kind == "nonsense":
        assert fails(work).kind == "invalid_output"
    else:
        assert with_llm(work)["rounds"] == 2


def test_every_step_is_an_event():
    watcher = Watcher()
    answer(rounds([("add", {"first": 1}), ("nothing", {})]), watcher=watcher)
    seen = sorted((event["event"], event["tool"]) for _, event in watcher.tools)
    assert seen == [("tool_call", "add"), ("tool_call", "nothing"), ("tool_result", "add"), ("tool_result", "nothing")]
    assert {event["id"] for _, event in watcher.tools if event["tool"] == "add"} == {watcher.tools[0][1]["id"]}


def test_a_model_that_is_down_is_not_asked_for_ever():
    error = fails(lambda ctx: run_agent(ctx, "agent", [model("openai", "fail-400")], messages=says("Hi"), tools=TOOLS))
    assert (error.kind, error.upstream) == ("http", 400)


def test_what_one_model_thought_is_not_sent_to_another():
    """Thoughts are bound to the model that had them; the first model is back in the second round."""
    models = [model("anthropic", "fail-400-1"), model("anthropic", "claude-fable-5")]
    asked = says(rounds([("add", {"first": 1})]))
    answer = with_llm(lambda ctx: run_agent(ctx, "a", models, messages=asked, tools=TOOLS))
    assert (answer["model"], answer["rounds"], answer["steps"][0]["result"]) == ("fail-400-1", 2, 2)
