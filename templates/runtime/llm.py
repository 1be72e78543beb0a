"""Asks language models: one after the other until one answers, as a stream when somebody watches.

A model is an object of its provider's module (`llm_anthropic.Anthropic`, `llm_openai.OpenAI`, ...), so a project
imports only the SDKs it uses. The SDKs' own retries are off: the node's `retry` is the only one.

Every answer of a model is a line in the log, with the model, its tokens and the time that it took.

Errors have the kind `http` (`upstream` is the status, `retry_after` the pause asked for), `auth` (401 and 403),
`timeout`, `connection`, `refused` (the model would not answer), or `invalid_output`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Any, TypeVar, Unpack

import httpx2 as httpx
from typing_extensions import TypedDict

from .context import ExecutionContext
from .failures import FinalFailure, as_failure, matches
from .httpx_client import open_httpx
from .llm_answers import Answer, Completion
from .llm_transport import AiohttpTransport
from .llm_turns import LlmRequest, Message
from .pools import PoolKey
from .run_log import log_event

ClientT = TypeVar("ClientT")
T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]
OnToken = Callable[[str], None]

# Errors of one model that another one may not have.
FALLBACK_ERRORS = ("timeout", "connection", "http", "auth", "refused", "invalid_output")


class LlmPool:
    """One HTTP client for all models, and the SDK clients that share it, kept by provider, address and key."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.http = client
        self._clients: dict[tuple[str, ...], Any] = {}

    def client(self, key: tuple[str, ...], make: Callable[[httpx.AsyncClient], ClientT]) -> ClientT:
        """The SDK client for `key`, made when it is asked for first."""
        client: ClientT | None = self._clients.get(key)
        if client is None:
            client = self._clients[key] = make(self.http)
        return client

    async def close(self) -> None:
        """Close the connections."""
        self._clients.clear()
        await self.http.aclose()


@dataclass(frozen=True, slots=True)
class Model(ABC):
    """A model at a provider. `base_url` takes the place of the provider's own address."""

    name: str
    api_key: str = field(default="", repr=False)
    base_url: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None

    @abstractmethod
    async def ask(self, pool: LlmPool, request: LlmRequest, on_token: OnToken | None) -> Answer:
        """The answer; its text goes to `on_token` as it comes when that is given. Raises FlowError."""


Ask = Callable[[Model, OnToken | None], Coroutine[Any, Any, T]]


class LlmOptions(TypedDict, total=False):
    """Settings of a call. `timeout` is seconds for each model that is tried."""

    system: str | None
    timeout: float | None
    fallback_on: tuple[str, ...]


async def _open(address: str) -> LlmPool:
    return LlmPool(open_httpx(AiohttpTransport()))


async def _ready(pool: LlmPool) -> bool:
    return not pool.http.is_closed


LLM: PoolKey[LlmPool] = PoolKey("llm", open=_open, close=LlmPool.close, ready=_ready)


async def complete(
    ctx: Context,
    node: str,
    models: Sequence[Model],
    *,
    messages: Sequence[Message],
    stream: bool = False,
    **options: Unpack[LlmOptions],
) -> Completion:
    """The answer of the first of `models` that gives one.

    With `stream`, and when somebody watches the run, the text is passed on as it comes. Another model, or another
    attempt, is tried only as long as nothing has been passed on.
    """
    request = LlmRequest(tuple(messages), options.get("system"))

    async def ask(model: Model, on_token: OnToken | None) -> Completion:
        answer = await answer_of(ctx, node, model, request, on_token if stream else None)
        return answer.completion()

    return await first_answer(ctx, node, models, ask, options)


async def answer_of(
    ctx: Context, node: str, model: Model, request: LlmRequest, on_token: OnToken | None = None
) -> Answer:
    """One model's answer. What it took is in the log: a typed answer has no other place for it."""
    started = monotonic_ns()
    answer = await model.ask(ctx.pools[LLM], request, on_token)
    spent = round((monotonic_ns() - started) / 1e6, 1)
    facts = {"model": answer.model, **answer.usage, "finish_reason": answer.finish_reason, "ms": spent}
    log_event(ctx, "info", node, "model answered", **facts)
    return answer


async def first_answer(ctx: Context, node: str, models: Sequence[Model], ask: Ask[T], options: LlmOptions) -> T:
    """Ask one model after the other until one answers; an error that is not in `fallback_on` ends it."""
    events = ctx.events
    said = False

    def pass_on(text: str) -> None:
        nonlocal said
        said = True
        if events is not None:
            events.token(node, text)

    async def attempt(model: Model) -> T:
        try:
            async with asyncio.timeout(options.get("timeout")):
                return await ask(model, pass_on if events is not None else None)
        except Exception as error:
            if said:
                raise _final(error) from error
            raise

    for model in models[:-1]:
        try:
            return await attempt(model)
        except Exception as error:
            failure = as_failure(error)
            if isinstance(error, FinalFailure) or not matches(failure, options.get("fallback_on", FALLBACK_ERRORS)):
                raise
            log_event(ctx, "warning", node, "model failed, trying the next", kind=failure.kind, model=model.name)
    return await attempt(models[-1])


def _final(error: Exception) -> FinalFailure:
    """The same error as one that must not be tried again: the words are out and cannot be said twice."""
    failure = as_failure(error)
    return FinalFailure(failure.title, kind=failure.kind, status=failure.status, upstream=failure.upstream)
