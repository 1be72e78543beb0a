"""Calls functions of the project's own Python files, each with data of its own.

Everything else only reads the data of a run. A function may change what it was given, and parts of that may belong to
others as well: to nodes that run beside it, and to callers who get the same value from a cache.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from .errors import FlowError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


async def call_async(function: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> R:
    """Await an async function."""
    return await function(*own(args), **own(kwargs))


async def call_in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run an ordinary function in a thread, so that it does not hold up other runs.

    A thread cannot be stopped: when the node's time runs out the run goes on, and the thread ends by itself.
    """

    def run() -> R:
        try:
            return function(*own(args), **own(kwargs))
        except StopIteration as error:
            # A future cannot carry this one.
            raise FlowError("the function raised StopIteration", kind="StopIteration") from error

    return await asyncio.to_thread(run)


def own(value: T) -> T:
    """The value with lists and objects that nobody else has. Things of other kinds stay what they are."""
    found: Any = value
    kind = type(value)
    if kind is dict:
        found = {key: own(part) for key, part in found.items()}
    elif kind is list:
        found = [own(part) for part in found]
    elif kind is tuple:
        found = tuple(own(part) for part in found)
    owned: T = found
    return owned
