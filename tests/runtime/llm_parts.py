"""What the tests of models share: a stand-in for both providers, and ways to ask it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from templates.runtime.errors import FlowError
from templates.runtime.llm import LLM, Model, OnToken
from templates.runtime.llm_answers import Answer
from templates.runtime.llm_anthropic import Anthropic
from templates.runtime.llm_openai import OpenAI
from templates.runtime.llm_turns import LlmRequest, Message
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, Watcher, make_context, run

PROVIDERS: dict[str, type[Model]] = {"openai": OpenAI, "anthropic": Anthropic}
BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])


def model(provider: str, name: str = "some-model", **settings: Any) -> Model:
    return PROVIDERS[provider](name, api_key="a-key", **settings)


def says(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def with_llm(work: Callable[[Context], Awaitable[Any]], watcher: Watcher | None = None) -> Any:
    async def scenario() -> Any:
        async with ConnectionPools.opened([LLM]) as pools:
            return await work(make_context(pools, watcher))

    return run(scenario())


def fails(work: Callable[[Context], Awaitable[Any]], watcher: Watcher | None = None) -> FlowError:
    with pytest.raises(FlowError) as caught:
        with_llm(work, watcher)
    return caught.value


def answered(asked: Model, request: LlmRequest, on_token: OnToken | None = None) -> Answer:
    """The model's own answer, without what a node makes of it."""
    answer: Answer = with_llm(lambda ctx: asked.ask(ctx.pools[LLM], request, on_token))
    return answer
