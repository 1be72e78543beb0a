"""Asks language models: one after the other until one answers, as a stream when somebody watches.

A model is an object of its provider's module (`llm_anthropic.Anthropic`, `llm_openai.OpenAI`, ...), so a project
imports only the SDKs it uses. The SDKs' own retries are off: the node's `retry` is the only one.

Every answer of a model is a line in the log, with the model, its tokens and the time that it took.

Errors have the kind `http` (`upstream` is the status, `retry_after` the pause asked for), `auth` (401 and 403),
`timeout`, `connection`, `refused` (the model would not answer), or `invalid_output`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Any, Literal, TypeVar, Unpack

import httpx2 as httpx
from typing_extensions import TypedDict

from .context import ExecutionContext
from .errors import FlowError
from .failures import FinalFailure, as_failure, matches
from .http_values import retry_after_seconds
from .httpx_client import from_httpx, open_httpx
from .llm_transport import AiohttpTransport
from .pools import PoolKey
from .run_log import log_event

ClientT = TypeVar("ClientT")
T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]
OnToken = Callable[[str], None]

# Errors of one model that another one may not have.
FALLBACK_ERRORS = ("timeout", "connection", "http", "auth", "refused", "invalid_output")


class Usage(TypedDict):
    """Tokens, as the provider counted them."""

    input_tokens: int
    output_tokens: int


class Completion(TypedDict):
    """What an `llm` node gives. `finish_reason` is `stop`, `length` or the provider's own word."""

    text: str
    usage: Usage
    model: str
    finish_reason: str


class Message(TypedDict):
    """One turn of a conversation. The system prompt is not a turn, so that no caller can write one."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The JSON Schema of a structured answer; `closed` when every field is known, so that providers can enforce it."""

    name: str
    schema: dict[str, Any]
    closed: bool


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """What is asked, in the same words for every provider."""

    messages: tuple[Message, ...]
    system: str | None = None
    output: OutputSchema | None = None


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
    async def ask(self, pool: LlmPool, request: LlmRequest, on_token: OnToken | None) -> Completion:
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
        return await answer_of(ctx, node, model, request, on_token if stream else None)

    return await first_answer(ctx, node, models, ask, options)


async def answer_of(
    ctx: Context, node: str, model: Model, request: LlmRequest, on_token: OnToken | None = None
) -> Completion:
    """One model's answer. What it took is in the log: a typed answer has no other place for it."""
    started = monotonic_ns()
    answer = await model.ask(ctx.pools[LLM], request, on_token)
    spent = round((monotonic_ns() - started) / 1e6, 1)
    facts = {"model": answer["model"], **answer["usage"], "finish_reason": answer["finish_reason"], "ms": spent}
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


def checked_messages(turns: object) -> list[Message]:
    """Turns that were computed, as messages. Raises FlowError of kind `invalid_request` when they are none.

    Only `user` and `assistant` may speak: text from outside must not become the system prompt.
    """
    if isinstance(turns, list):
        return [_message(turn) for turn in turns]
    raise _no_message()


def _message(turn: object) -> Message:
    match turn:
        case {"role": "user" | "assistant" as role, "content": str(content)}:
            return {"role": role, "content": content}
    raise _no_message()


def _no_message() -> FlowError:
    return FlowError("messages are a list of {role: user or assistant, content: text}", kind="invalid_request")


def completion(text: str, model: str, finish_reason: str, input_tokens: int, output_tokens: int) -> Completion:
    """What a provider's answer comes down to."""
    usage: Usage = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    return {"text": text, "usage": usage, "model": model, "finish_reason": finish_reason}


def refused() -> FlowError:
    """The model would not answer."""
    return FlowError("the model refused to answer", kind="refused", status=502)


def cut_short() -> FlowError:
    """A stream ended before the model was done."""
    return FlowError("the model's answer broke off", kind="connection", status=502)


def status_error(status: int, headers: Mapping[str, str] | None = None) -> FlowError:
    """The provider answered with an error."""
    return FlowError(
        f"the model's provider answered {status}",
        kind="auth" if status in {401, 403} else "http",
        status=502,
        upstream=status,
        retry_after=retry_after_seconds(headers.get("retry-after")) if headers is not None else None,
    )


def transport_error(error: Exception) -> FlowError:
    """The error of the flow for whatever went wrong on the way to a provider or back."""
    current: BaseException | None = error
    while isinstance(current, Exception):
        failure = from_httpx(current)
        if failure is not None:
            return failure
        current = current.__cause__
    return FlowError("the model's answer cannot be read", kind="invalid_response", status=502)
