"""Things that run at the same time: groups, the items of a list, races.

Whatever happens, nothing is left running: who leaves, fails or is cancelled takes the rest along and waits for it.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, overload

from typing_extensions import TypedDict

from .context import ExecutionContext
from .errors import ErrorInfo
from .failures import as_failure

T = TypeVar("T")
ItemT = TypeVar("ItemT")
ContextT = TypeVar("ContextT", bound=ExecutionContext[Any, Any, Any])

Branch = Callable[[], Coroutine[Any, Any, T]]
ItemFunction = Callable[[ContextT, ItemT, int], Awaitable[T]]


class Failed(TypedDict):
    """An item that failed: its place in the list, and the error as a `catch` sees it."""

    index: int
    error: ErrorInfo


class Collected(TypedDict, Generic[T]):
    """What `collect` gives: the results that came, in input order, and what failed."""

    results: list[T]
    errors: list[Failed]


class Winner(TypedDict, Generic[T]):
    """The branch that won a race, and what it gave."""

    branch: str
    output: T


class Settled(TypedDict, Generic[T]):
    """How one branch ended: `output` when `ok`, the error as a `catch` sees it otherwise."""

    ok: bool
    output: T | None
    error: ErrorInfo | None


class TaskGroup(asyncio.TaskGroup):
    """An `asyncio.TaskGroup` that raises the first error itself, with its cause and context, not a group of errors."""

    _parent_cancel_requested: bool
    _aborting: bool
    _abort: Callable[[], None]
    _told: BaseException | None = None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Wait for the tasks; when one failed, cancel the others and raise its error."""
        waiting = asyncio.current_task()
        asked = self._parent_cancel_requested
        from_outside = waiting.cancelling() - asked if waiting is not None else 0
        try:
            await super().__aexit__(kind, error, traceback)
            return
        except BaseExceptionGroup as group:
            if waiting is not None and sys.version_info < (3, 13):
                _settle(waiting, from_outside, asked_meanwhile=self._parent_cancel_requested and not asked)
            inside = error is not None and not isinstance(error, asyncio.CancelledError)
            first = error if error is not None and inside else self._told or group.exceptions[0]
        context = first.__context__
        try:
            raise first
        finally:
            first.__context__ = context  # `raise` would put the cancellation of the waiting task here

    def end(self, error: BaseException) -> None:
        """Cancel the tasks for an error that one of them is going to raise."""
        if not self._aborting:
            self._told = error
            self._abort()


