"""Asks language models: one after the other until one answers, as a stream when somebody watches.

A model is an object of its provider's module (`llm_anthropic.Anthropic`, `llm_openai.OpenAI`, ...), so a project
imports only the SDKs it uses. The SDKs' own retries are off: the node's `retry` is the only one.

Every answer of a model is a line in the log, with the model, its tokens and the time that it took. Models that give
vectors or put documents in order are asked elsewhere, and counted here (`charge`).

Errors have the kind `http` (`upstream` is the status, `retry_after` the pause asked for), `auth` (401 and 403),
`timeout`, `connection`, `refused` (the model would not answer), or `invalid_output`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic_ns
from typing import Any, Protocol, TypeVar, Unpack

import httpx2 as httpx
from prometheus_client.core import Metric
from typing_extensions import TypedDict

from .context import ExecutionContext
from .failures import FinalFailure, as_failure, matches
from .httpx_client import open_httpx
from .llm_answers import Answer, Completion, Tokens
from .llm_limits import Gate, Limits
from .llm_metrics import Spending
from .llm_prices import PriceList
from .llm_transport import AiohttpTransport
from .llm_turns import CacheTime, LlmRequest, Message, OutputSchema, Tool, Turn, expected_tokens
from .pools import Counting, PoolKey
from .run_log import log_event

ClientT = TypeVar("ClientT")
T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]
OnToken = Callable[[str], None]

# Errors of one model that another one may not have.
FALLBACK_ERRORS = ("timeout", "connection", "http", "auth", "refused", "invalid_output")


class LlmPool(Counting):
    """One HTTP client for all models, and what their calls share: the SDKs' clients and the limits of an account, kept
    by provider, address and key, what tokens cost, and what was spent."""

    def __init__(self, client: httpx.AsyncClient, prices: PriceList | None = None) -> None:
        self.http = client
        self.prices = prices if prices is not None else PriceList()
        self.spending = Spending()
        self._clients: dict[tuple[str, ...], Any] = {}
        self._gates: dict[tuple[object, ...], Gate] = {}

    def client(self, key: tuple[str, ...], make: Callable[[httpx.AsyncClient], ClientT]) -> ClientT:
        """The SDK client for `key`, made when it is asked for first."""
        client: ClientT | None = self._clients.get(key)
        if client is None:
            client = self._clients[key] = make(self.http)
        return client

    def gate(self, model: "Model") -> Gate | None:
        """Where the calls of the model's account pass, if it has limits."""
        if model.limits is None:
            return None
        key = (type(model), model.base_url, model.api_key, model.limits)
        return self._gates.get(key) or self._gates.setdefault(key, Gate(model.limits))

    def collect(self) -> Iterable[Metric]:
        """What `/metrics` shows of the models."""
        return self.spending.collect()

    async def close(self) -> None:
        """Close the connections."""
        self._clients.clear()
        await self.http.aclose()


@dataclass(frozen=True, slots=True)
class Model(ABC):
    """A model at a provider. `base_url` takes the place of the provider's own address.

    `effort` and `thinking_tokens` say how much it shall think before it answers. Behind others in a list, it is asked
    when the one before failed with one of the `errors`.
    """

    name: str
    api_key: str = field(default="", repr=False)
    base_url: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    effort: str | None = None
    thinking_tokens: int | None = None
    limits: Limits | None = None
    errors: tuple[str, ...] = FALLBACK_ERRORS

    @abstractmethod
    async def ask(self, pool: LlmPool, request: LlmRequest, on_token: OnToken | None) -> Answer:
        """The answer; its text goes to `on_token` as it comes when that is given. Raises FlowError."""


Ask = Callable[[Model, OnToken | None], Coroutine[Any, Any, T]]


class Router(Protocol):
    """Chooses who answers; `llm_route.ByModel`."""

    async def choose(self, ctx: Context, node: str, messages: Sequence[Message], limit: float | None) -> Model | None:
        """The model for these messages; None leaves it to the first of the list. Takes `limit` seconds at most."""


class LlmOptions(TypedDict, total=False):
    """Settings of a call. `timeout` is seconds for each model that is tried; `route` may put another one first."""

    system: str | None
    timeout: float | None
    cache_system: CacheTime | None
    route: Router


