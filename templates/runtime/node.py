"""What every node that waits for something has around it: a time limit, repeats, its timing, and errors that name it.

A node's `timeout` bounds each attempt; the run's own time limit bounds all of them together with the pauses between.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from time import monotonic_ns
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from .context import ExecutionContext
from .errors import FlowError
from .failures import FinalFailure, as_failure, matches
from .run_log import log_event

__all__ = ["Retry", "matches", "node", "repeated", "tolerate"]

P = ParamSpec("P")
R = TypeVar("R")
ContextT = TypeVar("ContextT", bound=ExecutionContext[Any, Any, Any])


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and when to try again. Seconds; `max_delay` bounds every pause, also one the other side asks for."""

    max_attempts: int = 3
    delay: float = 0.2
    max_delay: float = 30.0
    backoff: Literal["exponential", "linear", "constant"] = "exponential"
    errors: tuple[str, ...] = ("timeout", "connection", "429", "5xx")

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait after the failed `attempt` (from 1): what the other side asked for, or a random part of the
        backoff, so that callers that failed together do not come back together."""
        if retry_after is not None:
            return min(max(retry_after, 0.0), self.max_delay)
        factor = {"exponential": 2.0 ** min(attempt - 1, 60), "linear": float(attempt), "constant": 1.0}[self.backoff]
        return random.uniform(0.0, min(self.delay * factor, self.max_delay))  # noqa: S311 - nothing secret about it


def node(
    name: str, *, timeout: float | None = None, retry: Retry | None = None
) -> Callable[
    [Callable[Concatenate[ContextT, P], Awaitable[R]]], Callable[Concatenate[ContextT, P], Coroutine[Any, Any, R]]
]:
    """Make an async function a node: its output and time are kept in the context, its failure names it.

    timeout: seconds for each attempt. retry: when to try again; none means once.
    The function raises `NodeError` (or the error of a `raise` node as it is); cancellation passes through untouched.
    """

    def decorate(
        function: Callable[Concatenate[ContextT, P], Awaitable[R]],
    ) -> Callable[Concatenate[ContextT, P], Coroutine[Any, Any, R]]:
        attempt = function if timeout is None else _limited(function, timeout)
        call = attempt if retry is None or retry.max_attempts <= 1 else repeated(attempt, name, retry)

        @wraps(function)
        async def run(ctx: ContextT, /, *args: P.args, **kwargs: P.kwargs) -> R:
            started = monotonic_ns()
            try:
                output = await call(ctx, *args, **kwargs)
            except Exception as error:
                ctx.set_timing(name, monotonic_ns() - started)
                failure = as_failure(error, name)
                _log_failure(ctx, name, failure, "node failed")
                if failure is error:
                    raise
                raise failure from error
            ctx.finished(name, output, monotonic_ns() - started)
            return output

        return run

    return decorate


def tolerate(ctx: ExecutionContext[Any, Any, Any], name: str, error: BaseException) -> None:
    """Note that the flow goes on although node `name` failed: a warning in the log."""
    _log_failure(ctx, name, as_failure(error, name), "node failed, the flow goes on")


def _limited(
    function: Callable[Concatenate[ContextT, P], Awaitable[R]], seconds: float
) -> Callable[Concatenate[ContextT, P], Awaitable[R]]:
    async def limited(ctx: ContextT, /, *args: P.args, **kwargs: P.kwargs) -> R:
        async with asyncio.timeout(seconds):
            return await function(ctx, *args, **kwargs)

    return limited


def repeated(
    function: Callable[Concatenate[ContextT, P], Awaitable[R]], name: str, retry: Retry
) -> Callable[Concatenate[ContextT, P], Awaitable[R]]:
    """The function, tried again as `retry` says; each failed attempt is a line in the log."""

    async def run(ctx: ContextT, /, *args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, retry.max_attempts):
            try:
                return await function(ctx, *args, **kwargs)
            except Exception as error:
                if isinstance(error, FinalFailure) or not matches(error, retry.errors):
                    raise
                failure = as_failure(error, name)
                pause = retry.pause(attempt, failure.retry_after)
            _log_failure(ctx, name, failure, "attempt failed", attempt=attempt, pause_ms=round(pause * 1000))
            await asyncio.sleep(pause)
        return await function(ctx, *args, **kwargs)

    return run


def _log_failure(
    ctx: ExecutionContext[Any, Any, Any], name: str, failure: FlowError, message: str, **fields: object
) -> None:
    log_event(ctx, "warning", name, message, kind=failure.kind, upstream=failure.upstream, **fields)
