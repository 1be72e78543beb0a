"""What tests of the runtime share: a context, somebody who watches, and a run that leaves nothing behind."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any, TypeVar

from templates.runtime.context import ExecutionContext, ToolEvent
from templates.runtime.pools import ConnectionPools, PoolKey

T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]


class Watcher:
    """Keeps what a client of an event stream would see."""

    def __init__(self) -> None:
        self.partials: list[tuple[str, object]] = []
        self.tokens: list[tuple[str, str]] = []
        self.tools: list[tuple[str, ToolEvent]] = []
        self.owned: list[tuple[str, str, object]] = []
        self.grown: list[tuple[str, object]] = []

    def partial(self, node: str, output: object) -> None:
        self.partials.append((node, output))

    def token(self, node: str, text: str) -> None:
        self.tokens.append((node, text))

    def tool(self, node: str, event: ToolEvent) -> None:
        self.tools.append((node, event))

    def own(self, node: str, name: str, data: object) -> None:
        self.owned.append((node, name, data))

    def growing(self, node: str, output: object) -> None:
        self.grown.append((node, output))


def make_context(
    pools: dict[PoolKey[Any], Any] | ConnectionPools | None = None, watcher: Watcher | None = None
) -> Context:
    opened = pools if isinstance(pools, ConnectionPools) else ConnectionPools(pools)
    return ExecutionContext({}, None, None, opened, workflow="under_test", events=watcher)


def run(work: Coroutine[Any, Any, T], seconds: float = 20.0) -> T:
    """Run to the end and see that no task is left."""

    async def watched() -> T:
        async with asyncio.timeout(seconds):
            return await work

    async def alone() -> T:
        try:
            return await watched()
        finally:
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"left running: {left}"

    result = asyncio.run(alone())
    gc.collect()
    return result