class InnerGroup(TaskGroup):
    """A group that a task of another one waits for: what fails in here ends the tasks of that one, too, and at once.

    Its error comes up only when the tasks in here have cleaned up, which may take its time.
    """

    def __init__(self, around: TaskGroup) -> None:
        super().__init__()
        self._around = around

    def create_task(self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **options: Any) -> "asyncio.Task[T]":
        """Start a task, as every group does."""
        task = super().create_task(coro, **options)
        task.add_done_callback(self._tell)
        return task

    def _tell(self, task: "asyncio.Task[Any]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._around.end(error)

    def end(self, error: BaseException) -> None:
        """The same, here and around."""
        super().end(error)
        self._around.end(error)


def _settle(waiting: "asyncio.Task[Any]", from_outside: int, *, asked_meanwhile: bool) -> None:
    """Leave only those cancellations of a task that did not come from its own group, as Python does from 3.13 on.

    Before, a group that failed while it was waited for left its cancellation behind, and a time limit that ended the
    task later would have been taken for somebody else's doing. One from outside that came meanwhile was lost.
    """
    if asked_meanwhile:
        waiting.uncancel()
    if waiting.cancelling() > from_outside:
        waiting.uncancel()
        waiting.cancel()


@overload
async def map_items(
    ctx: ContextT,
    items: Sequence[ItemT],
    function: ItemFunction[ContextT, ItemT, T],
    *,
    concurrency: int = 1,
    on_item_error: Literal["fail", "skip"] = "fail",
    batch: int | None = None,
) -> list[T]: ...


@overload
async def map_items(
    ctx: ContextT,
    items: Sequence[ItemT],
    function: ItemFunction[ContextT, ItemT, T],
    *,
    concurrency: int = 1,
    on_item_error: Literal["collect"],
    batch: int | None = None,
) -> Collected[T]: ...


async def map_items(
    ctx: ContextT,
    items: Sequence[ItemT],
    function: ItemFunction[ContextT, ItemT, T],
    *,
    concurrency: int = 1,
    on_item_error: Literal["fail", "skip", "collect"] = "fail",
    batch: int | None = None,
) -> list[T] | Collected[T]:
    """`function(ctx, item, index)` for each item, at most `concurrency` at once; results in input order.

    Items that run beside others get a clone of the context. `batch`: the items go in groups of that size, and a group
    starts when the one before has ended. An item that fails ends all of them (`fail`), is left out (`skip`), or is
    listed beside the results (`collect`). Memory is bound by the results: there is a task per worker, not per item.
    """
    results: dict[int, T] = {}
    errors: dict[int, ErrorInfo] = {}

    async def one(context: ContextT, index: int) -> None:
        try:
            results[index] = await function(context, items[index], index)
        except Exception as error:
            if on_item_error == "fail":
                raise
            errors[index] = as_failure(error).describe()

    size = batch if batch is not None else max(len(items), 1)
    for start in range(0, len(items), size):
        await _work(ctx, iter(range(start, min(start + size, len(items)))), one, min(concurrency, size, len(items)))
    ordered = [results[index] for index in sorted(results)] if concurrency > 1 else list(results.values())
    if on_item_error == "collect":
        return {"results": ordered, "errors": [{"index": at, "error": errors[at]} for at in sorted(errors)]}
    return ordered


async def _work(
    ctx: ContextT, indexes: Iterator[int], one: Callable[[ContextT, int], Awaitable[None]], workers: int
) -> None:
    if workers <= 1:
        for index in indexes:
            await one(ctx, index)
        return

    async def worker() -> None:
        # The workers share the iterator: whoever is free takes the next item.
        for index in indexes:
            await one(ctx.clone(), index)

    async with TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())


async def race(branches: Mapping[str, Branch[T]]) -> Winner[T]:
    """The first branch that succeeds; the others are cancelled and waited for. When all fail: the first one's error."""
    tasks = {asyncio.create_task(start()): name for name, start in branches.items()}
    pending = set(tasks)
    first_error: BaseException | None = None
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=list(tasks).index):
                error = task.exception()
                if error is None:
                    return {"branch": tasks[task], "output": task.result()}
                first_error = first_error or error
    finally:
        await _stop(pending)
    if first_error is None:
        raise ValueError("a race needs a branch")
    raise first_error


async def settled(branches: Mapping[str, Branch[T]]) -> dict[str, Settled[T]]:
    """Run all branches to their end; how each ended, by name, in the order given."""

    async with TaskGroup() as group:
        tasks = {name: group.create_task(settle(start())) for name, start in branches.items()}
    return {name: task.result() for name, task in tasks.items()}


async def settle(run: Coroutine[Any, Any, T]) -> Settled[T]:
    """Run one branch to its end, and tell how it ended instead of raising."""
    try:
        return {"ok": True, "output": await run, "error": None}
    except Exception as error:
        return {"ok": False, "output": None, "error": as_failure(error).describe()}


@contextmanager
def staying_cancelled() -> Iterator[None]:
    """Around what is done in any case, as in `finally`: when it fails while the task is cancelled, it stays cancelled.

    Python lets the error take the place of the cancellation; whoever catches it would go on with work that was called
    off.
    """
    try:
        yield
    except Exception as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise


async def _stop(tasks: "set[asyncio.Task[T]]") -> None:
    """Cancel `tasks` and wait until they have ended; their own errors no longer matter.

    When we are cancelled meanwhile, they still get the time to clean up, and then the cancellation goes on.
    """
    for task in tasks:
        task.cancel()
    pending, cancelled = tasks, None
    while pending:
        try:
            _, pending = await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cancelled = error
            pending = {task for task in pending if not task.done()}
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains that it was not
    if cancelled is not None:
        raise cancelled
