"""What an endpoint needs of the service around it: limits, numbers, whether there is room, and who runs in the
background.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.types import Scope

from . import logs
from .context import ExecutionContext
from .errors import FlowError, RaisedError
from .metrics import Metrics
from .pools import ConnectionPools
from .problems import RequestError, as_flow_error
from .workflow import Answered, Auth, Check, Workflow

_INVALID = frozenset((400, 408, 413, 415, 422))

# The server puts this into the state of every request once it has been told to stop (see server.py).
STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a service.

    `concurrency`: runs at the same time, in this process. `max_body`: bytes. `run_timeout`: seconds for a whole run,
    from the first byte of the request on. `drain`: seconds that a stop waits for work in the background.
    """

    concurrency: int = 1000
    max_body: int = 1_048_576
    run_timeout: float = 60.0
    drain: float = 30.0


@dataclass(slots=True)
class Live:
    """What there is only while the service runs."""

    env: Any
    secrets: Any
    pools: ConnectionPools
    checks: Mapping[Auth, Check]
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)


class Host:
    """The shared state of a service's endpoints."""

    def __init__(
        self, names: tuple[str, ...], limits: Limits, trace: bool, metrics: CollectorRegistry | None = None
    ) -> None:
        self.limits = limits
        self.trace = trace
        self.metrics = Metrics(names, metrics)
        self.live: Live | None = None
        self.running = 0

    def admit(self, scope: Scope) -> Live:
        """What the service runs with. Raises RequestError (503) while it is not up, stops, or is full."""
        live = self.live
        if live is None or is_stopping(scope):
            raise RequestError("The service is not running", kind="unavailable", status=503, retry_after=5.0)
        self.refuse_when_full()
        return live

    def refuse_when_full(self) -> None:
        """Raise RequestError (503) when there is no room for another run."""
        if self.running >= self.limits.concurrency:
            raise RequestError("The service is busy", kind="overload", status=503, retry_after=1.0)

    def keep(self, workflow: Workflow, task: asyncio.Task[Any]) -> None:
        """Let a run go on in the background: it keeps its place, a stop waits for it, and its failure is logged."""
        live = self.live
        if live is None:
            task.cancel()
            return
        self.running += 1
        live.tasks.add(task)
        task.add_done_callback(partial(self._done, workflow))

    def _done(self, workflow: Workflow, task: asyncio.Task[Any]) -> None:
        self.running -= 1
        if self.live is not None:
            self.live.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self.failed(workflow, error)

    async def run_until_answer(
        self, workflow: Workflow, ctx: ExecutionContext[Any, Any, Any], answered: Answered, seconds: float
    ) -> object:
        """Run until the workflow answers or ends. When it answers first, the rest goes on in the background."""
        task = asyncio.create_task(in_time(workflow.run(ctx), seconds))
        try:
            await asyncio.wait((task, answered.reply), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait((task,))
            raise
        if not answered.reply.done():
            return task.result()
        self.keep(workflow, task)
        return answered.reply.result()

    def failed(self, workflow: Workflow, error: Exception) -> str:
        """Log and count an error that ended a run; gives the status to count the run under."""
        known = as_flow_error(error)
        if isinstance(known, RequestError):
            return "invalid" if known.status in _INVALID else "refused"
        if isinstance(known, RaisedError):
            return "raised"
        node = known.node
        if node is not None:
            self.metrics.counts[workflow.name].node_failed(node)
        logs.write(
            "error",
            "run failed",
            node=node,
            kind=known.kind,
            title=known.title,
            status=known.status,
            error=error if _is_unexplained(known) else None,
        )
        return "timeout" if known.status == 504 else "failed"


async def in_time(run: Coroutine[Any, Any, object], seconds: float) -> object:
    """The result of a run. Raises FlowError (504) when it takes longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await run
    except TimeoutError:
        if limit.expired():
            raise run_took_too_long() from None
        raise


def _is_unexplained(error: FlowError) -> bool:
    """Whether nobody foresaw the error, so that its traceback belongs in the log."""
    if error.kind == "internal":
        return True
    return error.status == 500 and error.__cause__ is not None and not isinstance(error.__cause__, FlowError)


def run_took_too_long() -> FlowError:
    """The error for a run that was stopped by its time limit."""
    return FlowError("The run took too long", kind="timeout", status=504)


def is_stopping(scope: Scope) -> bool:
    """Whether the server has been told to stop."""
    return STOPPING in scope.get("state", ())


async def drain(tasks: set[asyncio.Task[Any]], seconds: float) -> None:
    """Wait for tasks to end; cancel those that are still there after `seconds`."""
    if not tasks:
        return
    _, late = await asyncio.wait(set(tasks), timeout=seconds)
    if late:
        logs.write("warning", "runs cancelled at the stop", data={"count": len(late)})
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=5.0)
