"""An agent: a model that may call tools, asked again with their results until it answers.

The calls of one answer run side by side; their results go back in the order in which they were wanted. Whatever goes
wrong in a tool (no such tool, arguments that do not fit, an error, no result in time) is told to the model, which can
do something about it. What ends the agent is an answer, or a limit: rounds, tokens and time are bounded.

Each call is an event for whoever watches the run, a line in the log and a step of the output. A question to a model
that failed is asked again, since asking changes nothing; tools are not called twice by themselves.

Errors have the kinds of `llm`, and `budget` (no answer within the rounds or tokens) and `timeout` (or within the time).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, Unpack

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .agent_steps import ToolStep, use_tool
from .agent_tools import AgentTool, Context
from .errors import FlowError
from .llm import LlmOptions, Model, OnToken, answer_of, first_answer, request_of
from .llm_answers import Answer, Usage
from .llm_growing import Growing
from .llm_turns import Message, ToolCall, ToolTurn, Turn
from .llm_typed import MAX_REPAIRS, Shape, correction, shape_of, wrong_shape
from .node import Retry, repeated
from .tasks import map_items

T = TypeVar("T")

# Seconds that one question to a model may take.
QUESTION_SECONDS = 120.0


class AgentAnswer(TypedDict):
    """What an `agent` node gives. `usage` is that of all rounds together."""

    text: str
    steps: list[ToolStep]
    rounds: int
    usage: Usage
    model: str
    finish_reason: str


class TypedAgentAnswer(TypedDict, Generic[T]):
    """The same with the answer as a value of the declared type."""

    value: T
    text: str
    steps: list[ToolStep]
    rounds: int
    usage: Usage
    model: str
    finish_reason: str


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """What an agent may use up: rounds of asking the model, tokens and seconds. `beside`: tools at the same time."""

    rounds: int = 10
    tokens: int | None = None
    seconds: float = 300.0
    beside: int = 8


class ToolSource(Protocol):
    """Something that has tools, such as a server; which ones it says when it is asked."""

    async def tools(self, ctx: Context) -> Sequence[AgentTool]:
        """Its tools. Raises FlowError when it does not answer."""


class Remembered(Protocol):
    """A conversation that goes on; `memory.Conversation`."""

    @property
    def messages(self) -> Sequence[Turn]:
        """What was said before, as far as the model is told."""

    async def keep(self, turns: Sequence[Turn]) -> None:
        """Add what was said now."""


class AgentOptions(LlmOptions, total=False):
    """Settings of an agent beside those of its models. `timeout` is seconds for each question to a model."""

    limits: AgentLimits
    stream: bool
    memory: Remembered | None


async def run_agent(
    ctx: Context,
    node: str,
    models: Sequence[Model],
    *,
    messages: Sequence[Message],
    tools: Sequence[AgentTool | ToolSource],
    **options: Unpack[AgentOptions],
) -> AgentAnswer:
    """Ask until the model answers. With `stream`, its words are passed on as they come."""
    run = _Run(ctx, node, models, messages, options)
    async with _in_time(run.limits.seconds):
        await run.learn(tools)
        answer = await run.to_answer()
        await run.keep(answer)
    return run.outcome(answer)


async def run_agent_as(
    ctx: Context,
    node: str,
    models: Sequence[Model],
    *,
    messages: Sequence[Message],
    tools: Sequence[AgentTool | ToolSource],
    output: TypeAdapter[T],
    max_repairs: int = MAX_REPAIRS,
    **options: Unpack[AgentOptions],
) -> TypedAgentAnswer[T]:
    """Ask until the model gives an answer of the type `output`; a wrong one is sent back with what is wrong.

    Raises FlowError of kind `invalid_output` when it is still wrong after `max_repairs` corrections.
    """
    shape = shape_of(output)
    run = _Run(ctx, node, models, messages, options, shape)
    async with _in_time(run.limits.seconds):
        await run.learn(tools)
        for repairs_left in range(max_repairs, -1, -1):
            answer = await run.to_answer()
            try:
                value = shape.read(answer.text)
                break
            except ValidationError as error:
                if not repairs_left:
                    raise wrong_shape() from None
                run.turns += correction(answer.text, error)
        await run.keep(answer)
    return {"value": value, **run.outcome(answer)}


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds) as clock:
            yield
    except TimeoutError:
        if not clock.expired():
            raise
        raise FlowError("the agent's time is up", kind="timeout", status=504) from None


class _Run:
    """An agent at work: what was said so far, and what it has used up."""

    def __init__(
        self,
        ctx: Context,
        node: str,
        models: Sequence[Model],
        messages: Sequence[Message],
        options: AgentOptions,
        shape: Shape[Any] | None = None,
    ) -> None:
        self.ctx = ctx
        self.node = node
        self.limits = options.get("limits", AgentLimits())
        self._models = models
        self._options = options
        self._shape = shape
        self._memory = options.get("memory")
        self._before = tuple(self._memory.messages) if self._memory is not None else ()
        self.turns: list[Turn] = list(messages)
        self._tools: dict[str, AgentTool] = {}
        self._steps: list[ToolStep] = []
        self._rounds = 0
        self._usage = _NOTHING

    async def learn(self, tools: Sequence[AgentTool | ToolSource]) -> None:
        """Find out which tools there are; of two with the same name the first one counts."""
        for each in tools:
            for tool in [each] if isinstance(each, AgentTool) else await each.tools(self.ctx):
                self._tools.setdefault(tool.told.name, tool)

    async def to_answer(self) -> Answer:
        """The next answer that is no wish for tools. Raises FlowError of kind `budget` when there is none in time."""
        while self._rounds < self.limits.rounds:
            self._rounds += 1
            answer = await self._ask()
            self._usage = _sum(self._usage, answer)
            if not answer.tool_calls:
                return answer
            used = self._usage["input_tokens"] + self._usage["output_tokens"]
            if self.limits.tokens is not None and used > self.limits.tokens:
                raise _used_up(f"{self.limits.tokens} tokens")
            if self._rounds < self.limits.rounds:
                await self._use(answer)
        raise _used_up(f"{self.limits.rounds} rounds")

    async def keep(self, answer: Answer) -> None:
        """Remember what was said, where there is a memory."""
        if self._memory is not None:
            said: Message = {"role": "assistant", "content": answer.text}
            await self._memory.keep([*self.turns, said])

    def outcome(self, answer: Answer) -> AgentAnswer:
        """What the node gives."""
        return {
            "text": answer.text,
            "steps": self._steps,
            "rounds": self._rounds,
            "usage": self._usage,
            "model": answer.model,
            "finish_reason": answer.finish_reason,
        }

    async def _ask(self) -> Answer:
        told = [tool.told for tool in self._tools.values()]
        output = self._shape.schema if self._shape is not None else None
        request = request_of((*self._before, *self.turns), self._options, output=output, tools=told)
        streams = self._options.get("stream", False)

        async def ask(model: Model, on_token: OnToken | None) -> Answer:
            return await answer_of(self.ctx, self.node, model, request, self._shown(on_token) if streams else None)

        asking: LlmOptions = {"timeout": self._options.get("timeout", QUESTION_SECONDS)}

        async def ask_one(ctx: Context) -> Answer:
            return await first_answer(ctx, self.node, self._models, ask, asking)

        return await repeated(ask_one, self.node, Retry())(self.ctx)

    def _shown(self, on_token: OnToken | None) -> OnToken | None:
        """Where the words go that the model says: text to who streams the run, and of a typed answer what it holds."""
        if self._shape is None or self.ctx.events is None:
            return on_token
        return Growing(partial(self.ctx.events.growing, self.node), self._shape.unwrapped).take

    async def _use(self, answer: Answer) -> None:
        """Call the tools that the model wants, and note what they gave."""
        said: Message = {"role": "assistant", "content": answer.text, "tool_calls": answer.tool_calls}
        if answer.thinking:
            said |= {"thinking": answer.thinking, "thinker": answer.asked}
        called = await map_items(self.ctx, answer.tool_calls, self._call, concurrency=self.limits.beside)
        self._steps += [step for step, _ in called]
        self.turns += [said, *(turn for _, turn in called)]

    async def _call(self, ctx: Context, call: ToolCall, _: int) -> tuple[ToolStep, ToolTurn]:
        return await use_tool(ctx, self.node, self._tools, call, self._rounds)


_NOTHING: Usage = {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost": 0.0,
}


def _sum(before: Usage, answer: Answer) -> Usage:
    """What was used up with one more answer; the cost is unknown as soon as that of one answer is."""
    total, used = before["cost"], answer.usage
    return {
        "input_tokens": before["input_tokens"] + used["input_tokens"],
        "output_tokens": before["output_tokens"] + used["output_tokens"],
        "cache_read_tokens": before["cache_read_tokens"] + used["cache_read_tokens"],
        "cache_write_tokens": before["cache_write_tokens"] + used["cache_write_tokens"],
        "cost": round(total + answer.cost, 9) if total is not None and answer.cost is not None else None,
    }


def _used_up(what: str) -> FlowError:
    return FlowError(f"the agent came to no answer within {what}", kind="budget", status=502)