async def _open(address: str) -> LlmPool:
    prices = PriceList.from_environment()
    return LlmPool(open_httpx(AiohttpTransport()), prices)


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
    models = await chosen(ctx, node, models, messages, options)
    request = request_of(messages, options)

    async def ask(model: Model, on_token: OnToken | None) -> Completion:
        answer = await answer_of(ctx, node, model, request, on_token if stream else None)
        return answer.completion()

    return await first_answer(ctx, node, models, ask, options)


async def chosen(
    ctx: Context, node: str, models: Sequence[Model], messages: Sequence[Message], options: LlmOptions
) -> Sequence[Model]:
    """The models in the order in which they are asked."""
    route = options.get("route")
    if route is None:
        return models
    first = await route.choose(ctx, node, messages, options.get("timeout"))
    return models if first is None else [first, *models[1:]]


def request_of(
    messages: Sequence[Turn],
    options: LlmOptions,
    *,
    output: OutputSchema | None = None,
    tools: Sequence[Tool] = (),
) -> LlmRequest:
    """What is asked of whichever model answers."""
    return LlmRequest(tuple(messages), options.get("system"), output, tuple(tools), options.get("cache_system"))


async def answer_of(
    ctx: Context, node: str, model: Model, request: LlmRequest, on_token: OnToken | None = None
) -> Answer:
    """One model's answer, within the limits of its account.

    What it took is in the log, on `/metrics`, and in the totals of the run: a typed answer has no other place for it.
    """
    pool = ctx.pools[LLM]
    started = monotonic_ns()
    gate = pool.gate(model)
    if gate is None:
        answer = await model.ask(pool, request, on_token)
    else:
        async with gate.passing(expected_tokens(request, model.max_tokens)) as passed:
            answer = await model.ask(pool, request, on_token)
            passed.used(answer.usage["input_tokens"] + answer.usage["output_tokens"])
    facts = {"finish_reason": answer.finish_reason, "ms": milliseconds_since(started)}
    return replace(answer, cost=charge(ctx, node, answer.model, answer.usage, facts), asked=model.name)


def charge(
    ctx: Context, node: str, model: str, used: Tokens, facts: Mapping[str, object], searches: int = 0
) -> float | None:
    """Count what an answer took: in the log, on `/metrics`, and in the totals of the run. Gives its cost.

    `facts` are for the log; `searches` are what some models that put documents in order are paid for.
    """
    pool = ctx.pools[LLM]
    cost = pool.prices.cost(model, used, searches)
    _add(ctx.totals, used, cost)
    pool.spending.add(ctx.workflow, model, used, cost)
    log_event(ctx, "info", node, "model answered", model=model, **used, cost=cost, **facts, run=dict(ctx.totals))
    return cost


def milliseconds_since(started: int) -> float:
    """The time since a reading of the clock, for the log."""
    return round((monotonic_ns() - started) / 1e6, 1)


def _add(totals: dict[str, float], tokens: Tokens, cost: float | None) -> None:
    for name in ("input_tokens", "output_tokens"):
        totals[name] = totals.get(name, 0) + tokens[name]
    totals["cost"] = round(totals.get("cost", 0.0) + (cost or 0.0), 9)


async def first_answer(ctx: Context, node: str, models: Sequence[Model], ask: Ask[T], options: LlmOptions) -> T:
    """Ask one model after the other until one answers; after an error, the next one that is meant for it."""
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

    model, others = models[0], list(models[1:])
    while others:
        try:
            return await attempt(model)
        except Exception as error:
            failure = as_failure(error)
            while others and not matches(failure, others[0].errors):
                del others[0]
            if isinstance(error, FinalFailure) or not others:
                raise
            log_event(ctx, "warning", node, "model failed, trying the next", kind=failure.kind, model=model.name)
        model = others.pop(0)
    return await attempt(model)


def _final(error: Exception) -> FinalFailure:
    """The same error as one that must not be tried again: the words are out and cannot be said twice."""
    failure = as_failure(error)
    return FinalFailure(failure.title, kind=failure.kind, status=failure.status, upstream=failure.upstream)
