"""Tools in a request, calls in the answer, and their results on the way back, in both protocols."""

import json
from dataclasses import replace

import pytest

from catalyst.nodes import model_facts
from templates.runtime import llm_anthropic, llm_openai
from templates.runtime.llm import Model
from templates.runtime.llm_answers import Answer
from templates.runtime.llm_turns import LlmRequest, Message, OutputSchema, Tool, ToolTurn
from tests.runtime.llm_parts import BOTH, answered, model, says

pytestmark = pytest.mark.usefixtures("model_services")

STREAMED = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])

WEATHER = Tool(
    "weather",
    "The weather at a place.",
    {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
)
CLOCK = Tool("clock", "The time.", {"type": "object", "properties": {}})
REQUEST = LlmRequest(tuple(says("Use clock and weather for Oslo.")), "Be brief.", tools=(WEATHER, CLOCK))


def ask(asked: Model, request: LlmRequest, streamed: bool) -> tuple[Answer, list[str]]:
    said: list[str] = []
    return answered(asked, request, said.append if streamed else None), said


def goes_on(request: LlmRequest, answer: Answer, *results: ToolTurn) -> LlmRequest:
    said: Message = {
        "role": "assistant",
        "content": answer.text,
        "tool_calls": answer.tool_calls,
        "thinking": answer.thinking,
        "thinker": answer.asked,
    }
    return replace(request, messages=(*request.messages, said, *results))


@BOTH
@STREAMED
def test_a_model_wants_tools_and_gets_their_results(provider, streamed):
    answer, said = ask(model(provider), REQUEST, streamed)
    assert [call["name"] for call in answer.tool_calls] == ["clock", "weather"]
    assert list(json.loads(answer.tool_calls[1]["arguments"])) == ["place"]
    assert len({call["id"] for call in answer.tool_calls}) == 2
    assert (answer.text, answer.finish_reason, said) == ("", "tool_calls", [])
    results: list[ToolTurn] = [
        {"role": "tool", "call_id": answer.tool_calls[0]["id"], "content": "noon"},
        {"role": "tool", "call_id": answer.tool_calls[1]["id"], "content": "no such place", "failed": True},
    ]
    last, said = ask(model(provider), goes_on(REQUEST, answer, *results), streamed)
    assert last.text == "The tools say: noon; no such place"
    assert (last.tool_calls, last.finish_reason) == ([], "stop")
    assert not streamed or "".join(said) == last.text


@BOTH
@STREAMED
@pytest.mark.parametrize("closed", [True, False])
def test_tools_go_with_a_typed_answer(provider, streamed, closed):
    schema = {"type": "object", "properties": {"label": {"enum": ["a", "b"]}}, "required": ["label"]}
    output = OutputSchema("answer", {**schema, "additionalProperties": False} if closed else schema, closed)
    answer, _ = ask(model(provider), replace(REQUEST, output=output), streamed)
    assert [call["name"] for call in answer.tool_calls] == ["clock", "weather"]
    results: list[ToolTurn] = [{"role": "tool", "call_id": call["id"], "content": "x"} for call in answer.tool_calls]
    last, said = ask(model(provider), goes_on(replace(REQUEST, output=output), answer, *results), streamed)
    assert json.loads(last.text)["label"] in {"a", "b"}
    assert not last.tool_calls
    assert last.finish_reason == "stop"
    assert not streamed or "".join(said) == last.text


def test_a_tool_may_have_the_name_of_the_answer():
    tool = replace(CLOCK, name="answer")
    output = OutputSchema("answer", {"type": "object"}, False)
    answer, _ = ask(model("anthropic"), LlmRequest(tuple(says("Now answer")), output=output, tools=(tool,)), False)
    assert answer.tool_calls[0]["name"] == "answer"


@pytest.mark.parametrize("streamed", [False, True])
def test_openai_takes_tools_only_from_models_that_do_not_think(streamed):
    answer, _ = ask(model("openai", "gpt-6-luna"), REQUEST, streamed)
    assert [call["name"] for call in answer.tool_calls] == ["clock", "weather"]


@STREAMED
@pytest.mark.parametrize("tools", [(), (CLOCK,)], ids=["alone", "with tools"])
def test_a_model_that_always_thinks_cannot_be_made_to_use_a_tool(streamed, tools):
    output = OutputSchema("answer", {"type": "object", "properties": {"label": {"enum": ["a"]}}}, False)
    request = LlmRequest(tuple(says("Label it.")), output=output, tools=tools)
    answer, _ = ask(model("anthropic", "claude-sonnet-5-5"), request, streamed)
    assert json.loads(answer.text) == {"label": "a"}


def test_the_compiler_warns_of_the_models_that_the_runtime_treats_otherwise():
    assert model_facts._CLAUDE_THINKS.pattern == llm_anthropic._THINKS_BY_ITSELF.pattern
    assert model_facts._GPT_THINKS.pattern == llm_openai._TOOLS_OR_THOUGHTS.pattern
