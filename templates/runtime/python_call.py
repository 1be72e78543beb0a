"""Calls functions of the project's own Python files."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .errors import FlowError

P = ParamSpec("P")
R = TypeVar("R")


async def call_in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run an ordinary function in a thread, so that it does not hold up other runs; async ones are simply awaited.

    A thread cannot be stopped: when the node's time runs out the run goes on, and the thread ends by itself.
    """

    def run() -> R:
        try:
            return function(*args, **kwargs)
        except StopIteration as error:
            # A future cannot carry this one.
            raise FlowError("the function raised StopIteration", kind="StopIteration") from error

    return await asyncio.to_thread(run)
